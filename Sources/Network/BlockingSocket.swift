import Glibc
import HTTP
import Primitives

/// A connected socket that waits, with a limit, wherever it cannot go on.
final class BlockingSocket {
    private var socket: Socket
    private let endpoint: Endpoint
    private var input: [UInt8] = []
    private var position = 0
    /// Whether any byte has come since the last request was written.
    var hasAnswered = false

    /// Connects and takes the TLS handshake to its end.
    init(to endpoint: Endpoint, _ tls: TLSContext?, milliseconds: Int32) throws(Refusal) {
        let deadline = monotonicMilliseconds() + Int64(milliseconds)
        let descriptor = connectBlocking(to: endpoint, milliseconds: milliseconds)
        guard descriptor >= 0 else {
            throw BlockingSocket.refusal(endpoint, describe(errno: -descriptor).lowercased())
        }
        var session: OpaquePointer?
        if case .tls(let host, _) = endpoint {
            session = tls?.connecting(to: host)
            guard session != nil else {
                Glibc.close(descriptor)
                throw BlockingSocket.refusal(endpoint, "TLS could not be set up")
            }
        }
        self.endpoint = endpoint
        socket = Socket(descriptor, session: session)
        while true {
            switch socket.handshake() {
            case .done: return
            case .needsRead: try wait(POLLIN, until: deadline)
            case .needsWrite: try wait(POLLOUT, until: deadline)
            case .ended, .failed: throw refusal(socket.handshakeProblem)
            }
        }
    }

    /// Sends everything; a peer that answers early may stop taking it, which is no failure here.
    func write(_ bytes: [UInt8], milliseconds: Int32) throws(Refusal) {
        var sent = 0
        while sent < bytes.count {
            let outcome = bytes.withUnsafeBytes { buffer in
                socket.write(UnsafeRawBufferPointer(rebasing: buffer[sent...]), more: false)
            }
            let deadline = monotonicMilliseconds() + Int64(milliseconds)
            switch outcome {
            case .done(let count): sent += count
            case .needsWrite: try wait(POLLOUT, until: deadline)
            case .needsRead: try wait(POLLIN, until: deadline)
            case .ended, .failed:
                // An answer such as 413 may already lie in the socket: let the reader find it.
                guard sent > 0 else { throw refusal("connection lost") }
                return
            }
        }
    }

    /// Reads what has come; false at the peer's end. A negative limit waits for ever.
    func fill(milliseconds: Int32) throws(Refusal) -> Bool {
        let deadline = milliseconds < 0 ? nil : monotonicMilliseconds() + Int64(milliseconds)
        var outcome = Socket.Outcome.done(0)
        while true {
            input = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, count in
                outcome = socket.read(into: UnsafeMutableRawBufferPointer(buffer))
                if case .done(let read) = outcome { count = read }
            }
            position = 0
            switch outcome {
            case .done:
                hasAnswered = true
                return true
            case .needsRead: try wait(POLLIN, until: deadline)
            case .needsWrite: try wait(POLLOUT, until: deadline)
            case .ended: return false
            case .failed: throw refusal("connection lost")
            }
        }
    }

    /// Lets a parser use what was read and is left.
    func consume(
        _ parser: inout ResponseParser
    ) throws(FramingFailure) -> ResponseParser.Event {
        let bytes = input
        var at = position
        let event = try parser.consume(bytes.span, from: &at)
        position = at
        return event
    }

    private func wait(_ event: Int32, until deadline: Int64?) throws(Refusal) {
        var entry = pollfd(fd: socket.descriptor, events: Int16(event), revents: 0)
        let left = deadline.map { Int32(clamping: max(0, $0 - monotonicMilliseconds())) } ?? -1
        let ready = retrying { Int(poll(&entry, 1, left)) }
        guard ready > 0 else { throw refusal("no answer in time") }
    }

    private func refusal(_ finding: String) -> Refusal {
        BlockingSocket.refusal(endpoint, finding)
    }

    private static func refusal(_ endpoint: Endpoint, _ finding: String) -> Refusal {
        Refusal(
            .unavailable, field: endpoint.description, finding: finding,
            remedy: "check the address, the CA file and whether the server runs")
    }
}
