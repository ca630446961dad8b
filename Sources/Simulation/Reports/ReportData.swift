import Primitives
public import Wire

/// The document that the report's page is drawn from; its form is in design note 0006.
public enum ReportData {
    /// One run, or several side by side.
    public static func json(
        title: String, _ runs: [(summary: Summary, result: RunResult)]
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 1 << 18)
        writer.openObject()
        writer.member("title", title)
        writer.key("runs")
        writer.openArray()
        for run in runs { write(run.summary, run.result, into: &writer) }
        writer.closeArray()
        writer.closeObject()
        return writer.bytes
    }

    /// What one run adds to such a document.
    public static func write(
        _ summary: Summary, _ result: RunResult, into writer: inout JSONWriter
    ) {
        guard let measures = summary.measures.first else { return }
        let usage = Usage(result)
        let course = Course(result)
        writer.openObject()
        writer.member("name", summary.policy)
        writer.member("policy", summary.policy)
        writer.member("workload", summary.workload)
        writer.member("seed", result.seed)
        writer.key("cluster")
        writer.openObject()
        writer.member("nodes", summary.machines)
        writer.member("gpus", summary.gpus)
        double("cpus", Double(summary.cpuMilli) / 1000, &writer)
        writer.closeObject()
        writer.member("unit", usage.countsGPUs ? "GPUs" : "CPUs")
        writer.key("jobs")
        writer.openObject()
        writer.member("arrived", measures.arrived)
        writer.member("finished", measures.finished)
        writer.member("failed", measures.failed + measures.refused)
        writer.member("waiting", measures.waiting)
        writer.member("running", measures.running)
        writer.closeObject()
        write(summary, measures, &writer)
        for (name, groups) in [("queues", measures.queues), ("sizes", measures.sizes)] {
            writer.key(name)
            writer.openArray()
            for group in groups.prefix(200) { Summary.write(group, into: &writer) }
            writer.closeArray()
        }
        write(course, &writer)
        writeWaits(result, usage, &writer)
        write(Timeline(result, course), &writer)
        writeGantt(result, &writer)
        writeLongest(result, usage, &writer)
        writer.closeObject()
    }

    private static func double(_ name: String, _ value: Double, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.double(value.isFinite ? value : 0)
    }

    private static func write(
        _ summary: Summary, _ first: Measures, _ writer: inout JSONWriter
    ) {
        writer.key("measures")
        writer.openArray()
        let spreads: [(String, String, KeyPath<Measures, Spread>)] = [
            ("wait", "s", \.wait), ("flow", "s", \.flow), ("bounded slowdown", "", \.slowdown),
        ]
        for (name, unit, path) in spreads {
            let spread = first[keyPath: path]
            writer.openObject()
            writer.member("name", name)
            writer.member("unit", unit)
            write(summary.estimate { $0[keyPath: path].mean }, &writer)
            double("p50", spread.p50, &writer)
            double("p95", spread.p95, &writer)
            double("p99", spread.p99, &writer)
            double("max", spread.longest, &writer)
            writer.closeObject()
        }
        var singles = [
            ("utilisation", "%", summary.estimate { $0.utilisation * 100 }),
            ("makespan", "s", summary.estimate { $0.makespan }),
        ]
        for (demand, estimate) in summary.allocation {
            singles.append(("allocated at \(demand) % demand", "%", estimate))
        }
        for (name, unit, estimate) in singles {
            writer.openObject()
            writer.member("name", name)
            writer.member("unit", unit)
            write(estimate, &writer)
            writer.closeObject()
        }
        writer.closeArray()
    }

    private static func write(_ estimate: Estimate, _ writer: inout JSONWriter) {
        double("mean", estimate.mean, &writer)
        guard let margin = estimate.margin else { return }
        double("low", estimate.mean - margin, &writer)
        double("high", estimate.mean + margin, &writer)
    }

    private static func write(_ course: Course, _ writer: inout JSONWriter) {
        writer.key("course")
        writer.openObject()
        writer.member("start", course.start)
        writer.member("step", course.step)
        for (name, series, places) in [
            ("used", course.used, 0), ("demand", course.demand, 0), ("waiting", course.waiting, 1),
            ("running", course.running, 1), ("fragmented", course.fragmented, 0),
        ] {
            writer.key(name)
            writer.openArray()
            for value in series { writer.number(Figures.decimal(value, places: places)) }
            writer.closeArray()
        }
        writer.closeObject()
    }

    /// Waits by size, in classes that grow by powers.
    private static func writeWaits(
        _ result: RunResult, _ usage: Usage, _ writer: inout JSONWriter
    ) {
        let edges: [Int64] = [
            1, 10, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400,
            4 * 86_400, 7 * 86_400,
        ]
        var counts = [[Int]](
            repeating: Array(repeating: 0, count: edges.count + 1), count: SizeClass.count)
        for (row, fate) in result.fates.enumerated() where fate.hasRun {
            let column = edges.firstIndex { fate.wait < $0 * 1000 } ?? edges.count
            counts[SizeClass.of(usage.milli(result.workload, row))][column] += 1
        }
        writer.key("waits")
        writer.openObject()
        writer.key("edges")
        writer.openArray()
        for edge in edges { writer.int(edge) }
        writer.closeArray()
        writer.key("groups")
        writer.openArray()
        for (index, row) in counts.enumerated() where row.contains(where: { $0 > 0 }) {
            writer.openObject()
            writer.member("name", SizeClass.name(index))
            writer.key("counts")
            writer.openArray()
            for count in row { writer.int(count) }
            writer.closeArray()
            writer.closeObject()
        }
        writer.closeArray()
        writer.closeObject()
    }

    private static func write(_ timeline: Timeline, _ writer: inout JSONWriter) {
        writer.key("timeline")
        writer.openObject()
        writer.key("rows")
        writer.openArray()
        for name in timeline.names { writer.string(name) }
        writer.closeArray()
        writer.member("columns", timeline.columns)
        writer.member("cells", Base64.encode(timeline.cells))
        writer.closeObject()
    }

    /// Bars for clusters and workloads that are small enough to be read.
    private static func writeGantt(_ result: RunResult, _ writer: inout JSONWriter) {
        let machines = result.cluster.machines.count
        guard (2...64).contains(machines), result.spots.count <= SimulationLimits.bars else {
            return
        }
        writer.key("gantt")
        writer.openArray()
        for stint in result.stints {
            let rows = Set(result.spots(of: stint).map(\.machine)).sorted()
            for row in rows {
                writer.openObject()
                writer.member("name", result.workload.names[Int(stint.job)])
                writer.member("row", row)
                writer.member("start", stint.began)
                writer.member("end", min(stint.ended, result.end))
                writer.member("queue", result.workload.jobs[Int(stint.job)].queue)
                writer.closeObject()
            }
        }
        writer.closeArray()
    }

    private static func writeLongest(
        _ result: RunResult, _ usage: Usage, _ writer: inout JSONWriter
    ) {
        let rows = result.fates.indices.filter { result.fates[$0].hasRun }
            .sorted { (result.fates[$1].wait, $0) < (result.fates[$0].wait, $1) }
        writer.key("longest")
        writer.openArray()
        for row in rows.prefix(50) {
            let fate = result.fates[row]
            let run = (fate.ended >= 0 ? fate.ended : result.end) - fate.lastStarted
            writer.openObject()
            writer.member("name", result.workload.names[row])
            writer.member("queue", result.workload.queues[Int(result.workload.jobs[row].queue)])
            double("size", Double(usage.milli(result.workload, row)) / 1000, &writer)
            double("wait", Double(fate.wait) / 1000, &writer)
            double("run", Double(run) / 1000, &writer)
            // What still runs has waited so long at least.
            let flow = fate.ended >= 0 ? fate.flow : result.end - fate.submitted
            double("slowdown", max(1, Double(flow) / Double(max(run, 10_000))), &writer)
            writer.closeObject()
        }
        writer.closeArray()
    }
}
