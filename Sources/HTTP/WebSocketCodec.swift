/// Why a peer's frames were refused: the close code to send.
public struct WebSocketFailure: Error, Hashable, Sendable {
    public let code: UInt16
    public let finding: String

    init(_ code: UInt16, _ finding: String) {
        self.code = code
        self.finding = finding
    }
}

/// Frames and messages of one WebSocket (RFC 6455), either side; no extensions.
public struct WebSocketCodec: Sendable {
    /// Which side we are: clients mask their frames, servers must not.
    public enum Role: Sendable { case server, client }

    /// What some bytes came to: a whole message or a control frame.
    public enum Event: Hashable, Sendable {
        case needsMore
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// The peer closes; 1005 where it gave no code.
        case close(UInt16)
    }

    /// The kinds of frame.
    public enum Opcode: UInt8, Sendable {
        case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    private struct Frame: Sendable {
        var opcode: Opcode
        var isFinal: Bool
        var left: Int
        var mask: UInt32
        /// Payload bytes seen, for the rotation of the mask.
        var seen = 0
    }

    private let role: Role
    private let maxMessageBytes: Int
    private var header: [UInt8] = []
    private var frame: Frame?
    private var control: [UInt8] = []
    private var message: [UInt8] = []
    private var messageOpcode: Opcode?

    public init(role: Role, maxMessageBytes: Int = 1 << 20) {
        self.role = role
        self.maxMessageBytes = maxMessageBytes
    }

    /// Takes bytes from `position` on and moves it behind what was used.
    public mutating func consume(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(WebSocketFailure) -> Event {
        while true {
            if var open = frame {
                take(&open, bytes, from: &position)
                guard open.left == 0 else {
                    frame = open
                    return .needsMore
                }
                frame = nil
                if let event = try finish(open) { return event }
            } else {
                guard try readHeader(bytes, from: &position) else { return .needsMore }
            }
        }
    }

    /// Collects header bytes until a frame is open; false where more are needed.
    private mutating func readHeader(
        _ bytes: Span<UInt8>, from position: inout Int
    ) throws(WebSocketFailure) -> Bool {
        while position < bytes.count {
            header.append(bytes[position])
            position += 1
            guard header.count >= 2, header.count == headerLength else { continue }
            frame = try openFrame()
            header.removeAll(keepingCapacity: true)
            return true
        }
        return false
    }

    private var headerLength: Int {
        let extra = header[1] & 0x7f == 126 ? 2 : header[1] & 0x7f == 127 ? 8 : 0
        return 2 + extra + (header[1] & 0x80 != 0 ? 4 : 0)
    }

    private func openFrame() throws(WebSocketFailure) -> Frame {
        guard header[0] & 0x70 == 0 else { throw WebSocketFailure(1002, "reserved bits are set") }
        guard let opcode = Opcode(rawValue: header[0] & 0x0f) else {
            throw WebSocketFailure(1002, "unknown opcode")
        }
        let isMasked = header[1] & 0x80 != 0
        guard isMasked == (role == .server) else {
            throw WebSocketFailure(1002, isMasked ? "masked frame" : "unmasked frame")
        }
        let isFinal = header[0] & 0x80 != 0
        let length = try payloadLength()
        if opcode.isControl {
            guard isFinal, length <= 125 else {
                throw WebSocketFailure(1002, "control frame is fragmented or too long")
            }
        } else {
            guard (opcode == .continuation) == (messageOpcode != nil) else {
                throw WebSocketFailure(1002, "fragment out of order")
            }
            guard length <= maxMessageBytes - message.count else {
                throw WebSocketFailure(1009, "message is over \(maxMessageBytes) bytes")
            }
        }
        var mask: UInt32 = 0
        if isMasked { for byte in header.suffix(4) { mask = mask << 8 | UInt32(byte) } }
        return Frame(opcode: opcode, isFinal: isFinal, left: length, mask: mask)
    }

    private func payloadLength() throws(WebSocketFailure) -> Int {
        let short = header[1] & 0x7f
        guard short > 125 else { return Int(short) }
        var length: UInt64 = 0
        for byte in header[2..<(short == 126 ? 4 : 10)] { length = length << 8 | UInt64(byte) }
        guard length > (short == 126 ? 125 : 0xffff), length < 1 << 62 else {
            throw WebSocketFailure(1002, "frame length is not in its shortest form")
        }
        return Int(length)
    }

    private mutating func take(
        _ frame: inout Frame, _ bytes: Span<UInt8>, from position: inout Int
    ) {
        let count = min(frame.left, bytes.count - position)
        let source = bytes.extracting(position..<position + count)
        if frame.opcode.isControl {
            WebSocketCodec.unmask(source, frame, into: &control)
        } else {
            WebSocketCodec.unmask(source, frame, into: &message)
        }
        position += count
        frame.left -= count
        frame.seen += count
    }

    private static func unmask(_ source: Span<UInt8>, _ frame: Frame, into output: inout [UInt8]) {
        let start = output.count
        output.append(source)
        guard frame.mask != 0 else { return }
        var target = output.mutableSpan
        for index in source.indices {
            let shift = UInt32(24 - 8 * ((frame.seen + index) & 3))
            target[start + index] ^= UInt8(truncatingIfNeeded: frame.mask >> shift)
        }
    }

    private mutating func finish(_ frame: Frame) throws(WebSocketFailure) -> Event? {
        if frame.opcode.isControl {
            let payload = control
            control.removeAll(keepingCapacity: true)
            switch frame.opcode {
            case .ping: return .ping(payload)
            case .pong: return .pong(payload)
            default: return .close(try WebSocketCodec.closeCode(payload))
            }
        }
        if frame.opcode != .continuation { messageOpcode = frame.opcode }
        guard frame.isFinal else { return nil }
        let isText = messageOpcode == .text
        messageOpcode = nil
        var whole: [UInt8] = []
        swap(&whole, &message)
        guard isText else { return .binary(whole) }
        guard let text = String(validating: whole, as: UTF8.self) else {
            throw WebSocketFailure(1007, "text is not UTF-8")
        }
        return .text(text)
    }

    private static func closeCode(_ payload: [UInt8]) throws(WebSocketFailure) -> UInt16 {
        guard !payload.isEmpty else { return 1005 }
        guard payload.count >= 2 else { throw WebSocketFailure(1002, "close code is cut short") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let isKnown =
            (1000...1014).contains(code) && ![1004, 1005, 1006].contains(code)
            || (3000...4999).contains(code)
        guard isKnown else { throw WebSocketFailure(1002, "close code is not allowed") }
        guard String(validating: payload.dropFirst(2), as: UTF8.self) != nil else {
            throw WebSocketFailure(1007, "close reason is not UTF-8")
        }
        return code
    }

    /// Appends one whole frame; clients hand in a random mask, servers none.
    public static func write(
        _ opcode: Opcode, _ payload: [UInt8], mask: UInt32? = nil, into output: inout [UInt8]
    ) {
        output.append(0x80 | opcode.rawValue)
        let masked: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ...125: output.append(masked | UInt8(payload.count))
        case ...0xffff:
            output.append(masked | 126)
            output.append(UInt8(payload.count >> 8))
            output.append(UInt8(payload.count & 0xff))
        default:
            output.append(masked | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        guard let mask else {
            output.append(contentsOf: payload)
            return
        }
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: mask >> shift))
        }
        let frame = Frame(opcode: opcode, isFinal: true, left: 0, mask: mask)
        unmask(payload.span, frame, into: &output)
    }

    /// The payload of a close frame.
    public static func closePayload(_ code: UInt16) -> [UInt8] {
        [UInt8(code >> 8), UInt8(code & 0xff)]
    }
}
