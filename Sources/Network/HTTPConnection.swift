import HTTP

/// The server side of one HTTP/1.1 connection: one request at a time goes to the handler.
///
///     reading → answering → (streaming) → reading …        or → over, after an upgrade
final class HTTPConnection {
    /// Whose turn it is, as drawn above.
    enum Phase { case reading, answering, streaming, over }

    let channel: Channel
    private let handler: any RequestHandler
    private var parser: RequestParser
    private(set) var phase = Phase.reading
    /// The request in hand, from its head on.
    private(set) var head: RequestHead?
    /// Names the exchange in hand; zero where there is none.
    private(set) var serial: UInt64 = 0
    private var requestCount = 0
    private var closesAfter = false
    private var isProcessing = false
    private var waitsForRoom = false
    private var isChunked = false
    /// Packs the pieces of a streamed answer.
    private var packer: GzipStream?
    private var deadline: Int64
    private var bodySince: Int64 = 0
    var principal: AnyObject?
    var note: UInt8 = 0
    var drainedWork: (() -> Void)?
    var closedWork: (() -> Void)?

    init(_ channel: Channel, handler: any RequestHandler) {
        self.channel = channel
        self.handler = handler
        parser = RequestParser()
        deadline = channel.reactor.now + channel.reactor.limits.idleMilliseconds
    }

    private var limits: NetworkLimits { channel.reactor.limits }
    private var now: Int64 { channel.reactor.now }

    // MARK: Requests

    /// Takes bytes until a request is in hand; returns how many were used.
    func received(_ bytes: Span<UInt8>) -> Int {
        isProcessing = true
        defer { isProcessing = false }
        var position = 0
        do throws(FramingFailure) {
            while phase == .reading, channel.isOpen {
                if channel.unsentBytes > limits.unsentBytes {
                    waitsForRoom = true
                    channel.pause()
                    return position
                }
                let wasIdle = parser.isIdle
                switch try parser.consume(bytes, from: &position) {
                case .needsMore:
                    if wasIdle, !parser.isIdle { deadline = now + limits.headMilliseconds }
                    return bytes.count
                case .head(let head): try open(head, isBodyHere: position < bytes.count)
                case .complete(let body): dispatch(body)
                }
            }
        } catch {
            refuse(error.status, error.finding)
            return bytes.count
        }
        if phase == .answering || phase == .streaming { channel.pause() }
        return position
    }

    private func open(_ head: RequestHead, isBodyHere: Bool) throws(FramingFailure) {
        self.head = head
        guard head.framing != .none else { return try parser.admit(bodyLimit: 0) }
        try parser.admit(bodyLimit: handler.bodyLimit(for: head))
        deadline = now + limits.bodyMilliseconds
        bodySince = now
        if head.expectsContinue, !isBodyHere {
            channel.write { $0.append(ResponseWriter.goOn) }
        }
    }

    private func dispatch(_ body: [UInt8]) {
        guard let head else { preconditionFailure("a body came to its end before its head") }
        requestCount += 1
        closesAfter =
            !head.keepsAlive || requestCount >= limits.requestsPerConnection
            || channel.reactor.isStopping
        serial = channel.reactor.nextSerial()
        phase = .answering
        let request = Request(head: head, body: body, peer: channel.peer, isTLS: channel.isTLS)
        handler.handle(request, on: Exchange(connection: self, serial: serial))
    }

    /// Answers what is no proper request and ends the connection.
    private func refuse(_ status: Int, _ finding: String) {
        let body = handler.refusalBody(status: status, message: finding)
        closesAfter = true
        let headers = Headers([("Content-Type", "application/json")])
        writeHead(status, headers, .length(body.count))
        channel.write { $0.append(body) }
        phase = .over
        channel.finishAndClose()
    }

    // MARK: Answers

    /// Answers whole, packed where the peer takes gzip and it pays.
    func reply(_ status: Int, _ headers: Headers, parts: [[UInt8]], mayCompress: Bool) {
        guard phase == .answering, let head else { return }
        var headers = headers
        var parts = parts
        var count = parts.reduce(0) { $0 + $1.count }
        if mayCompress, count > 1_024, head.acceptsGzip, !headers.contains("content-encoding"),
            let packed = channel.reactor.gzip.pack(parts)
        {
            headers.append("Content-Encoding", "gzip")
            headers.append("Vary", "Accept-Encoding")
            parts = [packed]
            count = packed.count
        }
        let isBodyless = status == 204 || status == 304
        writeHead(status, headers, isBodyless ? .none : .length(count))
        if head.method != .head, !isBodyless {
            channel.write { output in
                for part in parts { output.append(part) }
            }
        }
        endExchange()
    }

    /// Starts a streamed answer.
    func begin(_ status: Int, _ headers: Headers, mayCompress: Bool) {
        guard phase == .answering, let head else { return }
        var headers = headers
        if mayCompress, head.acceptsGzip, let stream = channel.reactor.gzip.open() {
            headers.append("Content-Encoding", "gzip")
            headers.append("Vary", "Accept-Encoding")
            packer = stream
        }
        isChunked = head.version == .http11
        if !isChunked { closesAfter = true }
        phase = .streaming
        writeHead(status, headers, isChunked ? .chunked : .untilClose)
    }

    /// Adds one piece to a streamed answer, as a chunk of its own.
    func send(_ bytes: [UInt8]) {
        guard phase == .streaming, head?.method != .head, !bytes.isEmpty else { return }
        guard let packer else { return put(bytes) }
        guard let packed = packer.pack(bytes, isLast: false) else { return channel.close() }
        put(packed)
    }

    private func put(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        channel.write { output in
            guard isChunked else { return output.append(bytes) }
            output.append { ResponseWriter.chunkHead(count: bytes.count, into: &$0) }
            output.append(bytes)
            output.append(ResponseWriter.lineEnd)
        }
    }

    /// Ends a streamed answer.
    func finish() {
        guard phase == .streaming else { return }
        if let packer, head?.method != .head {
            guard let packed = packer.pack([], isLast: true) else { return channel.close() }
            put(packed)
        }
        if isChunked, head?.method != .head {
            channel.write { $0.append(ResponseWriter.lastChunk) }
        }
        endExchange()
    }

    /// Hands the channel over to a WebSocket, or answers why not.
    func upgrade(subprotocol: String?) -> WebSocket? {
        guard phase == .answering, let head else { return nil }
        do throws(FramingFailure) {
            let fields = try WebSocketHandshake.answer(to: head, subprotocol: subprotocol)
            closesAfter = false
            writeHead(101, fields, .none)
        } catch {
            let body = handler.refusalBody(status: error.status, message: error.finding)
            let fields = Headers([
                ("Content-Type", "application/json"), ("Sec-WebSocket-Version", "13"),
            ])
            reply(error.status, fields, parts: [body], mayCompress: false)
            return nil
        }
        let socket = WebSocket(channel, role: .server, subprotocol: subprotocol)
        serial = 0
        phase = .over
        channel.owner = .webSocket(socket)
        dropCallbacks()
        if !isProcessing { channel.resume() }
        return socket
    }

    private func writeHead(_ status: Int, _ headers: Headers, _ framing: ResponseWriter.Framing) {
        let standard = channel.reactor.standardFields(isSecure: channel.isTLS)
        channel.write { output in
            output.append { buffer in
                ResponseWriter.head(
                    status, headers, framing, standard: standard, closes: closesAfter,
                    into: &buffer)
            }
        }
    }

    private func endExchange() {
        serial = 0
        head = nil
        packer = nil
        dropCallbacks()
        guard !closesAfter else {
            phase = .over
            return channel.finishAndClose()
        }
        phase = .reading
        deadline = now + limits.idleMilliseconds
        if !isProcessing { channel.resume() }
    }

    private func dropCallbacks() {
        drainedWork = nil
        closedWork = nil
    }

    // MARK: Events of the channel

    /// Everything is sent: goes on reading where that was put off.
    func drained() {
        if waitsForRoom {
            waitsForRoom = false
            channel.resume()
        }
        drainedWork?()
    }

    /// The peer will send no more, though some of what it sent may be unread.
    func peerLeft() {
        // Nobody half-closes and then follows a stream: a watcher that left is gone.
        if phase == .streaming { channel.close() }
    }

    /// The channel is closed: an answer still owed is so reported.
    func closed() {
        serial = 0
        phase = .over
        let work = closedWork
        dropCallbacks()
        packer = nil
        principal = nil
        work?()
    }

    /// Cuts requests that take too long and connections left idle.
    func check(_ now: Int64) {
        guard phase == .reading, !waitsForRoom else { return }
        if parser.isInBody {
            let elapsed = now - bodySince
            let slow = elapsed - limits.slowBodyMilliseconds
            let isTooSlow =
                slow > 0 && Int64(parser.bodyCount) < slow * limits.slowBodyBytesPerSecond / 1000
            if now >= deadline || isTooSlow { refuse(408, "body took too long") }
        } else if now >= deadline {
            if parser.isIdle { channel.close() } else { refuse(408, "head took too long") }
        }
    }

    /// Ends what need not go on when the reactor stops.
    func stop() {
        switch phase {
        case .reading: if parser.isIdle { channel.finishAndClose() } else { closesAfter = true }
        case .answering: closesAfter = true
        case .streaming:
            closesAfter = true
            finish()
        case .over: break
        }
    }
}
