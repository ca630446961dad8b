import Client
import HTTP
import Primitives
import Wire

/// `__complete -- WORD...`: what could stand in the place of the last word, one a line.
struct CompleteCommand: Command {
    static let synopsis = Synopsis(
        words: "__complete -- WORD...", summary: "Answer a shell's completion script.",
        example: "muster __complete -- get jo")

    private let words: [String]

    init(_ arguments: inout Arguments) throws(Refusal) {
        words = arguments.afterDashes ?? []
        try arguments.end(allowsLiteral: true)
    }

    /// Silent where nothing is known or the server is away: a shell has no place for errors.
    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let current = words.last ?? ""
        let before = Array(words.dropLast())
        for candidate in candidates(before, current, session).filter({ $0.hasPrefix(current) }) {
            session.console.say(Console.printable(candidate))
        }
        return .done
    }

    private func candidates(
        _ before: [String], _ current: String, _ session: Session
    ) -> [String] {
        guard let name = before.first else { return Catalogue.names }
        guard let command = Catalogue.find(name) else { return [] }
        if current.hasPrefix("-") { return Self.flags(of: command) }
        switch (before.dropFirst().last, name) {
        case ("-o", _), ("--output", _): return OutputFormat.allCases.map(\.rawValue)
        case ("-n", _), ("--namespace", _): return names(.namespace, session)
        default: break
        }
        let given = before.dropFirst().filter { !$0.hasPrefix("-") }
        switch name {
        case "get", "describe", "delete":
            guard let kind = Self.kind(given.first) else { return Kind.all.map(\.plural) }
            return names(kind, session)
        case "logs", "cancel": return names(.job, session)
        case "wait": return names(.job, session).map { "job/\($0)" }
        case "cordon", "uncordon": return names(.node, session)
        case "help": return Catalogue.names
        case "completion": return ["bash", "zsh", "fish"]
        case "token":
            return given.first == "revoke" ? names(.token, session) : ["create", "list", "revoke"]
        default: return []
        }
    }

    private static func kind(_ word: String?) -> Kind? {
        guard let word else { return nil }
        return Kind.all.first { ([$0.plural, $0.singular] + $0.shorts).contains(word) }
    }

    /// The flags are taken from what `--help` shows, so that there is one list.
    private static func flags(of command: any Command.Type) -> [String] {
        (command.synopsis.options + Synopsis.common).flatMap { option in
            option.flag.split(whereSeparator: { " ,=".contains($0) }).map(String.init)
                .filter { $0.hasPrefix("--") }
        }
    }

    private func names(_ kind: Kind, _ session: Session) -> [String] {
        do throws(Refusal) {
            let call = Call(.get, kind.path(in: try session.namespace())).asking("limit", "500")
            let client = APIClient(try session.client().access, patience: Patience(attempts: 1))
            let list = try client.send(call).json()
            return (list["items"]?.elements ?? []).compactMap { $0["metadata"]?["name"]?.string }
        } catch {
            return []
        }
    }
}
