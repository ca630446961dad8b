import Client
import Glibc
import Host
import Primitives

/// Stays with a job until its end: shows its logs, and passes Ctrl-C on to it.
struct JobAttendant {
    let session: Session
    let progress: JobProgress

    /// Follows all attempts to the end and returns the job's own exit code.
    func attend(showsLogs: Bool, cancelsOnInterrupt: Bool) throws(Refusal) -> ExitCode {
        let isOver = Lock(false)
        if cancelsOnInterrupt { try passInterrupts(isOver) }
        defer { isOver.change { $0 = true } }
        var lastAttempt: Int?
        var lastPhase = ""
        while true {
            let report = try progress.wait(onChange: { seen in
                guard seen.phase != lastPhase else { return }
                lastPhase = seen.phase
                // Why a job waits is told to who asks, not to who watches.
                let told = seen.phase == "Pending" ? (try? progress.report()) ?? seen : seen
                session.console.progress("job/\(seen.name): \(Self.line(told))")
            }) { $0.hasEnded || ($0.isRunning && $0.attempt != lastAttempt) }
            if showsLogs, report.attempt != lastAttempt {
                lastAttempt = report.attempt
                try showLogs(report)
            }
            lastAttempt = report.attempt
            if report.hasEnded { return finish(report) }
        }
    }

    private func showLogs(_ report: JobReport) throws(Refusal) {
        let placements = report.placements
        let follower = LogFollower(
            access: progress.client.access, console: session.console,
            wish: LogRequest(namespace: progress.namespace, pod: "", isFollowed: true))
        do throws(Refusal) {
            try follower.follow(placements, hasPrefix: placements.count > 1)
        } catch {
            // The log is lost, the job is not: its end still counts.
            session.console.warn("\(error)")
        }
    }

    private func finish(_ report: JobReport) -> ExitCode {
        if report.phase != "Succeeded" {
            session.console.note("job/\(report.name): \(Self.line(report))")
        }
        return report.exitCode
    }

    static func line(_ report: JobReport) -> String {
        let details = [report.reason, report.message].filter {
            !$0.isEmpty && $0 != report.phase
        }
        return details.isEmpty
            ? report.phase : "\(report.phase), \(details.joined(separator: ": "))"
    }

    /// The first Ctrl-C cancels the job, the second leaves it alone with its end.
    private nonisolated func passInterrupts(_ isOver: Lock<Bool>) throws(Refusal) {
        let access = progress.client.access
        let console = session.console
        let namespace = progress.namespace
        let name = progress.name
        do throws(SystemError) {
            let signals = try Signals()
            _ = try Thread.spawn(name: "signals") {
                Interrupts(access: access, console: console, namespace: namespace, name: name)
                    .pass(signals, until: isOver)
            }
        } catch {
            throw error.refusal(remedy: "Use muster submit and muster logs -f instead")
        }
    }
}

/// What the keyboard asks for while a job runs.
private struct Interrupts: Sendable {
    let access: Access
    let console: Console
    let namespace: String
    let name: String

    func pass(_ signals: borrowing Signals, until isOver: Lock<Bool>) {
        var count = 0
        while !isOver.withLock({ $0 }) {
            let request: Signals.Request?
            do throws(SystemError) {
                request = try signals.next(withinMilliseconds: 300)
            } catch {
                return console.warn("Ctrl-C is not passed on: \(error)")
            }
            switch request {
            case nil: continue
            case .reload: exit(128 + SIGHUP)
            case .interrupt, .terminate:
                count += 1
                guard count == 1 else { exit(128 + SIGINT) }
                cancel()
            }
        }
    }

    private func cancel() {
        console.note("cancelling job/\(name); press Ctrl-C again to leave at once")
        let progress = JobProgress(client: APIClient(access), namespace: namespace, name: name)
        do throws(Refusal) {
            try progress.cancel()
        } catch {
            console.refuse(error)
        }
    }
}
