import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: what `muster get jobs -o json` and `muster get nodes -o json` print can be simulated.
/// Method: short lists as the API writes them, whole and spoilt in one field.
@Suite struct ExportedListTests {
    static func nodes(_ amounts: String, name: String = "n1", model: String = "H100") -> String {
        """
        {"apiVersion":"muster.dev/v1alpha1","kind":"NodeList","items":[
         {"metadata":{"name":"n0","uid":"1"},"spec":{},"status":{"phase":"Ready",
          "allocatable":{"cpu":"62500m","memory":"263852Ki","gpus":"8"},"gpuModel":"H100"}},
         {"metadata":{"name":"\(name)"},"status":{"allocatable":\(amounts),"gpuModel":"\(model)"}}]}
        """
    }

    static func jobs(
        resources: String = #"{"cpus":"4","gpus":"2","gpuModels":["H100"]}"#, spec: String = "",
        created: String = "2026-01-02T03:04:05Z", ended: String = "2026-01-02T04:04:07.500Z",
        replicas: String = "2"
    ) -> String {
        """
        {"kind":"JobList","items":[
         {"metadata":{"name":"late","namespace":"lab","creationTimestamp":"\(created)",
          "annotations":{"muster.dev/user":"ada"}},
          "spec":{"queue":"research","priority":300,"timeLimit":"2h"\(spec),
           "roles":[{"replicas":\(replicas),"command":["x"],"resources":\(resources)}]},
          "status":{"phase":"Succeeded","startTime":"2026-01-02T04:04:05Z",
           "completionTime":"\(ended)"}},
         {"metadata":{"name":"early","creationTimestamp":"2026-01-02T03:00:00Z"},
          "spec":{"roles":[{"command":["x"]}]},
          "status":{"phase":"Failed","startTime":"2026-01-02T03:00:01Z",
           "completionTime":"2026-01-02T03:00:31Z"}},
         {"metadata":{"name":"open","creationTimestamp":"2026-01-02T03:10:00Z"},
          "spec":{"roles":[{"command":["x"]}]},"status":{"phase":"Running",
           "startTime":"2026-01-02T03:10:00Z"}}]}
        """
    }

    private func cluster() throws -> Cluster {
        try Shelf.cluster(Self.nodes(#"{"cpu":"16","memory":"64Gi","gpus":"0"}"#))
    }

    @Test func `nodes are machines with what can be allocated there`() throws {
        let machines = try cluster().machines
        #expect(machines.map(\.name) == ["n0", "n1"])
        #expect(machines.map(\.cpuMilli) == [62_500, 16_000])
        #expect(machines.map(\.gpus) == [8, 0])
        #expect(machines.map(\.memoryBytes) == [263_852 << 10, 64 << 30])
        #expect(machines.map(\.model) == [0, NodeSupply.noModel])
    }

    @Test func `jobs that have run are jobs again, and the others are counted`() throws {
        let loaded = try Shelf.workload(Self.jobs(), on: try cluster())
        let workload = loaded.workload
        #expect(workload.names == ["default/early", "lab/late"])
        #expect(workload.jobs.map(\.arrival) == [0, 245_000])
        #expect(workload.jobs.map(\.run) == [30_000, 2500])
        #expect(workload.jobs.map(\.estimate) == [0, 7_200_000])
        #expect(workload.jobs.map(\.priority) == [100, 300])
        #expect(workload.gpuMilli(of: 1) == 4000 && workload.cpuMilli(of: 1) == 8000)
        #expect(workload.cpuMilli(of: 0) == 1000)
        #expect(workload.shapes[Int(workload.jobs[1].shape)].roles[0].demand.models == 1)
        #expect(workload.users[Int(workload.jobs[1].user)] == "ada")
        #expect(workload.queues[Int(workload.jobs[1].queue)] == "research")
        #expect(loaded.notices == ["1 jobs that have not run to an end left out"])
    }

    @Test(arguments: [
        ("late", #"{"cpus":"9223372036854775","gpus":"2"}"#, "2"),
        ("late", #"{"cpus":"9223372036854775.807","memory":"9223372036854775"}"#, "16384"),
        ("late", #"{"memory":"5Pi"}"#, "2"), ("late", #"{"gpus":"1500m"}"#, "2"),
        ("late", #"{"gpus":"65"}"#, "2"), ("late", #"{"gpus":"9223372036854775"}"#, "2"),
        ("late", #"{"gpus":"-1"}"#, "2"), ("late", #"{"cpus":"1e400"}"#, "2"),
        ("late", "{}", "0"), ("late", "{}", "-1"), ("late", "{}", "16385"),
        ("late", "{}", "9223372036854775807"), ("late", "{}", "99999999999999999999"),
        ("late", "{}", "\"two\""), ("late", "[]", "2"),
    ])
    func `an amount that no machine can have is refused with its item`(
        name: String, resources: String, replicas: String
    ) throws {
        let cluster = try cluster()
        let text = Self.jobs(resources: resources, replicas: replicas)
        let found = refusal { _ = try Shelf.workload(text, on: cluster) }
        let refused = try #require(found, "it was accepted")
        #expect(refused.field.contains("/jobs: items[0].spec"), "\(refused)")
    }

    @Test func `a time that is none is refused, and far apart times do no harm`() throws {
        let cluster = try cluster()
        for text in [Self.jobs(created: "yesterday"), Self.jobs(ended: "2026-13-01T00:00:00Z")] {
            let found = refusal { _ = try Shelf.workload(text, on: cluster) }
            #expect(found?.field.contains("items[0]") ?? false, "\(String(describing: found))")
        }
        let old = Self.jobs(created: "0001-01-01T00:00:00Z", ended: "9999-12-31T23:59:59Z")
        let found = refusal { _ = try Shelf.workload(old, on: cluster) }
        #expect(found?.finding.contains("a hundred years") ?? false, "\(String(describing: found))")
    }

    @Test(arguments: [
        (#"{"cpu":"16","memory":"64Gi","gpus":"65"}"#, "n1", "items[1].status.allocatable"),
        (#"{"cpu":"9223372036854775","memory":"1","gpus":"1"}"#, "n1", "items[1]"),
        (#"{"cpu":"1","memory":"5Pi","gpus":"1"}"#, "n1", "items[1]"),
        (#"{"cpu":"-1","memory":"1","gpus":"1"}"#, "n1", "items[1].status.allocatable.cpu"),
        (#"{"cpu":"1","gpus":"1"}"#, "n1", "items[1].status.allocatable.memory"),
        (#"{"cpu":"1","memory":"1","gpus":"1"}"#, "n0", "called n0"),
        (#"{"cpu":"1","memory":"1""#, "n1", ""),
    ])
    func `a node with impossible amounts or a name twice is refused`(
        amounts: String, name: String, part: String
    ) throws {
        let text = Self.nodes(amounts, name: name)
        let found = try #require(refusal { _ = try Shelf.cluster(text) }, "it was accepted")
        #expect(found.description.contains("/cluster.yaml"), "\(found)")
        #expect(part.isEmpty || found.description.contains(part), "\(found)")
    }

    @Test func `a list without nodes or without ended jobs is refused`() throws {
        let empty = #"{"items":[]}"#
        let cluster = try cluster()
        #expect(refusal { _ = try Shelf.cluster(empty) }?.finding == "there are no nodes")
        let found = refusal { _ = try Shelf.workload(empty, on: cluster) }
        #expect(found?.finding == "it holds no jobs")
        let other = refusal { _ = try Shelf.workload(#"{"jobs":[]}"#, on: cluster) }
        #expect(other?.field.contains("items") ?? false, "\(String(describing: other))")
    }

    @Test func `a model that no machine has is accepted by none of those that have one`() throws {
        var cluster = Cluster()
        for number in 0..<70 { _ = cluster.bit(ofModel: "model-\(number)") }
        let builder = WorkloadBuilder(for: cluster)
        let used = cluster.models.indices.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        #expect(builder.models(["another"]) & used == 0)
        #expect(builder.models(["another"]) != 0 && builder.models([]) == 0)
    }
}
