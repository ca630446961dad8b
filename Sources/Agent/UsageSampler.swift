import Glibc
import Host
import Resources

/// Measures now and then what the machine and its ranks use, on a thread of its own.
///
/// A rank is its step and everything below it, also what has made sessions of its own: whoever
/// loses his parent becomes the step's child. Not seen are processes that were started by somebody
/// else at the rank's wish, such as a container service; memory that several processes share
/// counts once for each of them.
final class UsageSampler: Sendable {
    /// The rhythm, and what is too old to begin with.
    enum Limits {
        static let firstMilliseconds: Int64 = 2_000
        static let pauseMilliseconds: Int64 = 10_000
        /// A rank that is older than this when it is first seen is measured from then on.
        static let firstWindowMilliseconds: Int64 = 30_000
    }

    private struct Work: Sendable {
        var steps: [RankName: ProcessIdentity] = [:]
        /// The last reading, until somebody takes it.
        var reports: [UsageReport] = []
        var isClosed = false
    }

    private let work = Lock(Work())
    private let pauseMilliseconds: Int64

    private init(pauseMilliseconds: Int64) { self.pauseMilliseconds = pauseMilliseconds }

    /// Starts the thread.
    nonisolated static func start(
        pauseMilliseconds: Int64 = Limits.pauseMilliseconds
    ) throws(SystemError) -> UsageSampler {
        let sampler = UsageSampler(pauseMilliseconds: pauseMilliseconds)
        _ = try Thread.spawn(name: "muster-usage") { sampler.run() }
        return sampler
    }

    /// Measures this rank, too, until it is removed. Any thread.
    func add(_ name: RankName, _ step: ProcessIdentity) {
        work.withLock { $0.steps[name] = step }
    }

    func remove(_ name: RankName) { work.withLock { $0.steps[name] = nil } }

    /// The last reading, if nobody has taken it yet. Any thread.
    func take() -> [UsageReport] {
        work.withLock { work in
            defer { work.reports = [] }
            return work.reports
        }
    }

    func close() { work.change { $0.isClosed = true } }

    private func run() {
        var meter = UsageMeter()
        var pause = min(Limits.firstMilliseconds, pauseMilliseconds)
        while true {
            let (steps, isClosed) = work.wait(
                atMostMilliseconds: pause, until: { $0.isClosed }, { ($0.steps, $0.isClosed) })
            if isClosed { return }
            pause = pauseMilliseconds
            // Where /proc cannot be read there are no figures, which is what readers then see.
            let reports = (try? meter.measure(steps)) ?? []
            work.withLock { $0.reports = reports }
        }
    }
}

/// Turns sums that only grow into rates.
struct UsageMeter {
    private struct Sum {
        var ticks: UInt64
        /// Milliseconds of the clock that counts suspended time.
        var at: Int64
    }

    private var table = ProcessTable()
    private var machine: Sum?
    private var ranks: [RankName: Sum] = [:]
    private let ticksPerSecond = max(1, Int64(sysconf(Int32(_SC_CLK_TCK))))
    private let pageBytes = max(1, Int64(sysconf(Int32(_SC_PAGESIZE))))

    init() {}

    /// One reading of everything; a rank or machine that has no span yet is left out.
    mutating func measure(
        _ steps: [RankName: ProcessIdentity]
    ) throws(SystemError) -> [UsageReport] {
        let node = try measureMachine()
        try table.read()
        let now = Clock.boottimeMilliseconds()
        // A number that has another owner by now is none of ours.
        let names = steps.filter { table.process($1.pid)?.startTime == $1.startTime }.keys.sorted()
        var ticks = [UInt64](repeating: 0, count: names.count)
        var pages = [Int64](repeating: 0, count: names.count)
        table.eachBelow(names.map { steps[$0]?.pid ?? 0 }) { place, process in
            ticks[place] &+= process.ticks
            pages[place] &+= process.residentPages
        }
        var sums: [RankName: Sum] = [:]
        var usages: [RankUsage] = []
        for (place, name) in names.enumerated() {
            let sum = Sum(ticks: ticks[place], at: now)
            sums[name] = sum
            guard let start = ranks[name] ?? start(of: steps[name], now) else { continue }
            let used = usage(from: start, to: sum, memoryBytes: pages[place] &* pageBytes)
            usages.append(
                RankUsage(job: name.job, attempt: name.attempt, rank: name.rank, used: used))
        }
        ranks = sums
        return UsageMeter.reports(node, usages)
    }

    private mutating func measureMachine() throws(SystemError) -> Usage? {
        guard let reading = try MachineUsage.read() else { return nil }
        let sum = Sum(ticks: reading.busyTicks, at: Clock.boottimeMilliseconds())
        defer { machine = sum }
        return machine.map { usage(from: $0, to: sum, memoryBytes: reading.memoryBytes) }
    }

    /// Where a rank that is seen for the first time has begun, unless that is long ago.
    private func start(of step: ProcessIdentity?, _ now: Int64) -> Sum? {
        guard let step else { return nil }
        let at = Int64(clamping: step.startTime) &* 1_000 / ticksPerSecond
        let age = now - at
        return age > 0 && age <= UsageSampler.Limits.firstWindowMilliseconds
            ? Sum(ticks: 0, at: at) : nil
    }

    private func usage(from start: Sum, to end: Sum, memoryBytes: Int64) -> Usage {
        let window = max(1, end.at - start.at)
        // A sum can fall where a parent did not wait for its children: then their time is lost.
        let ticks = end.ticks > start.ticks ? Int64(clamping: end.ticks - start.ticks) : 0
        let bounded = min(ticks, 1_000_000_000)
        let nano = bounded * (1_000_000_000 / ticksPerSecond) / window * 1_000
        return Usage(cpuNano: nano, memoryBytes: max(0, memoryBytes), windowMilliseconds: window)
    }

    /// One message, or several where there are very many ranks.
    private static func reports(_ node: Usage?, _ usages: [RankUsage]) -> [UsageReport] {
        guard node != nil || !usages.isEmpty else { return [] }
        var reports = [UsageReport(node: node, ranks: Array(usages.prefix(UsageReport.ranksMax)))]
        var rest = usages.dropFirst(UsageReport.ranksMax)
        while !rest.isEmpty {
            reports.append(
                UsageReport(node: nil, ranks: Array(rest.prefix(UsageReport.ranksMax))))
            rest = rest.dropFirst(UsageReport.ranksMax)
        }
        return reports
    }
}
