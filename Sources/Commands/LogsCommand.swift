import Client
import Primitives
import Wire

/// `logs JOB|POD`
struct LogsCommand: Command {
    static let synopsis = Synopsis(
        words: "logs JOB|POD [flags]",
        summary: "Print what the ranks of a job wrote.",
        options: [
            Synopsis.Option("-f, --follow", "go on until the job ends"),
            Synopsis.Option("--rank N", "only this rank; may be repeated"),
            Synopsis.Option("--tail N", "only the last N lines of each rank"),
            Synopsis.Option("--since SPAN", "only lines of the last 10s, 5m, 2h or so"),
            Synopsis.Option("--since-time TIME", "only lines from then on: 2026-11-20T10:00:00Z"),
            Synopsis.Option("--timestamps", "put its time in front of each line"),
            Synopsis.Option("-p, --previous", "of the attempt before the present one"),
        ],
        example: "muster logs train -f\nmuster logs train --rank 0 --since 10m --timestamps")

    private let reference: String
    private let isFollowed: Bool
    private let ranks: [Int]
    private var wish: LogRequest

    init(_ arguments: inout Arguments) throws(Refusal) {
        isFollowed = try arguments.flag("--follow", "-f")
        var ranks: [Int] = []
        for text in try arguments.options("--rank") {
            guard let rank = Int(text), rank >= 0 else {
                throw Refusal(
                    .malformed, field: "--rank", finding: "\"\(text)\" is not a rank",
                    remedy: "Give a whole number from 0")
            }
            ranks.append(rank)
        }
        self.ranks = ranks
        wish = LogRequest(namespace: "", pod: "", isFollowed: isFollowed)
        wish.tail = try arguments.number("--tail", within: 0...1_000_000)
        wish.hasTimestamps = try arguments.flag("--timestamps")
        wish.isPrevious = try arguments.flag("--previous", "-p")
        if let text = try arguments.option("--since") {
            do throws(Refusal) {
                wish.sinceSeconds = max(1, try WireDuration(text).seconds)
            } catch {
                throw error.under("--since")
            }
        }
        if let text = try arguments.option("--since-time") {
            do throws(Refusal) {
                wish.sinceTime = try Timestamp(text).text(fraction: 3)
            } catch {
                throw error.under("--since-time")
            }
        }
        reference = try arguments.word("JOB")
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = try session.namespace()
        let (kind, name) = try Kind.reference(reference, assumed: .job)
        var wish = wish
        wish.namespace = namespace
        let follower = LogFollower(access: client.access, console: session.console, wish: wish)
        if kind == .job, let job = try client.find(Kind.job.path(name, in: namespace)) {
            try show(JobReport(tree: job), follower, client)
            return .done
        }
        guard kind == .pod || !reference.contains("/"),
            try client.find(Kind.pod.path(name, in: namespace)) != nil
        else {
            throw Refusal(
                .notFound, field: reference, finding: "there is no such job or pod",
                remedy: "See muster get jobs and muster get pods -n \(namespace)")
        }
        let pod = JobReport.Placement(rank: 0, pod: name, node: "", devices: [])
        try follower.follow([pod], hasPrefix: false)
        return .done
    }

    private func show(
        _ found: JobReport, _ follower: LogFollower, _ client: APIClient
    ) throws(Refusal) {
        var report = found
        if isFollowed, !report.isRunning, !report.hasEnded {
            let progress = JobProgress(
                client: client, namespace: follower.namespace, name: report.name)
            follower.console.progress("job/\(report.name): \(JobAttendant.line(report))")
            report = try progress.wait { $0.isRunning || $0.hasEnded }
        }
        let all = report.placements
        guard !all.isEmpty else {
            throw Refusal(
                .notFound, field: "job/\(report.name)",
                finding: "no rank has run yet: \(JobAttendant.line(report))",
                remedy: report.hasEnded
                    ? "See muster describe job \(report.name)" : "Wait with muster logs -f")
        }
        let shown = all.filter { ranks.isEmpty || ranks.contains($0.rank) }
        guard !shown.isEmpty else {
            throw Refusal(
                .notFound, field: "--rank", finding: "the job has ranks 0 to \(all.count - 1)",
                remedy: "Name one of them")
        }
        try follower.follow(shown, hasPrefix: shown.count > 1)
    }
}
