import Primitives
import Scheduling
import Wire

/// A cluster as its YAML describes it: groups of equal machines, or a number of processors.
struct ClusterFile: Decodable {
    struct Group: Decodable {
        /// What the machines are called, before their number.
        var name: String?
        var count: Int?
        var cpus: Quantity?
        var memory: Quantity?
        var gpus: Int?
        var gpuModel: String?
    }

    struct Away: Decodable {
        var node: String
        var at: WireDuration
        var span: WireDuration

        enum CodingKeys: String, CodingKey {
            case node, at
            case span = "for"
        }
    }

    var kind: String?
    /// One machine with so many CPUs: how the archives of parallel workloads see a computer.
    var processors: Int?
    var nodes: [Group]?
    /// From a decision until the gang runs.
    var launch: WireDuration?
    var outages: [Away]?

    func cluster() throws(Refusal) -> Cluster {
        if let kind, kind != "Cluster" {
            throw Refusal(
                .malformed, field: "kind", finding: "\"\(kind)\" is no cluster",
                remedy: "Write kind: Cluster")
        }
        var cluster = Cluster()
        if let processors { try add(processors, to: &cluster) }
        for (index, group) in (nodes ?? []).enumerated() {
            do throws(Refusal) {
                try add(group, to: &cluster)
            } catch {
                throw error.under("nodes[\(index)]")
            }
        }
        guard !cluster.machines.isEmpty else {
            throw Refusal(
                .malformed, field: "nodes", finding: "the cluster has no machines",
                remedy: "Give nodes: with a list of groups, or processors: with a number")
        }
        cluster.launch = launch?.milliseconds ?? 0
        try addOutages(to: &cluster)
        return cluster
    }

    private func add(_ processors: Int, to cluster: inout Cluster) throws(Refusal) {
        guard (1...1_000_000).contains(processors), nodes == nil else {
            throw Refusal(
                .invalid, field: "processors",
                finding: nodes == nil ? "\(processors) is out of range" : "nodes are given as well",
                remedy: "Give 1 to 1000000 processors, or nodes, not both")
        }
        cluster.machines.append(
            MachineSpec(
                name: "computer", cpuMilli: Int64(processors) * 1000, memoryBytes: 1 << 50,
                gpus: 0, model: 0))
    }

    private func add(_ group: Group, to cluster: inout Cluster) throws(Refusal) {
        let count = group.count ?? 1
        guard count > 0, count <= SimulationLimits.machines - cluster.machines.count else {
            throw Refusal(
                .invalid, field: "count", finding: "the cluster would have too many machines",
                remedy: "Give 1 to \(SimulationLimits.machines) in all")
        }
        let gpus = group.gpus ?? 0
        let cpus = group.cpus ?? Quantity(milli: 64_000)
        guard (0...64).contains(gpus) else {
            throw Refusal(
                .invalid, field: "gpus", finding: "\(gpus) is out of range",
                remedy: "Give 0 to 64 GPUs a machine")
        }
        guard cpus.milli > 0, cpus.milli <= 1 << 32 else {
            throw Refusal(
                .invalid, field: "cpus", finding: "\(cpus.decimal) is out of range",
                remedy: "Give CPUs from 1m to 4 million")
        }
        let memory = group.memory?.whole ?? 1 << 40
        guard memory <= 1 << 52 else {
            throw Refusal(
                .invalid, field: "memory", finding: "it is more than 4 PiB",
                remedy: "Give at most 4Pi")
        }
        var model = NodeSupply.noModel
        if gpus > 0, let name = group.gpuModel {
            guard let bit = cluster.bit(ofModel: name) else {
                throw Refusal(
                    .invalid, field: "gpuModel", finding: "it is the 64th model",
                    remedy: "Use at most 63 GPU models")
            }
            model = bit
        }
        let name = group.name ?? "node"
        let first = cluster.machines.count
        for number in 0..<count {
            cluster.machines.append(
                MachineSpec(
                    name: count == 1 && group.name != nil ? name : "\(name)-\(first + number)",
                    cpuMilli: cpus.milli, memoryBytes: memory, gpus: UInt8(gpus), model: model))
        }
    }

    private func addOutages(to cluster: inout Cluster) throws(Refusal) {
        let rows = try cluster.rowsByName()
        guard (outages ?? []).count <= SimulationLimits.outages else {
            throw Refusal(
                .tooLarge, field: "outages",
                finding: "there are more than \(SimulationLimits.outages)",
                remedy: "Leave some out")
        }
        for (index, outage) in (outages ?? []).enumerated() {
            guard let machine = rows[outage.node] else {
                throw Refusal(
                    .notFound, field: "outages[\(index)].node",
                    finding: "there is no machine \"\(outage.node)\"",
                    remedy: "Name one such as \(cluster.machines[0].name)")
            }
            guard outage.at.milliseconds <= SimulationLimits.latest else { continue }
            cluster.outages.append(
                Cluster.Outage(
                    machine: machine, at: outage.at.milliseconds,
                    span: max(1, outage.span.milliseconds)))
        }
        try order(&cluster.outages)
    }

    /// By beginning; one machine's may not overlap.
    private func order(_ outages: inout [Cluster.Outage]) throws(Refusal) {
        outages.sort { ($0.machine, $0.at) < ($1.machine, $1.at) }
        for (earlier, later) in zip(outages, outages.dropFirst())
        where earlier.machine == later.machine && earlier.at + earlier.span >= later.at {
            throw Refusal(
                .invalid, field: "outages", finding: "two outages of one machine overlap",
                remedy: "Join them into one")
        }
        outages.sort { ($0.at, $0.machine) < ($1.at, $1.machine) }
    }
}
