/// Writes integers and text into a growing buffer: little endian, varints for small numbers.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    public var count: Int { bytes.count }

    public mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    public mutating func put(_ value: UInt8) { bytes.append(value) }

    public mutating func put(fixed value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Base-128 groups, least first: one byte for numbers below 128.
    public mutating func put(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Zigzag, so that small negative numbers stay small.
    public mutating func put(_ value: Int64) {
        put(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    public mutating func put(_ value: UInt32) { put(UInt64(value)) }

    public mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    public mutating func put(_ text: String) {
        put(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    public mutating func put(_ blob: [UInt8]) {
        put(UInt64(blob.count))
        bytes.append(contentsOf: blob)
    }
}

/// Why stored bytes could not be read back: always damage or a newer writer, never user input.
public enum DecodingFailure: Error, Hashable, Sendable {
    case truncated(at: Int)
    case malformed(at: Int)
    case unknownTag(UInt64, at: Int)
}

/// Reads what ``ByteWriter`` wrote; every read is bounds-checked and may fail.
public struct ByteReader: Sendable {
    private let bytes: [UInt8]
    public private(set) var position = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { position == bytes.count }

    public mutating func byte() throws(DecodingFailure) -> UInt8 {
        guard position < bytes.count else { throw .truncated(at: position) }
        defer { position += 1 }
        return bytes[position]
    }

    public mutating func fixed() throws(DecodingFailure) -> UInt64 {
        guard bytes.count - position >= 8 else { throw .truncated(at: position) }
        var value: UInt64 = 0
        for offset in 0..<8 { value |= UInt64(bytes[position + offset]) << UInt64(8 * offset) }
        position += 8
        return value
    }

    public mutating func unsigned() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw .malformed(at: position) }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
        }
        throw .malformed(at: position)
    }

    public mutating func signed() throws(DecodingFailure) -> Int64 {
        let raw = try unsigned()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    public mutating func unsigned32() throws(DecodingFailure) -> UInt32 {
        guard let value = UInt32(exactly: try unsigned()) else { throw .malformed(at: position) }
        return value
    }

    public mutating func flag() throws(DecodingFailure) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .malformed(at: position)
        }
    }

    public mutating func blob() throws(DecodingFailure) -> [UInt8] {
        guard let count = Int(exactly: try unsigned()) else { throw .malformed(at: position) }
        guard count <= bytes.count - position else { throw .truncated(at: position) }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    public mutating func text() throws(DecodingFailure) -> String {
        let start = position
        guard let text = String(validating: try blob(), as: UTF8.self) else {
            throw .malformed(at: start)
        }
        return text
    }
}
