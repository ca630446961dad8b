import HTTP
import Network
import Primitives

/// Where a log goes: the body of an answer, or the frames of a WebSocket. Reactor thread only.
///
/// Either `refuse` once, or `begin`, `send` as often as wanted, and `finish` or `abort`.
final class LogSink {
    /// How bytes travel in frames: `binary.k8s.io` or no subprotocol, `base64.binary.k8s.io`.
    enum Frames: String, CaseIterable {
        case binary = "binary.k8s.io"
        case base64 = "base64.binary.k8s.io"
    }

    /// Some clients take no frames above 32 KiB, and Base64 makes a third more.
    private static let frameBytes = 16 << 10

    private enum Form {
        case body
        case frames(Frames, subprotocol: String?)
    }

    private let exchange: Exchange
    private let form: Form
    private var socket: WebSocket?
    private var closedWork: () -> Void = {}
    private var drainedWork: () -> Void = {}
    private(set) var hasBegun = false

    /// Takes the request's form over; a WebSocket with other subprotocols only is refused.
    init(_ request: Request, _ exchange: Exchange) throws(Refusal) {
        self.exchange = exchange
        guard request.head.wantsWebSocket else {
            form = .body
            return
        }
        let offers = WebSocketHandshake.offers(request.head)
        let known = offers.compactMap(Frames.init).first
        guard known != nil || offers.isEmpty else {
            throw Refusal(
                .malformed, field: "Sec-WebSocket-Protocol",
                finding: "logs do not travel as \"\(offers.joined(separator: ", ").prefix(120))\"",
                remedy: "Offer binary.k8s.io, base64.binary.k8s.io, or no subprotocol")
        }
        form = .frames(known ?? .binary, subprotocol: known?.rawValue)
    }

    /// Calls back once if the reader goes before the end.
    func onClosed(_ work: @escaping () -> Void) {
        closedWork = work
        exchange.onClosed(work)
    }

    /// Calls back each time everything sent so far is on its way.
    func onDrained(_ work: @escaping () -> Void) {
        drainedWork = work
        exchange.onDrained(work)
    }

    var unsentBytes: Int { socket?.unsentBytes ?? exchange.unsentBytes }

    /// Says that the log is there; later calls do nothing.
    func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        switch form {
        case .body:
            exchange.begin(200, Headers([("Content-Type", "text/plain; charset=utf-8")]))
        case .frames(_, let subprotocol):
            guard let socket = exchange.upgrade(subprotocol: subprotocol) else {
                // Refused for its other headers.
                return closedWork()
            }
            self.socket = socket
            let closed = closedWork
            socket.onClosed { _ in closed() }
            socket.onDrained(drainedWork)
            // Nobody has anything to say to a log.
            socket.onMessage { _ in }
            // As Kubernetes does, so that a client sees that it is connected.
            write([])
        }
    }

    func send(_ bytes: [UInt8]) {
        guard socket != nil else { return exchange.send(bytes) }
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + LogSink.frameBytes)
            write(Array(bytes[start..<end]))
            start = end
        }
    }

    private func write(_ piece: [UInt8]) {
        if case .frames(.base64, _) = form {
            socket?.send(text: Base64.encode(piece))
        } else {
            socket?.send(binary: piece)
        }
    }

    func finish() {
        guard let socket else { return exchange.finish() }
        socket.close(1000)
    }

    /// Cuts the log off so that the reader sees it.
    func abort() {
        guard let socket else { return exchange.abort() }
        socket.close(1011)
    }

    /// Answers before the log has begun.
    func refuse(_ refusal: Refusal) {
        exchange.reply(
            refusal.reason.statusCode, Server.jsonHeaders, body: StatusJSON.failure(refusal))
    }
}
