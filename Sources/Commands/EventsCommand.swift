import Client
import HTTP
import Primitives

/// `events [--for KIND/NAME] [-w]`
struct EventsCommand: Command {
    static let synopsis = Synopsis(
        words: "events [--for KIND/NAME] [-A] [-w] [-o FORMAT]",
        summary: "Show what happened.",
        options: [
            Synopsis.Option("--for KIND/NAME", "only about this object"),
            Synopsis.Option("-A, --all-namespaces", "look into all namespaces"),
            Synopsis.Option("-w, --watch", "go on with every new one"),
            OutputFormat.option,
        ],
        example: "muster events --for job/train-42 -w")

    private let subject: (kind: Kind, name: String)?
    private let isEverywhere: Bool
    private let isWatched: Bool
    private let format: OutputFormat

    init(_ arguments: inout Arguments) throws(Refusal) {
        let reference = try arguments.option("--for")
        if let reference {
            let (kind, name) = try Kind.reference(reference, assumed: nil)
            subject = (kind, name)
        } else {
            subject = nil
        }
        isEverywhere = try arguments.flag("--all-namespaces", "-A")
        isWatched = try arguments.flag("--watch", "-w")
        format = try OutputFormat(&arguments)
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = isEverywhere ? nil : try session.namespace()
        let selector = subject.map {
            "involvedObject.kind=\($0.kind.word),involvedObject.name=\($0.name)"
        }
        let call = Call(.get, Kind.event.path(in: namespace)).asking("fieldSelector", selector)
            .asTable(format.isTable)
        guard isWatched else {
            let payload = Payload(tree: try client.list(call), kind: .event)
            if payload.objects.isEmpty { session.console.note("no events found") }
            let text = try payload.text(format, showsNamespace: isEverywhere)
            session.console.write(Array(text.utf8))
            return .done
        }
        try ChangePrinter.follow(
            call, ChangePrinter(kind: .event, format: format, showsNamespace: isEverywhere),
            client, session.console)
        return .done
    }
}
