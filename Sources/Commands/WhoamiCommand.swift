import Client
import HTTP
import Primitives

/// `whoami`
struct WhoamiCommand: Command {
    static let synopsis = Synopsis(
        words: "whoami",
        summary: "Show the server in use, where it was found, and that it knows us.",
        example: "muster whoami --context lab")

    init(_ arguments: inout Arguments) throws(Refusal) { try arguments.end() }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let access = client.access
        let trust = access.authority == nil ? "the system's CAs" : "a CA of its own"
        session.console.say("Server:     \(access.server)")
        session.console.say("Found in:   \(access.source)")
        session.console.say("Trust:      \(trust)")
        session.console.say("Namespace:  \(try session.namespace())")
        _ = try client.send(Call(.get, Kind.namespace.path(in: nil)).asking("limit", "1"))
        session.console.say("Token:      accepted")
        return .done
    }
}
