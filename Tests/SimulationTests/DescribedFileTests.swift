import Foundation
import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: our own YAML of clusters, workloads and policies is read as the guide says, and whatever
/// is wrong is refused with its line. Method: small files, each wrong in one place.
@Suite struct DescribedFileTests {
    private func cluster() throws -> Cluster {
        try Shelf.cluster("nodes: [{name: n, count: 2, cpus: 16, memory: 64Gi, gpus: 8}]")
    }

    @Test func `groups of machines get names, amounts and models`() throws {
        let cluster = try Shelf.cluster(
            """
            kind: Cluster
            nodes:
            - name: big
              count: 2
              cpus: 96
              memory: 1Ti
              gpus: 8
              gpuModel: H100
            - name: login
            launch: 1500ms
            outages:
            - {node: login, at: 1h, for: 5m}
            - {node: big-0, at: 30m, for: 1h}
            """)
        #expect(cluster.machines.map(\.name) == ["big-0", "big-1", "login"])
        #expect(cluster.machines.map(\.gpus) == [8, 8, 0])
        #expect(cluster.machines.map(\.cpuMilli) == [96_000, 96_000, 64_000])
        #expect(cluster.machines[0].memoryBytes == 1 << 40)
        #expect(cluster.models == ["H100"] && cluster.machines[0].model == 0)
        #expect(cluster.launch == 1500 && cluster.gpus == 16)
        #expect(cluster.outages.map(\.machine) == [0, 2])
        #expect(cluster.outages.map(\.at) == [1_800_000, 3_600_000])
    }

    @Test func `a number of processors is one computer`() throws {
        let cluster = try Shelf.cluster("processors: 100")
        #expect(cluster.machines.map(\.cpuMilli) == [100_000])
    }

    @Test(arguments: [
        ("nodes:\n- cont: 2", "line 2: nodes[0].cont", "count"),
        ("nodes:\n- count: 0", "line 2: nodes[0].count", "too many machines"),
        ("nodes:\n- count: 50001", "line 2: nodes[0].count", "too many machines"),
        ("nodes:\n- count: -1", "line 2: nodes[0].count", "too many machines"),
        ("nodes:\n- count: 9223372036854775807", "line 2: nodes[0].count", "too many machines"),
        ("nodes:\n- count: 99999999999999999999", "line 2: nodes[0].count", ""),
        ("nodes:\n- name: a\n\n  gpus: 65", "line 4: nodes[0].gpus", "65 is out of range"),
        ("nodes:\n- gpus: -9223372036854775808", "line 2: nodes[0].gpus", "out of range"),
        ("nodes:\n- cpus: 0", "line 2: nodes[0].cpus", "out of range"),
        ("nodes:\n- cpus: 1e400", "line 2: nodes[0].cpus", "too large"),
        ("nodes:\n- cpus: -4", "line 2: nodes[0].cpus", "zero or more"),
        ("nodes:\n- memory: 5Pi", "line 2: nodes[0].memory", "more than 4 PiB"),
        ("nodes:\n- memory: lots", "line 2: nodes[0].memory", "lots"),
        ("nodes: []", "line 1: nodes", "no machines"), ("launch: 5s", "nodes", "no machines"),
        ("processors: 0", "line 1: processors", "out of range"),
        ("processors: 1000001", "line 1: processors", "out of range"),
        ("processors: 4\nnodes: [{gpus: 1}]", "line 1: processors", "nodes are given as well"),
        ("kind: Job\nprocessors: 4", "line 1: kind", "\"Job\" is no cluster"),
        ("processors: 4\nlaunch: -1s", "line 2: launch", "-1s"),
        ("processors: 4\nlaunch: 99999999d", "line 2: launch", "too long"),
        (
            "processors: 4\noutages:\n- {node: x, at: 1h, for: 1h}", "line 3: outages[0].node",
            "there is no machine \"x\""
        ),
        (
            "processors: 4\noutages:\n- {node: computer, at: 1h, for: 1h}\n"
                + "- {node: computer, at: 90m, for: 1h}", "line 2: outages", "overlap"
        ),
        ("processors: 4\noutages:\n- {node: computer, at: 1h}", "line 3: outages[0]", ""),
        ("nodes:\n- name: a\n- name: a", "line 1: nodes", "two machines are called a"),
        ("nodes: 5", "line 1: nodes", ""), ("[1, 2]", "", ""), ("nodes: [", "", ""),
    ])
    func `what is wrong with a cluster is said with its line`(
        text: String, place: String, finding: String
    ) throws {
        let found = try #require(refusal { _ = try Shelf.cluster(text) }, "it was accepted")
        #expect(found.field.contains("/cluster.yaml"), "\(found.field)")
        #expect(place.isEmpty || found.field.contains(": \(place)"), "\(found.field)")
        #expect(finding.isEmpty || found.description.contains(finding), "\(found)")
    }

    @Test func `jobs are written out with all that they ask for`() throws {
        let workload = try Shelf.workload(
            """
            kind: Workload
            jobs:
            - {name: prepare, cpus: 4, runtime: 10m, arrival: 1m}
            - name: train
              count: 2
              every: 30s
              queue: research
              user: ada
              priority: 200
              ranks: 2
              gpus: 8
              memory: 32Gi
              runtime: 2h
              estimate: exact x 1.5
              after: [prepare]
              retries: 3
              fails: {at: 5m, code: 9, times: 2}
            """, on: try cluster()
        ).workload
        #expect(workload.names == ["train-0", "train-1", "prepare"])
        #expect(workload.jobs.map(\.arrival) == [0, 30_000, 60_000])
        #expect(workload.jobs.map(\.estimate) == [10_800_000, 10_800_000, 0])
        #expect(workload.jobs.map(\.priority) == [200, 200, 0])
        #expect(workload.jobs.map(\.retries) == [3, 3, 0])
        #expect(workload.gpuMilli(of: 0) == 16_000 && workload.cpuMilli(of: 2) == 4000)
        #expect(workload.dependencies.map(\.job) == [0, 1])
        #expect(workload.dependencies.map(\.on) == [2, 2])
        let failure = Workload.Failure(job: 1, after: 300_000, code: 9, times: 2)
        #expect(workload.failure(of: 1) == failure && workload.failure(of: 2) == nil)
        #expect(workload.queues[Int(workload.jobs[0].queue)] == "research")
        #expect(workload.users[Int(workload.jobs[0].user)] == "ada")
    }

    @Test(arguments: [
        ("jobs:\n- runtme: 5m", "line 2: jobs[0].runtme", "runtime"),
        ("jobs:\n- name: a\n- name: a", "line 3: jobs[1].name", "taken by an entry above"),
        ("jobs:\n- count: 0", "line 2: jobs[0].count", "0 is out of range"),
        ("jobs:\n- count: 9223372036854775807", "line 2: jobs[0].count", "out of range"),
        ("jobs:\n- after: [b]", "line 2: jobs[0].after", "there is no \"b\" above it"),
        ("jobs:\n- name: a\n  after: [a]", "line 3: jobs[0].after", "there is no \"a\" above it"),
        ("jobs:\n- {ranks: 2, size: 3}", "line 2: jobs[0].ranks", "more than one of"),
        ("jobs:\n- gpus: 1500m", "line 2: jobs[0].gpus", "neither a share"),
        ("jobs:\n- gpus: 65", "line 2: jobs[0].gpus", "neither a share"),
        ("jobs:\n- ranks: 0", "line 2: jobs[0].ranks", "0 is out of range"),
        ("jobs:\n- ranks: 16385", "line 2: jobs[0].ranks", "16385 is out of range"),
        ("jobs:\n- ranks: 9223372036854775807", "line 2: jobs[0].ranks", "is out of range"),
        ("jobs:\n- size: 1000001", "line 2: jobs[0]", "1000001 GPUs cannot be asked for"),
        ("jobs:\n- cpus: 5M", "line 2: jobs[0].cpus", "out of range"),
        ("jobs:\n- runtime: soon", "line 2: jobs[0].runtime", "soon"),
        ("jobs:\n- runtime: -5", "line 2: jobs[0].runtime", "-5"),
        ("jobs:\n- runtime: uniform(2h, 1h)", "line 2: jobs[0].runtime", "no distribution"),
        ("jobs:\n- estimate: about 5m", "line 2: jobs[0].estimate", "no way to estimate"),
        ("jobs:\n- retries: -1", "line 2: jobs[0].retries", "-1 is out of range"),
        ("jobs:\n- fails: {at: 5m, code: 0}", "line 2: jobs[0].fails.code", "0 is out of range"),
        ("jobs:\n- fails: {at: 5m, code: 256}", "line 2: jobs[0].fails.code", "256 is out"),
        ("jobs:\n- fails: {at: 5m, times: 0}", "line 2: jobs[0].fails.times", "0 is out of range"),
        ("jobs:\n- priority: 99999999999", "line 2: jobs[0].priority", "is out of range"),
        ("jobs: []", "", "it holds no jobs"), ("kind: Workload", "", "it holds no jobs"),
        ("kind: Cluster\njobs: [{}]", "line 1: kind", "\"Cluster\" is no workload"),
        ("trace: {file: a}\njobs: [{}]", "line 2: jobs", "jobs and a trace are given"),
        ("trace: {file: gone.swf}", "gone.swf", ""), ("trace: {file: \"\"}", "/", ""),
        ("trace: {fil: a}", "line 1: trace.fil", "file"),
    ])
    func `what is wrong with a workload is said with its line`(
        text: String, place: String, finding: String
    ) throws {
        let cluster = try cluster()
        let found = refusal { _ = try Shelf.workload(text, on: cluster) }
        let refused = try #require(found, "it was accepted")
        #expect(refused.field.contains("/jobs"), "\(refused.field)")
        #expect(place.isEmpty || refused.field.contains(place), "\(refused.field)")
        #expect(finding.isEmpty || refused.description.contains(finding), "\(refused)")
    }

    @Test func `a trace of a trace is followed, in circles it is refused`() throws {
        let shelf = try Shelf()
        _ = try shelf.put(TraceTests.philly, as: "philly.csv")
        _ = try shelf.put("trace: {file: philly.csv, skip: 1}", as: "inner.yaml")
        let outer = try shelf.put("trace: {file: inner.yaml, rebase: true}", as: "outer.yaml")
        let workload = try InputFiles.workload(outer, for: try cluster(), seed: 1).workload
        #expect(workload.names == ["a"] && workload.jobs[0].arrival == 0)
        #expect(workload.source == "outer.yaml")
        let own = try shelf.put("trace:\n  file: own.yaml", as: "own.yaml")
        let cluster = try cluster()
        let found = refusal { _ = try InputFiles.workload(own, for: cluster, seed: 1) }
        #expect(found?.finding == "files name each other in a row")
    }

    @Test(arguments: [
        ("skip: 2", "the trace has 2 jobs"), ("skip: -1", "the trace has 2 jobs"),
        ("jobs: 0", "the trace has 2 jobs"), ("jobs: -5", "the trace has 2 jobs"),
        ("skip: 9223372036854775807", "the trace has 2 jobs"),
        ("draw: {ratio: \"0\"}", "\"0\" is no ratio"), ("draw: {ratio: nan}", "is no ratio"),
        ("draw: {ratio: inf}", "is no ratio"), ("draw: {ratio: 1e400}", "is no ratio"),
        ("estimates: requested x -1", "no way to estimate"),
        ("estimates: ladder 2h 1h", "no way to estimate"),
    ])
    func `what cannot be done to a trace is refused`(text: String, finding: String) throws {
        let shelf = try Shelf()
        let cluster = try cluster()
        _ = try shelf.put(TraceTests.philly, as: "philly.csv")
        let file = try shelf.put("trace: {file: philly.csv, \(text)}", as: "jobs.yaml")
        let found = refusal { _ = try InputFiles.workload(file, for: cluster, seed: 1) }
        let refused = try #require(found, "it was accepted")
        #expect(refused.field.contains("jobs.yaml: line 1: trace"), "\(refused.field)")
        #expect(refused.description.contains(finding), "\(refused)")
    }

    @Test func `a policy starts from a name and changes it`() throws {
        let changed = try Shelf.policy("policy: easy\norder: sjf\ncommits: true\npacking: fgd")
        guard case .classic(let classic, let packing) = changed.planner else {
            Issue.record("it is no classic policy")
            return
        }
        #expect(classic == ClassicPolicy(order: .sjf, backfill: .easy, commits: true))
        #expect(packing == .fgd && changed.name == "policy.yaml" && !changed.turnsAway)
        let daemon = try Shelf.policy("name: patient\ngangsPerPass: 7\nevents: one-by-one")
        guard case .muster(let gangs) = daemon.planner else {
            Issue.record("it is not the daemon's")
            return
        }
        #expect(gangs == 7 && daemon.name == "patient" && daemon.events == .oneByOne)
    }

    @Test(arguments: [
        ("polcy: easy", "line 1: polcy", "policy"),
        ("policy: lifo", "line 1: policy", "muster, fcfs"),
        ("order: lifo", "line 1: order", "Use one of fcfs, sjf"),
        ("policy: easy\nbackfill: eager", "line 2: backfill", "conservative"),
        ("packing: tetris", "line 1: packing", "fgd"), ("kind: Job", "line 1: kind", "no policy"),
        ("policy: muster\norder: sjf", "line 2: order", "muster plans by itself"),
        ("commits: true", "line 1: commits", "muster plans by itself"),
        ("gangsPerPass: 0", "line 1: gangsPerPass", "0 is out of range"),
        ("policy: easy\ngangsPerPass: 5", "line 2: gangsPerPass", "has no passes"),
        ("events: sometimes", "line 1: events", "one-by-one"),
    ])
    func `what is wrong with a policy is said with its line`(
        text: String, place: String, finding: String
    ) throws {
        let found = try #require(refusal { _ = try Shelf.policy(text) }, "it was accepted")
        #expect(found.field.contains("policy.yaml: \(place)"), "\(found.field)")
        #expect(found.description.contains(finding), "\(found)")
    }

    @Test func `every name that is listed is a policy, and no other is`() {
        for name in SimulationPolicy.names { #expect(SimulationPolicy.named(name)?.name == name) }
        let found = refusal { _ = try InputFiles.policy("no-such-policy") }
        #expect(found?.reason == .notFound && found?.field == "--policy")
        #expect(found?.remedy.contains("muster, fcfs") ?? false)
    }
}
