public import Kernel
import Primitives
public import Scheduling

/// Runs a workload through a cluster.
public enum Simulator {
    /// Settings of a run that no policy knows.
    public struct Options: Sendable {
        public var seed: UInt64 = 1
        /// Every n-th batch the kernel's invariants are walked; zero for never.
        public var batchesPerCheck = 0

        public init() {}
    }

    /// Runs until nothing more can happen; the same arguments give the same result.
    ///
    /// `progress` hears of the virtual time, in milliseconds, and of the jobs that are done.
    public static func run(
        _ workload: Workload, on cluster: Cluster, under policy: SimulationPolicy,
        options: Options = Options(), progress: (Int64, Int) -> Void = { _, _ in }
    ) -> RunResult {
        let blank = RunResult(
            workload: workload, cluster: cluster, policy: policy.name, seed: options.seed,
            fates: Array(repeating: Fate(), count: workload.count))
        switch policy.planner {
        case .muster(let gangsPerPass):
            var run = Run(
                KernelDecider(
                    cluster, workload, limits: KernelDecider.limits(gangsPerPass: gangsPerPass),
                    batchesPerCheck: options.batchesPerCheck),
                result: blank, order: policy.events)
            run.go(progress: progress)
            var result = run.result
            result.digest.mix(run.decider.digest.value)
            result.findings = run.decider.findings
            note(run.decider.refusals, &result)
            return result
        case .classic(let classic, let packing):
            guard let packing else {
                return runClassic(classic, BestFitChooser(), policy, blank, progress)
            }
            let packer = Packer(
                packing, machines: Machines(cluster.machines), population: workload.population,
                dice: workload.diceAfterDraw ?? LaggedDice(seed: options.seed))
            return runClassic(classic, packer, policy, blank, progress)
        }
    }

    /// Runs what waits and runs now to its end, as if nobody submitted anything more.
    public static func run(
        _ live: LiveQueue, under policy: SimulationPolicy, options: Options = Options(),
        progress: (Int64, Int) -> Void = { _, _ in }
    ) -> RunResult {
        let blank = RunResult(
            workload: live.workload, cluster: live.cluster, policy: policy.name,
            seed: options.seed,
            fates: Array(repeating: Fate(), count: live.workload.count))
        switch policy.planner {
        case .muster:
            var run = Run(
                KernelDecider(live, batchesPerCheck: options.batchesPerCheck), result: blank,
                order: policy.events)
            run.adopt(live)
            run.go(progress: progress)
            var result = run.result
            result.findings = run.decider.findings
            note([], &result)
            return result
        case .classic(let classic, let packing):
            guard let packing else {
                return runClassic(classic, BestFitChooser(), policy, blank, progress, live)
            }
            let packer = Packer(
                packing, machines: Machines(live.cluster.machines),
                population: live.workload.population, seed: options.seed)
            return runClassic(classic, packer, policy, blank, progress, live)
        }
    }

    /// What a kernel must be opened with for ``run(_:under:options:progress:)`` to go on with it.
    public static func limits(for policy: SimulationPolicy) -> Limits {
        switch policy.planner {
        case .muster(let gangsPerPass): KernelDecider.limits(gangsPerPass: gangsPerPass)
        case .classic: KernelDecider.limits(gangsPerPass: nil)
        }
    }

    private static func runClassic(
        _ classic: ClassicPolicy, _ chooser: some SpotChooser, _ policy: SimulationPolicy,
        _ blank: RunResult, _ progress: (Int64, Int) -> Void, _ live: LiveQueue? = nil
    ) -> RunResult {
        var decider = ClassicDecider(
            classic, blank.cluster, blank.workload, chooser: chooser, turnsAway: policy.turnsAway)
        if let live { decider.adopt(live) }
        var run = Run(decider, result: blank, order: policy.events)
        if let live { run.adopt(live) }
        run.go(progress: progress)
        var result = run.result
        note(policy.turnsAway ? [] : refusals(result), &result)
        return result
    }

    /// Names what was refused and what waits at the end, when nothing more can happen.
    private static func note(
        _ refusals: [(job: UInt32, refusal: Refusal)], _ result: inout RunResult
    ) {
        if let first = refusals.first {
            let name = result.workload.names[Int(first.job)]
            result.notices.append(
                refusals.count == 1
                    ? "\(name) was refused: \(first.refusal.finding)"
                    : "\(refusals.count) jobs were refused, the first, \(name), since "
                        + first.refusal.finding)
        }
        let holding = Set(result.stints.lazy.filter { $0.ended == Workload.endless }.map(\.job))
        let left = result.fates.indices.filter {
            result.fates[$0].submitted >= 0 && result.fates[$0].ending == .open
                && !holding.contains(UInt32($0))
        }
        if let first = left.first {
            let name = result.workload.names[first]
            result.notices.append(
                left.count == 1
                    ? "\(name) waits, and could never start"
                    : "\(left.count) jobs wait, and could never start; the first is \(name)")
        }
    }

    /// What a classic policy refused since it is too large; what it turned away is no news.
    private static func refusals(_ result: RunResult) -> [(job: UInt32, refusal: Refusal)] {
        let refusal = Refusal(
            .invalid, finding: "the idle cluster would not hold it", remedy: "Ask for less")
        return result.fates.indices.filter { result.fates[$0].ending == .refused }
            .map { (UInt32($0), refusal) }
    }
}

extension Workload {
    /// Rank classes and how many ranks there are of each, in the order of their first appearance.
    public var population: [(demand: Demand, count: Int)] {
        guard drawnFrom.isEmpty else { return drawnFrom }
        var counts = [Int](repeating: 0, count: shapes.count)
        for job in jobs { counts[Int(job.shape)] += 1 }
        var rows = Lookup<Demand, Int>()
        var classes: [(demand: Demand, count: Int)] = []
        for (shape, count) in zip(shapes, counts) where count > 0 {
            for role in shape.roles {
                if let row = rows[role.demand] {
                    classes[row].count += count * Int(role.ranks)
                } else {
                    rows[role.demand] = classes.count
                    classes.append((role.demand, count * Int(role.ranks)))
                }
            }
        }
        return classes
    }
}
