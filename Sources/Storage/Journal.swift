import Primitives

/// The journal as rows: where it begins, where it ends, and the walk that proves it whole.
enum Journal {
    /// The position after the newest row, or where an empty journal begins.
    static func end(_ database: Database) throws(StorageFailure) -> JournalPosition {
        let newest = try database.prepare(
            "SELECT last, digest, chain FROM journal ORDER BY first DESC LIMIT 1")
        if try newest.next() { return position(newest) }
        return try beginning(database)
    }

    /// The position before the oldest row that is kept.
    static func beginning(_ database: Database) throws(StorageFailure) -> JournalPosition {
        let start = try database.prepare("SELECT sequence, digest, chain FROM journal_start")
        return try start.next() ? position(start) : .start
    }

    /// The position at `sequence`, where a kept row ends just there.
    static func find(
        _ sequence: UInt64, in database: Database
    ) throws(StorageFailure) -> JournalPosition? {
        let start = try beginning(database)
        if start.sequence == sequence { return start }
        let row = try database.prepare(
            "SELECT last, digest, chain FROM journal WHERE first <= ?1 ORDER BY first DESC LIMIT 1")
        try row.bind(1, bits: sequence)
        guard try row.next() else { return nil }
        let found = position(row)
        return found.sequence == sequence ? found : nil
    }

    /// Visits the rows after `sequence` up to `end`; a gap or a broken link ends the walk.
    static func walk(
        _ database: Database, after sequence: UInt64, upTo end: JournalPosition,
        _ body: (JournalBatch) throws -> Void
    ) throws {
        guard sequence <= end.sequence else { throw gap(after: end.sequence, at: sequence) }
        let rows = try database.prepare(
            """
            SELECT first, last, tick, digest, chain, body FROM journal
            WHERE first >= coalesce((SELECT max(first) FROM journal WHERE first <= ?1), 0)
            AND first <= ?2 ORDER BY first
            """)
        try rows.bind(1, bits: sequence &+ 1)
        try rows.bind(2, bits: end.sequence)
        var place: JournalPosition?
        while try rows.next() {
            let row = JournalBatch(
                firstSequence: rows.bits(0), lastSequence: rows.bits(1), tick: rows.integer(2),
                digest: rows.bits(3), records: rows.bytes(5))
            let before = try place ?? anchor(before: row.firstSequence, database)
            guard row.firstSequence == before.sequence &+ 1, row.lastSequence >= row.firstSequence
            else { throw gap(after: before.sequence, at: row.firstSequence) }
            let here = before.after(row)
            guard here.chain == rows.bits(4) else {
                throw StorageFailure.corrupt(
                    detail: "the journal's chain breaks at sequence \(row.firstSequence)")
            }
            if place == nil, row.firstSequence > sequence &+ 1 {
                throw gap(after: sequence, at: row.firstSequence)
            }
            place = here
            // The first row found may lie wholly before what was asked for.
            if row.lastSequence > sequence { try body(row) }
        }
        let reached = max(place?.sequence ?? 0, sequence)
        guard reached == end.sequence else { throw gap(after: reached, at: end.sequence) }
    }

    private static func anchor(
        before first: UInt64, _ database: Database
    ) throws(StorageFailure) -> JournalPosition {
        guard let found = try find(first &- 1, in: database) else {
            throw gap(after: try beginning(database).sequence, at: first)
        }
        return found
    }

    private static func gap(after sequence: UInt64, at next: UInt64) -> StorageFailure {
        .corrupt(detail: "the journal has a gap between sequences \(sequence) and \(next)")
    }

    private static func position(_ row: borrowing Statement) -> JournalPosition {
        JournalPosition(sequence: row.bits(0), digest: row.bits(1), chain: row.bits(2))
    }
}

extension Store {
    /// Visits every batch with a sequence after `sequence`, in order, its chain proved.
    ///
    /// A batch that straddles `sequence` is visited whole. `body` must not call the store.
    public func forEachBatch(
        after sequence: UInt64, _ body: (JournalBatch) throws -> Void
    ) throws {
        try Journal.walk(openWriter().database, after: sequence, upTo: position, body)
    }

    /// Visits every document in the order of its uid; `body` must not call the store.
    ///
    /// Documents of the kind `withoutBodiesOf` come with an empty body, which is then not read.
    public func forEachDocument(
        withoutBodiesOf kind: UInt8? = nil, _ body: (StoredDocument) throws -> Void
    ) throws {
        let rows = try openWriter().database.prepare(
            """
            SELECT d.uid, d.kind, d.key, h.head, CASE WHEN d.kind = ?1 THEN x'' ELSE d.body END
            FROM documents d LEFT JOIN heads h ON h.uid = d.uid ORDER BY d.uid
            """)
        try rows.bind(1, kind.map { Int64($0) } ?? -1)
        while try rows.next() { try body(StoredDocument(rows)) }
    }

    /// The value of a named position, or nil where it was never set.
    public func marker(_ name: String) throws(StorageFailure) -> [UInt8]? {
        let row = try openWriter().database.prepare("SELECT value FROM markers WHERE name = ?1")
        try row.bind(1, name)
        return try row.next() ? row.bytes(0) : nil
    }
}

extension StoredDocument {
    /// Reads the columns uid, kind, key, head, body.
    init(_ row: borrowing Statement) {
        self.init(
            uid: row.bits(0), kind: UInt8(truncatingIfNeeded: row.integer(1)), key: row.text(2),
            head: row.bytes(3), body: row.bytes(4))
    }
}
