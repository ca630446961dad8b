/// What one rank asks of one machine, in integers.
public struct Demand: Hashable, Sendable {
    /// Thousandths of a CPU.
    public var cpuMilli: Int64
    public var memoryBytes: Int64
    /// Thousandths of a GPU: below 1000 a share of one device, else whole devices.
    public var gpuMilli: Int64
    /// Accepted GPU models as bits of the kernel's model table; zero accepts any.
    public var models: UInt64

    public init(cpuMilli: Int64, memoryBytes: Int64, gpuMilli: Int64, models: UInt64 = 0) {
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.gpuMilli = gpuMilli
        self.models = models
    }

    /// Whole devices asked for; zero for a share or none.
    public var wholeGPUs: Int { gpuMilli >= 1000 ? Int(gpuMilli / 1000) : 0 }

    /// Thousandths of a single device; zero unless a share is asked for.
    public var gpuShare: Int64 { gpuMilli < 1000 ? gpuMilli : 0 }
}

/// The ranks of one role: how many, and what each asks.
public struct RoleShape: Hashable, Sendable {
    public var ranks: UInt32
    public var demand: Demand

    public init(ranks: UInt32, demand: Demand) {
        self.ranks = ranks
        self.demand = demand
    }
}

/// A gang's whole demand. Jobs of equal shape share one calculation.
public struct Shape: Hashable, Sendable {
    public var roles: [RoleShape]

    public init(roles: [RoleShape]) { self.roles = roles }

    public var rankCount: Int { roles.reduce(0) { $0 + Int($1.ranks) } }

    /// The role of rank number `rank`, counting ranks role by role.
    public func role(ofRank rank: Int) -> Int {
        var first = 0
        for (index, role) in roles.enumerated() {
            first += Int(role.ranks)
            if rank < first { return index }
        }
        preconditionFailure("rank \(rank) is outside the gang")
    }
}
