import Agent
import Client
import Glibc
import Primitives
import Service
import Wire

/// `agent`
struct AgentCommand: Command {
    static let synopsis = Synopsis(
        words: "agent --server URL --token-file FILE [--ca FILE] [--data-dir DIR]",
        summary: "Run this machine as a node: it starts ranks and reports on them.",
        options: [
            Synopsis.Option(
                "--data-dir DIR", "ranks and logs (default: .muster/agent)"),
            Synopsis.Option("--name NAME", "name of the node (default: the host's)"),
            Synopsis.Option("--address ADDRESS", "where ranks on other nodes reach this one"),
            Synopsis.Option("--cpus N", "CPUs to offer (default: what hwloc sees)"),
            Synopsis.Option("--memory AMOUNT", "memory to offer, such as 64Gi"),
            Synopsis.Option("--gpus N", "GPUs to declare, also where there are none"),
            Synopsis.Option("--gpu-model MODEL", "their model, such as H100"),
            Synopsis.Option("--label KEY=VALUE", "a label of the node; repeatable"),
        ],
        example: "muster agent --server https://10.0.0.5:7443 --token-file agent.token --ca ca.crt")

    private let data: String
    private let name: String?
    private let address: String?
    private let cpus: Quantity?
    private let memory: Quantity?
    private let gpus: Int?
    private let model: String?
    private let labels: StringMap

    init(_ arguments: inout Arguments) throws(Refusal) {
        data = try arguments.option("--data-dir", "--data") ?? ".muster/agent"
        name = try arguments.option("--name")
        address = try arguments.option("--address")
        cpus = try arguments.option("--cpus").map { (text) throws(Refusal) in try Quantity(text) }
        memory = try arguments.option("--memory").map { (text) throws(Refusal) in
            try Quantity(text)
        }
        gpus = try arguments.option("--gpus").map { (text) throws(Refusal) in
            guard let number = Int(text), (0...64).contains(number) else {
                throw Refusal(
                    .invalid, field: "--gpus", finding: "\"\(text)\" is not a number of GPUs",
                    remedy: "Give 0 to 64")
            }
            return number
        }
        model = try arguments.option("--gpu-model")
        var found: StringMap = [:]
        for text in try arguments.options("--label") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Refusal(
                    .invalid, field: "--label", finding: "\"\(text)\" is not KEY=VALUE",
                    remedy: "Write it as --label rack=r12")
            }
            found[String(parts[0])] = String(parts[1])
        }
        labels = found
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let connection = session.connection
        guard let server = connection.server, let file = connection.tokenFile else {
            throw Refusal(
                .invalid, field: connection.server == nil ? "--server" : "--token-file",
                finding: "the agent is not told where its controller is and who it is",
                remedy: "Give --server https://HOST:PORT and --token-file agent.token")
        }
        var options = AgentOptions(
            server: server, token: try AgentOptions.readToken(file), dataDirectory: absolute(data))
        options.authorityPath = connection.authorityFile
        options.name = name
        options.address = address
        options.cpuMilli = cpus?.milli
        options.memoryBytes = memory?.whole
        options.gpus = gpus
        options.gpuModel = model
        options.labels = labels
        options.version = Controller.release
        try Agent.run(options)
        return .done
    }

    private func absolute(_ path: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }
}
