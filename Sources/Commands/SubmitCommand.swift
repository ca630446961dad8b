import Client
import Primitives
import Wire

/// `submit FILE|- [flags] [-- ARGUMENT...]`
struct SubmitCommand: Command {
    static let synopsis = Synopsis(
        words: "submit FILE|- [flags] [ARGUMENT...]",
        summary: "Submit jobs: a manifest, or a shell script with #SBATCH or #MUSTER lines.",
        options: JobRequest.options + [
            Synopsis.Option("--wait", "wait for the end and exit with the job's code"),
            Synopsis.Option("--follow", "the same, and print the logs"),
            Synopsis.Option("-q, --quiet", "print names alone"),
            OutputFormat.option,
        ],
        example: "muster submit train.sh --gpus 8 --replicas 2 --follow\n"
            + "muster submit job.yaml")

    private let source: String
    private let arguments: [String]
    private let request: JobRequest
    private let waits: Bool
    private let follows: Bool
    private let isQuiet: Bool
    private let format: OutputFormat?

    init(_ arguments: inout Arguments) throws(Refusal) {
        request = try JobRequest(&arguments)
        waits = try arguments.flag("--wait")
        follows = try arguments.flag("--follow", "-f")
        isQuiet = try arguments.flag("--quiet", "-q")
        format = try OutputFormat.optional(&arguments)
        source = try arguments.word("FILE")
        self.arguments = try arguments.rest()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let bytes =
            source == "-"
            ? try UserFile.readStandardInput() : try UserFile.read(source, field: "FILE")
        let submission = try Submission(
            bytes, source: source, flags: request, arguments: arguments,
            namespace: try session.namespace(), givenNamespace: session.givenNamespace)
        for warning in submission.warnings { session.console.warn("\(source): \(warning)") }
        let client = try session.client()
        for entry in submission.entries {
            let job = try Submission.send(entry, by: client)
            try announce(job, entry.name, session)
        }
        guard waits || follows else { return .done }
        var code = ExitCode.done
        for entry in submission.entries {
            let attendant = JobAttendant(
                session: session,
                progress: JobProgress(
                    client: client, namespace: entry.namespace, name: entry.name))
            let ended = try attendant.attend(showsLogs: follows, cancelsOnInterrupt: false)
            if ended != .done { code = ended }
        }
        return code
    }

    private func announce(_ job: JSON, _ name: String, _ session: Session) throws(Refusal) {
        if isQuiet {
            session.console.say(name)
        } else if let format {
            let text = try Payload(tree: job, kind: .job).text(format)
            session.console.write(Array(text.utf8))
        } else {
            session.console.say("\(Kind.job.reference(to: name)) created")
        }
    }
}
