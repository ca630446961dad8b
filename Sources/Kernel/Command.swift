public import Primitives
import Scheduling

/// Names one object: by kind, namespace and name. The namespace is empty for cluster kinds.
public struct ObjectName: Hashable, Sendable {
    public let kind: Kind
    public let namespace: String
    public let name: String

    public init(_ kind: Kind, namespace: String = "", name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

/// What must still be true of an object for a change to be made.
public struct Precondition: Hashable, Sendable {
    public var uid: UInt64?
    public var version: UInt64?
    /// Counts what users wrote over the object; the kernel's own changes do not move it.
    public var revision: UInt32?

    public init(uid: UInt64? = nil, version: UInt64? = nil, revision: UInt32? = nil) {
        self.uid = uid
        self.version = version
        self.revision = revision
    }
}

/// When a gang has succeeded.
public enum SuccessRule: Hashable, Sendable {
    case allRanks
    /// All ranks of this role; the rest is then stopped.
    case role(UInt16)
}

/// The moving part of a job's specification.
public struct JobTerms: Hashable, Sendable {
    public var priority: Int32
    /// Zero for none.
    public var timeLimit: Duration64
    public var gracePeriod: Duration64

    public init(priority: Int32, timeLimit: Duration64, gracePeriod: Duration64) {
        self.priority = priority
        self.timeLimit = timeLimit
        self.gracePeriod = gracePeriod
    }
}

/// A job as admission hands it over: checked, dense, without the user's text.
public struct JobOrder: Sendable {
    public struct Role: Hashable, Sendable {
        public var ranks: UInt32
        public var cpuMilli: Int64
        public var memoryBytes: Int64
        public var gpuMilli: Int64
        public var models: [String]

        public init(
            ranks: UInt32, cpuMilli: Int64, memoryBytes: Int64, gpuMilli: Int64, models: [String]
        ) {
            self.ranks = ranks
            self.cpuMilli = cpuMilli
            self.memoryBytes = memoryBytes
            self.gpuMilli = gpuMilli
            self.models = models
        }
    }

    public var namespace: String
    public var name: String
    public var queue: String
    public var roles: [Role]
    public var terms: JobTerms
    public var success: SuccessRule
    public var retryLimit: UInt32
    public var backoff: Duration64
    public var allowUnplaceable: Bool
    /// Empty for none; scoped to the submitter by the caller.
    public var idempotencyKey: String
    /// Tells a repeated request from another one under the same key.
    public var bodyDigest: UInt64
    /// Whether it carries finalizers.
    public var isHeld: Bool

    public init(
        namespace: String, name: String, queue: String, roles: [Role], terms: JobTerms,
        success: SuccessRule = .allRanks, retryLimit: UInt32 = 0, backoff: Duration64 = .zero,
        allowUnplaceable: Bool = false, idempotencyKey: String = "", bodyDigest: UInt64 = 0,
        isHeld: Bool = false
    ) {
        self.namespace = namespace
        self.name = name
        self.queue = queue
        self.roles = roles
        self.terms = terms
        self.success = success
        self.retryLimit = retryLimit
        self.backoff = backoff
        self.allowUnplaceable = allowUnplaceable
        self.idempotencyKey = idempotencyKey
        self.bodyDigest = bodyDigest
        self.isHeld = isHeld
    }
}

/// What a node says of itself when its agent connects.
public struct NodeReport: Hashable, Sendable {
    public var name: String
    /// Changes at each boot of the machine's kernel: proof that what ran before is gone.
    public var bootID: String
    public var cpuMilli: Int64
    public var memoryBytes: Int64
    public var gpus: UInt8
    public var gpuModel: String

    public init(
        name: String, bootID: String, cpuMilli: Int64, memoryBytes: Int64, gpus: UInt8,
        gpuModel: String
    ) {
        self.name = name
        self.bootID = bootID
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.gpus = gpus
        self.gpuModel = gpuModel
    }
}

/// What became of a rank's process.
public struct RankEnd: Hashable, Sendable {
    public enum How: UInt8, Sendable, CaseIterable {
        case exited, signalled, launchFailed, lost
    }

    public var how: How
    /// The exit code or the signal's number.
    public var code: Int32
    /// Set when the process was ended because its time was up.
    public var timedOut: Bool

    public init(_ how: How, code: Int32 = 0, timedOut: Bool = false) {
        self.how = how
        self.code = code
        self.timedOut = timedOut
    }

    public var isSuccess: Bool { how == .exited && code == 0 && !timedOut }
}

/// What an agent says about one rank of one attempt. Matched exactly, never by job alone.
public struct RankReport: Hashable, Sendable {
    public enum News: Hashable, Sendable {
        case started
        case ended(RankEnd)
    }

    public var node: String
    public var bootID: String
    public var job: UInt64
    public var attempt: UInt32
    public var rank: UInt32
    public var news: News
    /// When it happened, by the node's clock.
    public var at: Tick

    public init(
        node: String, bootID: String, job: UInt64, attempt: UInt32, rank: UInt32, news: News,
        at: Tick
    ) {
        self.node = node
        self.bootID = bootID
        self.job = job
        self.attempt = attempt
        self.rank = rank
        self.news = news
        self.at = at
    }
}

/// Everything that can be asked of the cluster.
public indirect enum Command: Sendable {
    /// Creates an object that is neither a job nor a node.
    case create(ObjectName, isHeld: Bool = false)
    case submit(JobOrder)
    /// The object's document changed; `terms` too when it is a job's specification, and `relabels`
    /// when its labels are others.
    case revise(
        ObjectName, Precondition, specChanged: Bool, terms: JobTerms?, isHeld: Bool = false,
        relabels: Bool = false)
    case delete(ObjectName, Precondition)
    case cancel(ObjectName, Precondition)
    case cordon(name: String, Bool, Precondition)
    /// Closes a node to new work by its taints, or opens it; `evicting` also moves its jobs away.
    case taint(name: String, Bool, evicting: Bool)
    /// Takes one rank of one attempt from its node: its gang starts anew elsewhere. A rank that has
    /// ended is only taken from sight.
    case evict(ObjectName, attempt: UInt32, rank: UInt32)
    case register(NodeReport)
    case heartbeat(node: String)
    /// The node's agent is known to be gone: what its silence would show later.
    case silence(node: String)
    case report(RankReport)
    /// Says what the command would be answered, and changes nothing.
    case trial(Command)
    /// Nothing but the passing of time.
    case tick
}
