import Glibc
import Host
import Kernel
import Primitives
import Resources
import Scheduling
import Simulation
import Wire

/// Prints the digest of a simulated world: equal in any two processes.
func printDigest(seed: UInt64) {
    var world = World(seed: seed)
    world.run(steps: 600)
    for finding in world.findings { say("finding: \(finding.text)") }
    say("digest \(world.digest)")
}

/// Runs each pure part for a moment; fails when one of them gives a wrong answer.
func runSmoke() -> Int32 {
    let isRight = [smokeKernel(), smokePlacer(), smokeWire()]
    return isRight.allSatisfy { $0 } ? 0 : 1
}

/// Says what an operation cost, and whether the answer was right.
private func report(_ name: String, operations: Int, _ body: () -> Bool) -> Bool {
    let start = Clock.threadNanoseconds()
    let isRight = body()
    let nanoseconds = Clock.threadNanoseconds() - start
    say("\(name): \(nanoseconds / Int64(max(1, operations))) ns CPU an operation")
    if !isRight { say("\(name): wrong answer") }
    return isRight
}

private func smokeKernel() -> Bool {
    let jobs = 20_000
    var kernel = Kernel()
    let start = Tick(1_700_000_000_000)
    _ = kernel.step(
        [
            .create(ObjectName(.namespace, name: "default")),
            .create(ObjectName(.queue, name: "default")),
        ], at: start)
    var isRight = report("kernel submit of a waiting job", operations: jobs) {
        for first in stride(from: 0, to: jobs, by: 100) {
            _ = kernel.step((first..<first + 100).map { .submit(order($0)) }, at: start)
        }
        return kernel.jobCount == jobs && kernel.pendingCount == jobs
    }
    var snapshot: [UInt8] = []
    isRight =
        report("kernel snapshot, per job", operations: jobs) {
            snapshot = kernel.snapshot()
            return !snapshot.isEmpty
        } && isRight
    return report("kernel load, per job", operations: jobs) {
        (try? Kernel(snapshot: snapshot))?.snapshot() == snapshot
    } && isRight
}

private func smokePlacer() -> Bool {
    report("placing a gang of 4 on 1,000 nodes", operations: 2_000) {
        var capacity = Capacity()
        for number in 0..<1_000 {
            let row = Row<Machine>(UInt32(number))
            capacity.set(
                row,
                supply: NodeSupply(cpuMilli: 64_000, memoryBytes: 1 << 40, gpus: 8, model: 0))
            capacity.open(row, true)
        }
        let demand = Demand(cpuMilli: 1_000, memoryBytes: 1 << 30, gpuMilli: 1_000)
        let shape = Shape(roles: [RoleShape(ranks: 4, demand: demand)])
        for _ in 0..<2_000 {
            guard case .placed(let ranks) = GangPlacer().place(shape, on: &capacity),
                ranks.count == 4
            else { return false }
        }
        return true
    }
}

private func smokeWire() -> Bool {
    let body = jobText(name: "bench-000001", millicores: 1_000, padding: 700)
    return report("decoding and checking a job of \(body.count) bytes", operations: 2_000) {
        for _ in 0..<2_000 {
            guard
                let job = try? WireDecoder.decode(Manifest<JobSpec>.self, json: body),
                (try? job.spec?.validated()) != nil
            else { return false }
        }
        return true
    }
}

private func order(_ number: Int) -> JobOrder {
    JobOrder(
        namespace: "default", name: "job-\(number)", queue: "default",
        roles: [
            JobOrder.Role(
                ranks: 1, cpuMilli: 1_000, memoryBytes: 0, gpuMilli: 0, models: [])
        ],
        terms: JobTerms(
            priority: 100, timeLimit: .zero, gracePeriod: Duration64(seconds: 30)),
        allowUnplaceable: true)
}

/// A job as a client sends it, with an environment that brings it to a usual size.
func jobText(name: String, millicores: Int, padding: Int, waits: Bool = true) -> [UInt8] {
    let filler = String(repeating: "x", count: max(0, padding / 8))
    let variables = (0..<8).map { "\"VARIABLE_\($0)\":\"\(filler)\"" }.joined(separator: ",")
    let placement = waits ? "\"gpus\":8,\"gpuModels\":[\"H999\"]" : "\"memory\":0"
    return Array(
        """
        {"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"\(name)",\
        "labels":{"team":"bench"}},"spec":{"allowUnplaceable":true,"timeLimit":"1h","roles":\
        [{"name":"worker","replicas":1,"resources":{"cpus":"\(millicores)m",\(placement)},\
        "command":["/bin/true"],"env":{\(variables)}}]}}
        """.utf8)
}
