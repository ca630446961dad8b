import Control
import Host
import Kernel
import Primitives
import Service
import Storage
import Wire

/// `replay`
struct ReplayCommand: Command {
    static let synopsis = Synopsis(
        words: "replay DIR [--from RV] [--to RV] [--explain JOB] [flags]",
        summary: "Replay a controller's journal offline and prove its digests.",
        options: [
            Synopsis.Option(
                "--from RV", "what comes after this resourceVersion (default: all kept)"),
            Synopsis.Option("--to RV", "up to and with this resourceVersion (default: the newest)"),
            Synopsis.Option("--explain JOB", "tell one job's story: NAME, NAMESPACE/NAME or uid"),
            Synopsis.Option("--records", "print each record of the range, one a line"),
            Synopsis.Option("--check", "walk the state's invariants after every batch"),
            Synopsis.Option("-o, --output FORMAT", "table or json"),
        ],
        example: "muster replay /var/lib/muster\n"
            + "muster replay /var/lib/muster --from 1000 --to 2000 --records\n"
            + "muster replay /var/lib/muster --explain team/train")

    private let directory: String
    private let span: Replay.Span
    private let job: String?
    private let showsRecords: Bool
    private let format: OutputFormat

    init(_ arguments: inout Arguments) throws(Refusal) {
        let versions = 0...Int(Int64.max)
        let from = try arguments.number("--from", within: versions)
        let to = try arguments.number("--to", within: versions)
        job = try arguments.option("--explain")
        showsRecords = try arguments.flag("--records")
        let checksEveryBatch = try arguments.flag("--check")
        format = try OutputFormat(&arguments)
        directory = try arguments.word("DIR")
        try arguments.end()
        guard format == .table || format == .json else {
            throw Refusal(
                .malformed, field: "--output", finding: "a replay is no \(format.rawValue)",
                remedy: "Use table or json")
        }
        if let from, let to, from > to {
            throw Refusal(
                .malformed, field: "--from", finding: "it is after --to \(to)",
                remedy: "Give the smaller resourceVersion as --from")
        }
        var span = Replay.Span(after: from.map { UInt64($0) }, upTo: to.map { UInt64($0) })
        span.checksEveryBatch = checksEveryBatch
        self.span = span
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let journal = try open()
        var teller = job.map { Storyteller(of: reference($0, session)) }
        var lines = RecordLines(session.console, isJSON: format == .json)
        var bar = ReplayProgress(session.console, last: span.upTo ?? journal.end)
        let from = span.after ?? 0
        let began = Clock.monotonicNanoseconds()
        let report = try Replay.run(
            journal, span, begin: { teller?.begin($0) },
            visit: { step, kernel in
                teller?.follow(step, kernel)
                if showsRecords { lines.write(step, after: from) }
                bar.show(step.lastSequence)
            })
        let nanoseconds = Clock.monotonicNanoseconds() - began
        lines.end()
        let story = try teller?.tell(journal, report)
        let page = ReplayPage(
            report: report, asked: span.upTo, nanoseconds: nanoseconds, story: story)
        session.console.write(Array((format == .json ? page.json : page.text).utf8))
        for notice in report.notices { session.console.warn(notice) }
        for fault in report.faults { session.console.refuse(Self.refusal(for: fault)) }
        return report.isProved ? .done : .failure
    }

    private func open() throws(Refusal) -> JournalReader {
        do throws(StorageFailure) {
            return try JournalReader.open(directory)
        } catch {
            throw Refusal(
                .internalFailure, field: "DIR", finding: error.finding, remedy: error.remedy)
        }
    }

    /// `NAME`, `NAMESPACE/NAME`, a uid as the API shows it, or its number.
    private func reference(_ text: String, _ session: Session) -> JobReference {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2 { return JobReference(namespace: parts[0], name: parts[1]) }
        return JobReference(
            uid: UInt64(text) ?? UIDText.number(text),
            namespace: session.givenNamespace ?? "default", name: text)
    }

    private static func refusal(for fault: ReplayFault) -> Refusal {
        let remedy =
            switch fault.kind {
            case .damage, .undecodable, .snapshot:
                "Keep a copy of the data directory, then restore the newest backup"
            case .digest, .invariant:
                "Replay with the release that wrote it; where that agrees with itself, report "
                    + "this as a bug"
            }
        return Refusal(
            .internalFailure, field: "journal", finding: fault.text, remedy: remedy)
    }
}

/// The records of the range as lines, written in pieces.
private struct RecordLines {
    private static let pieceBytes = 64 << 10

    private let console: Console
    private let isJSON: Bool
    private var bytes: [UInt8] = []
    private var hasWritten = false

    init(_ console: Console, isJSON: Bool) {
        self.console = console
        self.isJSON = isJSON
    }

    mutating func write(_ step: Replay.Step, after from: UInt64) {
        let when = Timestamp(step.tick).text(fraction: 3)
        for (offset, record) in step.records.enumerated() {
            let version = step.firstSequence + UInt64(offset)
            guard version > from else { continue }
            hasWritten = true
            let text = Console.printable(record.description)
            if isJSON {
                let line = JSON.object([
                    JSON.Member("resourceVersion", .number("\(version)")),
                    JSON.Member("time", .string(when)), JSON.Member("text", .string(text)),
                ])
                bytes += line.encode()
            } else {
                bytes += Array("\(version) \(when) \(text)".utf8)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        if bytes.count >= Self.pieceBytes { flush() }
    }

    /// Writes what is left, and sets what follows apart.
    mutating func end() {
        if !isJSON, hasWritten { bytes.append(UInt8(ascii: "\n")) }
        flush()
    }

    private mutating func flush() {
        guard !bytes.isEmpty else { return }
        console.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}

/// How far a long replay is, once a second, for people.
private struct ReplayProgress {
    private static let pauseMilliseconds: Int64 = 1000

    private let console: Console
    private let last: UInt64
    private var next = Clock.monotonicMilliseconds() + pauseMilliseconds

    init(_ console: Console, last: UInt64) {
        self.console = console
        self.last = last
    }

    mutating func show(_ sequence: UInt64) {
        guard console.showsProgress, Clock.monotonicMilliseconds() >= next else { return }
        next = Clock.monotonicMilliseconds() + Self.pauseMilliseconds
        console.progress("replayed up to \(sequence) of \(last)")
    }
}
