import Kernel
import Primitives
import Resources
import Testing
import Wire

@testable import Control
@testable import Service

/// A catalog that shows one gang, as a controller would after its start.
struct Shown {
    let catalog = Catalog(bodies: BodyCache(nil))
    let view: JobView

    /// Two roles, `lead` with one rank and `second` with the rest, over so many nodes.
    init(ranks: UInt32, nodes: Int) throws {
        var kernel = Kernel()
        let now = Tick(1_700_000_000_000)
        var commands: [Command] = [
            .create(ObjectName(.namespace, name: "default")),
            .create(ObjectName(.queue, name: "default")),
        ]
        for number in 0..<nodes {
            commands.append(
                .register(
                    NodeReport(
                        name: "n\(number)", bootID: "1",
                        cpuMilli: (Int64(ranks) / Int64(nodes)) * 1000, memoryBytes: 1 << 30,
                        gpus: 0, gpuModel: "")))
        }
        let role = JobOrder.Role(
            ranks: 1, cpuMilli: 1000, memoryBytes: 0, gpuMilli: 0, models: [])
        var rest = role
        rest.ranks = ranks - 1
        commands.append(
            .submit(
                JobOrder(
                    namespace: "default", name: "gang", queue: "default", roles: [role, rest],
                    terms: JobTerms(priority: 100, timeLimit: .zero, gracePeriod: .zero))))
        let outcome = kernel.step(commands, at: now)
        let uid = try #require(
            kernel.uid(of: ObjectName(.job, namespace: "default", name: "gang")))
        let text = DocumentText(
            head: Array(#"{"name":"gang"}"#.utf8), residentBody: nil, labels: [:], user: "")
        catalog.bodies.keep(
            uid,
            Array(
                #"{"roles":[{"name":"lead","command":["a"]},{"name":"second","command":["b"]}]}"#
                    .utf8))
        catalog.publish(outcome, of: kernel, texts: [uid: text], events: [])
        view = try #require(catalog.job("default", "gang"))
    }
}

/// Goal: what names and numbers of pods come to. Method: one gang in a catalog of its own.
@Suite struct PodTests {
    @Test func `a pod is found by the number within its role, and by no other`() throws {
        let shown = try Shown(ranks: 4, nodes: 2)
        let pods = PodNames(shown.catalog)
        func rank(_ name: String) -> Int? { pods.find(name, in: "default", shown.catalog)?.1 }
        #expect(rank("gang-lead-0") == 0)
        #expect(rank("gang-second-2") == 3)
        let none = [
            "gang-second-3", "gang-second-9223372036854775807", "gang-second--1",
            "gang-second-00", "gang-lead-1", "gang-second-4294967295",
            String(repeating: "-", count: 8000) + "1",
        ]
        for name in none { #expect(rank(name) == nil, "\(name.prefix(40))") }
    }

    @Test func `every pod has a uid of its own, also beside those of jobs`() {
        let pods = PodNames(Catalog(bodies: BodyCache(nil)))
        var uids: Set<String> = []
        let jobs: [UInt64] = [1, 2, 0xffff, 0x10000, 0x20001, 1 << 40]
        for job in jobs {
            #expect(uids.insert(UIDText.text(job)).inserted)
            for attempt: UInt32 in [1, 2, 300] {
                for rank in [0, 1, 4095] {
                    let uid = pods.uid(job, attempt: attempt, rank: rank)
                    #expect(uid.utf8.count == 36)
                    #expect(uids.insert(uid).inserted, "\(uid)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `thousands of ranks know their place, in moments`() throws {
        let shown = try Shown(ranks: 4096, nodes: 64)
        let body = shown.catalog.body(of: shown.view).content
        let spec = try WireDecoder.decode(JobSpec.self, json: body)
        let environments = RankEnvironments(shown.view, spec) { _ in "10.0.0.1" }
        var places: Set<String> = []
        for rank in 0..<4096 {
            let variables = environments.variables(ofRank: rank, device: [], models: "")
            #expect(variables["RANK"] == "\(rank)")
            #expect(variables["LOCAL_WORLD_SIZE"] == "64")
            places.insert("\(variables["NODE_RANK"] ?? "").\(variables["LOCAL_RANK"] ?? "")")
        }
        #expect(places.count == 4096)
        let first = environments.variables(ofRank: 0, device: [], models: "")
        #expect(first["SLURM_TASKS_PER_NODE"] == "64(x64)")
        #expect(first["SLURM_NODELIST"]?.split(separator: ",").count == 64)
    }
}
