/// Takes the chunked coding off a body; extensions and trailers are checked and dropped.
struct ChunkedDecoder: Sendable {
    private enum Phase: Sendable {
        case size(digits: Int)
        case extensions
        case sizeEnd
        case data(Int)
        case dataReturn
        case dataFeed
        /// At the start of a trailer line, or of the blank one.
        case trailerStart
        case trailerName
        case trailerValue
        case trailerFeed
        case finalFeed
        case done
    }

    private let limits: HTTPLimits
    private var phase = Phase.size(digits: 0)
    private var size = 0
    private var extensions = 0
    private var trailers = 0

    init(_ limits: HTTPLimits) { self.limits = limits }

    /// Appends decoded bytes to `body`; true once the last chunk and the trailers are over.
    mutating func consume(
        _ bytes: Span<UInt8>, from position: inout Int, into body: inout [UInt8], limit: Int
    ) throws(FramingFailure) -> Bool {
        while position < bytes.count {
            if case .data(let left) = phase {
                let take = min(left, bytes.count - position)
                body.append(bytes.extracting(position..<position + take))
                position += take
                phase = left == take ? .dataReturn : .data(left - take)
                continue
            }
            let byte = bytes[position]
            position += 1
            try step(byte, room: limit - body.count)
            if case .done = phase { return true }
        }
        return false
    }

    private mutating func step(_ byte: UInt8, room: Int) throws(FramingFailure) {
        switch phase {
        case .size(let digits): try sizeByte(byte, digits: digits, room: room)
        case .extensions: try extensionByte(byte)
        case .sizeEnd:
            guard byte == 10 else { throw FramingFailure(400, "bare carriage return in a chunk") }
            phase = size == 0 ? .trailerStart : .data(size)
        case .dataReturn:
            guard byte == 13 else { throw FramingFailure(400, "chunk is longer than it says") }
            phase = .dataFeed
        case .dataFeed:
            guard byte == 10 else { throw FramingFailure(400, "chunk is longer than it says") }
            phase = .size(digits: 0)
            size = 0
        case .trailerStart, .trailerName, .trailerValue, .trailerFeed, .finalFeed:
            try trailerByte(byte)
        case .data, .done: preconditionFailure("a chunk's data went to the byte machine")
        }
    }

    private mutating func sizeByte(
        _ byte: UInt8, digits: Int, room: Int
    ) throws(FramingFailure) {
        if let value = Grammar.hexValue(byte) {
            guard digits < 8 else { throw FramingFailure(400, "chunk size is too long") }
            size = size << 4 | Int(value)
            guard size <= room else { throw FramingFailure(413, "body is over its limit") }
            phase = .size(digits: digits + 1)
            return
        }
        guard digits > 0 else { throw FramingFailure(400, "chunk without a size") }
        switch byte {
        case 13: phase = .sizeEnd
        case UInt8(ascii: ";"): phase = .extensions
        default: throw FramingFailure(400, "chunk size is not hexadecimal")
        }
    }

    private mutating func extensionByte(_ byte: UInt8) throws(FramingFailure) {
        if byte == 13 {
            phase = .sizeEnd
            return
        }
        extensions += 1
        guard Grammar.isFieldValue(byte), extensions <= limits.chunkExtensions else {
            throw FramingFailure(400, "chunk extensions are malformed or too long")
        }
    }

    private mutating func trailerByte(_ byte: UInt8) throws(FramingFailure) {
        trailers += 1
        guard trailers <= limits.trailers else {
            throw FramingFailure(431, "trailers are too long")
        }
        switch (phase, byte) {
        case (.trailerStart, 13): phase = .finalFeed
        case (.trailerValue, 13): phase = .trailerFeed
        case (.trailerFeed, 10): phase = .trailerStart
        case (.finalFeed, 10): phase = .done
        case (.trailerName, UInt8(ascii: ":")): phase = .trailerValue
        case (.trailerStart, let byte) where Grammar.isToken(byte): phase = .trailerName
        case (.trailerName, let byte) where Grammar.isToken(byte): phase = .trailerName
        case (.trailerValue, let byte) where Grammar.isFieldValue(byte): phase = .trailerValue
        default: throw FramingFailure(400, "malformed trailer")
        }
    }
}
