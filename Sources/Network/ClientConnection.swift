import Glibc
public import HTTP
public import Primitives

/// One blocking keep-alive connection for command lines; belongs to one thread at a time.
public final class ClientConnection {
    /// A whole answer, or its head with an empty body where the body was streamed.
    public struct Answer: Sendable {
        public let status: Int
        public let headers: Headers
        public let body: [UInt8]
    }

    /// Largest body that `send` collects.
    public static let largestAnswer = 256 << 20

    public let endpoint: Endpoint
    private let tls: TLSContext?
    private let connectMilliseconds: Int32
    private let answerMilliseconds: Int32
    private var wire: BlockingSocket?

    public init(
        to endpoint: Endpoint, tls: TLSContext?, connectMilliseconds: Int32 = 10_000,
        answerMilliseconds: Int32 = 60_000
    ) {
        self.endpoint = endpoint
        self.tls = tls
        self.connectMilliseconds = connectMilliseconds
        self.answerMilliseconds = answerMilliseconds
    }

    /// Sends one request and reads the whole answer.
    ///
    /// A request that may be repeated is sent anew, once, if an idle connection turned out dead.
    public func send(
        _ method: Method, _ target: String, headers: Headers = Headers(), body: [UInt8] = []
    ) throws(Refusal) -> Answer {
        var collected: [UInt8] = []
        var isTooLong = false
        let head = try stream(
            method, target, headers: headers, body: body, silenceMilliseconds: answerMilliseconds,
            onHead: { _ in true },
            onBytes: { piece in
                isTooLong = collected.count + piece.count > ClientConnection.largestAnswer
                if !isTooLong { collected.append(contentsOf: piece) }
                return !isTooLong
            })
        guard !isTooLong else {
            throw Refusal(
                .tooLarge, field: endpoint.description,
                finding: "the answer is over \(ClientConnection.largestAnswer >> 20) MiB",
                remedy: "ask for less, for example with a limit")
        }
        return Answer(status: head.status, headers: head.headers, body: collected)
    }

    /// Sends one request and hands the body over piece by piece, for logs and watches.
    ///
    /// Either closure may return false to stop; the connection is then closed. Between pieces of
    /// the body any time may pass, unless `silenceMilliseconds` bounds it.
    public func stream(
        _ method: Method, _ target: String, headers: Headers = Headers(), body: [UInt8] = [],
        silenceMilliseconds: Int32 = -1, onHead: (Answer) -> Bool, onBytes: ([UInt8]) -> Bool
    ) throws(Refusal) -> Answer {
        let request = try encode(method, target, headers, body)
        let wasConnected = wire != nil
        do throws(Refusal) {
            try write(request)
            return try read(method, silenceMilliseconds, onHead, onBytes)
        } catch {
            let isWorthRetrying =
                wasConnected && method.isIdempotent && (wire?.hasAnswered ?? false) == false
            close()
            guard isWorthRetrying else { throw error }
        }
        do throws(Refusal) {
            try write(request)
            return try read(method, silenceMilliseconds, onHead, onBytes)
        } catch {
            close()
            throw error
        }
    }

    /// Closes the connection; the next request opens another.
    public func close() { wire = nil }

    private func encode(
        _ method: Method, _ target: String, _ headers: Headers, _ body: [UInt8]
    ) throws(Refusal) -> [UInt8] {
        guard isSendable(target: target) else {
            throw Refusal(
                .malformed, field: target, finding: "the request target holds a forbidden byte",
                remedy: "percent-encode it")
        }
        var request = Array("\(method.token) \(target) HTTP/1.1\r\n".utf8)
        var fields = Headers([("Host", endpoint.hostField)])
        if !body.isEmpty || method == .post || method == .put || method == .patch {
            fields.append("Content-Length", String(body.count))
        }
        fields.write(into: &request)
        headers.write(into: &request)
        request.append(contentsOf: ResponseWriter.lineEnd)
        request.append(contentsOf: body)
        return request
    }

    private func write(_ request: [UInt8]) throws(Refusal) {
        let socket: BlockingSocket
        if let wire {
            socket = wire
        } else {
            socket = try BlockingSocket(to: endpoint, tls, milliseconds: connectMilliseconds)
            wire = socket
        }
        socket.hasAnswered = false
        try socket.write(request, milliseconds: answerMilliseconds)
    }

    private func read(
        _ method: Method, _ silence: Int32, _ onHead: (Answer) -> Bool, _ onBytes: ([UInt8]) -> Bool
    ) throws(Refusal) -> Answer {
        guard let socket = wire else { preconditionFailure("an answer was read before a request") }
        var parser = ResponseParser(answersHead: method == .head)
        var head: ResponseHead?
        do throws(FramingFailure) {
            while true {
                let event = try socket.consume(&parser)
                switch event {
                case .head(let found):
                    head = found
                    guard onHead(Answer(status: found.status, headers: found.headers, body: []))
                    else { return finish(found, mayReuse: false) }
                case .body(let piece):
                    guard let head else { continue }
                    guard onBytes(piece) else { return finish(head, mayReuse: false) }
                case .complete:
                    guard let head else { continue }
                    return finish(head, mayReuse: head.keepsAlive && head.status != 101)
                case .needsMore:
                    let limit = head == nil ? answerMilliseconds : silence
                    guard try !fill(socket, limit) else { continue }
                    try parser.end()
                    if let head { return finish(head, mayReuse: false) }
                }
            }
        } catch {
            throw Refusal(
                .unavailable, field: endpoint.description, finding: error.finding,
                remedy: "check that a Muster server answers there")
        }
    }

    /// Reads more bytes; false at the end. A lost connection counts as an answer broken off.
    private func fill(
        _ socket: BlockingSocket, _ limit: Int32
    ) throws(FramingFailure) -> Bool {
        do throws(Refusal) {
            return try socket.fill(milliseconds: limit)
        } catch {
            throw FramingFailure(502, error.finding)
        }
    }

    private func finish(_ head: ResponseHead, mayReuse: Bool) -> Answer {
        if !mayReuse { close() }
        return Answer(status: head.status, headers: head.headers, body: [])
    }
}

/// Whether a target can stand in a request line: printable ASCII, without blanks, from the root.
func isSendable(target: String) -> Bool {
    target.utf8.first == UInt8(ascii: "/") && target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
}
