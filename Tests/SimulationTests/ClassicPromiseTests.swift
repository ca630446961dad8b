import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: what a policy promises holds on any workload. Method: random small workloads by seed, on
/// one machine with processors and on several with gangs of devices.
@Suite struct ClassicPromiseTests {
    enum Estimates { case exact, above, wrong }

    /// A workload that keeps its machines busy and lets events fall on the same instant often.
    private func trial(
        _ seed: UInt64, _ policy: ClassicPolicy, _ estimates: Estimates, gangs: Bool
    ) -> Trial {
        var dice = Dice(seed: seed)
        let shapes =
            gangs
            ? [
                Trial.gang([(1, 1)]), Trial.gang([(1, 3)]), Trial.gang([(1, 8)]),
                Trial.gang([(2, 8), (1, 4)]), Trial.gang([(3, 2)]), Trial.gang([(1, 0), (1, 5)]),
            ] : Trial.widths(6)
        var submit: Int64 = 0
        let jobs = (0..<60).map { _ in
            submit += Int64(dice.below(5))
            let run = Int64(1 + dice.below(20))
            let estimate =
                switch estimates {
                case .exact: run
                case .above: run + Int64(dice.below(20))
                case .wrong: Int64(dice.below(30))
                }
            let shape = gangs ? dice.below(shapes.count) : 1 + dice.below(6)
            return TrialJob(submit, run, shape, estimate)
        }
        let machines = gangs ? Trial.cluster(machines: 3, gpus: 8) : Trial.processors(6)
        return Trial(jobs, policy, machines, shapes)
    }

    @Test(arguments: UInt64(0)..<4)
    func `whatever the policy and the estimates, nothing is given twice and all jobs run`(
        seed: UInt64
    ) {
        for order in ClassicPolicy.Order.allCases {
            for backfill in ClassicPolicy.Backfill.allCases {
                let policy = ClassicPolicy(
                    order: order, backfill: backfill, commits: seed % 2 == 0)
                for (gangs, together) in [(false, false), (true, true), (true, false)] {
                    var run = trial(seed, policy, .wrong, gangs: gangs)
                    run.run(together: together)
                    #expect(
                        run.faults.isEmpty, "seed \(seed), \(policy): \(run.faults.first ?? "")")
                    #expect(run.scheduler.waiting == 0)
                }
            }
        }
    }

    @Test(arguments: UInt64(0)..<10)
    func `EASY starts the next job no later than it first promised if estimates are exact`(
        seed: UInt64
    ) {
        for name in ["easy", "easy-sjbf"] {
            guard let policy = ClassicPolicy.named(name) else { continue }
            for gangs in [false, true] {
                var run = trial(seed, policy, .exact, gangs: gangs)
                run.run(together: true)
                var promised = 0
                for (job, promise) in run.firstPromises.enumerated() {
                    guard let promise else { continue }
                    promised += 1
                    #expect(run.starts[job] <= promise, "seed \(seed), \(name), job \(job)")
                }
                #expect(promised > 3)
            }
        }
    }

    @Test(arguments: UInt64(0)..<10)
    func `conservative starts no job later than it first promised if estimates are bounds`(
        seed: UInt64
    ) {
        for order in [ClassicPolicy.Order.fcfs, .sjf] {
            let policy = ClassicPolicy(order: order, backfill: .conservative)
            for (gangs, together) in [(false, true), (true, true), (true, false)] {
                var run = trial(seed, policy, .above, gangs: gangs)
                run.run(together: together)
                #expect(run.faults.isEmpty)
                for (job, promise) in run.firstPromises.enumerated() where promise != nil {
                    #expect(run.starts[job] <= promise ?? 0, "seed \(seed), job \(job)")
                }
            }
        }
    }

    @Test(arguments: UInt64(0)..<10)
    func `first come first served starts jobs in the order of arrival`(seed: UInt64) {
        for gangs in [false, true] {
            var run = trial(seed, ClassicPolicy(order: .fcfs), .wrong, gangs: gangs)
            run.run(together: seed % 2 == 0)
            #expect(run.order == Array(0..<60), "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<5)
    func `the same workload is scheduled the same way twice`(seed: UInt64) {
        for name in ClassicPolicy.names {
            guard let policy = ClassicPolicy.named(name) else { continue }
            var one = trial(seed, policy, .above, gangs: true)
            var other = trial(seed, policy, .above, gangs: true)
            one.run(together: false)
            other.run(together: false)
            #expect(one.starts == other.starts, "seed \(seed), \(name)")
        }
    }
}
