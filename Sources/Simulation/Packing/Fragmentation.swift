import Primitives
public import Scheduling

/// How much of a machine's idle devices the usual ranks could not use: the measure of FGD.
///
/// For a class of ranks that cannot run on the machine, or wants no device, all idle thousandths
/// count; for one that can, those on devices too small for it. Classes are weighted by how often
/// they occur. The weights are summed up beforehand by model, CPUs and device share, so that one
/// machine costs a few look-ups and not a walk over all classes. Sums are integers: equal states
/// have equal fragmentation to the last digit, which the scores built on it depend on.
public struct Fragmentation: Sendable {
    /// Ranks that the weights add up to.
    public let total: Int64
    /// Values that classes ask for, ascending.
    private let cpus: [Int64]
    private let shares: [Int64]
    private let counts: [Int64]
    /// Weight of classes that ask for at most so many CPUs and so large a share, by model.
    private var ofShares: [Int64]
    /// Weight of classes that ask for at most so many CPUs and for so many whole devices.
    private var ofWholes: [Int64]
    /// Rows of the tables: models, and one for machines whose model nobody named.
    private let models: Int

    /// Keeps the most frequent classes until they cover 95 % of the ranks.
    public init(population: [(demand: Demand, count: Int)], on machines: [MachineSpec]) {
        let named = machines.map { $0.gpus > 0 && $0.model < 64 ? Int($0.model) + 1 : 0 }
        models = 1 + (named.max() ?? 0)
        let classes = Self.typical(population)
        total = classes.reduce(0) { $0 + $1.weight }
        cpus = Self.ascending(classes.map(\.demand.cpuMilli))
        shares = Self.ascending(classes.map(\.demand.gpuShare).filter { $0 > 0 })
        counts = Self.ascending(classes.map { Int64($0.demand.wholeGPUs) }.filter { $0 > 0 })
        ofShares = Array(repeating: 0, count: models * (cpus.count + 1) * (shares.count + 1))
        ofWholes = Array(repeating: 0, count: models * (cpus.count + 1) * (counts.count + 1))
        for one in classes where one.demand.gpuMilli > 0 {
            for model in 0..<models where accepts(one.demand, model) { add(one, model) }
        }
    }

    /// Classes alike in all that decides, the most frequent first, ties by their demand.
    private static func typical(
        _ population: [(demand: Demand, count: Int)]
    ) -> [(demand: Demand, weight: Int64)] {
        var rows = Lookup<Demand, Int>()
        var classes: [(demand: Demand, weight: Int64)] = []
        for (demand, count) in population where count > 0 {
            var key = demand
            key.memoryBytes = 0
            if let row = rows[key] {
                classes[row].weight += Int64(count)
            } else {
                rows[key] = classes.count
                classes.append((key, Int64(count)))
            }
        }
        classes.sort { left, right in
            if left.weight != right.weight { return left.weight > right.weight }
            let (one, other) = (left.demand, right.demand)
            if one.cpuMilli != other.cpuMilli { return one.cpuMilli > other.cpuMilli }
            if one.gpuMilli != other.gpuMilli { return one.gpuMilli > other.gpuMilli }
            return one.models > other.models
        }
        let all = classes.reduce(0) { $0 + $1.weight }
        var covered: Int64 = 0
        var kept = 0
        while kept < classes.count, covered * 100 < all * 95 {
            covered += classes[kept].weight
            kept += 1
        }
        return Array(classes[..<kept])
    }

    private static func ascending(_ values: [Int64]) -> [Int64] {
        var kept: [Int64] = []
        for value in values.sorted() where kept.last != value { kept.append(value) }
        return kept
    }

    /// The last row is that of machines without a name for their model.
    private func accepts(_ demand: Demand, _ model: Int) -> Bool {
        demand.models == 0 || (model < models - 1 && demand.models & (1 << UInt64(model)) != 0)
    }

    /// Adds a class to every cell that it counts for.
    private mutating func add(_ one: (demand: Demand, weight: Int64), _ model: Int) {
        let firstCPU = Self.rank(cpus, atMost: one.demand.cpuMilli)
        for cpu in firstCPU...cpus.count {
            if one.demand.gpuShare > 0 {
                let width = shares.count + 1
                for share in Self.rank(shares, atMost: one.demand.gpuShare)..<width {
                    ofShares[(model * (cpus.count + 1) + cpu) * width + share] += one.weight
                }
            } else {
                let width = counts.count + 1
                let wanted = Int64(one.demand.wholeGPUs)
                for count in Self.rank(counts, atMost: wanted)..<width {
                    ofWholes[(model * (cpus.count + 1) + cpu) * width + count] += one.weight
                }
            }
        }
    }

    /// How many of the values are at most `limit`.
    private static func rank(_ values: [Int64], atMost limit: Int64) -> Int {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if values[middle] <= limit { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What the fragments of a machine weigh: thousandths times ranks.
    ///
    /// `devices` are the free thousandths of its devices, ascending.
    func weigh(cpuFree: Int64, devices: some RandomAccessCollection<Int64>, model: UInt8) -> Int64 {
        var idle: Int64 = 0
        for free in devices { idle += free }
        guard idle > 0 else { return 0 }
        let row = min(Int(model), models - 1) * (cpus.count + 1)
        let cpu = Self.rank(cpus, atMost: max(0, cpuFree))
        guard cpu > 0 else { return idle * total }
        let shareRow = (row + cpu) * (shares.count + 1)
        var usable: Int64 = 0
        var served: Int64 = 0
        var smaller: Int64 = 0
        // Between two devices, neighbours in size, all shares find the same devices too small.
        for free in devices {
            let below = ofShares[shareRow + Self.rank(shares, atMost: free)]
            usable += (below - served) * (idle - smaller)
            served = below
            smaller += free
        }
        var whole = 0
        for free in devices where free == 1000 { whole += 1 }
        if whole > 0 {
            let wholeRow = (row + cpu) * (counts.count + 1)
            let runnable = ofWholes[wholeRow + Self.rank(counts, atMost: Int64(whole))]
            usable += runnable * Int64(whole) * 1000
        }
        return idle * total - usable
    }

}

/// The fragments of a whole cluster, kept by machine: what did not change is not weighed again.
struct ClusterFragments {
    private let fragmentation: Fragmentation
    private var kept: [(stamp: UInt64, weight: Int64)]
    private var devices: [Int64] = []

    init(_ fragmentation: Fragmentation, machines: Int) {
        self.fragmentation = fragmentation
        kept = Array(repeating: (.max, 0), count: machines)
    }

    /// Fragmented thousandths of devices.
    mutating func milli(of machines: Machines) -> Double {
        guard fragmentation.total > 0 else { return 0 }
        var weight = 0.0
        for machine in 0..<machines.count where machines.specs[machine].gpus > 0 {
            if kept[machine].stamp != machines.stamps[machine] {
                devices.removeAll(keepingCapacity: true)
                for place in machines.devices(of: machine) {
                    devices.append(Int64(machines.deviceFree[place]))
                }
                devices.sort()
                let own = fragmentation.weigh(
                    cpuFree: machines.cpuFree[machine], devices: devices,
                    model: machines.specs[machine].model)
                kept[machine] = (machines.stamps[machine], own)
            }
            weight += Double(kept[machine].weight)
        }
        return weight / Double(fragmentation.total)
    }
}
