import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: classic policies do what their papers say. Method: cases that fit on paper, then random
/// small workloads by seed, on one machine and on several, with every start checked.
@Suite struct ClassicSchedulerTests {
    /// Submit, run, processors and estimate, in seconds, on a machine with four processors.
    static let shortEstimates: [TrialJob] = [
        TrialJob(0, 10, 3, 10), TrialJob(1, 5, 3, 5), TrialJob(2, 6, 1, 8), TrialJob(3, 4, 1, 20),
        TrialJob(4, 2, 4, 2),
    ]
    static let exactEstimates: [TrialJob] = [
        TrialJob(0, 10, 3, 10), TrialJob(1, 10, 3, 10), TrialJob(2, 10, 4, 10),
        TrialJob(3, 30, 1, 30),
    ]

    @Test(arguments: [false, true])
    func `first come first served lets nobody pass`(together: Bool) {
        let starts = Trial.onFourProcessors(Self.shortEstimates, "fcfs", together)
        #expect(starts == [0, 10, 10, 15, 19])
    }

    @Test(arguments: [false, true])
    func `EASY fills the gap before the reservation and what it leaves over`(together: Bool) {
        #expect(
            Trial.onFourProcessors(Self.shortEstimates, "easy", together) == [0, 10, 2, 8, 15])
        #expect(Trial.onFourProcessors(Self.exactEstimates, "easy", together) == [0, 10, 33, 3])
    }

    @Test(arguments: [false, true])
    func `conservative backfilling defers nobody behind the first either`(together: Bool) {
        let starts = Trial.onFourProcessors(Self.shortEstimates, "conservative", together)
        #expect(starts == [0, 10, 2, 8, 15])
        #expect(
            Trial.onFourProcessors(Self.exactEstimates, "conservative", together)
                == [0, 10, 20, 30])
    }

    @Test func `a policy that commits waits for its choice though a shorter job comes`() {
        let jobs = [TrialJob(0, 10, 4), TrialJob(1, 9, 4), TrialJob(2, 1, 4)]
        var policy = ClassicPolicy(order: .sjf)
        #expect(Trial.onFourProcessors(jobs, policy) == [0, 11, 10])
        policy.commits = true
        #expect(Trial.onFourProcessors(jobs, policy) == [0, 10, 19])
    }

    @Test func `strict backfilling wants the end before the reservation begins`() {
        let jobs = [TrialJob(0, 10, 3), TrialJob(1, 5, 4), TrialJob(2, 8, 1), TrialJob(2, 7, 1)]
        #expect(
            Trial.onFourProcessors(jobs, ClassicPolicy(order: .fcfs, backfill: .easy))
                == [0, 10, 2, 15])
        #expect(
            Trial.onFourProcessors(jobs, ClassicPolicy(order: .fcfs, backfill: .strict))
                == [0, 10, 15, 2])
    }

    @Test func `backfilling goes by estimate or by area where the policy says so`() {
        // One processor is left over for nine seconds, the others queue up for it.
        let jobs = [
            TrialJob(0, 10, 2), TrialJob(1, 5, 4), TrialJob(1, 8, 1), TrialJob(1, 3, 2),
        ]
        let sjbf = Trial.onFourProcessors(jobs, ClassicPolicy(order: .fcfs, backfill: .easySJBF))
        #expect(sjbf == [0, 10, 15, 1])
        let more = [
            TrialJob(0, 10, 2), TrialJob(1, 5, 4), TrialJob(1, 4, 2), TrialJob(1, 7, 1),
            TrialJob(1, 3, 1),
        ]
        let area = Trial.onFourProcessors(more, ClassicPolicy(order: .fcfs, backfill: .area))
        #expect(area == [0, 10, 15, 1, 1])
    }

    @Test func `the expansion factor lets a short job pass a long one that came before`() {
        let jobs = [TrialJob(0, 10, 4), TrialJob(1, 100, 4), TrialJob(2, 2, 4)]
        #expect(
            Trial.onFourProcessors(jobs, ClassicPolicy(order: .expansion)) == [0, 12, 10])
    }

    @Test func `a larger priority goes first in every order`() {
        for order in ClassicPolicy.Order.allCases {
            let jobs = [TrialJob(0, 10, 4), TrialJob(1, 2, 4), TrialJob(2, 9, 4, priority: 1)]
            #expect(
                Trial.onFourProcessors(jobs, ClassicPolicy(order: order)) == [0, 19, 10],
                "\(order)")
        }
    }

    @Test func `every name that is listed is a policy, and no other is`() {
        for name in ClassicPolicy.names { #expect(ClassicPolicy.named(name) != nil, "\(name)") }
        #expect(ClassicPolicy.named("lifo") == nil)
    }

    @Test func `weights keep the order of the numbers they stand for`() {
        let numbers = [-Double.infinity, -870.5, -1, -1e-9, 0, 1e-9, 1, 870.5, .infinity]
        let weights = numbers.map(LinePlace.weight(of:))
        #expect(weights == weights.sorted() && Set(weights).count == weights.count)
        #expect(LinePlace.weight(of: -0.0) == LinePlace.weight(of: 0.0))
    }

    @Test func `a gang on several machines starts whole or not at all`() {
        let cluster = Trial.cluster(machines: 3, gpus: 8)
        let halves = Trial.gang([(1, 4)])
        let wide = Trial.gang([(2, 8), (1, 4)])
        var scheduler = ClassicScheduler(
            ClassicPolicy(order: .fcfs), machines: cluster, shapes: [halves, wide])
        scheduler.arrive(0, ClassicJob(arrival: 0, estimate: 10, shape: 0), at: 0)
        scheduler.arrive(1, ClassicJob(arrival: 0, estimate: 10, shape: 1), at: 0)
        scheduler.arrive(2, ClassicJob(arrival: 0, estimate: 10, shape: 0), at: 0)
        let starts = scheduler.decide(at: 0)
        #expect(starts.map(\.job) == [0, 1])
        #expect(starts[1].spots.map(\.machine) == [1, 2, 0])
        #expect(starts[1].spots.map(\.devices.bits) == [0xff, 0xff, 0xf0])
        scheduler.end(0, at: 10)
        #expect(scheduler.decide(at: 10).map(\.job) == [2])
    }

    @Test(arguments: ["fcfs", "easy", "conservative"])
    func `a closed machine takes nothing new, and opening it lets the queue go on`(name: String) {
        guard let policy = ClassicPolicy.named(name) else { return }
        var scheduler = ClassicScheduler(
            policy, machines: Trial.cluster(machines: 2, gpus: 8),
            shapes: [Trial.gang([(1, 8)])])
        scheduler.open(1, false)
        for job in UInt32(0)..<3 {
            scheduler.arrive(job, ClassicJob(arrival: 0, estimate: 50, shape: 0), at: 0)
        }
        #expect(scheduler.decide(at: 0).map(\.job) == [0])
        scheduler.open(0, false)
        scheduler.end(0, at: 20)
        #expect(scheduler.decide(at: 20).isEmpty)
        scheduler.withdraw(1)
        scheduler.open(1, true)
        #expect(scheduler.decide(at: 30).map(\.job) == [2])
        #expect(scheduler.waiting == 0)
    }

    @Test func `an early end moves every reservation forward in the order of the queue`() {
        var scheduler = ClassicScheduler(
            ClassicPolicy(order: .fcfs, backfill: .conservative), machines: Trial.processors(4),
            shapes: Trial.widths(4))
        for (job, width) in [4, 4, 2, 2].enumerated() {
            scheduler.arrive(
                UInt32(job), ClassicJob(arrival: 0, estimate: 10, shape: width), at: 0)
        }
        #expect(scheduler.decide(at: 0).map(\.job) == [0])
        #expect((1...3).map { scheduler.promise(of: $0, at: 0) } == [10, 20, 20])
        #expect(scheduler.alarm(after: 0) == 10)
        scheduler.end(0, at: 4)
        #expect(scheduler.decide(at: 4).map(\.job) == [1])
        #expect((2...3).map { scheduler.promise(of: $0, at: 4) } == [14, 14])
        scheduler.withdraw(2)
        #expect(scheduler.decide(at: 5).isEmpty && scheduler.waiting == 1)
    }
}
