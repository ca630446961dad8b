import Control
import HTTP
import Kernel
import Network
import Primitives
import Resources
import Wire

/// Brings log bytes from the node that has them to the client that asked.
///
/// One frame is on its way per stream; the next is asked for when the client has taken the last.
final class LogRelay {
    static let capacity = 1024
    /// More than a few frames under way means an agent that does not wait to be asked.
    static let unsentBytesMax = 4 << 20

    private struct Stream {
        let exchange: Exchange
        let session: AgentSession
        let token: UInt64
        var hasBegun = false
    }

    private var streams: [UInt64: Stream] = [:]
    private var lastNumber: UInt64 = 0

    var hasRoom: Bool { streams.count < Self.capacity }

    func open(
        _ exchange: Exchange, _ session: AgentSession, token: UInt64,
        _ request: (UInt64) -> LogRequest
    ) {
        lastNumber += 1
        let number = lastNumber
        streams[number] = Stream(exchange: exchange, session: session, token: token)
        exchange.onClosed { [unowned self] in
            guard streams.removeValue(forKey: number) != nil else { return }
            var message = ControllerMessage()
            message.closeLog = number
            session.send(message)
        }
        exchange.onDrained { [unowned self] in continueReading(number) }
        var message = ControllerMessage()
        message.readLog = request(number)
        session.send(message)
        // Once the answer has begun, a client that goes away is noticed.
        _ = exchange.reactor.after(milliseconds: 5_000) { [weak self] in self?.begin(number) }
    }

    /// Ends the streams of a token that is no longer good.
    func cut(token: UInt64) {
        for (number, stream) in streams where stream.token == token {
            streams[number] = nil
            var message = ControllerMessage()
            message.closeLog = number
            stream.session.send(message)
            stream.exchange.abort()
        }
    }

    private func continueReading(_ number: UInt64) {
        guard let stream = streams[number], stream.hasBegun else { return }
        var message = ControllerMessage()
        message.continueLog = number
        stream.session.send(message)
    }

    /// Takes a binary frame: eight bytes of stream number, then log bytes. An agent may speak for
    /// its own streams only.
    func receive(_ frame: [UInt8], from session: AgentSession) {
        guard frame.count >= 8 else { return }
        let number = frame[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let stream = streams[number], stream.session === session else { return }
        guard stream.exchange.unsentBytes <= Self.unsentBytesMax else {
            return session.socket.close(1008)
        }
        begin(number)
        streams[number]?.exchange.send(Array(frame[8...]))
    }

    private func begin(_ number: UInt64) {
        guard let stream = streams[number], !stream.hasBegun else { return }
        streams[number]?.hasBegun = true
        stream.exchange.begin(200, Headers([("Content-Type", "text/plain; charset=utf-8")]))
    }

    func end(_ end: LogEnd, from session: AgentSession) {
        guard let stream = streams[end.stream], stream.session === session else { return }
        if let failure = end.failure, !stream.hasBegun {
            streams[end.stream] = nil
            stream.exchange.reply(
                404, Server.jsonHeaders, body: StatusJSON.failure(code: 404, message: failure))
            return
        }
        begin(end.stream)
        streams[end.stream] = nil
        stream.exchange.finish()
    }

    /// The node has gone: its readers learn that the stream broke off.
    func lose(_ session: AgentSession) {
        for (number, stream) in streams where stream.session === session {
            streams[number] = nil
            guard stream.hasBegun else {
                stream.exchange.reply(
                    503, Server.jsonHeaders,
                    body: StatusJSON.failure(code: 503, message: "the node's agent went away"))
                continue
            }
            stream.exchange.abort()
        }
    }
}

extension Server {
    /// Streams the log of one rank.
    func readLog(_ call: Call) throws(Refusal) {
        guard case .pod(let view, let rank) = try find(.pods, call) else { return }
        for name in ["previous", "timestamps"] where try flag(name, call.query) ?? false {
            throw Refusal(
                .invalid, field: name, finding: "this is not available in this version",
                remedy: "Leave it out")
        }
        let tail = try integer("tailLines", in: 0...1_000_000, call.query)
        let limit = try integer("limitBytes", in: 1...(1 << 40), call.query)
        let offset = try integer("offset", in: 0...(1 << 50), call.query) ?? 0
        let follow = try flag("follow", call.query) ?? false
        guard let session = agents.session(ofNode: view.job.ranks[rank].node) else {
            throw Refusal(
                .unavailable, field: "spec.nodeName",
                finding: "node \"\(view.nodeNames[rank])\" has the log and is not connected",
                remedy: "Try again when its agent is back; see: muster get nodes")
        }
        guard agents.logs.hasRoom else {
            throw Refusal(
                .tooManyRequests, finding: "too many logs are being read",
                remedy: "Try again in a moment")
        }
        agents.logs.open(call.exchange, session, token: call.actor?.tokenUID ?? 0) { stream in
            LogRequest(
                stream: stream, job: view.uid, attempt: view.job.attempt, rank: UInt32(rank),
                offset: Int64(offset), tailLines: tail, limitBytes: limit.map { Int64($0) },
                follow: follow)
        }
    }
}
