import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: users, agents and the clock behave as they do in the world. Method: stories that fit on
/// paper, under the daemon's kernel and a classic policy.
@Suite struct RunTests {
    static let both = ["muster", "fcfs"]

    private func run(
        _ jobs: String, on cluster: String, _ name: String,
        change: (inout SimulationPolicy) -> Void = { _ in }
    ) throws -> RunResult {
        let machines = try Shelf.cluster(cluster)
        var policy = try #require(SimulationPolicy.named(name))
        change(&policy)
        var options = Simulator.Options()
        options.batchesPerCheck = 1
        let workload = try Shelf.workload("jobs:\n" + jobs, on: machines).workload
        let result = Simulator.run(workload, on: machines, under: policy, options: options)
        let faults = Audit(result).faults
        #expect(faults.isEmpty && result.findings.isEmpty, "\(name): \(faults) \(result.findings)")
        return result
    }

    /// Fates by name.
    private func fates(_ result: RunResult) -> [String: Fate] {
        Dictionary(uniqueKeysWithValues: zip(result.workload.names, result.fates))
    }

    private let four = "nodes: [{count: 1, cpus: 4, memory: 8Gi}]"

    @Test(arguments: both)
    func `a job waits for room, runs its time, and leaves its places at its end`(
        name: String
    ) throws {
        let result = try run(
            """
            - {name: a, cpus: 3, runtime: 10s}
            - {name: b, cpus: 2, runtime: 5s, arrival: 1s}
            - {name: c, cpus: 2, runtime: 1s, arrival: 2s}
            """, on: four, name)
        let fates = fates(result)
        #expect(fates["a"]?.started == 0 && fates["a"]?.ended == 10_000)
        #expect(fates["b"]?.started == 10_000 && fates["b"]?.ended == 15_000)
        #expect(fates["c"]?.started == 10_000 && fates["c"]?.wait == 8000)
        #expect(result.end == 15_000)
        #expect(result.fates.allSatisfy { $0.ending == .succeeded && $0.attempts == 1 })
    }

    @Test(arguments: both)
    func `a chain is submitted link by link, a diamond when both sides are done`(
        name: String
    ) throws {
        let result = try run(
            """
            - {name: a, runtime: 10s}
            - {name: b, runtime: 20s, after: [a]}
            - {name: c, runtime: 30s, after: [a], arrival: 2s}
            - {name: d, runtime: 1s, after: [b, c], arrival: 5s}
            - {name: e, runtime: 1s, after: [a], arrival: 100s}
            """, on: four, name)
        let fates = fates(result)
        #expect(fates["b"]?.submitted == 10_000 && fates["c"]?.submitted == 10_000)
        #expect(fates["d"]?.submitted == 40_000 && fates["d"]?.ended == 41_000)
        #expect(fates["d"]?.wait == 0)
        #expect(fates["e"]?.submitted == 100_000)
    }

    @Test(arguments: both)
    func `what depends on a failed job is never submitted, nor what depends on that`(
        name: String
    ) throws {
        let result = try run(
            """
            - {name: a, runtime: 10s, fails: {at: 4s, code: 3}}
            - {name: b, runtime: 20s, after: [a]}
            - {name: c, runtime: 30s, after: [b]}
            - {name: d, runtime: 30s, arrival: 50s}
            """, on: four, name)
        let fates = fates(result)
        #expect(fates["a"]?.ending == .failed && fates["a"]?.ended == 4000)
        for job in ["b", "c"] { #expect(fates[job] == Fate(), "\(job)") }
        #expect(fates["d"]?.ending == .succeeded)
        let measures = Measures(result, tau: 10_000)
        #expect(measures.arrived == 2 && measures.finished == 1 && measures.failed == 1)
        #expect(measures.waiting == 0 && measures.running == 0)
        let open = String(decoding: JobFiles.csv(result), as: UTF8.self).split(separator: "\n")
        #expect(open.count { $0.hasSuffix(",,,,,0,open") } == 2)
    }

    @Test(arguments: both)
    func `a failed job is tried again as often as it may be`(name: String) throws {
        let result = try run(
            """
            - {name: mends, runtime: 10s, retries: 2, fails: {at: 4s, times: 2}}
            - {name: never, runtime: 10s, retries: 2, fails: {at: 4s, times: 9}}
            - {name: once, runtime: 10s, fails: {at: 4s, times: 9}}
            """, on: four, name)
        let fates = fates(result)
        #expect(fates["mends"]?.ending == .succeeded && fates["mends"]?.attempts == 3)
        #expect(fates["never"]?.ending == .failed && fates["never"]?.attempts == 3)
        #expect(fates["once"]?.ending == .failed && fates["once"]?.attempts == 1)
        // The kernel waits 30 s before the second attempt and 60 s before the third.
        let pauses: Int64 = name == "muster" ? 90_000 : 0
        #expect(fates["mends"]?.ended == 4000 + 4000 + 10_000 + pauses)
        #expect(fates["mends"]?.wait == 0)
        #expect(Measures(result, tau: 10_000).attempts == 7)
    }

    @Test(arguments: both)
    func `a failure that would come after the end does not come`(name: String) throws {
        let result = try run("- {name: a, runtime: 10s, fails: {at: 1h}}", on: four, name)
        #expect(result.fates[0].ending == .succeeded && result.fates[0].ended == 10_000)
    }

    @Test(arguments: both)
    func `a gang is launched after the cluster's delay, and holds its places meanwhile`(
        name: String
    ) throws {
        let result = try run(
            "- {name: a, cpus: 4, runtime: 10s}\n- {name: b, cpus: 4, runtime: 5s}",
            on: four + "\nlaunch: 2s", name)
        #expect(result.fates.map(\.started) == [2000, 14_000])
        #expect(result.fates.map(\.ended) == [12_000, 19_000])
        #expect(result.stints.map(\.began) == [0, 12_000])
    }

    @Test func `the kernel places the more urgent first`() throws {
        let result = try run(
            """
            - {name: now, cpus: 4, runtime: 10s}
            - {name: low, cpus: 4, runtime: 10s, arrival: 1s, priority: 1}
            - {name: high, cpus: 4, runtime: 10s, arrival: 2s, priority: 9}
            """, on: four, "muster")
        let fates = fates(result)
        #expect(fates["high"]?.started == 10_000 && fates["low"]?.started == 20_000)
    }

    @Test(arguments: both)
    func `a job that could never fit is refused, and the notices name it`(name: String) throws {
        let result = try run(
            """
            - {name: huge, cpus: 5, runtime: 10s}
            - {name: gang, ranks: 3, cpus: 2, runtime: 10s}
            - {name: device, gpus: 1, runtime: 10s}
            - {name: fits, cpus: 4, runtime: 10s}
            - {name: behind, runtime: 10s, after: [huge]}
            """, on: four, name)
        let fates = fates(result)
        for job in ["huge", "gang", "device"] {
            #expect(fates[job]?.ending == .refused, "\(job)")
        }
        #expect(fates["fits"]?.ending == .succeeded && fates["behind"]?.submitted == -1)
        let notices = result.notices.joined(separator: "\n")
        #expect(notices.contains("3 jobs were refused, the first, huge"), "\(notices)")
        #expect(Measures(result, tau: 1).refused == 3)
    }

    @Test(arguments: both)
    func `jobs without run time pass, also many at one instant`(name: String) throws {
        let result = try run(
            "- {name: a, count: 200, cpus: 4, runtime: 0}\n- {name: b, cpus: 1, runtime: 1s}",
            on: four, name)
        #expect(result.fates.allSatisfy { $0.ending == .succeeded })
        #expect(result.end <= 1000)
    }

    @Test(arguments: both)
    func `five hundred jobs of one instant run in turns of the cluster's width`(
        name: String
    ) throws {
        let result = try run("- {name: a, count: 500, runtime: 10s}", on: four, name)
        #expect(result.end == 1_250_000)
        #expect(result.fates.map(\.started) == (0..<500).map { Int64($0 / 4) * 10_000 })
    }

    @Test(arguments: both)
    func `an endless job runs on at the end, and those behind it wait`(name: String) throws {
        let result = try run(
            "- {name: a, cpus: 4}\n- {name: b, cpus: 4, arrival: 5s, runtime: 1s}", on: four, name)
        #expect(result.fates.map(\.ending) == [.open, .open])
        let measures = Measures(result, tau: 10_000)
        #expect(measures.running == 1 && measures.waiting == 1 && measures.finished == 0)
        #expect(result.stints.map(\.ended) == [Workload.endless])
        let notices = result.notices.joined(separator: "\n")
        #expect(notices == "b waits, and could never start")
    }

    @Test(arguments: both)
    func `a job runs its own time though it was estimated shorter`(name: String) throws {
        let result = try run("- {name: a, runtime: 100s, estimate: 10s}", on: four, name)
        #expect(result.fates[0].ended == 100_000 && result.fates[0].ending == .succeeded)
    }

    @Test(arguments: both)
    func `a long line of jobs that are held back does not end the run early`(name: String) throws {
        let machines = try Shelf.cluster(four)
        let workload = try Shelf.workload(
            """
            jobs:
            - {name: first, runtime: 41h, fails: {at: 40h}}
            - {name: held, count: 101000, every: 1s, arrival: 1s, runtime: 0, after: [first]}
            """, on: machines
        ).workload
        let policy = try #require(SimulationPolicy.named(name))
        let result = Simulator.run(workload, on: machines, under: policy)
        #expect(result.fates[0].ending == .failed && result.end == 144_000_000)
    }

    @Test func `a packing alone turns away what does not fit at once`() throws {
        let result = try run(
            "- {name: a, cpus: 3}\n- {name: b, cpus: 2, arrival: 1s}\n- {name: c, arrival: 2s}",
            on: four, "bestfit")
        #expect(result.fates.map(\.ending) == [.open, .refused, .open])
        #expect(result.fates.map(\.hasRun) == [true, false, true])
    }

    @Test(arguments: both)
    func `amounts at their bounds are carried or refused, and nothing traps`(name: String) throws {
        let result = try run(
            """
            - {name: none, cpus: 0, runtime: 1s}
            - {name: wide, ranks: 16384, cpus: 4M, memory: 4Pi, runtime: 1s}
            - {name: size, size: 1000000, runtime: 1s}
            - {name: long, runtime: 36525d, arrival: 36525d, estimate: 2d, priority: -2147483648}
            - {name: last, runtime: 36525d, arrival: 36525d, priority: 2147483647, cpus: 4}
            - {name: fails, runtime: 5s, retries: 4294967295, fails: {at: 0, code: 255, times: 20}}
            """, on: four, name)
        let fates = fates(result)
        #expect(fates["none"]?.ending == .succeeded && fates["wide"]?.ending == .refused)
        #expect(fates["size"]?.ending == .refused && fates["long"]?.ending == .succeeded)
        #expect(fates["last"]?.ending == .succeeded && fates["fails"]?.attempts == 21)
        _ = ReportData.json(title: "t", [(Summary([(result, Measures(result, tau: 0))]), result)])
    }
}
