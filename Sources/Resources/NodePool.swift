public import Wire

// The words beside the fields are the manual, as in JobSpec: write them for users.

/// Machines that are declared instead of installed one by one: how many, of which kind, and how
/// they may be taken away again.
///
/// Give either replicas, for a fixed number, or autoscale, for a number that follows the queue.
/// This version stores and serves pools but does not provision machines yet: the condition
/// "Provisioned" of the status says so.
public struct NodePoolSpec: Codable, Hashable, Sendable {
    /// Who makes the machines of this pool.
    public var providerRef: ProviderReference
    /// What every machine of the pool is given: labels, annotations, taints and its place.
    public var template: NodeTemplate?
    /// The kinds of machine that the pool may consist of; the cheapest that serves is taken first.
    ///
    /// From 1 to 64, each with a name of its own.
    public var instanceTypes: [InstanceType]
    /// A fixed number of machines, from 0 to 100000. Give this or autoscale, not both.
    public var replicas: Int?
    /// A number of machines that follows the waiting jobs. Give this or replicas, not both.
    public var autoscale: AutoscaleSpec?
    /// What the pool may never exceed, whatever is asked for. Left out: no limit.
    public var limits: PoolLimits?
    /// Which of several fitting pools grows first: the one with the higher number.
    ///
    /// A number from 0 to 100. Left out: 10.
    public var weight: Int?
    /// How machines are taken away: how many at a time, and what becomes of the jobs on them.
    public var disruption: DisruptionSpec?
    /// The age at which a machine is replaced, such as "30d".
    ///
    /// At least "10m". Left out: machines do not expire.
    public var expireAfter: WireDuration?
    /// Asks for machines that the provider may take back, at a lower price.
    ///
    /// Left out: only machines that stay.
    public var spot: SpotSpec?

    public init(providerRef: ProviderReference, instanceTypes: [InstanceType]) {
        self.providerRef = providerRef
        self.instanceTypes = instanceTypes
    }
}

/// Names the object that says how machines are made.
public struct ProviderReference: Codable, Hashable, Sendable {
    /// Kinds of object that describe a provider.
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case providerClass = "ProviderClass"
    }

    /// The kind of the object. Left out: "ProviderClass".
    public var kind: Kind?
    /// The name of the object, such as "rack-servers". It need not exist yet.
    public var name: String

    public init(name: String) { self.name = name }
}

/// What every machine of a pool is given when it joins.
public struct NodeTemplate: Codable, Hashable, Sendable {
    /// Labels of the nodes, for selectors.
    public var labels: StringMap?
    /// Annotations of the nodes: free text for people and tools.
    public var annotations: StringMap?
    /// Taints of the nodes: only jobs that tolerate them are placed there.
    public var taints: [TaintSpec]?
    /// Taints that somebody else takes away when the machine is ready for work.
    public var startupTaints: [TaintSpec]?
    /// Where the machines stand, for the placement of ranks that must be close to each other.
    public var topology: PlaceSpec?

    public init() {}
}

/// Keeps work away from a node unless the work tolerates it.
public struct TaintSpec: Codable, Hashable, Sendable {
    /// What happens to work that does not tolerate the taint.
    public enum Effect: String, Codable, CaseIterable, Sendable {
        case noSchedule = "NoSchedule"
        case preferNoSchedule = "PreferNoSchedule"
        case noExecute = "NoExecute"
    }

    /// The taint's key, such as "example.org/dedicated".
    public var key: String
    /// The taint's value, such as "vision". Left out: empty.
    public var value: String?
    /// NoSchedule keeps new work away, PreferNoSchedule tries to, NoExecute ends running work too.
    public var effect: Effect

    public init(key: String, value: String? = nil, effect: Effect) {
        self.key = key
        self.value = value
        self.effect = effect
    }
}

/// A place in the tree of sites, blocks and racks.
public struct PlaceSpec: Codable, Hashable, Sendable {
    /// The site or zone, such as "fra1".
    public var site: String?
    /// The group of racks with full bandwidth between them, such as "b2".
    public var block: String?
    /// The rack, such as "r17".
    public var rack: String?

    public init() {}
}

/// One kind of machine that the provider can make.
public struct InstanceType: Codable, Hashable, Sendable {
    /// The provider's name for it, such as "p5.48xlarge".
    public var name: String
    /// Its CPUs, such as 192. More than 0, at most 65536.
    public var cpus: Quantity
    /// Its memory, such as "2Ti". More than 0, at most "64Ti".
    public var memory: Quantity
    /// Its GPUs, from 0 to 64. Left out: none.
    public var gpus: Int?
    /// The model of its GPUs, such as "H100", as jobs name it in gpuModels.
    public var gpuModel: String?
    /// What it costs for an hour, such as "98.32". Left out: nothing is known, and it comes last.
    public var pricePerHour: Price?
    /// How long it takes from the order until work can start, such as "8m".
    ///
    /// At most "7d". Left out: unknown.
    public var leadTime: WireDuration?

    public init(name: String, cpus: Quantity, memory: Quantity) {
        self.name = name
        self.cpus = cpus
        self.memory = memory
    }
}

/// A number of machines that follows the waiting jobs.
public struct AutoscaleSpec: Codable, Hashable, Sendable {
    /// The fewest machines, even when nothing waits. From 0 to max. Left out: 0.
    public var min: Int?
    /// The most machines. From 1 to 100000.
    public var max: Int
    /// How long jobs must have waited before machines are ordered for them, such as "30s".
    ///
    /// At most "1d". Left out: "0s".
    public var scaleUpAfter: WireDuration?
    /// The most machines that are ordered at a time, from 1. Left out: as many as are needed.
    public var scaleUpStep: Int?
    /// How long a machine must have been idle before it is given back, such as "10m".
    ///
    /// At most "30d". Left out: "10m".
    public var scaleDownAfter: WireDuration?
    /// Idle machines that are kept ready for work that comes suddenly. From 0 to max. Left out: 0.
    public var warmSpares: Int?

    public init(max: Int) { self.max = max }
}

/// What a pool may never exceed.
public struct PoolLimits: Codable, Hashable, Sendable {
    /// The most machines, from 0 to 100000.
    public var nodes: Int?
    /// The most GPUs on all machines together, from 0.
    public var gpus: Int?
    /// The most CPUs on all machines together, such as 4096.
    public var cpus: Quantity?
    /// The most memory on all machines together, such as "64Ti".
    public var memory: Quantity?

    public init() {}
}

/// How machines are taken away.
public struct DisruptionSpec: Codable, Hashable, Sendable {
    /// What becomes of the jobs on a machine that is to go.
    public enum Drain: String, Codable, CaseIterable, Sendable {
        case waitCompleted = "WaitCompleted"
        case checkpoint = "Checkpoint"
        case deadline = "Deadline"
    }

    /// When machines are given back although the pool may keep them.
    public enum Consolidate: String, Codable, CaseIterable, Sendable {
        case never = "Never"
        case whenEmpty = "WhenEmpty"
        case whenUnderused = "WhenUnderused"
    }

    /// How many machines may be going at the same time; the strictest of them counts.
    ///
    /// At most 16. Left out: one at a time.
    public var budgets: [DisruptionBudget]?
    /// WaitCompleted lets jobs end, Checkpoint asks them to save and leave, Deadline ends them
    /// after the deadline.
    ///
    /// Left out: WaitCompleted.
    public var drain: Drain?
    /// How long jobs have with drain Checkpoint or Deadline, such as "2h". From "1s" to "30d".
    ///
    /// Needed with Deadline. Left out with Checkpoint: as long as they take.
    public var deadline: WireDuration?
    /// Never keeps every machine, WhenEmpty gives back idle ones, WhenUnderused also moves jobs
    /// together.
    ///
    /// Left out: WhenEmpty.
    public var consolidate: Consolidate?

    public init() {}
}

/// How many machines may be going at the same time, always or within a window.
public struct DisruptionBudget: Codable, Hashable, Sendable {
    /// A number of machines, such as 2, or a share of the pool, such as "10%". 0 forbids it.
    public var nodes: Portion
    /// When the window opens, in UTC, as cron writes it: "0 9 * * mon-fri".
    ///
    /// Minute, hour, day of month, month, day of week. Left out: the budget holds always.
    public var schedule: String?
    /// How long the window stays open, such as "8h". From "1m" to "7d". Given with a schedule.
    public var duration: WireDuration?

    public init(nodes: Portion) { self.nodes = nodes }
}

/// Machines that the provider may take back.
public struct SpotSpec: Codable, Hashable, Sendable {
    /// What happens while no such machine is to be had.
    public enum Fallback: String, Codable, CaseIterable, Sendable {
        case wait = "Wait"
        case onDemand = "OnDemand"
    }

    /// Wait waits for the market; OnDemand takes machines that stay, at their price.
    ///
    /// Left out: Wait.
    public var fallback: Fallback?
    /// How long to look for a spot machine before falling back, such as "15m".
    ///
    /// At most "1d", and only with fallback OnDemand. Left out: "10m".
    public var fallbackAfter: WireDuration?
    /// The most that a spot machine may cost for an hour, such as "30".
    ///
    /// Left out: the market's price.
    public var maxPricePerHour: Price?

    public init() {}
}

/// What is there of a pool.
public struct NodePoolStatus: Codable, Hashable, Sendable {
    /// The generation of the specification that this status speaks of.
    public var observedGeneration: Int64?
    /// Machines that were ordered and not given back.
    public var replicas: Int
    /// Machines that have joined as nodes and take work.
    public var ready: Int
    /// Whether the pool is what was asked for, and why not.
    public var conditions: [Condition]

    public init(replicas: Int, ready: Int, conditions: [Condition]) {
        self.replicas = replicas
        self.ready = ready
        self.conditions = conditions
    }

    /// The status of every pool as long as nothing provisions machines.
    public static func unserved(since: Timestamp, generation: Int64) -> NodePoolStatus {
        var status = NodePoolStatus(
            replicas: 0, ready: 0,
            conditions: [
                Condition(
                    type: "Provisioned", status: .false, reason: "NotAvailable",
                    message:
                        "this version stores pools but does not provision machines; start agents "
                        + "by hand, and give them the labels of the template",
                    lastTransitionTime: since)
            ])
        status.observedGeneration = generation
        return status
    }
}

/// One statement about an object: whether it holds, since when, and why.
public struct Condition: Codable, Hashable, Sendable {
    /// Whether the statement holds.
    public enum Status: String, Codable, CaseIterable, Sendable {
        case `true` = "True"
        case `false` = "False"
        case unknown = "Unknown"
    }

    /// The statement, such as "Provisioned".
    public var type: String
    /// Whether it holds.
    public var status: Status
    /// One word that says why, for programs.
    public var reason: String?
    /// A sentence that says why, for people.
    public var message: String?
    /// Since when it is so.
    public var lastTransitionTime: Timestamp?
    /// Of nodes: a moment since which it has been confirmed; later ones are not written down.
    public var lastHeartbeatTime: Timestamp?

    public init(
        type: String, status: Status, reason: String?, message: String?,
        lastTransitionTime: Timestamp?
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.lastTransitionTime = lastTransitionTime
    }
}
