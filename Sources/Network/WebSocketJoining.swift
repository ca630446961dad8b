import CLinux
import Glibc
import HTTP
import Primitives

/// The client side of a WebSocket until the upgrade is accepted.
///
/// `@unchecked Sendable` because it crosses to the connecting thread and back; only the reactor's
/// thread looks inside.
final class WebSocketJoining: @unchecked Sendable {
    private let reactor: Reactor
    private let endpoint: Endpoint
    private let tls: TLSContext?
    private let path: String
    private let headers: Headers
    private let subprotocols: [String]
    private let deadline: Int64
    private var outcome: ((Result<WebSocket, Refusal>) -> Void)?
    private var parser = ResponseParser()
    private var channel: Channel?
    private let key: String

    init(
        reactor: Reactor, endpoint: Endpoint, tls: TLSContext?, path: String, headers: Headers,
        subprotocols: [String], deadline: Int64,
        outcome: @escaping (Result<WebSocket, Refusal>) -> Void
    ) {
        self.reactor = reactor
        self.endpoint = endpoint
        self.tls = tls
        self.path = path
        self.headers = headers
        self.subprotocols = subprotocols
        self.deadline = deadline
        self.outcome = outcome
        var dice = SystemRandomNumberGenerator()
        key = WebSocketHandshake.key(
            from: (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &dice) })
    }

    /// Opens the connection on a thread of its own.
    func start(within limit: Int64) {
        let endpoint = endpoint
        guard isSendable(target: path) else {
            return reactor.post { [self] in failed("the path holds a forbidden byte") }
        }
        do throws(Refusal) {
            try spawnThread { [self] in
                let descriptor = connectBlocking(to: endpoint, milliseconds: Int32(clamping: limit))
                reactor.post { [self] in connected(descriptor) }
            }
        } catch {
            let refusal = error
            reactor.post { [self] in finish(.failure(refusal)) }
        }
    }

    private func connected(_ descriptor: Int32) {
        guard descriptor >= 0 else { return failed(describe(errno: -descriptor)) }
        var session: OpaquePointer?
        if case .tls(let host, _) = endpoint {
            session = tls?.connecting(to: host)
            guard session != nil else {
                close(descriptor)
                return failed("TLS could not be set up")
            }
        }
        guard !reactor.isStopping else {
            close(descriptor)
            return failed("this process is stopping")
        }
        let peer = Peer.address("server \(endpoint)", isLoopback: false)
        let channel = Channel(Socket(descriptor, session: session), peer: peer, reactor: reactor)
        channel.owner = .joining(self)
        self.channel = channel
        reactor.insert(channel)
        if session == nil { opened() } else { channel.ready(0) }
    }

    /// The connection stands: asks for the upgrade.
    func opened() {
        var fields = Headers([
            ("Host", endpoint.hostField), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key),
        ])
        if !subprotocols.isEmpty {
            fields.append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))
        }
        var request = Array("GET \(path) HTTP/1.1\r\n".utf8)
        fields.write(into: &request)
        headers.write(into: &request)
        request.append(contentsOf: ResponseWriter.lineEnd)
        channel?.write { $0.append(request) }
    }

    /// Takes the answer up to its head; what follows is for the WebSocket.
    func received(_ bytes: Span<UInt8>) -> Int {
        guard let channel else { return bytes.count }
        var position = 0
        do throws(FramingFailure) {
            guard case .head(let head) = try parser.consume(bytes, from: &position) else {
                return bytes.count
            }
            let chosen = head.headers["sec-websocket-protocol"]
            let isOffered = chosen.map(subprotocols.contains) ?? true
            guard WebSocketHandshake.isAccepted(head, key: key), isOffered else {
                refused(head.status)
                return bytes.count
            }
            let socket = WebSocket(channel, role: .client, subprotocol: chosen)
            channel.owner = .webSocket(socket)
            finish(.success(socket))
        } catch {
            failed(error.finding)
            channel.close()
        }
        return position
    }

    private func refused(_ status: Int) {
        let reason: Refusal.Reason =
            switch status {
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            case 429: .tooManyRequests
            default: .unavailable
            }
        finish(
            .failure(
                Refusal(
                    reason, field: endpoint.description,
                    finding: "the upgrade was answered with \(status) \(reasonPhrase(status))",
                    remedy: "check the credentials and the server's log")))
        channel?.close()
    }

    /// Reports failure, once.
    func failed(_ finding: String) {
        finish(
            .failure(
                Refusal(
                    .unavailable, field: endpoint.description, finding: finding,
                    remedy: "check the address, the CA file and whether the server runs")))
    }

    /// Gives up once the time for joining is over.
    func check(_ now: Int64) {
        guard now >= deadline else { return }
        failed("no answer in time")
        channel?.close()
    }

    private func finish(_ result: Result<WebSocket, Refusal>) {
        let outcome = outcome
        self.outcome = nil
        channel = nil
        outcome?(result)
    }
}

/// Opens a connection and waits for it; returns the non-blocking descriptor or minus errno.
func connectBlocking(to endpoint: Endpoint, milliseconds: Int32) -> Int32 {
    switch endpoint {
    case .unix(let path): clinux_connect_unix(path)
    case .tls(let host, let port): clinux_connect_tcp(host, port, milliseconds)
    case .plain(let port): clinux_connect_tcp("127.0.0.1", port, milliseconds)
    }
}
