import Primitives

/// How a command ended, as the shell sees it.
public enum ExitCode: Hashable, Sendable {
    case done, failure, usage
    /// The code of the job that was run.
    case job(UInt8)

    public var number: Int32 {
        switch self {
        case .done: 0
        case .failure: 1
        case .usage: 2
        case .job(let code): Int32(code)
        }
    }
}

/// What `--help` shows.
public struct Synopsis: Sendable {
    /// One flag and what it does.
    public struct Option: Sendable {
        let flag: String
        let text: String

        init(_ flag: String, _ text: String) {
            self.flag = flag
            self.text = text
        }
    }

    let words: String
    let summary: String
    let options: [Option]
    let example: String

    init(words: String, summary: String, options: [Option] = [], example: String) {
        self.words = words
        self.summary = summary
        self.options = options
        self.example = example
    }

    /// Flags that every command takes.
    static let common = [
        Option("-n, --namespace NAME", "namespace (default: the context's, else \"default\")"),
        Option("--server URL", "https://HOST:PORT or unix:/PATH"),
        Option("--token-file FILE", "file with the token, mode 0600"),
        Option("--ca FILE", "PEM file of the CA to trust"),
        Option("--kubeconfig FILE", "file with servers, tokens and contexts"),
        Option("--context NAME", "context to use instead of the current one"),
    ]

    var help: String {
        var text = "\(summary)\n\nUsage: muster \(words)\n"
        text += Self.block("Options", options)
        text += "\nExample:\n"
        for line in example.split(separator: "\n") { text += "  \(line)\n" }
        return text + Self.block("Options of all commands", Self.common)
    }

    private static func block(_ title: String, _ options: [Option]) -> String {
        guard !options.isEmpty else { return "" }
        let width = min(30, options.map(\.flag.count).max() ?? 0)
        var text = "\n\(title):\n"
        for option in options {
            let padding = String(repeating: " ", count: max(0, width - option.flag.count))
            text += "  \(option.flag)\(padding)  \(option.text)\n"
        }
        return text
    }
}

/// One subcommand: its initialiser parses, `run` acts.
protocol Command {
    static var synopsis: Synopsis { get }

    init(_ arguments: inout Arguments) throws(Refusal)

    func run(_ session: Session) throws(Refusal) -> ExitCode
}

extension Command {
    /// The first word of the synopsis.
    static var name: String {
        synopsis.words.split(separator: " ").first.map(String.init) ?? ""
    }
}
