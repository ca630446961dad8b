import Control
import Host
import Primitives
import Simulation

/// One policy with its runs, a seed each.
struct SimulationSeries: Sendable {
    struct Entry: Sendable {
        let result: RunResult
        let measures: Measures
    }

    let summary: Summary
    let runs: [Entry]
}

/// Runs every policy with every seed, two at a time, and tells a terminal how far it is.
struct SimulationBatch {
    /// One run that is to be made.
    private struct Order: Sendable {
        let policy: SimulationPolicy
        let seed: UInt64
        let what: What
    }

    /// What is run: files, or the jobs of a live cluster.
    private enum What: Sendable {
        case workload(Workload, Cluster)
        case live(LiveQueue)

        var jobs: Int {
            switch self {
            case .workload(let workload, _): workload.count
            case .live(let live): live.workload.count
            }
        }
    }

    private let plan: SimulationPlan
    private let console: Console
    private let policies: [SimulationPolicy]

    init(_ plan: SimulationPlan, _ console: Console) throws(Refusal) {
        self.plan = plan
        self.console = console
        var policies: [SimulationPolicy] = []
        for word in plan.policies { policies.append(try InputFiles.policy(word)) }
        self.policies = policies
    }

    func run() throws(Refusal) -> [SimulationSeries] {
        let entries: [SimulationSeries.Entry]
        if let directory = plan.stored {
            entries = try carryOut(try live(directory))
        } else {
            entries = try carryOut(try fromFiles())
        }
        let each = entries.count / max(1, policies.count)
        return policies.indices.map { policy in
            let own = Array(entries[policy * each..<(policy + 1) * each])
            for notice in own.first?.result.notices ?? [] {
                console.note("\(policies[policy].name): \(notice)")
            }
            return SimulationSeries(
                summary: Summary(own.map { ($0.result, $0.measures) }), runs: own)
        }
    }

    private func fromFiles() throws(Refusal) -> [Order] {
        let cluster = try InputFiles.cluster(plan.clusterFile ?? "")
        let file = plan.traceFile ?? ""
        var workloads: [Workload] = []
        for seed in plan.seeds {
            if let last = workloads.last, !last.dependsOnSeed {
                workloads.append(last)
                continue
            }
            let loaded = try InputFiles.workload(file, for: cluster, seed: seed)
            if seed == plan.seeds.lowerBound {
                for notice in loaded.notices { console.note("\(file): \(notice)") }
            }
            workloads.append(loaded.workload)
        }
        return policies.flatMap { policy in
            zip(plan.seeds, workloads).map { seed, workload in
                Order(policy: policy, seed: seed, what: .workload(workload, cluster))
            }
        }
    }

    private func live(_ path: String) throws(Refusal) -> [Order] {
        var orders: [Order] = []
        for policy in policies {
            let (kernel, tick) = try StoredState.newestKernel(
                of: path, limits: Simulator.limits(for: policy))
            let queue: LiveQueue
            do throws(Refusal) {
                queue = try LiveQueue(kernel, at: tick, runTime: plan.runTime)
            } catch {
                throw error.under(path)
            }
            if orders.isEmpty { for notice in queue.notices { console.note(notice) } }
            orders.append(Order(policy: policy, seed: plan.seeds.lowerBound, what: .live(queue)))
        }
        return orders
    }

    /// Two threads share the orders; results come back in the orders' order.
    private func carryOut(_ orders: [Order]) throws(Refusal) -> [SimulationSeries.Entry] {
        let next = Lock(0)
        let done = Lock([SimulationSeries.Entry?](repeating: nil, count: orders.count))
        let bar = ProgressBar(console, runs: orders.count)
        let (tau, isChecked) = (plan.tau, plan.checks)
        let work: @Sendable () -> Void = {
            while true {
                let index = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard index < orders.count else { return }
                let result = Self.carryOut(orders[index], checks: isChecked) { now, jobs in
                    bar.show(run: index, now: now, done: jobs, of: orders[index].what.jobs)
                }
                let entry = SimulationSeries.Entry(
                    result: result, measures: Measures(result, tau: tau))
                done.withLock { $0[index] = entry }
            }
        }
        var threads: [Thread] = []
        do throws(SystemError) {
            for number in 0..<min(2, orders.count) {
                threads.append(
                    try Thread.spawn(name: "simulate-\(number)", stackBytes: 16 << 20, work))
            }
        } catch {
            threads.forEach { $0.join() }
            throw error.refusal(field: "", remedy: "Try again when the machine has room")
        }
        threads.forEach { $0.join() }
        bar.finish()
        return done.withLock { $0.compactMap(\.self) }
    }

    private static func carryOut(
        _ order: Order, checks: Bool, _ progress: (Int64, Int) -> Void
    ) -> RunResult {
        var options = Simulator.Options()
        options.seed = order.seed
        options.batchesPerCheck = checks ? max(1, order.what.jobs / 250) : 0
        switch order.what {
        case .workload(let workload, let cluster):
            return Simulator.run(
                workload, on: cluster, under: order.policy, options: options, progress: progress)
        case .live(let live):
            return Simulator.run(live, under: order.policy, options: options, progress: progress)
        }
    }
}

/// One line on a terminal that says how far long work is; silent anywhere else.
final class ProgressBar: Sendable {
    private let console: Console
    private let runs: Int
    private let last = Lock<Int64>(0)

    init(_ console: Console, runs: Int) {
        self.console = console
        self.runs = runs
    }

    func show(run: Int, now: Int64, done: Int, of total: Int) {
        guard console.showsProgress else { return }
        let reading = Clock.monotonicNanoseconds()
        let isDue = last.withLock { last in
            guard reading - last > 100_000_000 else { return false }
            last = reading
            return true
        }
        guard isDue else { return }
        let width = 30
        let filled = total > 0 ? min(width, done * width / total) : width
        let bar =
            String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let which = runs > 1 ? "run \(run + 1) of \(runs)  " : ""
        let moment = Figures.span(seconds: Double(now) / 1000)
        console.complain(
            Array("\r\u{1b}[K\(which)\(bar) \(done) of \(total) jobs, at \(moment)".utf8))
    }

    func finish() {
        if console.showsProgress { console.complain(Array("\r\u{1b}[K".utf8)) }
    }
}
