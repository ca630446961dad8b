import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: figures are what a reader with pencil and paper comes to. Method: five jobs on four
/// processors, and lists whose figures are in any textbook.
@Suite struct MeasureTests {
    static let five = """
        jobs:
        - {name: a, processors: 3, runtime: 10s, arrival: 0s, queue: left}
        - {name: b, processors: 3, runtime: 5s, arrival: 1s, queue: left}
        - {name: c, processors: 1, runtime: 6s, arrival: 2s, queue: right}
        - {name: d, processors: 1, runtime: 4s, arrival: 3s, queue: right}
        - {name: e, processors: 4, runtime: 2s, arrival: 4s, queue: right}
        """

    static func result(
        _ jobs: String = five, on cluster: String = "processors: 4", under name: String = "fcfs"
    ) throws -> RunResult {
        let machines = try Shelf.cluster(cluster)
        let policy = try #require(SimulationPolicy.named(name))
        let workload = try Shelf.workload(jobs, on: machines).workload
        return Simulator.run(workload, on: machines, under: policy)
    }

    private func isNear(_ value: Double, _ wanted: Double) -> Bool { abs(value - wanted) < 1e-9 }

    @Test func `wait, flow and makespan are counted from the submission`() throws {
        let measures = Measures(try Self.result(), tau: 10_000)
        // They start at 0, 10, 10, 15 and 19 s.
        #expect(isNear(measures.wait.mean, (0 + 9 + 8 + 12 + 15) / 5))
        #expect(measures.wait.p50 == 9 && measures.wait.p95 == 15 && measures.wait.longest == 15)
        #expect(isNear(measures.flow.mean, (10 + 14 + 14 + 16 + 17) / 5))
        #expect(measures.flow.longest == 17 && measures.makespan == 21)
        #expect(measures.arrived == 5 && measures.finished == 5 && measures.attempts == 5)
    }

    @Test func `slowdown is bounded by tau and never below one`() throws {
        let result = try Self.result()
        let bounded = Measures(result, tau: 10_000)
        #expect(isNear(bounded.slowdown.mean, (1 + 1.4 + 1.4 + 1.6 + 1.7) / 5))
        let free = Measures(result, tau: 0)
        let each = [1, 14.0 / 5, 14.0 / 6, 16.0 / 4, 17.0 / 2]
        #expect(isNear(free.slowdown.mean, each.reduce(0, +) / 5))
        let squares = each.reduce(0) { $0 + $1 * $1 }
        #expect(isNear(free.slowdown.rms, (squares / 5).squareRoot()))
        #expect(free.slowdown.longest == 8.5)
        #expect(Measures(result, tau: 1_000_000).slowdown.longest == 1)
        let instant = try Self.result("jobs: [{processors: 1, runtime: 0}]")
        #expect(Measures(instant, tau: 0).slowdown.mean == 1)
    }

    @Test func `utilisation is of the time between the first and the last arrival`() throws {
        // In those four seconds three of four processors are in use.
        #expect(isNear(Measures(try Self.result(), tau: 1).utilisation, 0.75))
        let single = try Self.result("jobs: [{processors: 4, runtime: 5s}]")
        #expect(Measures(single, tau: 1).utilisation == 0)
        let late = """
            jobs:
            - {name: a, processors: 4, runtime: 10s, arrival: 5s}
            - {name: b, processors: 2, runtime: 10s, arrival: 25s}
            """
        #expect(isNear(Measures(try Self.result(late), tau: 1).utilisation, 0.5))
    }

    @Test func `queues and sizes have their own figures and shares that sum to one`() throws {
        let measures = Measures(try Self.result(), tau: 10_000)
        #expect(measures.queues.map(\.name) == ["left", "right"])
        #expect(measures.queues.map(\.wait.mean) == [4.5, 35.0 / 3])
        #expect(isNear(measures.queues[0].share, 45.0 / 63))
        #expect(measures.sizes.map(\.name) == ["1", "3 to 4"])
        #expect(measures.sizes.map(\.wait.count) == [2, 3])
        #expect(isNear(measures.sizes.reduce(0) { $0 + $1.share }, 1))
    }

    @Test func `sizes are classes by powers of two, without gap or overlap`() {
        let wanted: [(Int64, String)] = [
            (0, "below 1"), (999, "below 1"), (1000, "1"), (1001, "2"), (2000, "2"),
            (3000, "3 to 4"), (4000, "3 to 4"), (5000, "5 to 8"), (8000, "5 to 8"),
            (9000, "9 to 16"), (1_048_576_000, "524289 to 1048576"), (.max / 2, "above 2097152"),
        ]
        for (milli, name) in wanted {
            #expect(SizeClass.name(SizeClass.of(milli)) == name, "\(milli)")
        }
        for whole in Int64(1)..<5000 {
            #expect(SizeClass.of(whole * 1000) <= SizeClass.of(whole * 1000 + 1000))
        }
    }

    @Test func `percentiles are values that occur, by the nearest rank`() {
        let hundred = Spread((1...100).reversed().map(Double.init))
        #expect(hundred.p50 == 50 && hundred.p95 == 95 && hundred.p99 == 99)
        #expect(hundred.longest == 100 && hundred.mean == 50.5)
        let twenty = Spread((1...20).map(Double.init))
        #expect(twenty.p50 == 10 && twenty.p95 == 19 && twenty.p99 == 20)
        let two = Spread([5, 3])
        #expect(two.p50 == 3 && two.p95 == 5 && two.mean == 4)
        let one = Spread([7])
        #expect(one.p50 == 7 && one.p99 == 7 && one.rms == 7)
        #expect(Spread([]) == Spread() && Spread().count == 0)
    }

    @Test func `allocation follows the demand that arrived, where nothing leaves`() throws {
        let jobs = """
            jobs:
            - {name: a, gpus: 2}
            - {name: b, gpus: 2, arrival: 1s}
            - {name: c, gpus: 1, arrival: 2s}
            """
        let result = try Self.result(jobs, on: "nodes: [{gpus: 4}]", under: "bestfit")
        let curve = Measures(result, tau: 1).allocation
        #expect(curve[0] == 0.5 && curve[50] == 0.5 && curve[51] == 1 && curve[100] == 1)
        #expect(curve[125] == 1 && curve.count == 126)
        #expect(Measures(try Self.result(), tau: 1).allocation.isEmpty)
        let summary = Summary([(result, Measures(result, tau: 1))])
        #expect(summary.allocation.map(\.demand) == [80, 90, 95, 100, 105, 110, 120])
        #expect(summary.allocation.allSatisfy { $0.1.mean == 100 && $0.1.margin == nil })
    }

    @Test func `the interval over seeds is Student's`() {
        #expect(Estimate([]).mean == 0 && Estimate([5]).margin == nil)
        let three = Estimate([1, 2, 3])
        // Quantiles of the printed table: 4.303 for two degrees of freedom, 2.776 for four.
        #expect(three.mean == 2 && isNear(three.margin ?? 0, 4.303 / 3.0.squareRoot()))
        let five = Estimate([10, 12, 9, 11, 13])
        #expect(five.mean == 11)
        #expect(isNear(five.margin ?? 0, 2.776 * (2.5 / 5.0).squareRoot()))
        #expect(Estimate([4, 4, 4]).margin == 0)
        // 61 values, half of them a unit above the mean: 2.0003 in the table.
        let many = Estimate((0..<61).map { $0 == 60 ? 0 : $0 % 2 == 0 ? 1 : -1 })
        #expect(abs((many.margin ?? 0) - 2.0003 / 61.0.squareRoot()) < 0.001)
        let hundred = Estimate((0..<32).map { $0 % 2 == 0 ? 1 : -1 })
        let error = (32.0 / 31 / 32).squareRoot()
        #expect(abs((hundred.margin ?? 0) / error - 2.0395) < 0.005)
    }

    @Test func `decimals are rounded, signed and never minus nothing`() {
        let cases: [(Double, Int, String)] = [
            (0, 2, "0.00"), (1.005, 1, "1.0"), (2.5, 0, "3"), (-2.5, 0, "-3"), (-0.001, 2, "0.00"),
            (0.05, 2, "0.05"), (9.999, 2, "10.00"), (-12.3456, 3, "-12.346"),
            (1e14, 2, "100000000000000.00"),
            (1e15, 2, "-"), (.nan, 2, "-"), (.infinity, 0, "-"), (1234567, 0, "1234567"),
        ]
        for (value, places, text) in cases {
            #expect(Figures.decimal(value, places: places) == text, "\(value)")
        }
    }

    @Test func `milliseconds are shown where there are any, whatever the sign`() {
        let cases: [(Int64, String)] = [
            (0, "0"), (1000, "1"), (1, "0.001"), (1050, "1.050"), (-1, "-0.001"), (-1500, "-1.500"),
            (.max, "9223372036854775.807"), (.min, "-9223372036854775.808"),
        ]
        for (value, text) in cases { #expect(Figures.seconds(value) == text) }
    }

    @Test func `spans have their two largest units, and carry into the next`() {
        let cases: [(Double, String)] = [
            (0, "0.0s"), (0.04, "0.0s"), (9.94, "9.9s"), (10, "10s"), (59.4, "59s"), (59.5, "1m"),
            (59.99, "1m"), (60, "1m"), (61, "1m1s"), (3599.6, "1h"), (3661, "1h1m"),
            (86_400, "1d"), (90_000, "1d1h"), (356_400, "4d3h"), (-1, "-"), (.nan, "-"),
            (1e12, "-"),
        ]
        for (value, text) in cases { #expect(Figures.span(seconds: value) == text, "\(value)") }
    }

    @Test func `the course is in equal steps and keeps what there is in all`() throws {
        let result = try Self.result()
        let course = Course(result)
        #expect(course.step == 35 && course.count == 600)
        for list in [course.demand, course.waiting, course.running] {
            #expect(list.count == course.count)
        }
        #expect(course.fragmented.isEmpty, "a cluster without devices has no fragments of them")
        // 63 processor-seconds of 4 processors, in thousandths.
        let used = course.used.reduce(0, +) * Double(course.step) / 1000
        #expect(abs(used - 63.0 / 4 * 1000) < 0.001)
        let waited = course.waiting.reduce(0, +) * Double(course.step) / 1000
        #expect(abs(waited - 44) < 0.001)
        #expect(course.used.allSatisfy { (0...1000.001).contains($0) })
    }
}
