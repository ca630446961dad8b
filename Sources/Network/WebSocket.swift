import Glibc
import HTTP

/// A WebSocket in a reactor, on either side. Reactor thread only; after its end calls do nothing.
public final class WebSocket {
    /// A whole message, its fragments put together.
    public enum Message: Hashable, Sendable {
        case text(String)
        case binary([UInt8])
    }

    private let channel: Channel
    private let role: WebSocketCodec.Role
    private var codec: WebSocketCodec
    /// Source of frame masks, which only have to be hard to guess for what lies between.
    private var masks = SystemRandomNumberGenerator()
    private var messageWork: ((Message) -> Void)?
    private var closedWork: ((UInt16) -> Void)?
    private var drainedWork: (() -> Void)?
    /// Messages that came before somebody listened.
    private var early: [Message] = []
    private var closeCode: UInt16?
    private var lastHeard: Int64
    private var lastPing: Int64
    /// The subprotocol that both sides agreed on.
    public let subprotocol: String?

    init(_ channel: Channel, role: WebSocketCodec.Role, subprotocol: String?) {
        self.channel = channel
        self.role = role
        self.subprotocol = subprotocol
        codec = WebSocketCodec(role: role, maxMessageBytes: channel.reactor.limits.messageBytes)
        lastHeard = channel.reactor.now
        lastPing = lastHeard
    }

    public var isOpen: Bool { channel.isOpen && closeCode == nil }
    public var peer: Peer { channel.peer }
    public var reactor: Reactor { channel.reactor }

    /// Bytes handed over but not yet taken by the kernel.
    public var unsentBytes: Int { channel.unsentBytes }

    /// Sends one text message with the next flush.
    public func send(text: String) { write(.text, Array(text.utf8)) }

    /// Sends one text message whose bytes are known to be UTF-8, without a copy as text.
    public func send(textBytes: [UInt8]) { write(.text, textBytes) }

    /// Sends one binary message with the next flush.
    public func send(binary: [UInt8]) { write(.binary, binary) }

    /// Calls back with each whole message; those that came earlier are handed over first.
    public func onMessage(_ work: @escaping (Message) -> Void) {
        messageWork = work
        let waiting = early
        early = []
        for message in waiting where isOpen { work(message) }
    }

    /// Calls back once: the close code agreed on, or 1006 where the connection just broke.
    public func onClosed(_ work: @escaping (UInt16) -> Void) { closedWork = work }

    /// Calls back each time everything sent so far has been taken by the kernel.
    public func onDrained(_ work: @escaping () -> Void) { drainedWork = work }

    /// Says goodbye and closes; what was sent before still goes out.
    public func close(_ code: UInt16 = 1000) {
        guard isOpen else { return }
        write(.close, WebSocketCodec.closePayload(code))
        closeCode = code
        channel.finishAndClose()
    }

    private func write(_ opcode: WebSocketCodec.Opcode, _ payload: [UInt8]) {
        guard isOpen else { return }
        let mask: UInt32? = role == .client ? masks.next() : nil
        channel.write { output in
            output.append { WebSocketCodec.write(opcode, payload, mask: mask, into: &$0) }
        }
    }

    /// Takes what the peer sent; nothing is ever left over.
    func received(_ bytes: Span<UInt8>) -> Int {
        lastHeard = channel.reactor.now
        var position = 0
        do throws(WebSocketFailure) {
            while isOpen {
                switch try codec.consume(bytes, from: &position) {
                case .needsMore: return bytes.count
                case .text(let text): deliver(.text(text))
                case .binary(let bytes): deliver(.binary(bytes))
                case .ping(let payload): write(.pong, payload)
                case .pong: break
                case .close(let code): answerClose(code)
                }
            }
        } catch {
            close(error.code)
        }
        return bytes.count
    }

    private func deliver(_ message: Message) {
        if let messageWork { return messageWork(message) }
        guard early.count < 16 else { return close(1008) }
        early.append(message)
    }

    private func answerClose(_ code: UInt16) {
        write(.close, code == 1005 ? [] : WebSocketCodec.closePayload(code))
        closeCode = code
        channel.finishAndClose()
    }

    /// Passes on that the kernel has taken everything.
    func drained() { drainedWork?() }

    /// The channel is closed: tells so, once.
    func lost() {
        let work = closedWork
        messageWork = nil
        closedWork = nil
        drainedWork = nil
        work?(closeCode ?? 1006)
    }

    /// Pings a silent peer and gives up on one that stays silent.
    func check(_ now: Int64) {
        let idle = channel.reactor.limits.idleMilliseconds
        guard isOpen else { return }
        if now - lastHeard >= idle { return channel.close() }
        if now - max(lastHeard, lastPing) >= idle / 3 {
            lastPing = now
            write(.ping, [])
        }
    }
}
