import Client
import Primitives

/// `run [flags] -- COMMAND [ARGUMENT...]`
struct RunCommand: Command {
    static let synopsis = Synopsis(
        words: "run [flags] -- COMMAND [ARGUMENT...]",
        summary: "Run a command as a job, show its output and end with its exit code.",
        options: JobRequest.options + [
            Synopsis.Option("-q, --quiet", "do not print the job's name")
        ],
        example: "muster run --gpus 1 -- python train.py\n"
            + "muster run --replicas 4 --cpus 2 -- hostname")

    private let request: JobRequest
    private let isQuiet: Bool

    init(_ arguments: inout Arguments) throws(Refusal) {
        var request = try JobRequest(&arguments)
        isQuiet = try arguments.flag("--quiet", "-q")
        guard let words = arguments.afterDashes, !words.isEmpty else {
            throw Refusal(
                .malformed, field: "COMMAND", finding: "there is no command",
                remedy: "Put it behind two dashes: muster run -- COMMAND")
        }
        try arguments.end(allowsLiteral: true)
        request.command = words
        self.request = request
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let namespace = try session.namespace()
        let client = try session.client()
        let name: String
        if let given = request.name {
            name = given
        } else {
            let program = JobNames.stem(ofPath: request.command?.first ?? "job")
            name = try JobNames.unique(program)
        }
        let manifest = request.manifest(name: name, namespace: namespace)
        _ = try Submission.send(
            Submission.Entry(manifest: manifest, namespace: namespace), by: client)
        if !isQuiet { session.console.note("\(Kind.job.reference(to: name)) created") }
        let attendant = JobAttendant(
            session: session,
            progress: JobProgress(client: client, namespace: namespace, name: name))
        return try attendant.attend(showsLogs: true, cancelsOnInterrupt: true)
    }
}
