/// The one writer of the data directory; used by one thread, the core's.
///
///     sound ──no space──▶ full ──probe()──▶ sound
///       │                  │
///       └──failed write or sync──▶ broken      every later call fails: stop and exit
public final class Store {
    /// Whether writes are taken, and if not, why not.
    public enum Health: Hashable, Sendable {
        case sound
        case full(detail: String)
        case broken(detail: String)
        case closed
    }

    /// What an operator would ask about the store; a value, safe to hand to another thread.
    public struct Figures: Hashable, Sendable {
        public var commits: UInt64 = 0
        public var checkpoints: UInt64 = 0
        /// Checkpoints that a reader held back.
        public var heldCheckpoints: UInt64 = 0
        /// Pages of 4 KiB in the write-ahead log: a long reader makes this grow.
        public var logPages: Int = 0
        public var hasBallast = false
    }

    public internal(set) var health = Health.sound
    public internal(set) var figures = Figures()
    /// What opening or loading found that a person should know, such as a damaged snapshot.
    public internal(set) var notices: [String] = []
    /// One more at each open: what an earlier controller started carries a smaller one.
    public let epoch: UInt64

    let directory: DataDirectory
    let options: StoreOptions
    var writer: Writer?
    var position: JournalPosition

    /// The last sequence that is durable; zero in a new store.
    public var lastSequence: UInt64 { position.sequence }

    /// The kernel's running digest after ``lastSequence``; zero in a new store.
    public var lastDigest: UInt64 { position.digest }

    /// Opens or makes a store; everything about the place is proved first.
    ///
    /// A full disk does not stop it: the store opens in ``Health/full(detail:)`` and serves reads.
    public static func open(
        _ directory: String, options: StoreOptions
    ) throws(StorageFailure) -> Store {
        try Store(directory, options)
    }

    private init(_ path: String, _ options: StoreOptions) throws(StorageFailure) {
        self.options = options
        directory = try DataDirectory(path, options)
        try directory.prepareDatabase()
        let access = Database.Access.write(cacheBytes: options.cacheBytes)
        let database = try Database(directory.databasePath, access)
        let isKnown = try directory.isInitialised()
        if isKnown, try database.integer("PRAGMA user_version") == 0 {
            throw .missingDatabase(path: directory.databasePath)
        }
        let opening = try Opening.run(database, directory, options)
        epoch = opening.epoch
        position = opening.position
        health = opening.health
        notices = opening.notices
        writer = try Writer(database)
        try directory.markInitialised()
        guard health == .sound else { return }
        figures.hasBallast = try directory.takeBallast(margin: false)
        if !figures.hasBallast { notices.append("too little space is free to hold any back") }
    }

    deinit { close() }

    /// Writes one batch in one transaction; it is durable when this returns.
    ///
    /// On any failure nothing of the batch is stored, except after `broken`, when nobody can say.
    public func commit(_ batch: WriteBatch) throws(StorageFailure) {
        let writer = try soundWriter()
        var next = position
        var row: JournalBatch?
        if batch.hasRecords {
            let journalRow = try follow(batch)
            next = position.after(journalRow)
            row = journalRow
        }
        try watched { () throws(StorageFailure) in
            try writer.transaction { () throws(StorageFailure) in
                if let row { try writer.put(row, chain: next.chain) }
                for change in batch.documents { try writer.put(change) }
                for event in batch.events { try writer.put(event) }
                for finished in batch.history { try writer.put(finished) }
                for marker in batch.markers { try writer.put(marker) }
            }
        }
        position = next
        figures.commits += 1
        figures.logPages = writer.database.logPages
    }

    /// Tries to write again after `full`; true when the ballast is back and writes are taken.
    ///
    /// Call about every five seconds while the store is full; cheap and true while it is sound.
    public func probe() throws(StorageFailure) -> Bool {
        guard case .full(let detail) = health else {
            _ = try soundWriter()
            return true
        }
        do throws(StorageFailure) {
            try checkpointIfNeeded(isIdle: true)
            guard try directory.takeBallast(margin: true) else { return false }
            figures.hasBallast = true
            health = .sound
            try commit(WriteBatch.probe)
            return true
        } catch .full {
            return false
        } catch {
            if health == .sound { health = .full(detail: detail) }
            throw error
        }
    }

    /// Empties the write-ahead log, notes the clean end and lets go of the directory.
    public func close() {
        guard let writer else { return }
        if health == .sound {
            do throws(StorageFailure) {
                try writer.database.execute(
                    "UPDATE epochs SET closed_tick = \(wallMilliseconds()) WHERE epoch = \(epoch)")
                _ = try writer.database.checkpoint(emptiesLog: true)
            } catch {
                // Every acknowledged write is already durable; the next open checks the file.
                notices.append("closing left work for the next start: \(error.finding)")
            }
        }
        self.writer = nil
        health = .closed
        directory.release()
    }
}

extension WriteBatch {
    // Small, but a real transaction with a real sync.
    fileprivate static var probe: WriteBatch {
        var batch = WriteBatch(
            firstSequence: 1, lastSequence: 0, tick: wallMilliseconds(), records: [], digest: 0)
        batch.markers = [Marker(name: "storage.probe", value: [])]
        return batch
    }
}

extension Store {
    /// The connection, where writes are taken.
    func soundWriter() throws(StorageFailure) -> Writer {
        switch health {
        case .sound: break
        case .full(let detail): throw .full(detail: detail)
        case .broken(let detail): throw .broken(detail: detail)
        case .closed: throw .misuse(detail: "the store is closed")
        }
        return try openWriter()
    }

    /// The connection for reads, which a full disk does not stop.
    func openWriter() throws(StorageFailure) -> Writer {
        if case .broken(let detail) = health { throw .broken(detail: detail) }
        guard let writer else { throw .misuse(detail: "the store is closed") }
        return writer
    }

    /// Draws from a failed write what it means for the ones after it.
    func watched<Value>(
        _ body: () throws(StorageFailure) -> Value
    ) throws(StorageFailure) -> Value {
        do throws(StorageFailure) {
            return try body()
        } catch {
            switch error {
            case .full(let detail):
                directory.releaseBallast()
                figures.hasBallast = false
                health = .full(detail: detail)
            case .broken(let detail), .corrupt(let detail):
                health = .broken(detail: detail)
            default: break
            }
            throw error
        }
    }

    private func follow(_ batch: WriteBatch) throws(StorageFailure) -> JournalBatch {
        let (expected, overflow) = position.sequence.addingReportingOverflow(1)
        guard !overflow, batch.firstSequence == expected, batch.lastSequence <= UInt64(Int64.max)
        else { throw .outOfOrder(expected: expected, found: batch.firstSequence) }
        return JournalBatch(
            firstSequence: batch.firstSequence, lastSequence: batch.lastSequence, tick: batch.tick,
            digest: batch.digest, records: batch.records)
    }
}
