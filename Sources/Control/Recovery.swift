import Host
import Kernel
import Primitives
public import Storage
public import Telemetry
public import Wire

/// Opens a data directory and builds everything that runs on it.
public enum Recovery {
    /// What a start found and made.
    public struct Core {
        public let loop: Loop
        public let mailbox: Mailbox
        public let catalog: Catalog
        /// True when the store held nothing yet.
        public let isNew: Bool
        public let epoch: UInt64
        public let jobs: Int
        /// Records replayed behind the snapshot.
        public let replayed: UInt64
    }

    /// Recovers the newest state: snapshot, then the journal's tail, batch by batch.
    ///
    /// `fail` is called on the core thread when nothing more may be acknowledged; it must not
    /// return to serving.
    public static func open(
        _ directory: String, store options: StoreOptions,
        loop loopOptions: LoopOptions = LoopOptions(),
        log: Log, counters: Counters,
        fail: @escaping (String) -> Void
    ) throws -> Core {
        let store = try Store.open(directory, options: options)
        for notice in store.notices { log.warning(notice) }
        let catalog = Catalog(bodies: BodyCache(try BodyReader.open(directory)))
        var texts: [UInt64: DocumentText] = [:]
        try store.forEachDocument(withoutBodiesOf: Kind.job.rawValue) {
            texts[$0.uid] = try text(of: $0)
        }
        var kernel = try snapshotKernel(store)
        let snapshot = kernel.sequence
        for uid in kernel.objectUIDs {
            if let text = texts[uid] { catalog.seed(uid, of: kernel, text: text) }
        }
        // Only the newest text of an object is stored. Where it was removed or got another after
        // the snapshot, watchers could not be shown what was before, so they list again.
        var floors = TextFloors(snapshot)
        var lastTick = Tick(0)
        try store.forEachBatch(after: snapshot) { batch in
            lastTick = max(lastTick, Tick(batch.tick))
            let outcome = try kernel.replay(batch.records, at: Tick(batch.tick))
            catalog.publish(outcome, of: kernel, texts: texts, events: [])
            floors.raise(by: outcome, in: kernel)
        }
        try prove(kernel, against: store)
        let reader = try ReadConnection.open(directory)
        let events = try recentEvents(reader)
        catalog.open(at: kernel.sequence, epoch: store.epoch, events: events, floor: floors.floor)
        if let event = events.last { lastTick = max(lastTick, Tick(event.note.at)) }
        kernel.grantGrace(at: max(lastTick, Clock.now()))
        let mailbox = Mailbox()
        let loop = Loop(
            kernel: kernel, store: store, mailbox: mailbox, catalog: catalog, options: loopOptions,
            lastSnapshot: snapshot, lastTick: lastTick, log: log, counters: counters,
            recover: { try currentKernel(store) }, fail: fail)
        return Core(
            loop: loop, mailbox: mailbox, catalog: catalog, isNew: kernel.sequence == 0,
            epoch: store.epoch, jobs: kernel.jobCount, replayed: kernel.sequence - snapshot)
    }

    /// The state as the disk has it now.
    private static func currentKernel(_ store: Store) throws -> Kernel {
        var kernel = try snapshotKernel(store)
        try store.forEachBatch(after: kernel.sequence) { batch in
            _ = try kernel.replay(batch.records, at: Tick(batch.tick))
        }
        try prove(kernel, against: store)
        return kernel
    }

    private static func snapshotKernel(_ store: Store) throws -> Kernel {
        guard let snapshot = try store.loadSnapshot() else { return Kernel() }
        return try Kernel(snapshot: snapshot.body)
    }

    /// The digest tells whether this build evolves the journal as the one that wrote it did.
    private static func prove(_ kernel: Kernel, against store: Store) throws {
        guard store.lastSequence == kernel.sequence,
            kernel.sequence == 0 || store.lastDigest == kernel.digest.value
        else {
            throw StorageFailure.corrupt(
                detail:
                    "replaying the journal to \(kernel.sequence) gives digest \(kernel.digest), "
                    + "the store says \(store.lastSequence) and \(Digest(store.lastDigest))")
        }
    }

    private static func text(of document: StoredDocument) throws -> DocumentText {
        let head = try WireDecoder.decode(
            StoredHead.self, json: document.head, limits: .trusted, unknown: .ignore)
        return DocumentText(
            head: document.head,
            residentBody: document.kind == Kind.job.rawValue ? nil : document.body,
            labels: head.labels ?? [:], user: head.annotations?[StoredHead.userKey] ?? "")
    }

    private static func recentEvents(_ reader: ReadConnection) throws -> [EventView] {
        try reader.events(limit: EventShelf.capacity).rows.reversed().compactMap { row in
            let note = try WireDecoder.decode(EventNote.self, json: row.json, unknown: .ignore)
            return EventView(version: row.sequence, note: note)
        }
    }
}

/// What the catalog needs of a stored head.
public struct StoredHead: Codable, Sendable {
    public static let userKey = "muster.dev/user"

    public var labels: StringMap?
    public var annotations: StringMap?
    public var finalizers: [String]?
}

/// By resource, the newest version at which a text was lost.
private struct TextFloors {
    private let base: UInt64
    private var perResource: [UInt64]

    init(_ base: UInt64) {
        self.base = base
        perResource = [UInt64](repeating: base, count: Resource.allCases.count)
    }

    func floor(_ resource: Resource) -> UInt64 { perResource[Int(resource.rawValue)] }

    mutating func raise(by outcome: Outcome, in kernel: Kernel) {
        for change in outcome.changes {
            if case .removed(let kind, _) = change.subject { raise(kind, to: change.version) }
        }
        for (offset, record) in outcome.records.enumerated() {
            let version = outcome.firstSequence + UInt64(offset)
            switch record {
            case .revised(let uid, _, _), .nodeRegistered(let uid, _, _, _):
                if let kind = kernel.object(uid)?.kind { raise(kind, to: version) }
            default: continue
            }
        }
    }

    private mutating func raise(_ kind: Kind, to version: UInt64) {
        // A pod shows texts of its job.
        let resources: [Resource] = kind == .job ? [.jobs, .pods] : [Resource(of: kind)]
        for resource in resources {
            perResource[Int(resource.rawValue)] = max(floor(resource), version)
        }
    }
}
