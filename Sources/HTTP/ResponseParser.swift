/// The status line and fields of an answer.
public struct ResponseHead: Sendable {
    public let status: Int
    public let headers: Headers
    /// Whether the connection may be used again after this answer.
    public let keepsAlive: Bool

    public init(status: Int, headers: Headers, keepsAlive: Bool) {
        self.status = status
        self.headers = headers
        self.keepsAlive = keepsAlive
    }
}

/// Turns a stream of bytes into answers, for clients; as strict as its sibling for requests.
public struct ResponseParser: Sendable {
    /// What some bytes came to.
    public enum Event: Sendable {
        case needsMore
        case head(ResponseHead)
        /// A piece of the body, as it came.
        case body([UInt8])
        case complete
    }

    private enum Phase: Sendable {
        case head
        case none
        case length(left: Int)
        case chunked(ChunkedDecoder)
        case untilClose
        case over
    }

    private let limits: HTTPLimits
    private let answersHead: Bool
    private var phase = Phase.head
    private var scanner: HeadScanner
    private var pending: [UInt8] = []

    /// A parser for one answer; `answersHead` where the request was HEAD, which gets no body.
    public init(answersHead: Bool = false, limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        self.answersHead = answersHead
        scanner = HeadScanner(limits)
    }

    /// Whether no byte of the answer has come.
    public var isFresh: Bool {
        if case .head = phase { return scanner.isFresh }
        return false
    }

    /// Takes bytes from `position` on and moves it behind what was used.
    public mutating func consume(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(FramingFailure) -> Event {
        switch phase {
        case .head: return try consumeHead(bytes, from: &position)
        case .none, .length(left: 0):
            phase = .over
            return .complete
        case .over: return .complete
        case .length(let left):
            let take = min(left, bytes.count - position)
            guard take > 0 else { return .needsMore }
            phase = .length(left: left - take)
            return .body(bytes.extracting(taking(take, at: &position)).array)
        case .untilClose:
            guard position < bytes.count else { return .needsMore }
            return .body(bytes.extracting(taking(bytes.count - position, at: &position)).array)
        case .chunked(var decoder):
            var piece: [UInt8] = []
            let isOver = try decoder.consume(bytes, from: &position, into: &piece, limit: .max)
            phase = isOver ? .none : .chunked(decoder)
            if !piece.isEmpty { return .body(piece) }
            guard isOver else { return .needsMore }
            phase = .over
            return .complete
        }
    }

    /// Tells that the peer closed; fails unless that is how this answer ends.
    public mutating func end() throws(FramingFailure) {
        switch phase {
        case .untilClose, .none, .over, .length(left: 0): phase = .over
        case .head, .length, .chunked: throw FramingFailure(502, "answer broke off")
        }
    }

    private func taking(_ count: Int, at position: inout Int) -> Range<Int> {
        defer { position += count }
        return position..<position + count
    }

    private mutating func consumeHead(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(FramingFailure) -> Event {
        while true {
            let end = try scanner.scan(bytes, from: position)
            let upTo = end ?? bytes.count
            pending.append(bytes.extracting(position..<upTo))
            position = upTo
            guard end != nil else { return .needsMore }
            var whole: [UInt8] = []
            swap(&whole, &pending)
            let head = try parse(whole.span)
            scanner = HeadScanner(limits)
            // Interim answers such as 100 are not for the caller; 101 is final.
            if let head { return .head(head) }
        }
    }

    private mutating func parse(_ bytes: Span<UInt8>) throws(FramingFailure) -> ResponseHead? {
        var start = 0
        while bytes[start] == 13 { start += 2 }
        guard bytes.count - start >= 14, bytes.extracting(start..<start + 7).spells("HTTP/1."),
            Grammar.isDigit(bytes[start + 7]), bytes[start + 8] == 0x20,
            Grammar.isDigit(bytes[start + 9]), Grammar.isDigit(bytes[start + 10]),
            Grammar.isDigit(bytes[start + 11])
        else { throw FramingFailure(502, "answer has no HTTP/1 status line") }
        var status = 0
        for index in start + 9..<start + 12 { status = status * 10 + Int(bytes[index] - 48) }
        var line = start + 12
        while bytes[line] != 10 { line += 1 }
        let fields = try HeadFields(bytes, from: line + 1, limit: limits.fields)
        guard status >= 200 || status == 101 else { return nil }
        let isModern = bytes[start + 7] != UInt8(ascii: "0")
        if answersHead || status == 101 || status == 204 || status == 304 {
            phase = .none
        } else if fields.isChunked {
            guard fields.length == nil else {
                throw FramingFailure(502, "both Content-Length and Transfer-Encoding")
            }
            phase = .chunked(ChunkedDecoder(limits))
        } else if let length = fields.length {
            phase = .length(left: length)
        } else {
            phase = .untilClose
        }
        var persists = isModern ? !fields.closes : fields.keepsAlive
        if case .untilClose = phase { persists = false }
        return ResponseHead(
            status: status, headers: Headers(bytes: bytes.array, fields: fields.fields),
            keepsAlive: persists)
    }
}
