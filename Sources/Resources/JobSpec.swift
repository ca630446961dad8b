public import Wire

/// A gang of processes that starts together, and what should become of it.
public struct JobSpec: Codable, Hashable, Sendable {
    public var queue: String?
    public var priority: Int?
    public var timeLimit: WireDuration?
    public var gracePeriod: WireDuration?
    public var roles: [RoleSpec]
    public var success: SuccessSpec?
    public var retries: RetrySpec?
    /// Which sets of variables every rank gets: `torch`, `slurm`; `none` for neither.
    public var rankEnvironment: [RankEnvironment]?
    /// Accepts the job although no present machine could ever carry it.
    public var allowUnplaceable: Bool?
    public var topology: TopologySpec?
    public var array: ArraySpec?
    public var dependencies: [DependencySpec]?
    public var preemption: PreemptionSpec?

    public init(roles: [RoleSpec]) { self.roles = roles }
}

/// Ranks that are alike.
public struct RoleSpec: Codable, Hashable, Sendable {
    public var name: String?
    public var replicas: Int?
    public var minReplicas: Int?
    public var maxReplicas: Int?
    public var resources: ResourceSpec?
    public var command: [String]?
    /// Run by `/bin/bash -e`, instead of a command.
    public var script: String?
    /// Handed to the script as `$1`, `$2` and so on.
    public var arguments: [String]?
    public var env: StringMap?
    public var workingDirectory: String?

    public init() {}
}

/// What one rank asks of one machine.
public struct ResourceSpec: Codable, Hashable, Sendable {
    public var cpus: Quantity?
    public var memory: Quantity?
    public var gpus: Quantity?
    public var gpuModels: [String]?

    public init() {}
}

/// When the gang has succeeded.
public struct SuccessSpec: Codable, Hashable, Sendable {
    public enum Policy: String, Codable, CaseIterable, Sendable {
        case allRanks = "AllRanks"
        case role = "Role"
    }

    public var policy: Policy
    public var role: String?

    public init(policy: Policy, role: String? = nil) {
        self.policy = policy
        self.role = role
    }
}

/// How often a failed gang is started again, and after what pause (doubled each time).
public struct RetrySpec: Codable, Hashable, Sendable {
    public var limit: Int?
    public var backoff: WireDuration?

    public init() {}
}

/// A set of variables that tells a rank who it is.
public enum RankEnvironment: String, Codable, CaseIterable, Sendable {
    case torch, slurm, none
}

/// How close the ranks must be to each other.
public struct TopologySpec: Codable, Hashable, Sendable {
    public var required: String?
    public var preferred: String?
}

/// Many jobs of one shape.
public struct ArraySpec: Codable, Hashable, Sendable {
    public var tasks: Int
    public var parallelism: Int?
}

/// Another job that must come first.
public struct DependencySpec: Codable, Hashable, Sendable {
    public var job: String
    public var condition: String?
}

/// Whether and how the job may be asked to leave.
public struct PreemptionSpec: Codable, Hashable, Sendable {
    public var allowed: Bool?
    public var notice: String?
    public var gracePeriod: WireDuration?
}
