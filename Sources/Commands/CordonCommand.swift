import Client
import Primitives
import Wire

/// `cordon NODE...`
struct CordonCommand: Command {
    static let synopsis = Synopsis(
        words: "cordon NODE...",
        summary: "Keep new ranks away from nodes; what runs there goes on.",
        example: "muster cordon gpu-07")

    private let nodes: NodeGate

    init(_ arguments: inout Arguments) throws(Refusal) { nodes = try NodeGate(&arguments) }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        try nodes.set(isClosed: true, "cordoned", session)
    }
}

/// `uncordon NODE...`
struct UncordonCommand: Command {
    static let synopsis = Synopsis(
        words: "uncordon NODE...",
        summary: "Let new ranks onto nodes again.",
        example: "muster uncordon gpu-07")

    private let nodes: NodeGate

    init(_ arguments: inout Arguments) throws(Refusal) { nodes = try NodeGate(&arguments) }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        try nodes.set(isClosed: false, "uncordoned", session)
    }
}

/// Nodes by name, and whether new ranks may come.
private struct NodeGate {
    private let names: [String]

    init(_ arguments: inout Arguments) throws(Refusal) {
        var names: [String] = []
        for word in [try arguments.word("NODE")] + (try arguments.rest()) {
            let (kind, name) = try Kind.reference(word, assumed: .node)
            guard kind == .node else {
                throw Refusal(
                    .malformed, field: word, finding: "it is not a node", remedy: "Name a node")
            }
            names.append(name)
        }
        self.names = names
    }

    func set(isClosed: Bool, _ word: String, _ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        var code = ExitCode.done
        for name in names {
            do throws(Refusal) {
                _ = try client.patch(
                    Kind.node.path(name, in: ""), ["spec": ["unschedulable": .bool(isClosed)]])
                session.console.say("node/\(name) \(word)")
            } catch {
                session.console.refuse(error)
                code = .failure
            }
        }
        return code
    }
}
