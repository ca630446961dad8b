import Glibc
import Host
import Primitives
import Simulation
import Wire

/// The directory that `--out` names: made where it is missing, and nothing foreign overwritten.
struct SimulationFolder {
    static let reportFile = "report.html"
    static let summaryFile = "summary.json"
    static let dataFile = "report.json"
    static let decisionsFile = "decisions.csv"

    private let path: String

    init(_ path: String) { self.path = path }

    /// One policy's files lie in the directory itself, several in a folder each.
    func write(_ series: [SimulationSeries], _ plan: SimulationPlan) throws(Refusal) {
        try make(path)
        var taken: Set<String> = []
        for (number, one) in series.enumerated() {
            var name = Self.safe(one.summary.policy)
            // Two files may have one name in two places.
            if !taken.insert(name).inserted { name += "-\(number + 1)" }
            taken.insert(name)
            let folder = series.count > 1 ? "\(path)/\(name)" : path
            if series.count > 1 { try make(folder) }
            try write(one, into: folder)
        }
        let pages = series.compactMap { one in
            one.runs.first.map { (summary: one.summary, result: $0.result) }
        }
        let title =
            "\(series.map(\.summary.policy).joined(separator: " and ")) on "
            + (series.first?.summary.workload ?? "")
        let data = ReportData.json(title: title, Array(pages.prefix(2)))
        try put(ReportPage.html(title: title, data: data), Self.reportFile, in: path)
        try put(SimulationTable.json(series.map(\.summary)), Self.summaryFile, in: path)
    }

    private func write(_ series: SimulationSeries, into folder: String) throws(Refusal) {
        guard let first = series.runs.first?.result else { return }
        var writer = JSONWriter(capacity: 1 << 18)
        ReportData.write(series.summary, first, into: &writer)
        try put(writer.bytes, Self.dataFile, in: folder)
        try put(JobFiles.csv(first), "jobs.csv", in: folder)
        try put(JobFiles.json(first), "jobs.json", in: folder)
        try put(JobFiles.decisions(first), Self.decisionsFile, in: folder)
        try put(SimulationTable.json([series.summary]), Self.summaryFile, in: folder)
    }

    /// A page that shows two earlier runs side by side.
    func writePage(title: String, _ runs: [[UInt8]]) throws(Refusal) {
        try make(path)
        var writer = JSONWriter(capacity: runs.reduce(256) { $0 + $1.count })
        writer.openObject()
        writer.member("title", title)
        writer.key("runs")
        writer.openArray()
        for run in runs { writer.raw(run) }
        writer.closeArray()
        writer.closeObject()
        try put(ReportPage.html(title: title, data: writer.bytes), Self.reportFile, in: path)
    }

    private func make(_ folder: String) throws(Refusal) {
        do throws(SystemError) {
            try Files.makeDirectories(folder, mode: 0o755)
        } catch {
            throw error.refusal(field: "--out", remedy: "Give a directory that you may write to")
        }
    }

    private func put(_ bytes: [UInt8], _ name: String, in folder: String) throws(Refusal) {
        do throws(SystemError) {
            try Files.write(bytes, to: "\(folder)/\(name)", mode: 0o644, durable: false)
        } catch {
            throw error.refusal(field: "--out", remedy: "Give a directory with room for the files")
        }
    }

    /// A policy's name as the name of a folder.
    private static func safe(_ name: String) -> String {
        let kept = name.utf8.map { byte -> UInt8 in
            let isPlain =
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                || (0x61...0x7a).contains(byte)
            return isPlain ? byte : UInt8(ascii: "-")
        }
        return String(decoding: kept.prefix(64), as: UTF8.self)
    }
}
