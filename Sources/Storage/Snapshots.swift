import Primitives

/// The snapshots as rows: which are kept, and which of them are whole.
enum Snapshots {
    /// The newest whole one that is not after `limit`; `passedOver` hears of damaged ones.
    static func newest(
        _ database: Database, notAfter limit: UInt64 = .max, passedOver: (UInt64) -> Void
    ) throws(StorageFailure) -> (sequence: UInt64, body: [UInt8])? {
        let rows = try database.prepare(
            """
            SELECT sequence, checksum, body FROM snapshots WHERE sequence <= ?1
            ORDER BY sequence DESC
            """)
        try rows.bind(1, Int64(clamping: limit))
        while try rows.next() {
            let body = rows.bytes(2)
            if checksum(body) == rows.bits(1) { return (rows.bits(0), body) }
            passedOver(rows.bits(0))
        }
        return nil
    }

    static func checksum(_ body: [UInt8]) -> UInt64 {
        var digest = Digest()
        digest.mixWords(body)
        return digest.value
    }
}

extension Store {
    /// The newest snapshot that is whole, or nil where the journal alone tells everything.
    ///
    /// A damaged newest one is passed over for the one before it and leaves a notice.
    public func loadSnapshot() throws(StorageFailure) -> (sequence: UInt64, body: [UInt8])? {
        let database = try openWriter().database
        var damaged: [UInt64] = []
        let found = try Snapshots.newest(database) { damaged.append($0) }
        for sequence in damaged {
            notices.append("the snapshot at sequence \(sequence) is damaged and was passed over")
        }
        if let found { return found }
        guard try Journal.beginning(database).sequence == 0 else {
            throw .corrupt(detail: "no snapshot is whole and the journal's beginning is trimmed")
        }
        return nil
    }

    /// Stores the state as of `sequence`, keeps the newest two, and trims the journal behind them.
    ///
    /// `sequence` must be the end of a committed batch: the state between two halves is no state.
    public func saveSnapshot(sequence: UInt64, body: [UInt8]) throws(StorageFailure) {
        let writer = try soundWriter()
        let database = writer.database
        guard let place = try Journal.find(sequence, in: database) else {
            throw .outOfOrder(expected: position.sequence, found: sequence)
        }
        let put = try database.prepare(
            "INSERT OR REPLACE INTO snapshots VALUES (?1, ?2, ?3)")
        try watched { () throws(StorageFailure) in
            try writer.transaction { () throws(StorageFailure) in
                try put.bind(1, bits: place.sequence)
                try put.bind(2, bits: Snapshots.checksum(body))
                try put.run(binding: body, at: 3)
                try database.execute(
                    """
                    DELETE FROM snapshots WHERE sequence NOT IN
                    (SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT 2)
                    """)
                try trimJournal(database)
            }
        }
        figures.logPages = database.logPages
    }

    // While there is one snapshot the whole journal stays: it is the second way back.
    private func trimJournal(_ database: Database) throws(StorageFailure) {
        guard
            let older = try database.integer(
                "SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT 1 OFFSET 1")
        else { return }
        let needed = UInt64(bitPattern: older)
        let (horizon, underflow) = needed.subtractingReportingOverflow(options.keptSequences)
        guard !underflow, horizon > 0 else { return }
        let last = try database.prepare(
            """
            SELECT last, digest, chain, first FROM journal
            WHERE first <= ?1 AND last <= ?1 ORDER BY first DESC LIMIT 1
            """)
        try last.bind(1, bits: horizon)
        guard try last.next() else { return }
        let start = try database.prepare(
            "INSERT OR REPLACE INTO journal_start VALUES (1, ?1, ?2, ?3)")
        for column in Int32(0)..<3 { try start.bind(column + 1, last.integer(column)) }
        let trim = try database.prepare("DELETE FROM journal WHERE first <= ?1")
        try trim.bind(1, last.integer(3))
        last.reset()
        try start.run()
        try trim.run()
    }
}
