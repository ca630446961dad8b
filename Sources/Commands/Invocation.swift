import Host
import Primitives
import Wire

/// One call of the program, from its words to its exit code.
public enum Invocation {
    /// Runs the words after the program's name on the real console.
    public nonisolated static func run(_ words: [String]) -> ExitCode {
        run(words, console: Console(noColour: words.contains("--no-color")))
    }

    static func run(
        _ words: [String], console: Console,
        session make: (GlobalFlags, Console) -> Session = { Session($0, console: $1) }
    ) -> ExitCode {
        guard let name = words.first else {
            console.note(Catalogue.overview)
            return .usage
        }
        if ["--help", "-h"].contains(name) {
            console.write(Array(Catalogue.overview.utf8))
            return .done
        }
        let commandName = name == "--version" ? "version" : name
        guard let command = Catalogue.find(commandName) else {
            console.refuse(unknown(name))
            return .usage
        }
        let rest = Array(words.dropFirst())
        let own = rest.prefix { $0 != "--" }
        if own.contains("--help") || own.contains("-h") {
            console.write(Array(command.synopsis.help.utf8))
            return .done
        }
        return perform(command, rest, console, make)
    }

    private static func perform(
        _ command: any Command.Type, _ words: [String], _ console: Console,
        _ make: (GlobalFlags, Console) -> Session
    ) -> ExitCode {
        let flags: GlobalFlags
        let parsed: any Command
        do throws(Refusal) {
            var arguments = Arguments(words)
            flags = try GlobalFlags(&arguments)
            parsed = try command.init(&arguments)
        } catch {
            console.refuse(error)
            return .usage
        }
        do throws(Refusal) {
            return try parsed.run(make(flags, console))
        } catch {
            console.refuse(error)
            return .failure
        }
    }

    private static func unknown(_ name: String) -> Refusal {
        let close = nearest(name, among: Catalogue.names)
        return Refusal(
            .malformed, field: Console.printable(name), finding: "there is no such command",
            remedy: close.map { "Use muster \($0)" } ?? "See muster help for all commands")
    }
}
