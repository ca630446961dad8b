public import Primitives
public import Scheduling

/// One thing that happened. The journal is a sequence of these; the state follows from it.
public enum Record: Hashable, Sendable {
    /// `namespace` is zero for cluster kinds.
    case created(Kind, uid: UInt64, name: String, namespace: UInt64)
    case revised(uid: UInt64, specChanged: Bool, terms: JobTerms?)
    case deletionMarked(uid: UInt64)
    case removed(uid: UInt64)
    case modelNamed(String)
    case submitted(Submission)
    case attemptStarted(job: UInt64)
    case rankPlaced(job: UInt64, node: UInt64, devices: DeviceSet)
    case rankStarted(job: UInt64, rank: UInt32, at: Tick)
    case rankEnded(job: UInt64, rank: UInt32, end: RankEnd, at: Tick)
    /// The highest rank of an attempt that is over leaves the books.
    case rankForgotten(job: UInt64)
    case moved(
        job: UInt64, to: Phase, cause: Cause, fate: Phase, culprit: Culprit?, notBefore: Tick)
    case nodeRegistered(uid: UInt64, name: String, bootID: String, supply: NodeSupply)
    case nodeReady(uid: UInt64, Bool)
    case nodeCordoned(uid: UInt64, Bool)
    case held(uid: UInt64, Bool)
    case nodeTainted(uid: UInt64, Bool)
    /// A rank that has ended is not shown any more.
    case rankHidden(job: UInt64, rank: UInt32)
    /// The labels of the rank's job, which its pod shows, are others now.
    case rankRelabelled(job: UInt64, rank: UInt32)
}

/// A job as the journal holds it.
public struct Submission: Hashable, Sendable {
    public let uid: UInt64
    public let namespace: UInt64
    public let queue: UInt64
    public let name: String
    public let shape: Shape
    public let terms: JobTerms
    public let success: SuccessRule
    public let retryLimit: UInt32
    public let backoff: Duration64
    public let idempotencyKey: String
    public let bodyDigest: UInt64
}

extension Record {
    /// The number that starts the record's bytes. Numbers are never reused.
    var tag: UInt8 {
        switch self {
        case .created(_, _, _, let namespace): namespace == 0 ? 1 : 19
        case .revised: 2
        case .deletionMarked: 3
        case .removed: 4
        case .modelNamed: 5
        case .submitted: 6
        case .attemptStarted: 7
        case .rankPlaced: 8
        case .rankStarted: 9
        case .rankEnded: 10
        case .rankForgotten: 11
        case .moved: 12
        case .nodeRegistered: 13
        case .nodeReady: 14
        case .nodeCordoned: 15
        case .held: 16
        case .nodeTainted: 17
        case .rankHidden: 18
        case .rankRelabelled: 20
        }
    }
}

extension Record: CustomStringConvertible {
    public var description: String {
        switch self {
        case .created(let kind, let uid, let name, _): "\(kind.word) \(uid) created as \(name)"
        case .revised(let uid, let spec, _): "\(uid) revised\(spec ? ", new generation" : "")"
        case .deletionMarked(let uid): "\(uid) marked for deletion"
        case .removed(let uid): "\(uid) removed"
        case .modelNamed(let name): "model \(name) named"
        case .submitted(let job): "job \(job.uid) submitted as \(job.name)"
        case .attemptStarted(let job): "job \(job) starts an attempt"
        case .rankPlaced(let job, let node, let devices):
            "job \(job) gets node \(node), devices \(devices.numbers)"
        case .rankStarted(let job, let rank, _): "job \(job) rank \(rank) started"
        case .rankEnded(let job, let rank, let end, _): "job \(job) rank \(rank) \(end)"
        case .rankForgotten(let job): "job \(job) forgets its highest rank"
        case .moved(let job, let phase, let cause, _, _, _):
            "job \(job) moved to \(phase.word)\(cause.word.isEmpty ? "" : ", \(cause.word)")"
        case .nodeRegistered(let uid, let name, _, _): "node \(uid) registered as \(name)"
        case .nodeReady(let uid, let ready): "node \(uid) is \(ready ? "ready" : "silent")"
        case .nodeCordoned(let uid, let on): "node \(uid) is \(on ? "cordoned" : "open")"
        case .held(let uid, let on): "\(uid) is \(on ? "held by finalizers" : "free to go")"
        case .nodeTainted(let uid, let on): "node \(uid) is \(on ? "closed by" : "free of") taints"
        case .rankRelabelled(let job, let rank): "job \(job) rank \(rank) shows other labels"
        case .rankHidden(let job, let rank): "job \(job) rank \(rank) is no longer shown"
        }
    }
}

extension Kind {
    /// The kind in lower case, as texts name it.
    public var word: String {
        switch self {
        case .namespace: "namespace"
        case .queue: "queue"
        case .node: "node"
        case .job: "job"
        case .token: "token"
        case .nodePool: "nodepool"
        case .lease: "lease"
        case .configMap: "configmap"
        case .secret: "secret"
        }
    }

    /// The plural that paths use.
    public var plural: String { word + "s" }
}

extension Phase {
    /// The phase as the API spells it.
    public var word: String {
        switch self {
        case .pending: "Pending"
        case .starting: "Starting"
        case .running: "Running"
        case .stopping: "Stopping"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .cancelled: "Cancelled"
        }
    }
}

extension Cause {
    /// The reason as the API spells it; empty for none.
    public var word: String {
        switch self {
        case .none: ""
        case .waitingForResources: "WaitingForResources"
        case .backingOff: "BackingOff"
        case .allRanksSucceeded: "AllRanksSucceeded"
        case .roleSucceeded: "RoleSucceeded"
        case .rankFailed: "RankFailed"
        case .rankLost: "RankLost"
        case .launchFailed: "LaunchFailed"
        case .startTimedOut: "StartTimedOut"
        case .timeLimit: "TimeLimit"
        case .cancelled: "Cancelled"
        case .deleted: "Deleted"
        case .evicted: "Evicted"
        }
    }
}

extension RankEnd: CustomStringConvertible {
    public var description: String {
        let suffix = timedOut ? " at its time limit" : ""
        switch how {
        case .exited: return "exited with code \(code)\(suffix)"
        case .signalled: return "was ended by signal \(code)\(suffix)"
        case .launchFailed: return "could not be launched"
        case .lost: return "was lost with its node"
        }
    }
}
