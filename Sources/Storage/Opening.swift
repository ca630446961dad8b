import Glibc

/// What opening a database found, and the epoch it began.
struct Opening {
    var epoch: UInt64
    var position: JournalPosition
    var health = Store.Health.sound
    var notices: [String] = []

    /// Checks, migrates and marks the beginning of an epoch.
    static func run(
        _ database: Database, _ directory: DataDirectory, _ options: StoreOptions
    ) throws(StorageFailure) -> Opening {
        let found = try database.integer("PRAGMA user_version") ?? 0
        guard found <= Migrations.newest else {
            throw .newerSchema(found: Int(found), known: Migrations.newest)
        }
        var notices = try check(database, options, isNew: found == 0)
        do throws(StorageFailure) {
            try Migrations.run(on: database)
        } catch .full {
            // The space held back is for moments like this one.
            directory.releaseBallast()
            try Migrations.run(on: database)
        }
        if found > 0, found < Migrations.newest {
            notices.append("the database was migrated from schema \(found)")
        }
        let position = try Journal.end(database)
        let newest = try database.integer("SELECT max(sequence) FROM snapshots") ?? 0
        guard UInt64(bitPattern: newest) <= position.sequence else {
            throw .corrupt(
                detail: "the journal ends at \(position.sequence), before the snapshot at \(newest)"
            )
        }
        var opening = Opening(epoch: 0, position: position, notices: notices)
        try opening.beginEpoch(database, directory)
        return opening
    }

    private mutating func beginEpoch(
        _ database: Database, _ directory: DataDirectory
    ) throws(StorageFailure) {
        let last = try database.integer("SELECT coalesce(max(epoch), 0) FROM epochs") ?? 0
        epoch = UInt64(last) + 1
        // Old epochs say nothing more; the newest hundred show how often the controller restarts.
        let rows = """
            BEGIN IMMEDIATE;
            INSERT INTO epochs VALUES (\(epoch), \(wallMilliseconds()), NULL, \(getpid()));
            DELETE FROM epochs WHERE epoch <= \(last) - 100;
            COMMIT
            """
        do throws(StorageFailure) {
            try database.execute(rows)
        } catch .full(let detail) {
            database.rollBack()
            directory.releaseBallast()
            // Without a stored epoch nothing may start; with the space released it must fit.
            try database.execute(rows)
            health = .full(detail: detail)
            notices.append("the disk was full at the start; space held back was used")
        }
    }

    private static func check(
        _ database: Database, _ options: StoreOptions, isNew: Bool
    ) throws(StorageFailure) -> [String] {
        guard !isNew else { return [] }
        let wasClosed =
            try database.integer(
                "SELECT closed_tick IS NOT NULL FROM epochs ORDER BY epoch DESC LIMIT 1") == 1
        switch options.check {
        case .never: return []
        case .afterUncleanStop where wasClosed: return []
        case .afterUncleanStop, .always: break
        }
        let answer = try database.text("PRAGMA quick_check(1)") ?? "no answer"
        guard answer == "ok" else { throw .corrupt(detail: answer) }
        return wasClosed ? [] : ["the last stop was not a clean one; the database was checked"]
    }
}
