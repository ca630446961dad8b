/// Finds the end of a head, byte by byte across reads, and refuses what no head may hold.
///
/// Works in one forward pass, so that a sender who drips bytes costs no more than one who does not.
struct HeadScanner: Sendable {
    private let limits: HTTPLimits
    private var total = 0
    private var line = 0
    private var lines = 0
    private var emptyLines = 0
    private var previous: UInt8 = 0

    init(_ limits: HTTPLimits) { self.limits = limits }

    /// Whether no byte has been seen since the start.
    var isFresh: Bool { total == 0 }

    /// The position after the blank line that ends the head, or nil where it is yet to come.
    mutating func scan(_ bytes: Span<UInt8>, from start: Int) throws(FramingFailure) -> Int? {
        var last = previous
        var length = line
        var index = start
        // Whatever lies beyond the limit need not be looked at.
        let end = min(bytes.count, start + limits.head + 1 - total)
        while index < end {
            let byte = bytes[index]
            index += 1
            if byte >= 0x20, byte <= 0x7e {
                guard last != 13 else { throw FramingFailure(400, "bare carriage return") }
                length += 1
            } else if byte == 10 {
                guard last == 13 else { throw FramingFailure(400, "bare line feed") }
                let isEnd = try endLine(length)
                length = 0
                if isEnd { return index }
            } else if byte != 13 && byte != 9 || last == 13 {
                throw FramingFailure(400, "control or non-ASCII byte in the head")
            } else if byte == 9 {
                length += 1
            }
            last = byte
        }
        total += index - start
        previous = last
        line = length
        if lines == 0, length > limits.requestLine {
            throw FramingFailure(414, "request line is longer than \(limits.requestLine) bytes")
        }
        guard total <= limits.head else {
            throw FramingFailure(431, "head is longer than \(limits.head) bytes")
        }
        return nil
    }

    /// Counts a line; true where it was the blank one that ends the head.
    private mutating func endLine(_ length: Int) throws(FramingFailure) -> Bool {
        if length == 0 {
            guard lines == 0 else { return true }
            emptyLines += 1
            guard emptyLines <= 2 else { throw FramingFailure(400, "too many empty lines") }
            return false
        }
        if lines == 0, length > limits.requestLine {
            throw FramingFailure(414, "request line is longer than \(limits.requestLine) bytes")
        }
        lines += 1
        return false
    }
}
