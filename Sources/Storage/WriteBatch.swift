/// Everything that one round of the core must make durable together.
///
/// A batch without records leaves `lastSequence` just below `firstSequence` and writes no journal
/// row; its documents, events and the rest are stored all the same.
public struct WriteBatch: Sendable {
    public var firstSequence: UInt64
    public var lastSequence: UInt64
    /// Milliseconds since the Unix epoch.
    public var tick: Int64
    /// Encoded by the kernel and opaque here.
    public var records: [UInt8]
    /// The kernel's running digest after the batch.
    public var digest: UInt64
    public var documents: [DocumentChange] = []
    public var events: [EventRow] = []
    public var history: [HistoryRow] = []
    public var markers: [Marker] = []

    public init(
        firstSequence: UInt64, lastSequence: UInt64, tick: Int64, records: [UInt8], digest: UInt64
    ) {
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.tick = tick
        self.records = records
        self.digest = digest
    }

    var hasRecords: Bool { lastSequence >= firstSequence }
}

/// A change to one object's text; later changes in a batch win.
public enum DocumentChange: Hashable, Sendable {
    /// Stores the whole document, in place of any earlier one with this uid.
    case put(StoredDocument)
    /// Replaces the small, often rewritten part and leaves the body alone.
    case putHead(uid: UInt64, head: [UInt8])
    case delete(uid: UInt64)
}

/// One object as the edge encoded it: the body is written once, the head as often as it changes.
public struct StoredDocument: Hashable, Sendable {
    public var uid: UInt64
    public var kind: UInt8
    public var key: String
    public var head: [UInt8]
    public var body: [UInt8]

    public init(uid: UInt64, kind: UInt8, key: String, head: [UInt8], body: [UInt8]) {
        self.uid = uid
        self.kind = kind
        self.key = key
        self.head = head
        self.body = body
    }
}

/// One journal row as it was committed, its chain verified.
public struct JournalBatch: Hashable, Sendable {
    public let firstSequence: UInt64
    public let lastSequence: UInt64
    public let tick: Int64
    public let digest: UInt64
    public let records: [UInt8]
}

/// Something that happened to an object, for people; `json` must be UTF-8.
public struct EventRow: Hashable, Sendable {
    public var sequence: UInt64
    public var tick: Int64
    public var kind: UInt8
    public var uid: UInt64
    public var reason: String
    public var json: [UInt8]

    public init(
        sequence: UInt64, tick: Int64, kind: UInt8, uid: UInt64, reason: String, json: [UInt8]
    ) {
        self.sequence = sequence
        self.tick = tick
        self.kind = kind
        self.uid = uid
        self.reason = reason
        self.json = json
    }
}

/// A finished job as accounting keeps it; ticks are milliseconds since the Unix epoch.
public struct HistoryRow: Hashable, Sendable {
    public var uid: UInt64
    public var namespace: String
    public var name: String
    public var queue: String
    public var user: String
    public var phase: String
    public var reason: String
    public var submittedTick: Int64
    /// Nil where the job never started.
    public var startedTick: Int64?
    public var endedTick: Int64
    public var ranks: Int64
    public var gpusMilli: Int64
    public var cpuMilli: Int64
    public var exitCode: Int32?

    public init(
        uid: UInt64, namespace: String, name: String, queue: String, user: String, phase: String,
        reason: String, submittedTick: Int64, startedTick: Int64?, endedTick: Int64, ranks: Int64,
        gpusMilli: Int64, cpuMilli: Int64, exitCode: Int32?
    ) {
        self.uid = uid
        self.namespace = namespace
        self.name = name
        self.queue = queue
        self.user = user
        self.phase = phase
        self.reason = reason
        self.submittedTick = submittedTick
        self.startedTick = startedTick
        self.endedTick = endedTick
        self.ranks = ranks
        self.gpusMilli = gpusMilli
        self.cpuMilli = cpuMilli
        self.exitCode = exitCode
    }
}

/// A named position that moves in the same transaction as its effect, such as a log offset.
public struct Marker: Hashable, Sendable {
    public var name: String
    public var value: [UInt8]

    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
