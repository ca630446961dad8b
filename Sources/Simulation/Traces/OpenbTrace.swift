import Primitives
import Scheduling

/// Nodes and pods of Alibaba's GPU cluster (cluster-trace-gpu-v2023, "openb").
enum OpenbTrace {
    static let nodeHeader = "sn,cpu_milli,memory_mib,gpu,model"
    static let podHeader = "name,cpu_milli,memory_mib,num_gpu,gpu_milli"

    static func readNodes(_ bytes: [UInt8]) throws(Refusal) -> Cluster {
        var cluster = Cluster()
        var names = Lookup<String, Int>()
        var lines = TraceLines(bytes, separatedBy: .comma)
        _ = try lines.advance()
        while try lines.advance() {
            guard lines.fields.count == 5 else {
                throw lines.refused(
                    "it has \(lines.fields.count) fields where a node has 5",
                    "Write \(nodeHeader) on each line")
            }
            let gpus = try lines.integer(3, "gpu")
            let cpu = try lines.integer(1, "cpu_milli")
            let memory = try lines.integer(2, "memory_mib")
            guard (0...64).contains(gpus), (0...(1 << 32)).contains(cpu),
                (0...(1 << 32)).contains(memory)
            else {
                throw lines.refused(
                    "an amount is out of range", "Give at most 64 GPUs and 4096 TiB of memory")
            }
            var model = NodeSupply.noModel
            if gpus > 0, !lines.text(4).isEmpty {
                guard let bit = cluster.bit(ofModel: lines.text(4)) else {
                    throw lines.refused("it names the 64th GPU model", "Use at most 63 models")
                }
                model = bit
            }
            guard cluster.machines.count < SimulationLimits.machines else {
                throw lines.refused(
                    "there are more than \(SimulationLimits.machines) nodes", "Leave some out")
            }
            guard names[lines.text(0)] == nil else {
                throw lines.refused(
                    "two machines are called \(lines.text(0))", "Give each a name of its own")
            }
            names[lines.text(0)] = lines.number
            cluster.machines.append(
                MachineSpec(
                    name: lines.text(0), cpuMilli: cpu, memoryBytes: memory << 20,
                    gpus: UInt8(gpus), model: model))
        }
        _ = try cluster.rowsByName()
        return cluster
    }

    static func readPods(
        _ bytes: [UInt8], into builder: inout WorkloadBuilder
    ) throws(Refusal) {
        var lines = TraceLines(bytes, separatedBy: .comma)
        guard try lines.advance() else { return }
        let columns = lines.fields.count
        guard columns == 5 || columns == 11 else {
            throw lines.refused(
                "the header names \(columns) columns", "Hand in a list with 5 or 11 columns")
        }
        while try lines.advance() {
            guard lines.fields.count == columns else {
                throw lines.refused(
                    "it has \(lines.fields.count) fields, the header \(columns)",
                    "Write one pod a line")
            }
            do throws(Refusal) {
                let demand = try demand(lines, builder, hasModels: columns == 11)
                var job = Workload.Job(
                    arrival: 0, run: Workload.endless,
                    shape: try builder.shape([RoleShape(ranks: 1, demand: demand)]))
                if columns == 11 {
                    job.arrival = try lines.seconds(8, "creation_time")
                    job.queue = try builder.queue(lines.text(6))
                    if !lines.fields[9].isEmpty {
                        job.run = max(0, try lines.seconds(9, "deletion_time") - job.arrival)
                    }
                }
                try builder.add(job, name: lines.text(0))
            } catch {
                throw error.field.isEmpty ? lines.refused(error.finding, error.remedy) : error
            }
        }
    }

    private static func demand(
        _ lines: TraceLines, _ builder: WorkloadBuilder, hasModels: Bool
    ) throws(Refusal) -> Demand {
        let cpu = try lines.integer(1, "cpu_milli")
        let memory = try lines.integer(2, "memory_mib")
        let devices = try lines.integer(3, "num_gpu")
        let milli = try lines.integer(4, "gpu_milli")
        guard (0...(1 << 32)).contains(cpu), (0...(1 << 32)).contains(memory),
            (0...64).contains(devices), (0...1000).contains(milli), devices <= 1 || milli == 1000
        else {
            throw lines.refused(
                "an amount is out of range", "Ask for whole GPUs, or for a share of one")
        }
        let named = hasModels ? lines.text(5).split(separator: "|").map(String.init) : []
        return Demand(
            cpuMilli: cpu, memoryBytes: memory << 20,
            gpuMilli: devices == 0 ? 0 : devices == 1 ? milli : devices * 1000,
            models: builder.models(named))
    }
}
