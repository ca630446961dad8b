import Glibc
import Host
public import Network
public import Primitives

/// What the user said on the command line about the connection.
public struct ConnectionFlags: Hashable, Sendable {
    public var server: String?
    public var tokenFile: String?
    public var authorityFile: String?
    public var kubeconfig: String?
    public var context: String?

    public init() {}
}

/// Where the server is, what proves it, and the token that says who we are.
///
/// Found in this order, and the first that names a server wins: `--server` with `--token-file` and
/// `--ca`; `--kubeconfig`; `MUSTER_SERVER` with `MUSTER_TOKEN_FILE` and `MUSTER_CA`; the first file
/// that exists of `KUBECONFIG`, `$XDG_CONFIG_HOME/muster/config`, `./.muster/admin.kubeconfig` and
/// `~/.kube/config`. A token of one place is never sent to a server named by another.
public struct Access: Sendable {
    public let server: String
    public let endpoint: Endpoint
    /// PEM text of the CA; nil trusts the system's.
    public let authority: String?
    public let token: String
    public let namespace: String
    /// Where all this was found, for people who wonder.
    public let source: String
    let tls: TLSContext?

    public init(
        server: String, authority: String?, token: String, namespace: String = "default",
        source: String
    ) throws(Refusal) {
        self.server = server
        self.authority = authority
        self.token = token
        self.namespace = namespace
        self.source = source
        endpoint = try ServerURL.parse(server, field: source)
        tls = if case .tls = endpoint { try Self.context(authority) } else { nil }
    }

    /// Looks for a server in the documented order.
    public static func find(
        _ flags: ConnectionFlags, in surroundings: Surroundings = .process
    ) throws(Refusal) -> Access {
        if flags.server != nil, flags.kubeconfig == nil {
            return try direct(
                server: flags.server, tokenFile: flags.tokenFile ?? surroundings[Names.tokenFile],
                authorityFile: flags.authorityFile ?? surroundings[Names.authority],
                source: "--server")
        }
        if flags.kubeconfig == nil, flags.context == nil, surroundings[Names.server] != nil {
            return try direct(
                server: surroundings[Names.server],
                tokenFile: flags.tokenFile ?? surroundings[Names.tokenFile],
                authorityFile: flags.authorityFile ?? surroundings[Names.authority],
                source: Names.server)
        }
        let config = try KubeConfig(path: try configPath(flags, surroundings))
        let choice = try config.choose(flags.context)
        let token: String
        if let file = flags.tokenFile {
            token = try self.token(from: file, field: "--token-file")
        } else {
            token = choice.token ?? ""
        }
        let authority: String?
        if let file = flags.authorityFile {
            authority = try UserFile.readText(file, field: "--ca")
        } else {
            authority = choice.authority
        }
        return try Access(
            server: flags.server ?? choice.server, authority: authority, token: token,
            namespace: choice.namespace ?? "default", source: config.path)
    }

    private enum Names {
        static let server = "MUSTER_SERVER"
        static let tokenFile = "MUSTER_TOKEN_FILE"
        static let authority = "MUSTER_CA"
    }

    private static func direct(
        server: String?, tokenFile: String?, authorityFile: String?, source: String
    ) throws(Refusal) -> Access {
        var token = ""
        if let tokenFile { token = try self.token(from: tokenFile, field: "--token-file") }
        var authority: String?
        if let authorityFile { authority = try UserFile.readText(authorityFile, field: "--ca") }
        return try Access(
            server: server ?? "", authority: authority, token: token, source: source)
    }

    private static func configPath(
        _ flags: ConnectionFlags, _ surroundings: Surroundings
    ) throws(Refusal) -> String {
        if let path = flags.kubeconfig { return path }
        var candidates: [String] = []
        if let list = surroundings["KUBECONFIG"] {
            candidates += list.split(separator: ":").map(String.init)
        }
        if let own = surroundings.ownConfigPath { candidates.append(own) }
        candidates.append("./.muster/admin.kubeconfig")
        if let home = surroundings["HOME"] { candidates.append("\(home)/.kube/config") }
        guard let found = candidates.first(where: UserFile.exists) else {
            throw Refusal(
                .notFound, field: "--server",
                finding: "no server is known: none of \(candidates.joined(separator: ", ")) exists",
                remedy: "Give --server URL with --token-file and --ca, or --kubeconfig FILE")
        }
        return found
    }

    /// Reads a token from a file that only its owner may read.
    public static func token(from path: String, field: String) throws(Refusal) -> String {
        let text = try UserFile.readText(path, field: field, isPrivate: true)
        let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Refusal(
                .malformed, field: field, finding: "\(path) holds no token",
                remedy: "Write the token into it, on one line")
        }
        return token
    }

    /// OpenSSL reads trust from files only, so the text is shown to it through a pipe.
    private static func context(_ authority: String?) throws(Refusal) -> TLSContext {
        guard let authority else { return try TLSContext.client(authority: nil) }
        let bytes = Array(authority.utf8)
        // A pipe holds 64 KiB; more would wait for a reader that comes later.
        guard bytes.count <= 60_000 else {
            throw Refusal(
                .tooLarge, field: "--ca", finding: "the CA file is \(bytes.count) bytes long",
                remedy: "Keep only the certificate that signed the server's")
        }
        let end = try readEnd(holding: bytes)
        return try TLSContext.client(authority: "/proc/self/fd/\(end.number)")
    }

    private static func readEnd(holding bytes: [UInt8]) throws(Refusal) -> Descriptor {
        do throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            try SystemCall.run("pipe") { pipe(&ends) }
            let readEnd = Descriptor(owning: ends[0])
            try Descriptor(owning: ends[1]).write(bytes)
            return readEnd
        } catch {
            throw error.refusal(field: "--ca", remedy: "Check the limits of this process")
        }
    }
}

/// The forms of a server's address that we accept: `https://host[:port]` and `unix:/path`.
enum ServerURL {
    static func parse(_ text: String, field: String) throws(Refusal) -> Endpoint {
        if text.hasPrefix("unix:/") { return .unix(path: String(text.dropFirst(5))) }
        guard text.hasPrefix("https://") else {
            throw refusal(text, field, "is not an https:// address")
        }
        var rest = Substring(text.dropFirst(8))
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard !rest.isEmpty, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            !rest.contains(where: { "/?#@".contains($0) })
        else { throw refusal(text, field, "holds more or less than a host and a port") }
        var host = rest
        var port: UInt16 = 443
        let colon = rest.lastIndex(of: ":")
        if let colon, !rest.hasSuffix("]") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else {
                throw refusal(text, field, "has no valid port")
            }
            port = number
            host = rest[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw refusal(text, field, "has no host") }
        return .tls(host: String(host), port: port)
    }

    private static func refusal(_ text: String, _ field: String, _ finding: String) -> Refusal {
        Refusal(
            .malformed, field: field, finding: "\"\(text.prefix(120))\" \(finding)",
            remedy: "Write https://HOST:PORT or unix:/PATH")
    }
}
