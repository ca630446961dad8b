import Client
import Configuration
import HTTP
import Primitives
import Wire

/// `describe KIND NAME`
struct DescribeCommand: Command {
    static let synopsis = Synopsis(
        words: "describe KIND NAME",
        summary: "Show one object in full, with its events.",
        example: "muster describe job train-42")

    private let kind: Kind
    private let name: String

    init(_ arguments: inout Arguments) throws(Refusal) {
        let first = try arguments.word("KIND")
        if first.contains("/") {
            (kind, name) = try Kind.reference(first, assumed: nil)
        } else {
            kind = try Kind.find(first)
            name = try arguments.word("NAME")
        }
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = try session.namespace()
        let object = try client.get(kind.path(name, in: namespace))
        var text = kind == .job ? try job(object, client, namespace) : plain(object)
        text += try events(client, namespace)
        session.console.write(Array(Console.printable(text).utf8))
        return .done
    }

    private func plain(_ object: JSON) -> String { YAMLWriter.text(object) }

    private func job(
        _ object: JSON, _ client: APIClient, _ namespace: String
    ) throws(Refusal) -> String {
        let pods = try client.list(
            Call(.get, Kind.pod.path(in: namespace))
                .asking("labelSelector", "muster.dev/job=\(name)"))
        return JobDescription(object, pods: pods["items"]?.elements ?? []).text
    }

    private func events(_ client: APIClient, _ namespace: String) throws(Refusal) -> String {
        guard kind != .event else { return "" }
        // Events about things without a namespace are kept in the default one.
        let place = kind.isNamespaced ? namespace : "default"
        let table = try client.list(
            Call(.get, Kind.event.path(in: place))
                .asking(
                    "fieldSelector",
                    "involvedObject.kind=\(kind.word),involvedObject.name=\(name)"
                ).asTable())
        let text = try Payload(tree: table, kind: .event).text(.table)
        guard !text.isEmpty else { return "\nEvents: none\n" }
        let lines = text.split(separator: "\n").map { "  \($0)\n" }
        return "\nEvents:\n\(lines.joined())"
    }
}
