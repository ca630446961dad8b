import Primitives

/// The machines of a simulation, and what happens to them.
public struct Cluster: Sendable {
    /// A machine is away for a while; what ran there is lost.
    public struct Outage: Hashable, Sendable, BitwiseCopyable {
        public var machine: UInt32
        public var at: Int64
        public var span: Int64
    }

    public internal(set) var machines: [MachineSpec] = []
    /// Names of device models, by their bits in a demand.
    public internal(set) var models: [String] = []
    /// In the order of their beginnings.
    public internal(set) var outages: [Outage] = []
    /// Milliseconds from a decision until the gang runs.
    public var launch: Int64 = 0
    /// Where it came from, for people.
    public var source = ""

    public init() {}

    public var gpus: Int { machines.reduce(0) { $0 + Int($1.gpus) } }

    public var cpuMilli: Int64 { machines.reduce(0) { $0 + $1.cpuMilli } }

    /// The bit of a model, known or new; nil where there are too many. The last bit stays free: it
    /// stands for models that no machine has.
    mutating func bit(ofModel name: String) -> UInt8? {
        if let known = models.firstIndex(of: name) { return UInt8(known) }
        guard models.count < 63 else { return nil }
        models.append(name)
        return UInt8(models.count - 1)
    }

    /// Rows by name; a name that two machines have, or no machine at all, is refused.
    func rowsByName() throws(Refusal) -> Lookup<String, UInt32> {
        var rows = Lookup<String, UInt32>()
        for (row, machine) in machines.enumerated() {
            guard rows[machine.name] == nil else {
                throw Refusal(
                    .invalid, field: "nodes", finding: "two machines are called \(machine.name)",
                    remedy: "Give each a name of its own")
            }
            rows[machine.name] = UInt32(row)
        }
        guard !machines.isEmpty else {
            throw Refusal(
                .malformed, field: "nodes", finding: "the cluster has no machines",
                remedy: "Hand in at least one")
        }
        return rows
    }

    /// How much one machine carries at most, which decides how single amounts are spread.
    public var grain: Grain {
        Grain(
            cpus: machines.map { Int($0.cpuMilli / 1000) }.max() ?? 0,
            gpus: machines.map { Int($0.gpus) }.max() ?? 0)
    }
}

/// What traces call a size: so many processors or devices, without a word on how they lie.
///
/// Up to what one machine has it is one rank; beyond that, whole machines and one for the rest.
public struct Grain: Hashable, Sendable {
    public var cpus: Int
    public var gpus: Int

    public init(cpus: Int, gpus: Int) {
        self.cpus = cpus
        self.gpus = gpus
    }

    /// Ranks of the whole size and of the rest, as (ranks, size) pairs.
    static func spread(_ amount: Int, over whole: Int) -> [(ranks: Int, size: Int)] {
        guard whole > 0, amount > whole else { return [(1, amount)] }
        var parts = [(ranks: amount / whole, size: whole)]
        if amount % whole > 0 { parts.append((1, amount % whole)) }
        return parts
    }
}
