/// Writes compact JSON into one buffer: the caller says what comes next, commas come by themselves.
///
/// It does not check the order of calls; every open must be closed and every key be followed by a
/// value. Reuse one writer with ``clear()`` to reuse its memory.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// Writes behind `bytes`, which may hold anything.
    public init(appendingTo bytes: [UInt8] = []) { self.bytes = bytes }

    public init(capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public var count: Int { bytes.count }

    public mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    public mutating func openObject() { open(UInt8(ascii: "{")) }
    public mutating func closeObject() { close(UInt8(ascii: "}")) }
    public mutating func openArray() { open(UInt8(ascii: "[")) }
    public mutating func closeArray() { close(UInt8(ascii: "]")) }

    public mutating func key(_ name: String) {
        quote(name, after: needsComma ? UInt8(ascii: ",") : nil, before: UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ text: String) {
        quote(text, after: needsComma ? UInt8(ascii: ",") : nil, before: nil)
        needsComma = true
    }

    public mutating func int(_ value: some BinaryInteger) {
        if let small = Int64(exactly: value) { return int64(small) }
        number(value.description)
    }

    /// The one integer that nearly all are, without the cost of a generic call.
    mutating func int64(_ value: Int64) {
        separate()
        digits(value)
    }

    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// The shortest text that reads back the same; null for infinities, which JSON does not know.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        if abs(value) < 9_007_199_254_740_992, Double(Int64(value)) == value {
            return int(Int64(value))
        }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// A number that is text already.
    public mutating func number(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// One value that is JSON already, taken as it is.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Appends the members of an encoded object to the object that is open.
    public mutating func members(of object: [UInt8]) {
        guard object.count > 2 else { return }
        separate()
        bytes.append(contentsOf: object[1..<(object.count - 1)])
    }

    /// Bytes between values, such as the line end between two events of a stream.
    public mutating func separator(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = false
    }
}

extension JSONWriter {
    /// `"name":"text"` and the like: a key with its value.
    public mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    public mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        int(value)
    }

    public mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    /// Puts the comma before a value or key, where one is due.
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func digits(_ value: Int64) {
        let magnitude = value.magnitude
        var divisor: UInt64 = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        bytes.append(addingCapacity: 20) { (output: inout OutputSpan<UInt8>) in
            if value < 0 { output.append(UInt8(ascii: "-")) }
            var rest = magnitude
            while divisor > 0 {
                output.append(UInt8(rest / divisor) + 0x30)
                rest %= divisor
                divisor /= 10
            }
        }
    }

    /// Adds text in quotes with the marks around it, in one pass; text to escape is taken back.
    private mutating func quote(_ text: String, after mark: UInt8?, before closer: UInt8?) {
        let span = text.utf8Span.span
        let start = bytes.count
        var found: UInt8 = 0
        bytes.append(addingCapacity: span.count + 4) { (output: inout OutputSpan<UInt8>) in
            if let mark { output.append(mark) }
            output.append(UInt8(ascii: "\""))
            for index in span.indices {
                let byte = span[index]
                found |= needsEscape(byte) ? 1 : 0
                output.append(byte)
            }
            output.append(UInt8(ascii: "\""))
            if let closer { output.append(closer) }
        }
        guard found != 0 else { return }
        bytes.removeSubrange(start...)
        quoteEscaping(span, after: mark, before: closer)
    }

    private mutating func quoteEscaping(
        _ span: Span<UInt8>, after mark: UInt8?, before closer: UInt8?
    ) {
        if let mark { bytes.append(mark) }
        bytes.append(UInt8(ascii: "\""))
        for index in span.indices {
            if needsEscape(span[index]) { escape(span[index]) } else { bytes.append(span[index]) }
        }
        bytes.append(UInt8(ascii: "\""))
        if let closer { bytes.append(closer) }
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 0xf))
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
}
