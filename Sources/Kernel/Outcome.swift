public import Primitives
public import Scheduling

/// The answer to one command.
public enum Reply: Sendable {
    /// Done, or nothing to do; the object it was about and its version now.
    case done(uid: UInt64, version: UInt64)
    /// The same request was already accepted under this idempotency key.
    case existing(uid: UInt64, version: UInt64)
    /// Deletion was accepted; the object goes when its processes are gone.
    case accepted(uid: UInt64, version: UInt64)
    case refused(Refusal)
}

/// What must happen in the world. Idempotent, keyed by job, attempt and rank, and derived again
/// from the state when an agent connects.
public enum Effect: Hashable, Sendable {
    case launch(node: UInt64, job: UInt64, attempt: UInt32, ranks: [UInt32])
    case stop(node: UInt64, job: UInt64, attempt: UInt32)
    /// The job is gone: the node may delete its logs.
    case forget(node: UInt64, job: UInt64)
    /// The node's agent has just connected and must hear everything that it should be running.
    case welcome(node: UInt64)
}

/// An object whose stored or shown form changed, and the record that changed it last.
public struct Change: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case object(uid: UInt64)
        case rank(job: UInt64, rank: UInt32)
        case rankRemoved(job: UInt64, rank: UInt32)
        case removed(Kind, uid: UInt64)
    }

    public let subject: Subject
    public let version: UInt64
}

/// What one batch of commands came to.
///
/// The host owes four duties, in this order: append `records`; make them durable; perform
/// `effects`; answer `replies` and publish `changes`. A crash between two of them is safe because
/// effects are derived again from state.
public struct Outcome: Sendable {
    /// The number of the first record; meaningless without records.
    public var firstSequence: UInt64 = 0
    public var records: [Record] = []
    /// The records as bytes, as the journal keeps them.
    public var encoded = ByteWriter()
    public var effects: [Effect] = []
    public var replies: [Reply] = []
    /// One a subject, in the order of their versions.
    public var changes: [Change] = []
    /// Classes of waiting jobs that were examined and did not fit, by row of their shape.
    public var blocked: [(shape: UInt32, blocker: Blocker)] = []
    /// When to step again without commands.
    public var nextTimer: Tick?

    public init() {}
}
