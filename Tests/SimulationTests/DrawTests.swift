import Foundation
import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: what is drawn has the distribution it names, and a seed decides all of it. Method: many
/// throws by seed against the figures of the textbook, and small workloads.
@Suite struct DrawTests {
    private func throwsOf(_ text: String, seed: UInt64, count: Int = 40_000) throws -> [Double] {
        let distribution = try Distribution(text)
        var dice = Dice(seed: seed)
        return (0..<count).map { _ in Double(distribution.milliseconds(&dice)) }
    }

    private func isNear(_ value: Double, _ wanted: Double, within share: Double) -> Bool {
        abs(value - wanted) <= wanted * share
    }

    @Test(arguments: UInt64(1)...3)
    func `the exponential has its mean, and its median is shorter by the logarithm of two`(
        seed: UInt64
    ) throws {
        let values = try throwsOf("exponential(30m)", seed: seed).sorted()
        #expect(isNear(values.reduce(0, +) / 40_000, 1_800_000, within: 0.02))
        #expect(isNear(values[20_000], 1_800_000 * log(2), within: 0.03))
    }

    @Test(arguments: UInt64(1)...3)
    func `the uniform stays inside its bounds and fills them`(seed: UInt64) throws {
        let values = try throwsOf("uniform(1m, 2h)", seed: seed)
        #expect(values.allSatisfy { (60_000...7_200_000).contains($0) })
        #expect(isNear(values.reduce(0, +) / 40_000, 3_630_000, within: 0.02))
        #expect((values.min() ?? .infinity) < 70_000 && (values.max() ?? 0) > 7_190_000)
    }

    @Test(arguments: UInt64(1)...3)
    func `the lognormal has its median, and its logarithm its deviation`(seed: UInt64) throws {
        let values = try throwsOf("lognormal(20m, 1.5)", seed: seed).sorted()
        #expect(isNear(values[20_000], 1_200_000, within: 0.04))
        // One deviation above the median lie 15.87 %.
        let above = values.count { $0 > 1_200_000 * exp(1.5) }
        #expect(isNear(Double(above), 40_000 * 0.1587, within: 0.05))
    }

    @Test(arguments: UInt64(1)...3)
    func `a choice keeps its weights`(seed: UInt64) throws {
        let distribution = try Distribution("choice(1:60, 2:25, 8:15)")
        var dice = Dice(seed: seed)
        var counts: [Int: Int] = [:]
        for _ in 0..<40_000 { counts[distribution.count(&dice), default: 0] += 1 }
        #expect(Set(counts.keys) == [1, 2, 8])
        for (value, share) in [(1, 0.6), (2, 0.25), (8, 0.15)] {
            #expect(isNear(Double(counts[value] ?? 0), 40_000 * share, within: 0.05))
        }
    }

    @Test func `a fixed time is itself, and nothing exceeds a hundred years`() throws {
        #expect(Set(try throwsOf("90s", seed: 1, count: 9)) == [90_000])
        #expect(Set(try throwsOf("90", seed: 1, count: 9)) == [90_000])
        #expect(Set(try throwsOf("choice(7)", seed: 1, count: 9)) == [7000])
        let limit = Double(SimulationLimits.latest)
        for text in [
            "9223372036854775807", "uniform(36525d, 36525d)", "exponential(36525d)",
            "lognormal(36525d, 10)", "choice(9223372036854775807:1)",
        ] {
            let values = try throwsOf(text, seed: 1, count: 2000)
            #expect(values.allSatisfy { (0...limit).contains($0) }, "\(text)")
        }
    }

    @Test(arguments: [
        "", "soon", "uniform(1m)", "uniform(2h, 1h)", "uniform(1m, 2m, 3m)", "uniform(1m, 2h",
        "exponential()", "exponential(-5m)", "exponential(1m, 2m)", "lognormal(20m, -1)",
        "lognormal(20m, nan)", "lognormal(20m, 11)", "choice()", "choice(1:0)", "choice(1:-2)",
        "choice(1:nan)", "choice(8:)", "choice(1::2)", "uniform(,1m)", "choice(1:inf)",
        "choice(1:2:3)", "choice(:5)", "normal(5m, 1m)",
        "-5", "1e400", "99999999999999999999", "nan",
    ])
    func `what is no distribution is refused`(text: String) {
        #expect(refusal { _ = try Distribution(text) } != nil)
    }

    @Test func `users overestimate as they are told to`() throws {
        func estimate(_ text: String, run: Int64, asked: Int64 = 600_000) -> Int64? {
            try? Estimates(text).estimate(run: run, requested: asked)
        }
        #expect(estimate("requested", run: 5000) == 600_000)
        #expect(estimate("requested x 2", run: 5000) == 1_200_000)
        #expect(estimate("exact", run: 5000) == 5000)
        #expect(estimate("exact x 1.5", run: 5000) == 7500)
        #expect(estimate("none", run: 5000) == 0)
        #expect(estimate("45m", run: 5000) == 2_700_000)
        #expect(estimate("exact", run: 0) == 1)
        #expect(estimate("exact", run: Workload.endless) == 0)
        #expect(estimate("ladder 1h", run: Workload.endless) == 0)
        for (run, step) in [(0, 3600), (3600, 3600), (3601, 14_400), (99_999, 99_999)] {
            let found = estimate("ladder 1h 4h", run: Int64(run) * 1000)
            #expect(found == Int64(step) * 1000, "\(run)")
        }
        let latest = SimulationLimits.latest
        #expect(estimate("requested x 1000", run: 1, asked: latest) == latest)
    }

    @Test(arguments: [
        "", "requested x", "requested y 2", "requested x 0", "requested x -1", "requested x nan",
        "requested x 1001", "exact x inf", "ladder", "ladder 2h 1h", "ladder 1h 1h", "about 5m",
        "soon", "requested x 0.0001",
    ])
    func `what is no way to estimate is refused`(text: String) {
        #expect(refusal { _ = try Estimates(text) } != nil)
    }

    static let drawn = """
        jobs:
        - {name: a, count: 50, every: exponential(1m), size: "choice(1:60, 8:5)",
           runtime: "lognormal(20m, 1.5)"}
        - {name: b, count: 50, every: "uniform(1s, 1h)", gpus: 1, runtime: exponential(1h)}
        """

    @Test func `a seed decides the workload, and one more entry changes no other`() throws {
        let cluster = try Shelf.cluster("nodes: [{count: 4, gpus: 8}]")
        let one = try Shelf.workload(Self.drawn, on: cluster, seed: 5).workload
        let same = try Shelf.workload(Self.drawn, on: cluster, seed: 5).workload
        let other = try Shelf.workload(Self.drawn, on: cluster, seed: 6).workload
        #expect(one.jobs == same.jobs && one.jobs != other.jobs && one.dependsOnSeed)
        let more = Self.drawn + "\n- {name: c, runtime: exponential(1h)}"
        let longer = try Shelf.workload(more, on: cluster, seed: 5).workload
        func runs(_ workload: Workload) -> [String: Int64] {
            Dictionary(uniqueKeysWithValues: zip(workload.names, workload.jobs.map(\.run)))
        }
        #expect(runs(longer).filter { $0.key != "c" } == runs(one))
    }

    private func trace(_ terms: String, list: String, on cluster: Cluster, seed: UInt64 = 1) throws
        -> Workload
    {
        let shelf = try Shelf()
        _ = try shelf.put(list, as: "list.csv")
        let file = try shelf.put("trace: {file: list.csv, \(terms)}", as: "jobs.yaml")
        return try InputFiles.workload(file, for: cluster, seed: seed).workload
    }

    private var list: String {
        PhillyTrace.header + "\n"
            + (0..<10).map { "j\($0),\(100 + $0 * 10),\($0 + 1),\($0 % 4 + 1),v\n" }.joined()
    }

    @Test func `a window takes the jobs that were named and may begin at zero`() throws {
        let cluster = try Shelf.cluster("nodes: [{count: 4, gpus: 8}]")
        let window = try trace("skip: 3, jobs: 2", list: list, on: cluster)
        #expect(window.names == ["j3", "j4"] && window.jobs.map(\.arrival) == [130_000, 140_000])
        let based = try trace("skip: 3, jobs: 2, rebase: true", list: list, on: cluster)
        #expect(based.jobs.map(\.arrival) == [0, 10_000] && !based.dependsOnSeed)
        let rest = try trace("skip: 8, jobs: 9223372036854775807", list: list, on: cluster)
        #expect(rest.names == ["j8", "j9"])
        let cut = try trace("estimates: 4s, endsAtRequest: true", list: list, on: cluster)
        #expect(cut.jobs.map(\.estimate).allSatisfy { $0 == 4000 })
    }

    @Test func `jobs end at the time that was requested where limits are enforced`() throws {
        let cluster = try Shelf.cluster("processors: 8")
        let list = "1 0 -1 60 4 -1 -1 4 30 -1 1 7 -1 -1 2 -1 -1 -1\n"
        let free = try trace("estimates: requested x 2", list: list, on: cluster)
        #expect(free.jobs[0].run == 60_000 && free.jobs[0].estimate == 60_000)
        let held = try trace("endsAtRequest: true", list: list, on: cluster)
        #expect(held.jobs[0].run == 30_000)
    }

    @Test(arguments: [UInt64(1), 2, 42])
    func `pods are drawn until the next would pass the ratio, each one once at first`(
        seed: UInt64
    ) throws {
        let cluster = try Shelf.cluster("nodes: [{count: 4, gpus: 8}]")
        let drawn = try trace("draw: {ratio: 1.3}", list: list, on: cluster, seed: seed)
        let asked = drawn.jobs.indices.reduce(Int64(0)) { $0 + drawn.gpuMilli(of: $1) }
        // A job of whole devices counts as one of them where the next is asked about.
        #expect(asked <= 41_600 + 3000 && asked > 41_600 - 4000, "\(asked)")
        #expect(Set(drawn.names.prefix(10)) == Set((0..<10).map { "j\($0)" }))
        #expect(Set(drawn.names).count == drawn.count, "two jobs have one name")
        #expect(drawn.jobs.map(\.arrival) == drawn.jobs.indices.map { Int64($0) * 1000 })
        #expect(drawn.jobs.allSatisfy { $0.run == Workload.endless } && drawn.dependsOnSeed)
        let again = try trace("draw: {ratio: 1.3}", list: list, on: cluster, seed: seed)
        #expect(again.names == drawn.names)
    }

    @Test func `nothing can be drawn where nobody asks for devices`() throws {
        let cluster = try Shelf.cluster("nodes: [{count: 4, gpus: 8}]")
        let list = "1 0 -1 60 4 -1 -1 4 30 -1 1 7 -1 -1 2 -1 -1 -1\n"
        let found = refusal { _ = try trace("draw: {ratio: 1.3}", list: list, on: cluster) }
        #expect(found?.field.contains("trace.draw") ?? false, "\(String(describing: found))")
    }
}
