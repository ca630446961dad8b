import Primitives
import Wire

/// `completion bash|zsh|fish`
struct CompletionCommand: Command {
    static let synopsis = Synopsis(
        words: "completion bash|zsh|fish",
        summary: "Print a completion script for a shell, with names from the server.",
        example: "source <(muster completion bash)")

    private let script: String

    init(_ arguments: inout Arguments) throws(Refusal) {
        let shell = try arguments.word("SHELL")
        switch shell {
        case "bash": script = Self.bash
        case "zsh": script = Self.zsh
        case "fish": script = Self.fish
        default:
            throw Refusal(
                .malformed, field: "SHELL", finding: "\"\(shell)\" is not a shell we know",
                remedy:
                    "Use \(nearest(shell, among: ["bash", "zsh", "fish"]) ?? "bash, zsh or fish")")
        }
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        session.console.write(Array(script.utf8))
        return .done
    }

    private static let bash = """
        _muster() {
            local IFS=$'\\n'
            COMPREPLY=($(muster __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o default -F _muster muster

        """

    private static let zsh = """
        #compdef muster
        _muster() {
            local -a found
            found=("${(@f)$(muster __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            [[ -n $found[1] ]] && compadd -- $found || _files
        }
        compdef _muster muster

        """

    private static let fish = """
        complete -c muster -a '(muster __complete -- (commandline -opc)[2..] (commandline -ct) \
        2>/dev/null)'

        """
}
