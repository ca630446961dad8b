import Glibc
import Host
import Primitives
import Simulation
import Wire

/// `simulate --cluster FILE --trace FILE`
struct SimulateCommand: Command {
    static let synopsis = Synopsis(
        words: "simulate --cluster FILE --trace FILE [--policy POLICY]... [flags]",
        summary: "Try a policy on a workload, under a virtual clock.",
        options: [
            Synopsis.Option("--cluster FILE", "machines: YAML, openb node list, nodes as JSON"),
            Synopsis.Option("--trace FILE", "jobs: YAML, SWF, Philly or openb list, jobs as JSON"),
            Synopsis.Option(
                "--policy POLICY", "a name or a file; again to compare (default: muster)"),
            Synopsis.Option(
                "--seed N or N-M", "one seed, or a range for 95 % intervals (default: 1)"),
            Synopsis.Option(
                "--out DIR", "write report.html, summary.json, jobs.csv and more there"),
            Synopsis.Option(
                "--tau SPAN", "run time below which slowdown is bounded (default: 10s)"),
            Synopsis.Option(
                "--check", "walk the kernel's invariants all along, up to a thousand times"),
            Synopsis.Option("--from DIR", "the live queue of a controller's data directory"),
            Synopsis.Option("--run-time SPAN", "with --from: how long jobs without a limit run"),
            Synopsis.Option("--compare DIR1 DIR2", "two directories that --out has written"),
            Synopsis.Option("-o, --output FORMAT", "table or json"),
        ],
        example: """
            muster simulate --cluster cluster.yaml --trace last-month.swf.gz --out result
            muster simulate --cluster cluster.yaml --trace jobs.yaml --policy muster --policy easy
            muster simulate --compare result-a result-b
            """)

    private let plan: SimulationPlan

    init(_ arguments: inout Arguments) throws(Refusal) { plan = try SimulationPlan(&arguments) }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let console = session.console
        if let (left, right) = plan.compared {
            return try SimulationComparison(left, right).run(plan, console)
        }
        let batch = try SimulationBatch(plan, console)
        let series = try batch.run()
        if let folder = plan.folder { try SimulationFolder(folder).write(series, plan) }
        switch plan.format {
        case .json: console.write(SimulationTable.json(series.map(\.summary)))
        default:
            console.write(Array(SimulationTable.text(series.map(\.summary)).utf8))
            if let folder = plan.folder { console.note("written to \(folder)") }
        }
        let findings = series.flatMap { $0.runs.flatMap(\.result.findings) }
        for finding in findings.prefix(20) { console.warn("broken promise: \(finding)") }
        return findings.isEmpty ? .done : .failure
    }
}

/// What the words of `simulate` ask for.
struct SimulationPlan {
    let clusterFile: String?
    let traceFile: String?
    let policies: [String]
    let seeds: ClosedRange<UInt64>
    let folder: String?
    let tau: Int64
    let checks: Bool
    let stored: String?
    let runTime: Int64?
    let compared: (String, String)?
    let format: OutputFormat

    init(_ arguments: inout Arguments) throws(Refusal) {
        clusterFile = try arguments.option("--cluster")
        traceFile = try arguments.option("--trace")
        let named = try arguments.options("--policy")
        policies = named.isEmpty ? ["muster"] : named
        seeds = try Self.seeds(try arguments.option("--seed") ?? "1")
        folder = try arguments.option("--out")
        tau = try Self.span("--tau", try arguments.option("--tau") ?? "10s")
        checks = try arguments.flag("--check")
        stored = try arguments.option("--from")
        runTime = try arguments.option("--run-time").map { text throws(Refusal) in
            try Self.span("--run-time", text)
        }
        let left = try arguments.option("--compare")
        format = try OutputFormat(&arguments)
        if let left {
            compared = (left, try arguments.word("DIR2"))
        } else {
            compared = nil
        }
        try arguments.end()
        try check()
    }

    private func check() throws(Refusal) {
        guard format == .table || format == .json else {
            throw Refusal(
                .malformed, field: "--output", finding: "\"\(format.rawValue)\" is not for this",
                remedy: "Use table or json")
        }
        guard compared == nil else { return }
        if stored != nil {
            guard traceFile == nil, clusterFile == nil else {
                throw Refusal(
                    .malformed, field: "--from", finding: "it brings its own machines and jobs",
                    remedy: "Leave --cluster and --trace out")
            }
            return
        }
        guard clusterFile != nil else {
            throw Refusal(
                .malformed, field: "--cluster", finding: "it is missing",
                remedy: "Give a file with machines, or --from with a data directory")
        }
        guard traceFile != nil else {
            throw Refusal(
                .malformed, field: "--trace", finding: "it is missing",
                remedy: "Give a file with jobs, or --from with a data directory")
        }
    }

    private static func span(_ flag: String, _ text: String) throws(Refusal) -> Int64 {
        do throws(Refusal) {
            return try WireDuration(text).milliseconds
        } catch {
            throw error.under(flag)
        }
    }

    private static func seeds(_ text: String) throws(Refusal) -> ClosedRange<UInt64> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap({ UInt64($0) }), parts.count <= 2,
            let last = parts.count == 2 ? UInt64(parts[1]) : first, last >= first,
            last - first < UInt64(SimulationLimits.seeds)
        else {
            throw Refusal(
                .malformed, field: "--seed", finding: "\"\(text)\" is no seed and no range",
                remedy: "Write 7, or 42-51 for at most \(SimulationLimits.seeds) seeds")
        }
        return first...last
    }
}
