import Client
import Primitives

/// `cancel JOB...`
struct CancelCommand: Command {
    static let synopsis = Synopsis(
        words: "cancel JOB... [--wait]",
        summary: "Stop jobs and give their devices back.",
        options: [Synopsis.Option("--wait", "wait until they have ended")],
        example: "muster cancel train-42")

    private let names: [String]
    private let waits: Bool

    init(_ arguments: inout Arguments) throws(Refusal) {
        waits = try arguments.flag("--wait")
        var names = [try arguments.word("JOB")]
        names += try arguments.rest()
        self.names = names
    }

    /// One that cannot be cancelled does not save the others.
    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = try session.namespace()
        var code = ExitCode.done
        for reference in names {
            do throws(Refusal) {
                let (kind, name) = try Kind.reference(reference, assumed: .job)
                guard kind == .job else {
                    throw Refusal(
                        .malformed, field: reference, finding: "only jobs can be cancelled",
                        remedy: "Name a job")
                }
                let progress = JobProgress(client: client, namespace: namespace, name: name)
                try progress.cancel()
                if waits { _ = try progress.wait { $0.hasEnded } }
                let word = waits ? "cancelled" : "cancelling"
                session.console.say("\(Kind.job.reference(to: name)) \(word)")
            } catch {
                session.console.refuse(error)
                code = .failure
            }
        }
        return code
    }
}
