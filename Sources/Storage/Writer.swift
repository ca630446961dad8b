/// The writing connection and its prepared statements, for the life of the store.
final class Writer {
    let database: Database
    private let begin: Statement
    private let commit: Statement
    private let putJournal: Statement
    private let putDocument: Statement
    private let putHead: Statement
    private let deleteDocument: Statement
    private let deleteHead: Statement
    private let putEvent: Statement
    private let putHistory: Statement
    private let putMarker: Statement

    init(_ database: Database) throws(StorageFailure) {
        self.database = database
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        putJournal = try database.prepare("INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        putDocument = try database.prepare(
            "INSERT OR REPLACE INTO documents (uid, kind, key, body) VALUES (?1, ?2, ?3, ?4)")
        putHead = try database.prepare("INSERT OR REPLACE INTO heads VALUES (?1, ?2)")
        deleteDocument = try database.prepare("DELETE FROM documents WHERE uid = ?1")
        deleteHead = try database.prepare("DELETE FROM heads WHERE uid = ?1")
        putEvent = try database.prepare(
            """
            INSERT INTO events (sequence, tick, kind, uid, reason, json)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """)
        putHistory = try database.prepare(
            """
            INSERT OR REPLACE INTO history (uid, namespace, name, queue, user, phase, reason,
            submitted_tick, started_tick, ended_tick, ranks, gpus_milli, cpu_milli, exit_code)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        putMarker = try database.prepare("INSERT OR REPLACE INTO markers VALUES (?1, ?2)")
    }

    /// Runs `body` in one transaction that is durable on return, or leaves no trace of it.
    func transaction<Value>(
        _ body: () throws(StorageFailure) -> Value
    ) throws(StorageFailure) -> Value {
        do throws(StorageFailure) {
            try begin.run()
            let value = try body()
            try commit.run()
            return value
        } catch {
            database.rollBack()
            throw error
        }
    }

    /// Appends one journal row; a second with the same first sequence is a failure.
    func put(_ row: JournalBatch, chain: UInt64) throws(StorageFailure) {
        try putJournal.bind(1, bits: row.firstSequence)
        try putJournal.bind(2, bits: row.lastSequence)
        try putJournal.bind(3, row.tick)
        try putJournal.bind(4, bits: row.digest)
        try putJournal.bind(5, bits: chain)
        try putJournal.run(binding: row.records, at: 6)
    }

    /// Stores, changes or removes one document.
    func put(_ change: DocumentChange) throws(StorageFailure) {
        switch change {
        case .put(let document):
            try putDocument.bind(1, bits: document.uid)
            try putDocument.bind(2, Int64(document.kind))
            try putDocument.bind(3, document.key)
            try putDocument.run(binding: document.body, at: 4)
            try put(head: document.head, of: document.uid)
        case .putHead(let uid, let head):
            try put(head: head, of: uid)
        case .delete(let uid):
            try deleteDocument.bind(1, bits: uid)
            try deleteDocument.run()
            try deleteHead.bind(1, bits: uid)
            try deleteHead.run()
        }
    }

    private func put(head: [UInt8], of uid: UInt64) throws(StorageFailure) {
        try putHead.bind(1, bits: uid)
        try putHead.run(binding: head, at: 2)
    }

    /// Appends one event.
    func put(_ event: EventRow) throws(StorageFailure) {
        try putEvent.bind(1, bits: event.sequence)
        try putEvent.bind(2, event.tick)
        try putEvent.bind(3, Int64(event.kind))
        try putEvent.bind(4, bits: event.uid)
        try putEvent.bind(5, event.reason)
        try putEvent.bind(6, text: event.json)
        try putEvent.run()
    }

    /// Stores a finished job, in place of an earlier row with its uid.
    func put(_ row: HistoryRow) throws(StorageFailure) {
        try putHistory.bind(1, bits: row.uid)
        try putHistory.bind(2, row.namespace)
        try putHistory.bind(3, row.name)
        try putHistory.bind(4, row.queue)
        try putHistory.bind(5, row.user)
        try putHistory.bind(6, row.phase)
        try putHistory.bind(7, row.reason)
        try putHistory.bind(8, row.submittedTick)
        try putHistory.bind(9, row.startedTick)
        try putHistory.bind(10, row.endedTick)
        try putHistory.bind(11, row.ranks)
        try putHistory.bind(12, row.gpusMilli)
        try putHistory.bind(13, row.cpuMilli)
        try putHistory.bind(14, row.exitCode.map { Int64($0) })
        try putHistory.run()
    }

    /// Moves a named position.
    func put(_ marker: Marker) throws(StorageFailure) {
        try putMarker.bind(1, marker.name)
        try putMarker.run(binding: marker.value, at: 2)
    }
}
