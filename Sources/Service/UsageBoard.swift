import Host
import Primitives
import Resources

/// What nodes and ranks used of late: the newest figures only, in memory only.
///
/// Reactor thread only. Figures are shown for a minute; what is older goes with the next report.
final class UsageBoard {
    /// Bounds of what is kept.
    enum Limits {
        static let milliseconds: Int64 = 60_000
        static let ranksPerNode = 16_384
        static let sweepMilliseconds: Int64 = 10_000
    }

    /// Figures, and when they came here.
    struct Reading {
        let used: Usage
        let at: Tick
    }

    private struct RankKey: Hashable {
        let job: UInt64
        let attempt: UInt32
        let rank: UInt32
    }

    private struct Sheet {
        var node: Usage?
        var ranks: [RankKey: Usage] = [:]
        var at: Tick
        /// By the clock that nobody sets.
        var heard: Int64
    }

    private var sheets: [UInt64: Sheet] = [:]
    private var lastSweep: Int64 = 0

    /// Takes in what a node's agent tells; false where it is not credible.
    func take(_ report: UsageReport, node: UInt64, at now: Tick, monotonic: Int64) -> Bool {
        guard report.version == UsageReport.version else { return true }
        guard report.node?.isCredible ?? true, report.ranks.allSatisfy({ $0.used.isCredible })
        else { return false }
        sweep(monotonic)
        // The machine's own figures open a reading; what comes without them goes on with it.
        if report.node != nil || sheets[node] == nil {
            sheets[node] = Sheet(node: report.node, at: now, heard: monotonic)
        }
        guard (sheets[node]?.ranks.count ?? 0) + report.ranks.count <= Limits.ranksPerNode
        else { return false }
        for rank in report.ranks {
            let key = RankKey(job: rank.job, attempt: rank.attempt, rank: rank.rank)
            sheets[node]?.ranks[key] = rank.used
        }
        return true
    }

    func node(_ uid: UInt64, monotonic: Int64) -> Reading? {
        guard let sheet = fresh(uid, monotonic), let used = sheet.node else { return nil }
        return Reading(used: used, at: sheet.at)
    }

    /// The figures of a rank, as the node told on which it was placed.
    func rank(
        _ rank: UInt32, of job: UInt64, attempt: UInt32, on node: UInt64, monotonic: Int64
    ) -> Reading? {
        guard let sheet = fresh(node, monotonic),
            let used = sheet.ranks[RankKey(job: job, attempt: attempt, rank: rank)]
        else { return nil }
        return Reading(used: used, at: sheet.at)
    }

    private func fresh(_ node: UInt64, _ monotonic: Int64) -> Sheet? {
        guard let sheet = sheets[node], monotonic - sheet.heard <= Limits.milliseconds else {
            return nil
        }
        return sheet
    }

    private func sweep(_ monotonic: Int64) {
        guard monotonic - lastSweep >= Limits.sweepMilliseconds else { return }
        lastSweep = monotonic
        sheets = sheets.filter { monotonic - $0.value.heard <= Limits.milliseconds }
    }
}
