import Client
import Host
import Primitives
import Wire

/// `wait job/NAME --for PHASE`
struct WaitCommand: Command {
    static let synopsis = Synopsis(
        words: "wait job/NAME [--for PHASE] [--timeout SPAN]",
        summary: "Wait until a job reaches a phase; fail where it cannot any more.",
        options: [
            Synopsis.Option(
                "--for PHASE", "Running, Succeeded, Failed, Cancelled or ended (default: ended)"),
            Synopsis.Option("--timeout SPAN", "give up after that long, such as 90s or 2h"),
        ],
        example: "muster wait job/train-42 --for Succeeded --timeout 2h")

    private static let phases = ["Running", "Succeeded", "Failed", "Cancelled", "ended"]

    private let name: String
    private let wanted: String
    private let timeoutMilliseconds: Int64?

    init(_ arguments: inout Arguments) throws(Refusal) {
        let text = try arguments.option("--for") ?? "ended"
        guard let phase = Self.phases.first(where: { $0.lowercased() == text.lowercased() }) else {
            throw Refusal(
                .malformed, field: "--for", finding: "\"\(text)\" is not a phase to wait for",
                remedy: nearest(text, among: Self.phases).map { "Use \($0)" }
                    ?? "Use one of \(Self.phases.joined(separator: ", "))")
        }
        wanted = phase
        if let span = try arguments.option("--timeout") {
            do throws(Refusal) {
                timeoutMilliseconds = try WireDuration(span).milliseconds
            } catch {
                throw error.under("--timeout")
            }
        } else {
            timeoutMilliseconds = nil
        }
        let (kind, name) = try Kind.reference(try arguments.word("job/NAME"), assumed: .job)
        guard kind == .job else {
            throw Refusal(
                .malformed, field: "job/NAME", finding: "only jobs can be waited for",
                remedy: "Name a job")
        }
        self.name = name
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let progress = JobProgress(
            client: try session.client(), namespace: try session.namespace(), name: name)
        let report: JobReport
        if let limit = timeoutMilliseconds {
            report = try poll(progress, limit)
        } else {
            report = try progress.wait { isSettled($0) }
        }
        session.console.say("job/\(name) \(report.phase)")
        return isReached(report) ? .done : .failure
    }

    private func isReached(_ report: JobReport) -> Bool {
        wanted == "ended" ? report.hasEnded : report.phase == wanted
    }

    private func isSettled(_ report: JobReport) -> Bool { isReached(report) || report.hasEnded }

    /// A watch could be silent for longer than the caller wants to wait.
    private func poll(_ progress: JobProgress, _ limit: Int64) throws(Refusal) -> JobReport {
        let start = Clock.monotonicMilliseconds()
        var pause: Int64 = 100
        while true {
            let report = try progress.report()
            if isSettled(report) { return report }
            let left = limit - (Clock.monotonicMilliseconds() - start)
            guard left > 0 else {
                throw Refusal(
                    .timeout, field: "job/\(name)", finding: "it is still \(report.phase)",
                    remedy: "Wait longer, or see muster describe job \(name)")
            }
            rest(milliseconds: min(pause, left))
            pause = min(1000, pause * 2)
        }
    }
}
