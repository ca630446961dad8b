import Client
import Primitives
import Wire

/// `delete KIND NAME...` or `delete -f FILE`
struct DeleteCommand: Command {
    static let synopsis = Synopsis(
        words: "delete KIND NAME... | -f FILE",
        summary: "Delete objects and wait until they are gone.",
        options: [
            Synopsis.Option("-f, --filename PATH", "delete what the file or folder names"),
            Synopsis.Option("--wait=false", "do not wait"),
            Synopsis.Option("--ignore-not-found", "be content where there is nothing to delete"),
        ],
        example: "muster delete job train-42\nmuster delete -f job.yaml --wait=false")

    private let references: [(kind: Kind, name: String)]
    private let paths: [String]
    private let waits: Bool
    private let toleratesAbsence: Bool

    init(_ arguments: inout Arguments) throws(Refusal) {
        paths = try arguments.options("--filename", "-f")
        let waiting = try arguments.option("--wait") ?? "true"
        guard waiting == "true" || waiting == "false" else {
            throw Refusal(
                .malformed, field: "--wait", finding: "\"\(waiting)\" is not true or false",
                remedy: "Write --wait=false, or leave it out")
        }
        waits = waiting == "true"
        toleratesAbsence = try arguments.flag("--ignore-not-found")
        references = paths.isEmpty ? try Self.references(&arguments) : []
        try arguments.end()
    }

    private static func references(
        _ arguments: inout Arguments
    ) throws(Refusal) -> [(kind: Kind, name: String)] {
        let first = try arguments.word("KIND")
        var found: [(kind: Kind, name: String)] = []
        guard !first.contains("/") else {
            for word in [first] + (try arguments.rest()) {
                let (kind, name) = try Kind.reference(word, assumed: nil)
                found.append((kind, name))
            }
            return found
        }
        let kind = try Kind.find(first)
        for name in [try arguments.word("NAME")] + (try arguments.rest()) {
            found.append((kind, name))
        }
        return found
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = try session.namespace()
        var targets = references.map { ($0.kind, $0.name, namespace) }
        for path in paths {
            let files = try ManifestFiles(
                path, namespace: namespace, givenNamespace: session.givenNamespace)
            targets += files.entries.map { ($0.kind, $0.name, $0.namespace) }
        }
        var code = ExitCode.done
        for (kind, name, namespace) in targets {
            do throws(Refusal) {
                try delete(kind, name, namespace, client)
                session.console.say("\(kind.reference(to: name)) deleted")
            } catch {
                if error.reason == .notFound, toleratesAbsence { continue }
                session.console.refuse(error)
                code = .failure
            }
        }
        return code
    }

    private func delete(
        _ kind: Kind, _ name: String, _ namespace: String, _ client: APIClient
    ) throws(Refusal) {
        let path = kind.path(name, in: namespace)
        // Another object may take the name at once; that one is not ours to wait for.
        let before = waits ? try client.get(path)["metadata"]?["uid"]?.string : nil
        try client.delete(path)
        var pause: Int64 = 50
        while waits, let left = try client.find(path),
            left["metadata"]?["uid"]?.string == before
        {
            rest(milliseconds: pause)
            pause = min(1000, pause * 2)
        }
    }
}
