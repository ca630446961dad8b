public import Primitives
public import Scheduling

/// Where a job is in its life.
///
///     pending ─▶ starting ─▶ running ─▶ stopping ─▶ succeeded | failed | cancelled
///        ▲           │          │          │
///        └───────────┴──────────┴── retry ─┘
public enum Phase: UInt8, Sendable, CaseIterable {
    case pending, starting, running, stopping, succeeded, failed, cancelled

    public var isFinal: Bool {
        switch self {
        case .succeeded, .failed, .cancelled: true
        case .pending, .starting, .running, .stopping: false
        }
    }
}

/// Why a job is in its phase.
public enum Cause: UInt8, Sendable, CaseIterable {
    case none, waitingForResources, backingOff, allRanksSucceeded, roleSucceeded, rankFailed
    case rankLost, launchFailed, startTimedOut, timeLimit, cancelled, deleted, evicted
}

/// One job: integers only, so that a hundred thousand of them are cheap to hold and to copy.
public struct Job: Sendable {
    public let uid: UInt64
    public let namespace: UInt64
    public let queue: UInt64
    public internal(set) var shape: Row<ShapeMark>
    public internal(set) var terms: JobTerms
    public let success: SuccessRule
    public let retryLimit: UInt32
    public let backoff: Duration64
    public let submittedAt: Tick
    public internal(set) var phase: Phase = .pending
    public internal(set) var cause: Cause = .waitingForResources
    /// The rank that decided the cause, and how it ended.
    public internal(set) var culprit: Culprit?
    /// Counts started attempts; the first is 1.
    public internal(set) var attempt: UInt32 = 0
    /// Attempts that others ended for their own reasons; they do not count as retries.
    public internal(set) var evictions: UInt32 = 0
    /// Set while stopping: what the job comes to when the last process is gone.
    public internal(set) var fate: Phase = .pending
    public internal(set) var isDeleting = false
    public internal(set) var notBefore = Tick(0)
    public internal(set) var startedAt: Tick?
    public internal(set) var endedAt: Tick?
    public internal(set) var changedAt: Tick
    /// The ranks of the newest attempt; empty before the first.
    public internal(set) var ranks: [Rank] = []

    /// Whether the job's memory is still held by a process somewhere.
    public var hasLiveRanks: Bool { ranks.contains { !$0.state.isEnded } }

    public var activeRanks: Int { ranks.count { $0.state == .running } }
    public var succeededRanks: Int { ranks.count { $0.end?.isSuccess ?? false } }
    public var failedRanks: Int { ranks.count { $0.end.map { !$0.isSuccess } ?? false } }
}

/// Marks a row of the shape table in what other modules see.
public enum ShapeMark {}

/// The rank that made a job fail.
public struct Culprit: Hashable, Sendable {
    public let rank: UInt32
    public let node: UInt64
    public let end: RankEnd
}

/// One rank of the newest attempt.
public struct Rank: Hashable, Sendable {
    public enum State: UInt8, Sendable, CaseIterable {
        case placed, running, ended

        public var isEnded: Bool { self == .ended }
    }

    /// The uid of the node.
    public let node: UInt64
    public let devices: DeviceSet
    public internal(set) var state: State = .placed
    public internal(set) var end: RankEnd?
    public internal(set) var startedAt: Tick?
    public internal(set) var endedAt: Tick?
    /// Somebody deleted its pod after it had ended.
    public internal(set) var isHidden = false
    /// The record that last changed the rank.
    public internal(set) var version: UInt64
}

/// One machine and its agent.
public struct Node: Sendable {
    public let uid: UInt64
    public internal(set) var bootID: String
    public internal(set) var isReady: Bool
    public internal(set) var isCordoned = false
    public internal(set) var isTainted = false
    public internal(set) var isRemoved = false
    public internal(set) var registeredAt: Tick
    /// When readiness last changed.
    public internal(set) var changedAt: Tick
    public internal(set) var supply: NodeSupply
    /// Ranks placed here that have not ended.
    public internal(set) var liveRanks: UInt32 = 0
    /// Jobs with live ranks here, in order of placement.
    var jobs: [UInt64] = []

    /// The uids of the jobs with live ranks here, oldest first.
    public var activeJobs: [UInt64] { jobs.sorted() }

    public var isOpen: Bool { isReady && !isCordoned && !isTainted && !isRemoved }
}
