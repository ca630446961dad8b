import Primitives

/// `agent`
struct AgentCommand: Command {
    static let synopsis = Synopsis(
        words: "agent [--name NAME] [--data DIR]",
        summary: "Run this machine as a node: it starts ranks and reports on them.",
        options: [
            Synopsis.Option("--name NAME", "name of the node (default: the host's)"),
            Synopsis.Option("--data DIR", "where ranks and logs are kept (default: .muster/agent)"),
        ],
        example: "muster agent --server https://10.0.0.5:7443 --token-file agent.token --ca ca.pem")

    private let name: String?
    private let data: String

    init(_ arguments: inout Arguments) throws(Refusal) {
        name = try arguments.option("--name")
        data = try arguments.option("--data") ?? ".muster/agent"
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        throw Refusal(
            .unavailable, field: "agent",
            finding: "\(name ?? "this machine") with \(data) cannot be a node yet",
            remedy: "Use a build with the agent in it")
    }
}
