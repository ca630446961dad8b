/// Turns a stream of bytes into requests, one at a time, keeping what is incomplete.
///
/// `consume` returns `.head` once per request; the owner then calls `admit(bodyLimit:)` and goes on
/// with the rest of the same bytes until `.complete`. After a failure the parser is of no more use.
public struct RequestParser: Sendable {
    /// What some bytes came to.
    public enum Event: Sendable {
        case needsMore
        case head(RequestHead)
        case complete(body: [UInt8])
    }

    private enum Phase: Sendable {
        case head
        case undecided(RequestHead.Framing)
        case none
        case length(left: Int)
        case chunked(ChunkedDecoder)
    }

    private let limits: HTTPLimits
    private var phase = Phase.head
    private var scanner: HeadScanner
    /// The head so far, where it came in more than one read.
    private var pending: [UInt8] = []
    private var body: [UInt8] = []
    private var bodyLimit = 0

    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        scanner = HeadScanner(limits)
    }

    /// Whether nothing of a next request has been seen.
    public var isIdle: Bool {
        if case .head = phase { return scanner.isFresh }
        return false
    }

    /// Whether the head is complete and the body is not.
    public var isInBody: Bool {
        if case .head = phase { return false }
        return true
    }

    /// Body bytes held so far.
    public var bodyCount: Int { body.count }

    /// Takes bytes from `position` on and moves it behind what was used.
    public mutating func consume(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(FramingFailure) -> Event {
        switch phase {
        case .head: return try consumeHead(bytes, from: &position)
        case .undecided: preconditionFailure("the body was read before its limit was known")
        case .none: return complete()
        case .length(let left):
            let take = min(left, bytes.count - position)
            body.append(bytes.extracting(position..<position + take))
            position += take
            guard take == left else {
                phase = .length(left: left - take)
                return .needsMore
            }
            return complete()
        case .chunked(var decoder):
            let isOver = try decoder.consume(bytes, from: &position, into: &body, limit: bodyLimit)
            guard !isOver else { return complete() }
            phase = .chunked(decoder)
            return .needsMore
        }
    }

    /// Sets the limit of the body whose head was just returned; refuses what is already over it.
    public mutating func admit(bodyLimit: Int) throws(FramingFailure) {
        guard case .undecided(let framing) = phase else { return }
        self.bodyLimit = bodyLimit
        switch framing {
        case .none: phase = .none
        case .length(let length):
            guard length <= bodyLimit else {
                throw FramingFailure(413, "body of \(length) bytes is over \(bodyLimit)")
            }
            body.reserveCapacity(min(length, 64 * 1024))
            phase = .length(left: length)
        case .chunked: phase = .chunked(ChunkedDecoder(limits))
        }
    }

    private mutating func complete() -> Event {
        phase = .head
        scanner = HeadScanner(limits)
        guard !body.isEmpty else { return .complete(body: []) }
        var whole: [UInt8] = []
        swap(&whole, &body)
        return .complete(body: whole)
    }

    private mutating func consumeHead(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(FramingFailure) -> Event {
        let start = position
        guard let end = try scanner.scan(bytes, from: start) else {
            pending.append(bytes.extracting(start..<bytes.count))
            position = bytes.count
            return .needsMore
        }
        position = end
        let head: RequestHead
        if pending.isEmpty {
            head = try RequestHead.parse(bytes.extracting(start..<end), limits)
        } else {
            pending.append(bytes.extracting(start..<end))
            head = try RequestHead.parse(pending.span, limits)
            pending.removeAll(keepingCapacity: false)
        }
        phase = .undecided(head.framing)
        return .head(head)
    }
}

extension RequestHead {
    /// Reads a head that ends with its blank line and holds no byte that a head may not hold.
    static func parse(
        _ bytes: Span<UInt8>, _ limits: HTTPLimits
    ) throws(FramingFailure) -> RequestHead {
        var start = 0
        while bytes[start] == 13 { start += 2 }
        var index = start
        while Grammar.isToken(bytes[index]) { index += 1 }
        guard index > start, bytes[index] == 0x20 else {
            throw FramingFailure(400, "malformed method")
        }
        let method = Method(bytes.extracting(start..<index))
        let target = index + 1
        index = target
        var question: Int?
        while Grammar.isTarget(bytes[index]) {
            if question == nil, bytes[index] == UInt8(ascii: "?") { question = index }
            index += 1
        }
        guard index > target, bytes[index] == 0x20 else {
            throw FramingFailure(400, "malformed request target")
        }
        let version = try version(bytes, at: index + 1)
        guard let method else { throw FramingFailure(501, "unknown method") }
        let path = bytes.extracting(target..<(question ?? index))
        try PathRules.check(path)
        let query = question.map { bytes.extracting($0 + 1..<index).text } ?? ""
        let fields = try HeadFields(bytes, from: index + 11, limit: limits.fields)
        return try RequestHead(
            method: method, path: path.text, query: query, version: version, bytes: bytes, fields)
    }

    private static func version(
        _ bytes: Span<UInt8>, at start: Int
    ) throws(FramingFailure) -> Version {
        let isWhole =
            bytes.count - start >= 10 && bytes[start + 8] == 13
            && bytes.extracting(start..<start + 5).spells("HTTP/")
            && Grammar.isDigit(bytes[start + 5]) && bytes[start + 6] == UInt8(ascii: ".")
            && Grammar.isDigit(bytes[start + 7])
        guard isWhole else { throw FramingFailure(400, "malformed version") }
        switch (bytes[start + 5], bytes[start + 7]) {
        case (UInt8(ascii: "1"), UInt8(ascii: "1")): return .http11
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): return .http10
        default: throw FramingFailure(505, "version other than HTTP/1.0 and HTTP/1.1")
        }
    }

    private init(
        method: Method, path: String, query: String, version: Version, bytes: Span<UInt8>,
        _ fields: borrowing HeadFields
    ) throws(FramingFailure) {
        guard let hostRange = fields.host else { throw FramingFailure(400, "no Host field") }
        if fields.isChunked {
            guard fields.length == nil else {
                throw FramingFailure(400, "both Content-Length and Transfer-Encoding")
            }
            guard version == .http11 else {
                throw FramingFailure(400, "Transfer-Encoding in an HTTP/1.0 request")
            }
            framing = .chunked
        } else if let length = fields.length, length > 0 {
            framing = .length(length)
        } else {
            framing = .none
        }
        host = try RequestHead.host(bytes.extracting(hostRange))
        self.method = method
        self.path = path
        self.query = query
        self.version = version
        keepsAlive = version == .http11 && !fields.closes
        expectsContinue = version == .http11 && fields.expectsContinue && framing != .none
        headers = Headers(bytes: bytes.array, fields: fields.fields)
        wantsWebSocket = fields.upgrades && headers.asksForWebSocket
    }

    /// The host without its port, lower case, brackets of an IPv6 address kept off.
    static func host(_ value: Span<UInt8>) throws(FramingFailure) -> String {
        var name: [UInt8] = []
        var index = 0
        let isBracketed = !value.isEmpty && value[0] == UInt8(ascii: "[")
        if isBracketed { index = 1 }
        while index < value.count {
            let byte = Grammar.lower(value[index])
            let isName =
                Grammar.isDigit(byte) || byte &- 97 < 26 || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".") || (isBracketed && byte == UInt8(ascii: ":"))
            guard isName else { break }
            name.append(byte)
            index += 1
        }
        if isBracketed {
            guard index < value.count, value[index] == UInt8(ascii: "]") else {
                throw FramingFailure(400, "malformed Host field")
            }
            index += 1
        }
        guard !name.isEmpty, name.count <= 253 else {
            throw FramingFailure(400, "malformed Host field")
        }
        if index < value.count {
            guard value[index] == UInt8(ascii: ":"), value.count - index <= 6 else {
                throw FramingFailure(400, "malformed Host field")
            }
            for digit in index + 1..<value.count where !Grammar.isDigit(value[digit]) {
                throw FramingFailure(400, "malformed Host field")
            }
        }
        return String(decoding: name, as: UTF8.self)
    }
}
