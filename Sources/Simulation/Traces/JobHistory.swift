import Primitives
import Resources
import Scheduling
import Wire

/// Jobs as the API lists them: what a running Muster exports is a workload.
enum JobHistory {
    private struct Exported: Decodable {
        struct Item: Decodable {
            struct Meta: Decodable {
                var name: String
                var namespace: String?
                var creationTimestamp: Timestamp
                var annotations: StringMap?
            }

            struct State: Decodable {
                var phase: String?
                var startTime: Timestamp?
                var completionTime: Timestamp?
            }

            var kind: String?
            var metadata: Meta
            var spec: JobSpec
            var status: State?
        }

        var items: [Item]
    }

    private static let userKey = "muster.dev/user"

    /// Reads a list of jobs. Those that have not ended have no run time and are left out.
    static func read(
        _ bytes: [UInt8], into builder: inout WorkloadBuilder
    ) throws(Refusal) -> [String] {
        let limits = WireLimits(
            keys: SimulationLimits.yamlParts, stringBytes: 16 << 20,
            documentBytes: SimulationLimits.fileBytes)
        let list = try WireDecoder.decode(
            Exported.self, json: bytes, limits: limits, unknown: .ignore)
        guard let first = list.items.map(\.metadata.creationTimestamp).min() else { return [] }
        var unfinished = 0
        for (index, item) in list.items.enumerated() {
            do throws(Refusal) {
                let added = try add(item, since: first, to: &builder)
                unfinished += added ? 0 : 1
            } catch {
                throw error.under("items[\(index)]")
            }
        }
        return unfinished > 0 ? ["\(unfinished) jobs that have not run to an end left out"] : []
    }

    private static func add(
        _ item: Exported.Item, since first: Timestamp, to builder: inout WorkloadBuilder
    ) throws(Refusal) -> Bool {
        guard let started = item.status?.startTime, let ended = item.status?.completionTime,
            ended >= started
        else { return false }
        var roles: [RoleShape] = []
        for role in item.spec.roles { roles.append(try shape(of: role, builder)) }
        var job = Workload.Job(
            arrival: item.metadata.creationTimestamp.milliseconds - first.milliseconds,
            run: ended.milliseconds - started.milliseconds, shape: try builder.shape(roles))
        job.estimate = item.spec.timeLimit?.milliseconds ?? 0
        job.priority = Int32(clamping: item.spec.priority ?? JobDefaults.priority)
        job.queue = try builder.queue(item.spec.queue ?? JobDefaults.queue)
        let user = item.metadata.annotations?[userKey] ?? item.metadata.namespace ?? ""
        job.user = try builder.user(user)
        try builder.add(job, name: "\(item.metadata.namespace ?? "default")/\(item.metadata.name)")
        return true
    }

    private static func shape(
        of role: RoleSpec, _ builder: WorkloadBuilder
    ) throws(Refusal) -> RoleShape {
        let resources = role.resources
        let ranks = role.replicas ?? JobDefaults.replicas
        guard (1...SimulationLimits.ranksPerJob).contains(ranks) else {
            throw Refusal(
                .invalid, field: "spec.roles", finding: "a role has \(ranks) ranks",
                remedy: "Hand in jobs as the API lists them")
        }
        let gpuMilli = resources?.gpus?.milli ?? 0
        let cpuMilli = resources?.cpus?.milli ?? JobDefaults.cpus.milli
        guard gpuMilli < 1000 || gpuMilli % 1000 == 0, gpuMilli <= 64_000, cpuMilli <= 1 << 32,
            (resources?.memory?.whole ?? 0) <= 1 << 52
        else {
            throw Refusal(
                .invalid, field: "spec.roles", finding: "a role asks for what no machine can have",
                remedy: "Hand in jobs as the API lists them")
        }
        return RoleShape(
            ranks: UInt32(ranks),
            demand: Demand(
                cpuMilli: cpuMilli,
                memoryBytes: resources?.memory?.whole ?? 0,
                gpuMilli: gpuMilli,
                models: builder.models(resources?.gpuModels ?? [])))
    }
}

/// Nodes as the API lists them: a cluster that is there can be simulated.
enum ClusterHistory {
    private struct Exported: Decodable {
        struct Item: Decodable {
            struct Meta: Decodable { var name: String }

            struct State: Decodable {
                var allocatable: NodeAmounts
                var gpuModel: String?
            }

            var metadata: Meta
            var status: State
        }

        var items: [Item]
    }

    static func read(_ bytes: [UInt8]) throws(Refusal) -> Cluster {
        let limits = WireLimits(
            keys: SimulationLimits.yamlParts, stringBytes: 16 << 20,
            documentBytes: SimulationLimits.fileBytes)
        let list = try WireDecoder.decode(
            Exported.self, json: bytes, limits: limits, unknown: .ignore)
        var cluster = Cluster()
        for (index, item) in list.items.enumerated() {
            let amounts = item.status.allocatable
            let gpus = amounts.gpus.whole
            guard cluster.machines.count < SimulationLimits.machines, (0...64).contains(gpus),
                amounts.cpu.milli <= 1 << 32, amounts.memory.whole <= 1 << 52
            else {
                throw Refusal(
                    .invalid, field: "items[\(index)].status.allocatable",
                    finding: "an amount is out of range",
                    remedy: "Hand in nodes as the API lists them")
            }
            var model = NodeSupply.noModel
            if gpus > 0, let name = item.status.gpuModel, !name.isEmpty {
                guard let bit = cluster.bit(ofModel: name) else {
                    throw Refusal(
                        .invalid, field: "items[\(index)].status.gpuModel",
                        finding: "it is the 64th model", remedy: "Use at most 63 GPU models")
                }
                model = bit
            }
            cluster.machines.append(
                MachineSpec(
                    name: item.metadata.name, cpuMilli: amounts.cpu.milli,
                    memoryBytes: amounts.memory.whole, gpus: UInt8(gpus), model: model))
        }
        guard !cluster.machines.isEmpty else {
            throw Refusal(
                .malformed, field: "items", finding: "there are no nodes",
                remedy: "Export some: muster get nodes -o json")
        }
        _ = try cluster.rowsByName()
        return cluster
    }
}
