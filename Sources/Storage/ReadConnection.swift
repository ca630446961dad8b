/// A read-only view of what is durable, for history, events and documents; used by one thread.
///
/// Each read has about two seconds and a limit on rows. It never checkpoints and never writes.
/// Close it by letting go of it.
public final class ReadConnection {
    let database: Database

    private init(_ database: Database) { self.database = database }

    /// Opens the database of a data directory whose store this or another process has open.
    public static func open(_ directory: String) throws(StorageFailure) -> ReadConnection {
        let path = DataDirectory.databasePath(in: directory)
        guard try System.status(of: path) != nil else { throw .missingDatabase(path: path) }
        return try open(path, .read)
    }

    /// Opens the file as `access` says and makes sure that it can be read by this release.
    static func open(
        _ path: String, _ access: Database.Access
    ) throws(StorageFailure) -> ReadConnection {
        let database = try Database(path, access)
        let version = Int(try database.integer("PRAGMA user_version") ?? 0)
        guard version <= Migrations.newest else {
            throw .newerSchema(found: version, known: Migrations.newest)
        }
        let owner = try database.integer("PRAGMA application_id")
        guard version == 0 || owner == Migrations.applicationID else {
            throw .unsuitable(
                detail: "\(path) is a database of another program",
                remedy: "Name the directory that the controller has as --data-dir")
        }
        guard version == Migrations.newest else {
            throw .unsuitable(
                detail: "the database has schema \(version) and is not migrated yet",
                remedy: "Start the controller once, which migrates it")
        }
        return ReadConnection(database)
    }

    /// One object as last stored, or nil where there is none with this uid.
    public func document(uid: UInt64) throws(StorageFailure) -> StoredDocument? {
        try timed { () throws(StorageFailure) in
            let row = try database.prepare(
                """
                SELECT d.uid, d.kind, d.key, h.head, d.body
                FROM documents d LEFT JOIN heads h ON h.uid = d.uid WHERE d.uid = ?1
                """)
            try row.bind(1, bits: uid)
            return try row.next() ? StoredDocument(row) : nil
        }
    }

    /// Events newest first, of one object or of all, from `before` on backwards.
    public func events(
        uid: UInt64? = nil, before cursor: ReadCursor? = nil, limit: Int
    ) throws(StorageFailure) -> (rows: [EventRow], next: ReadCursor?) {
        let filter = uid == nil ? "" : "uid = ?3 AND "
        return try page(
            "SELECT id, sequence, tick, kind, uid, reason, json FROM events WHERE \(filter)",
            cursor, limit,
            bind: { row throws(StorageFailure) in
                if let uid { try row.bind(3, bits: uid) }
            },
            read: { row in
                EventRow(
                    sequence: row.bits(1), tick: row.integer(2),
                    kind: UInt8(truncatingIfNeeded: row.integer(3)), uid: row.bits(4),
                    reason: row.text(5), json: row.bytes(6))
            })
    }

    /// Finished jobs that match, latest end first, from `before` on backwards.
    public func history(
        _ filter: HistoryFilter = HistoryFilter(), before cursor: ReadCursor? = nil, limit: Int
    ) throws(StorageFailure) -> (rows: [HistoryRow], next: ReadCursor?) {
        try page(
            """
            SELECT id, uid, namespace, name, queue, user, phase, reason, submitted_tick,
            started_tick, ended_tick, ranks, gpus_milli, cpu_milli, exit_code FROM history WHERE
            (?3 IS NULL OR uid = ?3) AND (?4 IS NULL OR namespace = ?4)
            AND (?5 IS NULL OR name = ?5) AND (?6 IS NULL OR queue = ?6)
            AND (?7 IS NULL OR user = ?7) AND ended_tick >= ?8 AND ended_tick < ?9 AND
            """, cursor, limit,
            bind: { row throws(StorageFailure) in
                try row.bind(3, filter.uid.map { Int64(bitPattern: $0) })
                try row.bind(4, filter.namespace)
                try row.bind(5, filter.name)
                try row.bind(6, filter.queue)
                try row.bind(7, filter.user)
                try row.bind(8, filter.endedFrom)
                try row.bind(9, filter.endedBefore)
            }, read: { row in HistoryRow(row) })
    }

    private func page<Element>(
        _ select: String, _ cursor: ReadCursor?, _ limit: Int,
        bind: (borrowing Statement) throws(StorageFailure) -> Void,
        read: (borrowing Statement) -> Element
    ) throws(StorageFailure) -> (rows: [Element], next: ReadCursor?) {
        let wanted = min(max(limit, 1), Limits.readRows)
        return try timed { () throws(StorageFailure) in
            let row = try database.prepare(select + " id < ?1 ORDER BY id DESC LIMIT ?2")
            try row.bind(1, cursor?.id ?? .max)
            try row.bind(2, Int64(wanted))
            try bind(row)
            var found: [Element] = []
            var last = ReadCursor(id: 0)
            while try row.next() {
                found.append(read(row))
                last = ReadCursor(id: row.integer(0))
            }
            return (found, found.count < wanted ? nil : last)
        }
    }

    private func timed<Value>(
        _ body: () throws(StorageFailure) -> Value
    ) throws(StorageFailure) -> Value {
        database.limitReads(to: monotonicMilliseconds() + Limits.readBudgetMilliseconds)
        defer { database.limitReads(to: .max) }
        return try body()
    }
}

/// Where a page of rows ended; hand it back to read on.
public struct ReadCursor: Hashable, Sendable {
    public let id: Int64

    public init(id: Int64) { self.id = id }
}

/// Which finished jobs a read is about; nil matches everything.
public struct HistoryFilter: Hashable, Sendable {
    public var uid: UInt64?
    public var namespace: String?
    public var name: String?
    public var queue: String?
    public var user: String?
    /// The first tick of the range.
    public var endedFrom: Int64 = 0
    /// The tick just past the range.
    public var endedBefore: Int64 = .max

    public init() {}
}

extension HistoryRow {
    /// Reads the columns in the order of ``ReadConnection/history(_:before:limit:)``.
    fileprivate init(_ row: borrowing Statement) {
        self.init(
            uid: row.bits(1), namespace: row.text(2), name: row.text(3), queue: row.text(4),
            user: row.text(5), phase: row.text(6), reason: row.text(7),
            submittedTick: row.integer(8), startedTick: row.optionalInteger(9),
            endedTick: row.integer(10), ranks: row.integer(11), gpusMilli: row.integer(12),
            cpuMilli: row.integer(13),
            exitCode: row.optionalInteger(14).map { Int32(truncatingIfNeeded: $0) })
    }
}
