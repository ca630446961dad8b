import Configuration
import Host
import Primitives
import Service
import Wire

/// `serve`
struct ServeCommand: Command {
    static let synopsis = Synopsis(
        words: "serve [--data-dir DIR] [--listen ADDRESS] [--config FILE]",
        summary: "Run the controller: the API, the scheduler and its store.",
        options: [
            Synopsis.Option(
                "--data-dir DIR", "the state (default: .muster/controller)"),
            Synopsis.Option(
                "--listen ADDRESS", "HOST:PORT (default: 127.0.0.1:7443)"),
            Synopsis.Option(
                "--host-name NAME", "a further name of this server; repeatable"),
            Synopsis.Option(
                "--config FILE", "settings as YAML; flags win (see Config/daemon.yaml)"),
            Synopsis.Option("--allow-any-file-system", "accept tmpfs and network file systems"),
            Synopsis.Option("--log-level LEVEL", "debug, info, warning or error"),
        ],
        example: "muster serve --data-dir /var/lib/muster --listen 0.0.0.0:7443")

    private let options: ServeOptions

    init(_ arguments: inout Arguments) throws(Refusal) {
        var given = ServeOptions()
        given.dataDirectory = try arguments.option("--data-dir", "--data")
        given.listen = try arguments.option("--listen")
        let names = try arguments.options("--host-name")
        given.hostNames = names.isEmpty ? nil : names
        given.allowAnyFileSystem = try arguments.flag("--allow-any-file-system") ? true : nil
        given.logLevel = try arguments.option("--log-level")
        let file = try arguments.option("--config").map { (path) throws(Refusal) in
            try Self.settings(path)
        }
        try arguments.end()
        var defaults = ServeOptions()
        defaults.dataDirectory = ".muster/controller"
        options = given.over((file ?? ServeOptions()).over(defaults))
    }

    /// Reads the settings file; a key that is not known is refused with the nearest one.
    private static func settings(_ path: String) throws(Refusal) -> ServeOptions {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: 256 << 10)
        } catch {
            throw error.refusal(field: "--config", remedy: "Name a file that can be read")
        }
        return try WireDecoder.decode(ServeOptions.self, from: YAMLReader.document(bytes))
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        try Controller.run(options) == 0 ? .done : .failure
    }
}
