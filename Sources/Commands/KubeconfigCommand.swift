import Client
import Configuration
import Host
import Primitives

/// `kubeconfig [--write]`
struct KubeconfigCommand: Command {
    static let synopsis = Synopsis(
        words: "kubeconfig [--write | --file PATH]",
        summary: "Print the connection in use as a kubeconfig, or keep it.",
        options: [
            Synopsis.Option("--write", "write $XDG_CONFIG_HOME/muster/config, mode 0600"),
            Synopsis.Option("--file PATH", "write this file instead"),
        ],
        example:
            "muster kubeconfig --server https://10.0.0.5:7443 --token-file t --ca ca.pem --write")

    private let isWritten: Bool
    private let file: String?

    init(_ arguments: inout Arguments) throws(Refusal) {
        isWritten = try arguments.flag("--write")
        file = try arguments.option("--file")
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let access = try session.client().access
        let config = KubeConfig.make(
            server: access.server, authority: access.authority, token: access.token,
            namespace: session.givenNamespace ?? access.namespace)
        let text = YAMLWriter.text(config)
        guard isWritten || file != nil else {
            session.console.write(Array(text.utf8))
            return .done
        }
        guard let path = file ?? session.surroundings.ownConfigPath else {
            throw Refusal(
                .notFound, field: "--write", finding: "neither XDG_CONFIG_HOME nor HOME is set",
                remedy: "Give --file PATH")
        }
        do throws(SystemError) {
            if file == nil, let slash = path.lastIndex(of: "/") {
                try Files.makeDirectories(String(path[..<slash]), mode: 0o700)
            }
            try Files.write(Array(text.utf8), to: path, mode: 0o600)
        } catch {
            throw error.refusal(field: "--write", remedy: "Give --file with a path you can write")
        }
        session.console.say("\(path) written")
        return .done
    }
}
