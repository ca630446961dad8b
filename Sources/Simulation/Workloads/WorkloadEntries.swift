import Primitives
import Scheduling
import Wire

// The jobs that a workload's YAML writes out or draws.

extension WorkloadFile {
    /// Adds all entries; the same seed draws the same jobs.
    func addJobs(to builder: inout WorkloadBuilder, seed: UInt64) throws(Refusal) {
        var rows = Lookup<String, [UInt32]>()
        var dice = Dice(seed: seed)
        for (index, entry) in (jobs ?? []).enumerated() {
            do throws(Refusal) {
                // Each entry has dice of its own, so that one more job changes nobody else's.
                var own = Dice(seed: dice.next())
                try add(entry, number: index, to: &builder, rows: &rows, dice: &own)
            } catch {
                throw error.under("jobs[\(index)]")
            }
        }
    }

    private func add(
        _ entry: JobEntry, number: Int, to builder: inout WorkloadBuilder,
        rows: inout Lookup<String, [UInt32]>, dice: inout Dice
    ) throws(Refusal) {
        let count = entry.count ?? 1
        guard (1...SimulationLimits.jobs).contains(count) else {
            throw Refusal(
                .invalid, field: "count", finding: "\(count) is out of range",
                remedy: "Give 1 to \(SimulationLimits.jobs)")
        }
        let name = entry.name ?? "job-\(number + 1)"
        guard rows[name] == nil else {
            throw Refusal(
                .alreadyExists, field: "name", finding: "\"\(name)\" is taken by an entry above",
                remedy: "Give every entry a name of its own")
        }
        var earlier: [UInt32] = []
        for other in entry.after ?? [] {
            guard let found = rows[other] else {
                throw Refusal(
                    .notFound, field: "after", finding: "there is no \"\(other)\" above it",
                    remedy: "Name an entry that stands above, since jobs cannot wait in a circle")
            }
            earlier += found
        }
        let queue = try builder.queue(entry.queue ?? "default")
        let user = try builder.user(entry.user ?? "")
        try check(entry)
        var own: [UInt32] = []
        var arrival = entry.arrival?.milliseconds(&dice) ?? 0
        for copy in 0..<count {
            if copy > 0, let every = entry.every {
                arrival = min(arrival + every.milliseconds(&dice), SimulationLimits.latest)
            }
            var job = Workload.Job(
                arrival: arrival, run: entry.runtime?.milliseconds(&dice) ?? Workload.endless,
                shape: try shape(entry, &builder, &dice))
            job.estimate = (entry.estimate ?? nil)?.estimate(run: job.run, requested: 0) ?? 0
            job.queue = queue
            job.user = user
            job.priority = Int32(clamping: entry.priority ?? 0)
            job.retries = UInt32(clamping: entry.retries ?? 0)
            let row = try builder.add(job, name: count == 1 ? name : "\(name)-\(copy)")
            own.append(row)
            for other in earlier { try builder.add(Workload.Dependency(job: row, on: other)) }
            if let fails = entry.fails {
                builder.add(
                    Workload.Failure(
                        job: row, after: fails.at.milliseconds,
                        code: Int32(clamping: fails.code ?? 1),
                        times: UInt32(clamping: fails.times ?? 1)))
            }
        }
        rows[name] = own
    }

    private func check(_ entry: JobEntry) throws(Refusal) {
        for (field, value, bounds) in [
            ("priority", entry.priority, Int(Int32.min)...Int(Int32.max)),
            ("retries", entry.retries, 0...Int(UInt32.max)),
            ("fails.code", entry.fails?.code, 1...255),
            ("fails.times", entry.fails?.times, 1...Int(UInt32.max)),
        ] {
            guard let value, !bounds.contains(value) else { continue }
            throw Refusal(
                .invalid, field: field, finding: "\(value) is out of range",
                remedy: "Give \(bounds.lowerBound) to \(bounds.upperBound)")
        }
    }

    private func shape(
        _ entry: JobEntry, _ builder: inout WorkloadBuilder, _ dice: inout Dice
    ) throws(Refusal) -> UInt32 {
        let given = [entry.size != nil, entry.processors != nil, entry.ranks != nil]
        guard given.count(where: { $0 }) <= 1 else {
            throw Refusal(
                .invalid, field: "ranks", finding: "more than one of size, processors and ranks",
                remedy: "Give one of them")
        }
        if let size = entry.size { return try builder.gpus(max(1, size.count(&dice))) }
        if let processors = entry.processors {
            return try builder.processors(max(1, processors.count(&dice)))
        }
        let gpuMilli = entry.gpus?.milli ?? 0
        guard gpuMilli < 1000 || gpuMilli % 1000 == 0, gpuMilli <= 64_000 else {
            throw Refusal(
                .invalid, field: "gpus", finding: "neither a share of one GPU nor whole GPUs",
                remedy: "Give a number up to 64, or a share below 1")
        }
        let cpuMilli = entry.cpus?.milli ?? (gpuMilli > 0 ? 0 : 1000)
        guard cpuMilli <= 1 << 32, (entry.memory?.whole ?? 0) <= 1 << 52 else {
            throw Refusal(
                .invalid, field: "cpus", finding: "an amount is out of range",
                remedy: "Ask for what one machine can have")
        }
        let ranks = entry.ranks?.count(&dice) ?? 1
        guard (1...SimulationLimits.ranksPerJob).contains(ranks) else {
            throw Refusal(
                .invalid, field: "ranks", finding: "\(ranks) is out of range",
                remedy: "Give 1 to \(SimulationLimits.ranksPerJob)")
        }
        return try builder.shape([
            RoleShape(
                ranks: UInt32(ranks),
                demand: Demand(
                    cpuMilli: cpuMilli, memoryBytes: entry.memory?.whole ?? 0, gpuMilli: gpuMilli,
                    models: builder.models(entry.gpuModels ?? [])))
        ])
    }
}
