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
/// Where nobody knows which node has a log, all are asked, and the first that has it is read.
final class LogRelay {
    static let capacity = 1024
    /// More than a few frames under way means an agent that does not wait to be asked.
    static let unsentBytesMax = 4 << 20
    /// Each search is a message to every node.
    static let searchesMax = 4
    static let patienceMilliseconds: Int64 = 5_000

    private struct Stream {
        let sink: LogSink
        let token: UInt64
        /// The node that has the log; nil while it is searched for.
        var session: AgentSession?
        /// Those that have not answered yet.
        var asked: [AgentSession] = []
        /// What to say when none of those that are searched has it.
        let missing: Refusal?
    }

    private var streams: [UInt64: Stream] = [:]
    private var lastNumber: UInt64 = 0

    var hasRoom: Bool { streams.count < Self.capacity }

    /// Whether one more log may be searched for.
    var maySearch: Bool { streams.values.count { $0.session == nil } < Self.searchesMax }

    /// Reads a log from one node; or, where there is a word for when none has it, from the first of
    /// them that has.
    func open(
        _ sink: LogSink, from sessions: [AgentSession], token: UInt64, missing: Refusal? = nil,
        on reactor: Reactor, _ request: (UInt64) -> LogRequest
    ) {
        lastNumber += 1
        let number = lastNumber
        var stream = Stream(sink: sink, token: token, missing: missing)
        if missing == nil { stream.session = sessions.first } else { stream.asked = sessions }
        streams[number] = stream
        sink.onClosed { [unowned self] in drop(number) }
        sink.onDrained { [unowned self] in continueReading(number) }
        var message = ControllerMessage()
        message.readLog = request(number)
        let text = String(decoding: WireEncoder.encode(message), as: UTF8.self)
        for session in sessions { session.socket.send(text: text) }
        _ = reactor.after(milliseconds: Self.patienceMilliseconds) { [weak self] in
            self?.losePatience(number)
        }
    }

    /// Once the answer has begun, a client that goes away is noticed.
    private func losePatience(_ number: UInt64) {
        guard let stream = streams[number] else { return }
        guard stream.session == nil else { return stream.sink.begin() }
        drop(number)
        stream.sink.refuse(
            Refusal(
                .timeout, finding: "\(stream.asked.count) nodes have not said if they have the log",
                remedy: "Try again; see muster get nodes for those that are silent"))
    }

    /// Ends the streams of a token that is no longer good.
    func cut(token: UInt64) {
        for (number, stream) in streams where stream.token == token {
            drop(number)
            stream.sink.abort()
        }
    }

    /// Forgets a stream and has its nodes forget it.
    private func drop(_ number: UInt64) {
        guard let stream = streams.removeValue(forKey: number) else { return }
        close(number, on: stream.asked + [stream.session].compactMap(\.self))
    }

    private func close(_ number: UInt64, on sessions: [AgentSession]) {
        var message = ControllerMessage()
        message.closeLog = number
        for session in sessions { session.send(message) }
    }

    private func continueReading(_ number: UInt64) {
        guard let stream = streams[number], stream.sink.hasBegun else { return }
        var message = ControllerMessage()
        message.continueLog = number
        stream.session?.send(message)
    }

    /// Takes a binary frame: eight bytes of stream number, then log bytes. An agent may speak for
    /// its own streams only.
    func receive(_ frame: [UInt8], from session: AgentSession) {
        guard frame.count >= 8 else { return }
        let number = frame[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let sink = settle(number, on: session) else { return }
        guard sink.unsentBytes <= Self.unsentBytesMax else {
            return session.socket.close(1008)
        }
        sink.begin()
        sink.send(Array(frame[8...]))
    }

    /// The reader of a stream that this node may speak for; a search ends with that.
    private func settle(_ number: UInt64, on session: AgentSession) -> LogSink? {
        guard let stream = streams[number] else { return nil }
        if stream.session === session { return stream.sink }
        guard stream.session == nil, stream.asked.contains(where: { $0 === session }) else {
            return nil
        }
        streams[number]?.session = session
        streams[number]?.asked = []
        close(number, on: stream.asked.filter { $0 !== session })
        return stream.sink
    }

    func end(_ end: LogEnd, from session: AgentSession) {
        guard let failure = end.failure else {
            guard let sink = settle(end.stream, on: session) else { return }
            sink.begin()
            streams[end.stream] = nil
            return sink.finish()
        }
        guard let stream = streams[end.stream] else { return }
        guard stream.session === session else {
            return lack(end.stream, session, end.reason == .unknown ? nil : failure)
        }
        streams[end.stream] = nil
        guard stream.sink.hasBegun else {
            return stream.sink.refuse(
                Refusal(
                    status(of: end.reason), finding: failure,
                    remedy: end.reason == .busy
                        ? "Try again in a moment"
                        : "See when the pod started; a node keeps logs for 7 days after the end"))
        }
        stream.sink.abort()
    }

    private func status(of reason: LogEnd.Reason?) -> Refusal.Reason {
        switch reason {
        case .busy: .tooManyRequests
        case .unreadable: .internalFailure
        case .unknown, nil: .notFound
        }
    }

    /// One of those that were asked has not got the log.
    private func lack(_ number: UInt64, _ session: AgentSession, _ failure: String?) {
        guard let stream = streams[number], stream.session == nil,
            let place = stream.asked.firstIndex(where: { $0 === session })
        else { return }
        streams[number]?.asked.remove(at: place)
        guard streams[number]?.asked.isEmpty ?? false else { return }
        streams[number] = nil
        let passing = Refusal(
            .unavailable, finding: failure ?? "the log was not found",
            remedy: "Try again in a moment")
        stream.sink.refuse(failure == nil ? stream.missing ?? passing : passing)
    }

    /// The node has gone: its readers learn that the stream broke off.
    func lose(_ session: AgentSession) {
        let gone = Refusal(
            .unavailable, finding: "the node's agent went away",
            remedy: "Try again when it is back; see: muster get nodes")
        for (number, stream) in streams {
            guard stream.session === session else {
                lack(number, session, gone.finding)
                continue
            }
            streams[number] = nil
            if stream.sink.hasBegun { stream.sink.abort() } else { stream.sink.refuse(gone) }
        }
    }
}
