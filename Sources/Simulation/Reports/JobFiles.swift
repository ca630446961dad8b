import Primitives
import Scheduling
import Wire

/// Every job and every decision of a run, as files that other programs read.
public enum JobFiles {
    /// One line a job, in the order of arrival; times in seconds, empty where there was none.
    public static func csv(_ result: RunResult) -> [UInt8] {
        var text = Lines()
        text.add(
            "job,queue,user,priority,ranks,cpus,gpus,arrival_s,estimate_s,run_s,submitted_s,"
                + "started_s,ended_s,wait_s,attempts,ending")
        forEachJob(result) { job in
            text.add(
                [
                    quoted(job.name), quoted(job.queue), quoted(job.user), "\(job.facts.priority)",
                    "\(job.ranks)", Figures.seconds(job.cpuMilli), Figures.seconds(job.gpuMilli),
                    Figures.seconds(job.facts.arrival),
                    job.facts.estimate > 0 ? Figures.seconds(job.facts.estimate) : "",
                    job.facts.run == Workload.endless ? "" : Figures.seconds(job.facts.run),
                    moment(job.fate.submitted), moment(job.fate.started), moment(job.fate.ended),
                    job.fate.hasRun ? Figures.seconds(job.fate.wait) : "", "\(job.fate.attempts)",
                    job.fate.ending.word,
                ].joined(separator: ","))
        }
        return text.bytes
    }

    /// The same as a JSON array, one object a line.
    public static func json(_ result: RunResult) -> [UInt8] {
        var text = Lines()
        text.add("[")
        var isFirst = true
        forEachJob(result) { job in
            var writer = JSONWriter(capacity: 320)
            writer.openObject()
            writer.member("job", job.name)
            writer.member("queue", job.queue)
            writer.member("user", job.user)
            writer.member("priority", job.facts.priority)
            writer.member("ranks", job.ranks)
            number("cpus", Figures.seconds(job.cpuMilli), &writer)
            number("gpus", Figures.seconds(job.gpuMilli), &writer)
            number("arrivalSeconds", Figures.seconds(job.facts.arrival), &writer)
            if job.facts.estimate > 0 {
                number("estimateSeconds", Figures.seconds(job.facts.estimate), &writer)
            }
            if job.facts.run != Workload.endless {
                number("runSeconds", Figures.seconds(job.facts.run), &writer)
            }
            number("submittedSeconds", moment(job.fate.submitted), &writer)
            number("startedSeconds", moment(job.fate.started), &writer)
            number("endedSeconds", moment(job.fate.ended), &writer)
            if job.fate.hasRun { number("waitSeconds", Figures.seconds(job.fate.wait), &writer) }
            writer.member("attempts", job.fate.attempts)
            writer.member("ending", job.fate.ending.word)
            writer.closeObject()
            text.add(writer.bytes, after: isFirst ? "" : ",")
            isFirst = false
        }
        text.add("]")
        return text.bytes
    }

    /// The first line of a list of decisions.
    public static let decisionsHeader = "decision,at_s,job,attempt,places"

    /// One line a decision, in the order in which they were made; `bisect` compares these.
    public static func decisions(_ result: RunResult) -> [UInt8] {
        var text = Lines()
        text.add(decisionsHeader)
        for (number, stint) in result.stints.enumerated() {
            let places = result.spots(of: stint).map { spot in
                let devices = spot.devices.numbers.map(String.init).joined(separator: "+")
                let machine = result.cluster.machines[Int(spot.machine)].name
                return devices.isEmpty ? machine : "\(machine):\(devices)"
            }
            text.add(
                "\(number + 1),\(Figures.seconds(stint.began)),"
                    + "\(quoted(result.workload.names[Int(stint.job)])),\(stint.attempt),"
                    + quoted(places.joined(separator: " ")))
        }
        return text.bytes
    }

    private struct Entry {
        let name: String
        let queue: String
        let user: String
        let ranks: Int
        let cpuMilli: Int64
        let gpuMilli: Int64
        let facts: Workload.Job
        let fate: Fate
    }

    private static func forEachJob(_ result: RunResult, _ body: (Entry) -> Void) {
        let workload = result.workload
        for (row, facts) in workload.jobs.enumerated() {
            let shape = workload.shapes[Int(facts.shape)]
            body(
                Entry(
                    name: workload.names[row], queue: workload.queues[Int(facts.queue)],
                    user: workload.users[Int(facts.user)], ranks: shape.rankCount,
                    cpuMilli: shape.cpuMilli, gpuMilli: shape.gpuMilli, facts: facts,
                    fate: result.fates[row]))
        }
    }

    private static func moment(_ milliseconds: Int64) -> String {
        milliseconds < 0 ? "" : Figures.seconds(milliseconds)
    }

    private static func number(_ name: String, _ text: String, _ writer: inout JSONWriter) {
        guard !text.isEmpty else { return }
        writer.key(name)
        writer.number(text)
    }

    /// As RFC 4180 wants it. A cell that a spreadsheet would calculate is made a text.
    static func quoted(_ text: String) -> String {
        let isFormula =
            switch text.utf8.first {
            case 0x3d, 0x2b, 0x40, 0x09, 0x0d: true
            // A number may be negative, and archives write -1 for what they do not know.
            case 0x2d: text.utf8.dropFirst().contains { $0 != 0x2e && !(0x30...0x39).contains($0) }
            default: false
            }
        let safe = isFormula ? "'" + text : text
        let needsQuotes = safe.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
        guard needsQuotes else { return safe }
        return "\""
            + safe.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    /// Lines of text as bytes.
    private struct Lines {
        var bytes: [UInt8] = []

        mutating func add(_ line: String) {
            bytes.append(contentsOf: line.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }

        mutating func add(_ line: [UInt8], after mark: String) {
            bytes.append(contentsOf: mark.utf8)
            bytes.append(contentsOf: line)
            bytes.append(UInt8(ascii: "\n"))
        }
    }
}
