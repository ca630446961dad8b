import Primitives

/// `serve`
struct ServeCommand: Command {
    static let synopsis = Synopsis(
        words: "serve [--data DIR] [--listen ADDRESS]",
        summary: "Run the controller: the API, the scheduler and its store.",
        options: [
            Synopsis.Option("--data DIR", "where everything is kept (default: .muster)"),
            Synopsis.Option("--listen ADDRESS", "HOST:PORT (default: 127.0.0.1:7443)"),
        ],
        example: "muster serve --data /var/lib/muster --listen 0.0.0.0:7443")

    private let data: String
    private let address: String

    init(_ arguments: inout Arguments) throws(Refusal) {
        data = try arguments.option("--data") ?? ".muster"
        address = try arguments.option("--listen") ?? "127.0.0.1:7443"
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        throw Refusal(
            .unavailable, field: "serve", finding: "\(address) with \(data) cannot be served yet",
            remedy: "Use a build with the controller in it")
    }
}
