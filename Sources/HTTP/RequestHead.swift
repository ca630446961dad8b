/// A request without its body: every part has passed the grammar and the path rules.
public struct RequestHead: Sendable {
    /// The two versions that are spoken.
    public enum Version: UInt8, Sendable { case http10, http11 }

    public let method: Method
    /// The path as sent, checked but with its percent escapes; always starts with `/`.
    public let path: String
    /// What follows the `?`, as sent; empty where there is none.
    public let query: String
    public let version: Version
    public let headers: Headers
    /// Host header without port, lower case; the server compares it with its list.
    public let host: String
    /// Whether the sender wants the connection kept open after the answer.
    public let keepsAlive: Bool
    /// How the body is framed.
    public let framing: Framing
    /// Whether the sender waits for `100 Continue` before it sends the body.
    public let expectsContinue: Bool
    /// Whether this is a request to become a WebSocket.
    public let wantsWebSocket: Bool

    /// What tells where the body ends.
    public enum Framing: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    public init(
        method: Method, path: String, query: String = "", headers: Headers = Headers(),
        host: String = "localhost", version: Version = .http11, framing: Framing = .none
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.version = version
        self.headers = headers
        self.host = host
        self.framing = framing
        let isPersistent = version == .http11
        keepsAlive = isPersistent && !headers.lists("close", in: "connection")
        expectsContinue = isPersistent && headers.lists("100-continue", in: "expect")
        wantsWebSocket = headers.asksForWebSocket
    }

    /// Whether the answer may be compressed with gzip.
    public var acceptsGzip: Bool { headers.acceptsGzip }
}

extension Headers {
    var asksForWebSocket: Bool {
        lists("websocket", in: "upgrade") && lists("upgrade", in: "connection")
    }

    /// Whether `Accept-Encoding` names gzip without a zero weight.
    var acceptsGzip: Bool {
        guard let value = self["accept-encoding"] else { return false }
        for part in value.utf8.split(separator: UInt8(ascii: ",")) {
            let pieces = part.split(separator: UInt8(ascii: ";"))
            guard let name = pieces.first else { continue }
            let coding = name.filter { $0 != 0x20 && $0 != 9 }.map(Grammar.lower)
            guard coding == Array("gzip".utf8) else { continue }
            guard pieces.count > 1 else { return true }
            let weight = pieces[1].filter { $0 != 0x20 && $0 != 9 }
            // "q=0", "q=0.", "q=0.000" are refusals; everything else lets gzip through.
            return weight.contains { $0 > UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        }
        return false
    }
}
