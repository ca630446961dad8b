import Primitives
import Testing

@testable import Simulation

/// Goal: what runs on a machine that goes away is lost and runs again, and nothing else suffers.
/// Method: one to three machines that break at a chosen moment, under both deciders. The daemon
/// counts a lost gang as a failed attempt: it needs retries, and waits 30 s for the first.
@Suite struct OutageTests {
    static let both = ["muster", "fcfs"]

    private func run(_ cluster: String, _ jobs: String, _ name: String) throws -> RunResult {
        let machines = try Shelf.cluster(cluster)
        var options = Simulator.Options()
        options.batchesPerCheck = 1
        let policy = try #require(SimulationPolicy.named(name))
        let workload = try Shelf.workload("jobs:\n" + jobs, on: machines).workload
        let result = Simulator.run(workload, on: machines, under: policy, options: options)
        let faults = Audit(result).faults
        #expect(faults.isEmpty && result.findings.isEmpty, "\(name): \(faults) \(result.findings)")
        let summary = Summary([(result, Measures(result, tau: 10_000))])
        #expect(!ReportData.json(title: name, [(summary, result)]).isEmpty)
        return result
    }

    private func cluster(_ count: Int, _ outages: String, launch: String = "0") -> String {
        let nodes = (0..<count).map { "{name: n-\($0), gpus: 2}" }.joined(separator: ", ")
        return "nodes: [\(nodes)]\nlaunch: \(launch)\noutages: [\(outages)]"
    }

    /// Milliseconds between the loss of a first attempt and the second.
    private func pause(_ name: String) -> Int64 { name == "muster" ? 30_000 : 0 }

    @Test(arguments: both)
    func `a gang that lost a machine runs again when that has booted`(name: String) throws {
        let result = try run(
            cluster(2, "{node: n-1, at: 50s, for: 1m}"),
            "- {ranks: 2, gpus: 2, runtime: 100s, retries: 1}", name)
        let again = 110_000 + pause(name)
        #expect(result.stints.map(\.began) == [0, again])
        #expect(result.stints.map(\.ended) == [110_000, again + 100_000])
        #expect(result.fates[0].ending == .succeeded && result.fates[0].attempts == 2)
        #expect(result.fates[0].started == 0 && result.fates[0].lastStarted == again)
    }

    @Test func `the daemon gives up a lost gang that has no retries, a classic policy does not`()
        throws
    {
        for (name, ending) in [("muster", Ending.failed), ("fcfs", .succeeded)] {
            let result = try run(
                cluster(1, "{node: n-0, at: 10s, for: 1m}"), "- {gpus: 2, runtime: 100s}", name)
            #expect(result.fates[0].ending == ending, "\(name)")
        }
    }

    @Test(arguments: both)
    func `work stays away from a machine that is known to be lost`(name: String) throws {
        let result = try run(
            cluster(2, "{node: n-0, at: 10s, for: 1000s}"),
            "- {name: a, count: 4, every: 20s, arrival: 26s, gpus: 2, runtime: 30s}", name)
        #expect(result.stints.allSatisfy { result.spots(of: $0).first?.machine == 1 })
        #expect(result.fates.map(\.started) == [26_000, 56_000, 86_000, 116_000])
    }

    @Test(arguments: both)
    func `a launch to a machine that is away is repeated when it is back`(name: String) throws {
        let result = try run(
            cluster(1, "{node: n-0, at: 10s, for: 100s}"),
            "- {gpus: 2, runtime: 30s, arrival: 20s, retries: 1}", name)
        let again = 110_000 + pause(name)
        #expect(result.stints.map(\.began) == [20_000, again])
        #expect(result.fates[0].started == again && result.fates[0].ended == again + 30_000)
    }

    @Test(arguments: both)
    func `a machine that breaks during the launch loses the gang too`(name: String) throws {
        let result = try run(
            cluster(2, "{node: n-1, at: 3s, for: 60s}", launch: "5s"),
            "- {ranks: 2, gpus: 2, runtime: 30s, retries: 1}", name)
        let again = 68_000 + pause(name)
        #expect(result.fates[0].started == again && result.fates[0].ended == again + 30_000)
        #expect(result.fates[0].attempts == 2)
    }

    @Test(arguments: both)
    func `a short outage loses what ran there as well`(name: String) throws {
        let result = try run(
            cluster(1, "{node: n-0, at: 10s, for: 1s}"), "- {gpus: 2, runtime: 30s, retries: 1}",
            name)
        #expect(result.fates[0].ending == .succeeded && result.fates[0].attempts == 2)
        #expect(result.fates[0].lastStarted == 25_000 + pause(name))
    }

    @Test(arguments: both)
    func `jobs on other machines do not notice`(name: String) throws {
        let result = try run(
            cluster(3, "{node: n-0, at: 10s, for: 100s}, {node: n-2, at: 20s, for: 5s}"),
            "- {name: a, count: 3, gpus: 2, runtime: 60s, retries: 1}", name)
        #expect(result.fates.count { $0.attempts == 1 && $0.ended == 60_000 } == 1)
        #expect(result.fates.allSatisfy { $0.ending == .succeeded })
    }

    @Test(arguments: both)
    func `outages after the last job do not lengthen the run`(name: String) throws {
        let result = try run(
            cluster(1, "{node: n-0, at: 1h, for: 1h}"), "- {gpus: 2, runtime: 30s}", name)
        #expect(result.end == 30_000)
    }

    @Test(arguments: both)
    func `a retry that backs off outlives the outages of idle machines`(name: String) throws {
        let result = try run(
            cluster(2, "{node: n-0, at: 1m, for: 5s}"),
            "- {gpus: 2, runtime: 10s, retries: 4, fails: {at: 5s, times: 3}}", name)
        #expect(result.fates[0].ending == .succeeded && result.fates[0].attempts >= 4)
    }

    @Test(arguments: both)
    func `what depends on a lost job waits for its second run`(name: String) throws {
        let result = try run(
            cluster(1, "{node: n-0, at: 10s, for: 50s}"),
            "- {name: a, gpus: 1, runtime: 30s, retries: 1}\n"
                + "- {name: b, gpus: 1, runtime: 5s, after: [a]}", name)
        let done = 90_000 + pause(name)
        #expect(result.fates.map(\.submitted) == [0, done] && result.fates[1].ended == done + 5000)
    }

    @Test(arguments: both)
    func `an end that falls on the moment of the boot is no end`(name: String) throws {
        let result = try run(
            cluster(1, "{node: n-0, at: 10s, for: 50s}"), "- {gpus: 2, runtime: 60s, retries: 1}",
            name)
        let again = 60_000 + pause(name)
        #expect(result.fates[0].attempts == 2 && result.fates[0].ended == again + 60_000)
    }

    @Test(arguments: both)
    func `of two lost machines the first that is back takes other work meanwhile`(
        name: String
    ) throws {
        let result = try run(
            cluster(2, "{node: n-0, at: 10s, for: 30s}, {node: n-1, at: 10s, for: 100s}"),
            """
            - {name: wide, ranks: 2, gpus: 2, runtime: 60s, retries: 5}
            - {name: next, gpus: 2, runtime: 20s, arrival: 45s}
            """, name)
        #expect(result.fates.allSatisfy { $0.ending == .succeeded })
        // First come, first served lets nobody pass the gang that waits for the second machine.
        #expect((result.fates[1].started == 45_000) == (name == "muster"))
    }
}
