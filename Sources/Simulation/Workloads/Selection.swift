import Primitives
import Scheduling

extension Workload {
    /// The jobs from `skip` on, `count` of them, as if nothing had been before.
    func window(skip: Int, count: Int?, rebase: Bool) throws(Refusal) -> Workload {
        guard skip >= 0, skip < max(jobs.count, 1), count.map({ $0 > 0 }) ?? true else {
            throw Refusal(
                .invalid, field: "trace.skip", finding: "the trace has \(jobs.count) jobs",
                remedy: "Skip fewer, and take at least one")
        }
        let end = skip + min(jobs.count - skip, count ?? jobs.count)
        var window = self
        window.jobs = Array(jobs[skip..<end])
        window.names = Array(names[skip..<end])
        window.failures = []
        window.dependencies = []
        if rebase, let first = window.jobs.first?.arrival {
            for row in window.jobs.indices { window.jobs[row].arrival -= first }
        }
        return window
    }

    /// The same jobs, none of which runs longer than was asked for.
    func cutAtRequest() -> Workload {
        var changed = self
        for row in changed.jobs.indices where jobs[row].estimate > 0 {
            changed.jobs[row].run = min(jobs[row].run, jobs[row].estimate)
        }
        return changed
    }

    /// The same jobs with other estimates.
    func estimated(by estimates: Estimates) -> Workload {
        var changed = self
        for row in changed.jobs.indices {
            changed.jobs[row].estimate = estimates.estimate(
                run: jobs[row].run, requested: jobs[row].estimate)
        }
        return changed
    }

    /// Jobs drawn at random up to a share of the cluster's devices, as ``InflatedDraw`` has it: all
    /// of them once, shuffled, then more with replacement. One arrives each second.
    func drawn(ratio: Double, on cluster: Cluster, seed: UInt64) -> Workload {
        // The published runs list the jobs by name before they shuffle them.
        let listed = jobs.indices.sorted { names[$0] < names[$1] }
        let demands = listed.map {
            Demand(cpuMilli: 0, memoryBytes: 0, gpuMilli: gpuMilli(of: $0))
        }
        let draw = InflatedDraw(
            demands, capacityMilli: Int64(cluster.gpus) * 1000,
            percent: Int64((ratio * 100).rounded()), limit: SimulationLimits.jobs, seed: seed)
        var drawn = self
        drawn.drawnFrom = population
        drawn.diceAfterDraw = draw.dice
        drawn.jobs = []
        drawn.names = []
        drawn.failures = []
        drawn.dependencies = []
        for (next, arrival) in draw.arrivals.enumerated() {
            let row = listed[Int(arrival)]
            var job = jobs[row]
            job.arrival = Int64(next) * 1000
            job.run = Workload.endless
            drawn.jobs.append(job)
            drawn.names.append(next < jobs.count ? names[row] : "\(names[row])-\(next)")
        }
        return drawn
    }
}
