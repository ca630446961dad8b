/// Writes protobuf messages: fields by number, in the order of the calls.
///
/// Texts and messages that are empty, numbers that are zero and truths that are false are what an
/// absent field means, and are left out.
public struct ProtobufWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// A text field; left out when empty.
    public mutating func string(_ field: UInt32, _ text: String) {
        guard !text.isEmpty else { return }
        block(field, Array(text.utf8))
    }

    /// An integer field; left out when zero.
    public mutating func integer(_ field: UInt32, _ value: Int64) {
        guard value != 0 else { return }
        varint(UInt64(field) << 3)
        varint(UInt64(bitPattern: value))
    }

    /// A truth; left out when false.
    public mutating func bool(_ field: UInt32, _ value: Bool) { integer(field, value ? 1 : 0) }

    /// A floating-point field; left out when zero.
    public mutating func double(_ field: UInt32, _ value: Double) {
        guard value != 0 else { return }
        varint(UInt64(field) << 3 | 1)
        var bits = value.bitPattern
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
        }
    }

    /// A message inside this one; written even when empty, since that differs from none.
    public mutating func message(_ field: UInt32, _ fill: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        fill(&inner)
        block(field, inner.bytes)
    }

    private mutating func block(_ field: UInt32, _ content: [UInt8]) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
