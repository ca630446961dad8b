public import Primitives
public import Scheduling

// What the outside may see of the state. Values only.

/// An object's identity and version.
public struct ObjectState: Sendable {
    public let kind: Kind
    public let uid: UInt64
    /// The uid of the namespace, or zero.
    public let namespace: UInt64
    public let name: String
    public let createdAt: Tick
    public let version: UInt64
    public let generation: UInt32
    public let revision: UInt32
    public let isHeld: Bool
    /// When somebody asked for its deletion, while something still keeps it.
    public let deletedAt: Tick?
}

/// A machine and what is free on it.
public struct NodeState: Sendable {
    public let node: Node
    public let cpuFree: Int64
    public let memoryFree: Int64
    public let deviceShares: [Int64]
}

/// A rank that a node should have, and what its agent should do about it.
public struct Assignment: Hashable, Sendable {
    public let job: UInt64
    public let attempt: UInt32
    public let rank: UInt32
    /// The agent has reported it as started: if it does not know it, it is lost, not to be started.
    public let hasStarted: Bool
    public let isStopping: Bool

    public init(job: UInt64, attempt: UInt32, rank: UInt32, hasStarted: Bool, isStopping: Bool) {
        self.job = job
        self.attempt = attempt
        self.rank = rank
        self.hasStarted = hasStarted
        self.isStopping = isStopping
    }
}

extension Kernel {
    public func object(_ uid: UInt64) -> ObjectState? {
        guard let row = byUID[uid] else { return nil }
        let entity = entities[row]
        return ObjectState(
            kind: entity.kind, uid: uid, namespace: entity.scope, name: entity.name,
            createdAt: entity.createdAt, version: entity.version, generation: entity.generation,
            revision: entity.revision, isHeld: entity.isHeld, deletedAt: entity.deletedAt)
    }

    public func job(_ uid: UInt64) -> Job? { liveJob(uid) }

    public func shape(of job: Job) -> Shape { shapes[Row(job.shape.number)].shape }

    public func node(_ uid: UInt64) -> NodeState? {
        guard let row = byUID[uid], entities[row].kind == .node else { return nil }
        let index = Int(entities[row].link)
        return NodeState(
            node: nodes[index], cpuFree: capacity.cpuFree[index],
            memoryFree: capacity.memoryFree[index],
            deviceShares: capacity.deviceShares(of: Row(UInt32(index))))
    }

    /// The name of a GPU model by its bit.
    public func model(_ bit: UInt8) -> String {
        Int(bit) < models.count ? models[Int(bit)] : ""
    }

    /// Names of all GPU models, by their bits.
    public var modelNames: [String] { models }

    /// Every object, oldest first.
    public var objectUIDs: [UInt64] { entities.rows.map { entities[$0].uid }.sorted() }

    public var jobCount: Int { jobs.count }
    public var pendingCount: Int { pending.count }

    /// Machines that are enrolled, whatever their state.
    public var nodeCount: Int { nodes.count { !$0.isRemoved } }

    /// What keeps the gang from starting now, as the planner says; nil where all of it would fit.
    public func blocker(of job: Job) -> Blocker? {
        var free = capacity
        switch placer.place(shape(of: job), on: &free) {
        case .placed: return nil
        case .blocked(let blocker): return blocker
        }
    }

    /// Waiting jobs that the planner looks at before this one; walks all jobs.
    public func waitingAhead(of job: Job) -> Int {
        let own = Place(priority: job.terms.priority, uid: job.uid, shape: job.shape.number)
        return jobs.rows.count { row in
            let other = jobs[row]
            guard other.phase == .pending, other.cause != .backingOff else { return false }
            return Place(
                priority: other.terms.priority, uid: other.uid, shape: other.shape.number) < own
        }
    }

    public func uid(of name: ObjectName) -> UInt64? {
        guard let scope = scope(of: name), let row = byKey[key(name, scope)] else { return nil }
        return entities[row].uid
    }

    /// Everything that should be on the node now, in order of job and rank.
    public func assignments(of uid: UInt64) -> [Assignment] {
        guard let row = byUID[uid], entities[row].kind == .node else { return [] }
        var found: [Assignment] = []
        for jobUID in nodes[Int(entities[row].link)].jobs.sorted() {
            guard let job = liveJob(jobUID) else { continue }
            for (number, rank) in job.ranks.enumerated()
            where rank.node == uid && !rank.state.isEnded {
                found.append(
                    Assignment(
                        job: jobUID, attempt: job.attempt, rank: UInt32(number),
                        hasStarted: rank.state != .placed, isStopping: job.phase == .stopping))
            }
        }
        return found
    }
}
