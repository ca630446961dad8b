import Client
import Primitives
import Service
import Wire

/// `version [--client]`
struct VersionCommand: Command {
    static let synopsis = Synopsis(
        words: "version [--client]", summary: "Show the versions of this program and the server.",
        options: [Synopsis.Option("--client", "do not ask the server")],
        example: "muster version")

    private let isClientOnly: Bool

    init(_ arguments: inout Arguments) throws(Refusal) {
        isClientOnly = try arguments.flag("--client")
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        session.console.say("client: \(Controller.release)")
        if isClientOnly { return .done }
        let version = try session.client().get("/version")
        session.console.say("server: \(version["gitVersion"]?.string ?? "unknown")")
        return .done
    }
}
