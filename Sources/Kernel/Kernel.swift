// Kernel — the cluster as one value: commands in; records, effects, replies and a timer out.
//
// Deterministic: no clock, no I/O, no hash order, no floating point. The same commands at the same
// ticks give the same records in any process, and replaying the records gives the same state.
// *Decide* reads and may refuse; *evolve* applies a record and cannot fail.
//
// Read in this order: Command → Record → Outcome → Job → Kernel+Step → Evolve → Planning → Check.

public import Primitives
import Scheduling

/// The whole cluster, owned by one thread.
public struct Kernel: Sendable {
    // What the records made. Everything here is in the snapshot.
    var entities = Table<Entity>()
    var jobs = Table<Job>()
    var nodes: [Node] = []
    var capacity = Capacity()
    var shapes = Table<ShapeUse>()
    var models: [String] = []
    var idempotency = IdempotencyKeys()
    /// The number of the newest record; the cluster's resourceVersion.
    public internal(set) var sequence: UInt64 = 0
    public internal(set) var nextUID: UInt64 = 1
    /// Running digest over every record, in order.
    public internal(set) var digest = Digest()

    // Indexes and queues that follow from the above.
    var byKey = Lookup<EntityKey, Row<Entity>>()
    var byUID = Lookup<UInt64, Row<Entity>>()
    var shapeRows = Lookup<Shape, Row<ShapeUse>>()
    var pending = PendingJobs()
    var timers = Heap<Timer>()
    var retired = RetirementQueue()
    var leaving: [LeavingNamespace] = []

    // What is only known while running: who was heard when, and what a step has touched.
    var lastHeard: [Tick] = []
    var capacityStamp: UInt64 = 0
    var outcome = Outcome()
    /// Decisions are made but nothing becomes history.
    var isTrial = false
    let placer = GangPlacer()

    public let limits: Limits

    public init(limits: Limits = Limits()) { self.limits = limits }
}

/// Every bound the kernel keeps.
public struct Limits: Sendable {
    public var jobs = 1_000_000
    public var entities = 100_000
    public var ranksPerJob = 16_384
    public var rolesPerJob = 64
    public var models = 64
    /// Gangs tried in one step; the rest wait for the next, which follows at once.
    public var gangsPerPass = 512
    /// Objects looked at in one step to empty namespaces that are being deleted.
    public var departuresPerPass = 1024
    /// A node that was silent this long gets no new work.
    public var nodeSilence = Duration64(seconds: 15)
    /// A gang whose ranks have not all started by then is stopped.
    public var startTimeout = Duration64(seconds: 120)
    public var idempotencyLife = Duration64(seconds: 86_400)
    public var idempotencyKeys = 200_000
    /// Finished jobs are forgotten after this long, or when there are too many.
    public var retention = Duration64(seconds: 7 * 86_400)
    public var finishedJobs = 100_000

    public init() {}
}

/// The kinds of object that have a name and a version.
public enum Kind: UInt8, Sendable, CaseIterable {
    case namespace = 1
    case queue = 2
    case node = 3
    case job = 4
    case token = 5
    case nodePool = 6
    case lease = 7
    case configMap = 8
    case secret = 9

    /// Whether objects of the kind live in a namespace.
    public var isNamespaced: Bool {
        switch self {
        case .job, .lease, .configMap, .secret: true
        case .namespace, .queue, .node, .token, .nodePool: false
        }
    }
}

/// A name as the kernel finds it: kind, namespace (zero for none), bytes.
struct EntityKey: Hashable, Sendable {
    let kind: Kind
    let scope: UInt64
    let name: String
}

/// What every object has, whatever its kind.
struct Entity: Sendable {
    let kind: Kind
    let uid: UInt64
    /// The uid of the namespace, or zero.
    let scope: UInt64
    let name: String
    let createdAt: Tick
    /// The record that last changed the object: its resourceVersion.
    var version: UInt64
    var generation: UInt32 = 1
    /// Counts revisions by users, of whatever part.
    var revision: UInt32 = 0
    /// Somebody's finalizers are on it: it may be marked for deletion but not go.
    var isHeld = false
    var deletedAt: Tick?
    /// What lives in a namespace, the jobs of a queue: while there are any, it cannot go.
    var dependents: UInt32 = 0
    /// Row in `jobs` or `nodes`, by kind.
    var link: UInt32 = .max

    var key: EntityKey { EntityKey(kind: kind, scope: scope, name: name) }
}

/// A shape and how many jobs have it.
struct ShapeUse: Sendable {
    let shape: Shape
    var jobs: UInt32
    /// Answer of the fit check, valid for one state of the machines.
    var fitStamp: UInt64 = 0
    var misfit: Misfit?
}

/// A moment at which the kernel wants to be stepped, and why.
struct Timer: Comparable, Sendable {
    enum Cause: UInt8, Sendable { case retry, startTimeout, silence, retire }

    let at: Tick
    let cause: Cause
    let uid: UInt64
    let attempt: UInt32

    static func < (left: Self, right: Self) -> Bool {
        (left.at.milliseconds, left.cause.rawValue, left.uid, left.attempt)
            < (right.at.milliseconds, right.cause.rawValue, right.uid, right.attempt)
    }
}
