import Client
import Primitives

/// What a subcommand works with: the console, and a client made when first asked for.
final class Session {
    let console: Console
    let surroundings: Surroundings
    private let flags: GlobalFlags
    private let patience: Patience
    private var made: APIClient?

    init(
        _ flags: GlobalFlags, console: Console, surroundings: Surroundings = .process,
        patience: Patience = Patience()
    ) {
        self.flags = flags
        self.console = console
        self.surroundings = surroundings
        self.patience = patience
    }

    /// The connection to the server, by flags, variables or files.
    func client() throws(Refusal) -> APIClient {
        if let made { return made }
        let client = APIClient(
            try Access.find(flags.connection, in: surroundings), patience: patience)
        made = client
        return client
    }

    /// The namespace that was asked for, or the context's.
    func namespace() throws(Refusal) -> String {
        if let namespace = flags.namespace { return namespace }
        return try client().access.namespace
    }

    /// The namespace only where it was asked for by a flag.
    var givenNamespace: String? { flags.namespace }

    /// Where the server is and who we are, as far as flags say so.
    var connection: ConnectionFlags { flags.connection }
}

/// Flags that every subcommand takes.
struct GlobalFlags {
    var connection = ConnectionFlags()
    var namespace: String?
    var noColour = false

    init() {}

    init(_ arguments: inout Arguments) throws(Refusal) {
        connection.server = try arguments.option("--server")
        connection.tokenFile = try arguments.option("--token-file")
        connection.authorityFile = try arguments.option("--ca")
        connection.kubeconfig = try arguments.option("--kubeconfig")
        connection.context = try arguments.option("--context")
        namespace = try arguments.option("--namespace", "-n")
        noColour = try arguments.flag("--no-color")
    }
}
