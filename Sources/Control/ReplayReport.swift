public import Primitives
import Storage
import Wire

/// What a replay went through, where it arrived, and what it found wrong.
public struct ReplayReport: Sendable {
    /// The state that the replay began with: zero, or the sequence of a snapshot.
    public let start: UInt64
    public let isFromSnapshot: Bool
    /// The part that was asked for: behind `from`, up to the end of the batch of what was asked.
    public let from: UInt64
    public let to: UInt64
    /// The last sequence that was replayed.
    public internal(set) var reached: UInt64
    /// Batches whose chain and digest were proved, those before `from` included.
    public internal(set) var batches: UInt64 = 0
    public internal(set) var records: UInt64 = 0
    public internal(set) var firstTick: Tick?
    public internal(set) var lastTick: Tick?
    /// Snapshots met on the way that are the replayed state to the byte.
    public internal(set) var snapshots = 0
    /// How many times the kernel's invariants were walked.
    public internal(set) var checks = 0
    public internal(set) var digest = Digest()
    public internal(set) var jobs = 0
    public internal(set) var nodes = 0
    public internal(set) var pending = 0
    /// What is no fault and yet worth knowing.
    public internal(set) var notices: [String] = []
    public internal(set) var faults: [ReplayFault] = []

    /// Whether everything that was stored follows from the records.
    public var isProved: Bool { faults.isEmpty }

    init(start: UInt64, isFromSnapshot: Bool, from: UInt64, to: UInt64) {
        self.start = start
        self.isFromSnapshot = isFromSnapshot
        self.from = from
        self.to = to
        reached = start
    }

    mutating func count(_ records: Int, at tick: Tick) {
        batches += 1
        self.records += UInt64(records)
        if firstTick == nil { firstTick = tick }
        lastTick = tick
    }
}

/// The first thing in a history that does not follow from what came before it.
public struct ReplayFault: Error, Hashable, Sendable {
    /// What did not hold.
    public enum Kind: String, Sendable {
        case damage, undecodable, digest, snapshot, invariant
    }

    public let kind: Kind
    /// The batch at fault; nil where the finding itself says where it is.
    public let firstSequence: UInt64?
    public let lastSequence: UInt64?
    public let tick: Tick?
    /// The digests, where they differ.
    public let stored: Digest?
    public let computed: Digest?
    private let finding: String

    /// One sentence without a full stop, in lower case.
    public var text: String {
        guard let firstSequence, let lastSequence, let tick else { return finding }
        let when = Timestamp(tick).text(fraction: 3)
        return "the batch of sequences \(firstSequence) to \(lastSequence) at \(when): \(finding)"
    }

    init(_ kind: Kind, finding: String) {
        self.kind = kind
        self.finding = finding
        firstSequence = nil
        lastSequence = nil
        tick = nil
        stored = nil
        computed = nil
    }

    init(
        _ kind: Kind, _ batch: JournalBatch, stored: UInt64? = nil, computed: UInt64? = nil,
        finding: String = ""
    ) {
        self.kind = kind
        firstSequence = batch.firstSequence
        lastSequence = batch.lastSequence
        tick = Tick(batch.tick)
        self.stored = stored.map { Digest($0) }
        self.computed = computed.map { Digest($0) }
        if let stored, let computed {
            self.finding =
                "digest \(Digest(stored)) is stored, the replay gives \(Digest(computed))"
        } else {
            self.finding = finding
        }
    }
}
