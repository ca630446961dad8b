import Control
import Kernel
import Primitives
import Wire

/// What a replay came to, for people and for programs.
struct ReplayPage {
    let report: ReplayReport
    /// The resourceVersion that was to be the last, where one was given.
    let asked: UInt64?
    let nanoseconds: Int64
    let story: JobStory?

    private var recordsPerSecond: UInt64 {
        let (product, overflow) = report.records.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? 0 : product / UInt64(max(1, nanoseconds))
    }

    private var start: String {
        report.isFromSnapshot ? "the snapshot at \(report.start)" : "the journal's beginning"
    }

    private var ending: String {
        guard let asked, asked < report.reached else { return "" }
        return " (the end of the batch of \(asked))"
    }

    private func moment(_ tick: Tick) -> String { Timestamp(tick).text(fraction: 3) }

    var text: String {
        var text = ""
        if let story { text += StoryText(story).text + "\n" }
        line("From", "\(report.from) (replayed from \(start))", &text)
        line("To", "\(report.reached)\(ending)", &text)
        line("Batches", "\(report.batches)", &text)
        line("Records", "\(report.records)", &text)
        if let first = report.firstTick, let last = report.lastTick {
            let span = WireDuration(last.since(first))
            line("History", "\(moment(first)) to \(moment(last)) (\(span))", &text)
        }
        line("Speed", "\(recordsPerSecond) records/s", &text)
        line("Jobs", "\(report.jobs)", &text)
        line("Nodes", "\(report.nodes)", &text)
        line("Pending", "\(report.pending)", &text)
        line("Digest", "\(report.digest)", &text)
        return text + verdict
    }

    private var verdict: String {
        guard report.isProved else { return "\nNot proved.\n" }
        var text = "\nproved: the chain and the digest of \(report.batches) batches\n"
        if report.snapshots > 0 {
            text += "proved: \(report.snapshots) of the snapshots on the way, byte for byte\n"
        }
        let when = report.checks > 1 ? "after every batch" : "at the end"
        return text + "proved: the invariants of the state \(when)\n"
    }

    private func line(_ title: String, _ value: String, _ text: inout String) {
        let padding = String(repeating: " ", count: max(1, 11 - title.count))
        text += "\(title):\(padding)\(value)\n"
    }

    var json: String {
        var members = [
            JSON.Member("proved", .bool(report.isProved)),
            number("start", report.start),
            JSON.Member("fromSnapshot", .bool(report.isFromSnapshot)),
            number("from", report.from), number("to", report.reached),
            number("batches", report.batches), number("records", report.records),
        ]
        for (name, tick) in [("firstTime", report.firstTick), ("lastTime", report.lastTick)] {
            if let tick { members.append(JSON.Member(name, .string(moment(tick)))) }
        }
        members += [
            number("recordsPerSecond", recordsPerSecond), number("jobs", report.jobs),
            number("nodes", report.nodes), number("pending", report.pending),
            JSON.Member("digest", .string("\(report.digest)")),
            number("snapshotsProved", report.snapshots), number("checks", report.checks),
            JSON.Member("notices", .array(report.notices.map { .string($0) })),
            JSON.Member("faults", .array(report.faults.map(fault))),
        ]
        if let story { members.append(JSON.Member("story", StoryText(story).json)) }
        return PrettyJSON.text(.object(members))
    }

    private func fault(_ fault: ReplayFault) -> JSON {
        var members = [
            JSON.Member("kind", .string(fault.kind.rawValue)),
            JSON.Member("text", .string(fault.text)),
        ]
        if let first = fault.firstSequence { members.append(number("firstSequence", first)) }
        if let last = fault.lastSequence { members.append(number("lastSequence", last)) }
        if let tick = fault.tick {
            members.append(JSON.Member("time", .string(moment(tick))))
        }
        if let stored = fault.stored { members.append(JSON.Member("stored", .string("\(stored)"))) }
        if let computed = fault.computed {
            members.append(JSON.Member("computed", .string("\(computed)")))
        }
        return .object(members)
    }

    private func number(_ name: String, _ value: some BinaryInteger) -> JSON.Member {
        JSON.Member(name, .number("\(value)"))
    }
}
