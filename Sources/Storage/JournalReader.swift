import Glibc

/// Reads the journal and the snapshots as they were when it was opened; used by one thread.
///
/// It never takes the directory's lock and never writes there. While it lives, a running
/// controller cannot cut its write-ahead log back: let go of it when done.
public final class JournalReader {
    /// Where the journal that is kept begins: the first row follows this sequence.
    public let beginning: UInt64
    /// The last sequence of the newest batch.
    public let end: UInt64

    private let connection: ReadConnection
    // What the file looked like where it is read without locks.
    private let stillness: Stillness?

    private var database: Database { connection.database }

    /// Opens what a data directory holds now: of a running controller, of one that has ended, or
    /// of a copy.
    public static func open(_ directory: String) throws(StorageFailure) -> JournalReader {
        try check(directory)
        let path = DataDirectory.databasePath(in: directory)
        let logBytes = try System.status(of: path + "-wal")?.st_size ?? 0
        let hasIndex = try System.status(of: path + "-shm") != nil
        // Whoever has the file open keeps an index beside it. Without one, nobody is in the way,
        // and reading without locks leaves no trace.
        guard hasIndex || logBytes > 0 else {
            let stillness = try Stillness(path)
            return try JournalReader(ReadConnection.open(path, .still), stillness)
        }
        guard hasIndex || access(directory, W_OK) == 0 else {
            throw .unsuitable(
                detail: "\(path)-wal cannot be read without an index beside it, "
                    + "and \(directory) is not ours to write",
                remedy: "Copy the directory to a place of your own, and read the copy")
        }
        return try JournalReader(ReadConnection.open(path, .read), nil)
    }

    private init(_ connection: ReadConnection, _ stillness: Stillness?) throws(StorageFailure) {
        self.connection = connection
        self.stillness = stillness
        // The first read fixes what all that follow see.
        try connection.database.execute("BEGIN")
        beginning = try Journal.beginning(connection.database).sequence
        end = try Journal.end(connection.database).sequence
    }

    private static func check(_ directory: String) throws(StorageFailure) {
        let remedy = "Name the directory that the controller has as --data-dir"
        // With the dot, a link to a directory is as good as the directory.
        guard let found = try System.status(of: directory + "/.") else {
            throw .unsuitable(detail: "there is no directory \(directory)", remedy: remedy)
        }
        let path = DataDirectory.databasePath(in: directory)
        guard found.st_mode & S_IFMT == S_IFDIR, try System.status(of: path) != nil else {
            throw .unsuitable(detail: "\(directory) holds no muster.db", remedy: remedy)
        }
    }
}

extension JournalReader {
    /// The sequence at which the batch of `sequence` ends, where that batch is kept.
    public func batchEnd(of sequence: UInt64) throws(StorageFailure) -> UInt64? {
        let row = try database.prepare(
            "SELECT last FROM journal WHERE first <= ?1 ORDER BY first DESC LIMIT 1")
        try row.bind(1, Int64(clamping: sequence))
        guard try row.next(), row.bits(0) >= sequence else { return nil }
        return row.bits(0)
    }

    /// The kernel's digest that was stored with the batch that ends at `sequence`.
    public func digest(at sequence: UInt64) throws(StorageFailure) -> UInt64? {
        try Journal.find(sequence, in: database)?.digest
    }

    /// When the newest batch was stored that begins at `sequence` or before.
    public func tick(notAfter sequence: UInt64) throws(StorageFailure) -> Int64? {
        let row = try database.prepare(
            "SELECT tick FROM journal WHERE first <= ?1 ORDER BY first DESC LIMIT 1")
        try row.bind(1, Int64(clamping: sequence))
        return try row.next() ? row.integer(0) : nil
    }

    /// The sequences of all snapshots, oldest first, whole or not.
    public func snapshotSequences() throws(StorageFailure) -> [UInt64] {
        let rows = try database.prepare("SELECT sequence FROM snapshots ORDER BY sequence")
        var found: [UInt64] = []
        while try rows.next() { found.append(rows.bits(0)) }
        return found
    }

    /// The newest whole snapshot that is not after `sequence`.
    public func newestSnapshot(
        notAfter sequence: UInt64
    ) throws(StorageFailure) -> (sequence: UInt64, body: [UInt8])? {
        try Snapshots.newest(database, notAfter: sequence) { _ in }
    }

    /// Visits every batch after `sequence` up to the one that ends at `last`, its chain proved.
    ///
    /// A gap, a broken chain and a page that cannot be read are thrown as `StorageFailure`.
    public func forEachBatch(
        after sequence: UInt64, upTo last: UInt64, _ body: (JournalBatch) throws -> Void
    ) throws {
        guard let end = try Journal.find(last, in: database) else {
            throw StorageFailure.corrupt(detail: "no batch of the journal ends at \(last)")
        }
        try Journal.walk(database, after: sequence, upTo: end, body)
    }

    /// Makes sure that nobody wrote the file while it was read without locks.
    public func confirm() throws(StorageFailure) {
        let path = stillness?.path ?? ""
        guard let stillness, try Stillness(path) != stillness else { return }
        throw .unsuitable(
            detail: "\(path) was written while it was read",
            remedy: "Try again: beside a controller that runs, it is read with locks")
    }
}

/// What tells that nobody has opened a database file for writing.
private struct Stillness: Hashable {
    let path: String
    private let hasIndex: Bool
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    init(_ path: String) throws(StorageFailure) {
        self.path = path
        hasIndex = try System.status(of: path + "-shm") != nil
        let file = try System.status(of: path)
        size = Int(file?.st_size ?? 0)
        seconds = file?.st_mtim.tv_sec ?? 0
        nanoseconds = file?.st_mtim.tv_nsec ?? 0
    }
}
