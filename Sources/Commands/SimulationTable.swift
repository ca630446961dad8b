import Simulation
import Wire

/// What simulations came to, on a terminal or as JSON.
enum SimulationTable {
    /// One column a policy; with several seeds each figure has its interval.
    static func text(_ summaries: [Summary]) -> String {
        guard let first = summaries.first else { return "" }
        var text = "\(first.workload) on \(first.cluster): \(first.machines) machines, "
        text += first.gpus > 0 ? "\(first.gpus) GPUs" : "\(first.cpuMilli / 1000) CPUs"
        if first.seeds.count > 1 { text += ", \(first.seeds.count) seeds" }
        text += "\n\n"
        var table = Table(header: [""] + summaries.map(\.policy))
        for figure in Summary.figures {
            let estimates = summaries.map { $0.estimate(figure.of) }
            let isDull =
                ["failed", "refused", "still waiting", "still running"]
                .contains(figure.name) && estimates.allSatisfy { $0.mean == 0 }
            let isUnknown =
                figure.needsEnds
                && summaries.allSatisfy { $0.measures.allSatisfy { $0.flow.count == 0 } }
            guard !isDull, !isUnknown else { continue }
            table.rows.append(
                [figure.name] + estimates.map { cell($0, figure.unit) })
        }
        for row in first.allocation.indices {
            let cells = summaries.map {
                row < $0.allocation.count ? cell($0.allocation[row].1, "%") : ""
            }
            table.rows.append(["allocated at \(first.allocation[row].demand) % demand"] + cells)
        }
        text += table.text()
        for summary in summaries {
            guard let measures = summary.measures.first else { continue }
            let name = summaries.count > 1 ? ", \(summary.policy)" : ""
            text += groups("Queue\(name)", measures.queues)
            text += groups("\(summary.gpus > 0 ? "GPUs" : "CPUs")\(name)", measures.sizes)
        }
        return text
    }

    private static func groups(_ title: String, _ groups: [Measures.Group]) -> String {
        guard groups.count > 1 else { return "" }
        var table = Table(
            header: [title, "jobs", "mean wait", "p50", "p95", "longest", "slowdown", "share"])
        for group in groups.prefix(40) {
            table.rows.append([
                group.name, "\(group.wait.count)", Figures.span(seconds: group.wait.mean),
                Figures.span(seconds: group.wait.p50), Figures.span(seconds: group.wait.p95),
                Figures.span(seconds: group.wait.longest),
                Figures.decimal(group.slowdown.mean, places: 2),
                Figures.decimal(group.share * 100, places: 1) + " %",
            ])
        }
        let more = groups.count > 40 ? "… and \(groups.count - 40) more; see jobs.csv\n" : ""
        return "\n" + table.text() + more
    }

    private static func cell(_ estimate: Estimate, _ unit: String) -> String {
        let margin = estimate.margin ?? 0
        switch unit {
        case "s":
            let plus = margin > 0 ? " ± \(Figures.span(seconds: margin))" : ""
            return Figures.span(seconds: estimate.mean) + plus
        case "%":
            let plus = margin > 0 ? " ± \(Figures.decimal(margin, places: 2))" : ""
            return Figures.decimal(estimate.mean, places: 2) + plus + " %"
        default:
            let places = unit == "jobs" && margin == 0 ? 0 : 2
            let plus = margin > 0 ? " ± \(Figures.decimal(margin, places: places))" : ""
            return Figures.decimal(estimate.mean, places: places) + plus
        }
    }

    static func json(_ summaries: [Summary]) -> [UInt8] {
        var writer = JSONWriter()
        writer.openObject()
        writer.key("runs")
        writer.openArray()
        for summary in summaries { summary.write(into: &writer) }
        writer.closeArray()
        writer.closeObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
