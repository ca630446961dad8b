public import Primitives

/// Reads the fields of one protobuf message; every length is checked before it is believed.
///
/// Only positions move, bytes are never copied: a message inside a message is a reader over a part
/// of the same bytes. Groups, which nobody writes any more, are refused.
public struct ProtobufReader: Sendable {
    /// One field as it stands on the wire.
    public struct Field: Hashable, Sendable {
        public let number: UInt32
        public let value: Value
    }

    /// A field's content by its wire type; what it means is the schema's to say.
    public enum Value: Hashable, Sendable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Text, bytes, a message or packed numbers: this part of the bytes.
        case bytes(Range<Int>)
    }

    private static let numberMax: UInt64 = 1 << 29 - 1

    let bytes: [UInt8]
    public private(set) var position: Int
    private let end: Int

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// A reader over the part of the bytes that a field named; a part outside them is empty.
    public init(_ bytes: [UInt8], part: Range<Int>) {
        self.bytes = bytes
        position = min(part.lowerBound, bytes.count)
        end = max(position, min(part.upperBound, bytes.count))
    }

    public var isAtEnd: Bool { position == end }

    /// The next field, or nil behind the last one.
    public mutating func next() throws(Refusal) -> Field? {
        guard !isAtEnd else { return nil }
        let tag = try varint()
        let number = tag >> 3
        guard number >= 1, number <= Self.numberMax else {
            throw damage("a field has the number \(number)")
        }
        let value: Value
        switch tag & 7 {
        case 0: value = .varint(try varint())
        case 1: value = .fixed64(try fixed(8))
        case 2: value = .bytes(try part())
        case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
        default: throw damage("field \(number) has the wire type \(tag & 7)")
        }
        return Field(number: UInt32(truncatingIfNeeded: number), value: value)
    }

    /// Base-128 groups, least first; at most ten, of which the last holds one bit.
    private mutating func varint() throws(Refusal) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { throw damage("a number is cut off") }
            let next = bytes[position]
            position += 1
            guard shift < 63 || next <= 1 else { throw damage("a number has more than 64 bits") }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
        }
        throw damage("a number has more than 64 bits")
    }

    private mutating func fixed(_ count: Int) throws(Refusal) -> UInt64 {
        guard end - position >= count else { throw damage("a number is cut off") }
        var value: UInt64 = 0
        for offset in 0..<count {
            value |= UInt64(bytes[position + offset]) << UInt64(8 * offset)
        }
        position += count
        return value
    }

    private mutating func part() throws(Refusal) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(end - position) else {
            throw damage("a field of \(length) bytes is cut off")
        }
        let start = position
        position += Int(length)
        return start..<position
    }

    private func damage(_ finding: String) -> Refusal {
        Refusal(
            .malformed, finding: "\(finding) at byte \(position) of the protobuf body",
            remedy: "Send the message as it was encoded, or send JSON")
    }
}
