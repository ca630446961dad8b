import Primitives
import Wire

/// `help [COMMAND]`
struct HelpCommand: Command {
    static let synopsis = Synopsis(
        words: "help [COMMAND]", summary: "Show all commands, or one in full.",
        example: "muster help submit")

    private let text: String

    init(_ arguments: inout Arguments) throws(Refusal) {
        guard let name = try arguments.optionalWord() else {
            text = Catalogue.overview
            return
        }
        guard let command = Catalogue.find(name) else {
            let close = nearest(name, among: Catalogue.names)
            throw Refusal(
                .malformed, field: name, finding: "there is no such command",
                remedy: close.map { "See muster help \($0)" } ?? "See muster help")
        }
        text = command.synopsis.help
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        session.console.write(Array(text.utf8))
        return .done
    }
}
