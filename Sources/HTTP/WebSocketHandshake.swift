import Primitives

/// The HTTP half of a WebSocket (RFC 6455, section 4).
public enum WebSocketHandshake {
    /// The value of `Sec-WebSocket-Accept` for the key that a client sent.
    public static func accept(key: String) -> String {
        let salted = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Base64.encode(HandshakeCoding.sha1(Array(salted.utf8)))
    }

    /// A client's key from 16 random bytes.
    public static func key(from random: [UInt8]) -> String { Base64.encode(random) }

    /// The fields of the 101 answer; a failure says what to refuse the request with.
    public static func answer(
        to head: RequestHead, subprotocol: String?
    ) throws(FramingFailure) -> Headers {
        guard head.method == .get, head.version == .http11, head.wantsWebSocket,
            head.framing == .none
        else { throw FramingFailure(400, "not a WebSocket upgrade") }
        guard head.headers.all("sec-websocket-version") == ["13"] else {
            throw FramingFailure(426, "WebSocket version other than 13")
        }
        let keys = head.headers.all("sec-websocket-key")
        guard keys.count == 1, isKey(keys[0]) else {
            throw FramingFailure(400, "malformed Sec-WebSocket-Key")
        }
        var fields = Headers([
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept(key: keys[0])),
        ])
        if let subprotocol {
            guard offers(head).contains(subprotocol) else {
                throw FramingFailure(400, "subprotocol was not offered")
            }
            fields.append("Sec-WebSocket-Protocol", subprotocol)
        }
        return fields
    }

    /// The subprotocols that the client offers, in its order.
    public static func offers(_ head: RequestHead) -> [String] {
        head.headers.all("sec-websocket-protocol").flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).compactMap { part in
                String(part.filter { $0 != 0x20 && $0 != 9 }.map { Character(Unicode.Scalar($0)) })
            }
        }
    }

    /// Whether an answer accepts the upgrade that was sent with this key.
    public static func isAccepted(_ head: ResponseHead, key: String) -> Bool {
        head.status == 101 && head.headers.lists("websocket", in: "upgrade")
            && head.headers.lists("upgrade", in: "connection")
            && head.headers["sec-websocket-accept"] == accept(key: key)
    }

    /// Sixteen bytes in Base64.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, key.hasSuffix("==") else { return false }
        return bytes.dropLast(2).allSatisfy { byte in
            Grammar.isDigit(byte) || Grammar.lower(byte) &- 97 < 26 || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: "/")
        }
    }
}
