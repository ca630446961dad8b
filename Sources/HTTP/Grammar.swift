/// The byte classes of RFC 9110, 9112 and 3986.
enum Grammar {
    /// A byte of a method or a field name.
    static func isToken(_ byte: UInt8) -> Bool {
        byte < 128 && bit(byte, low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
    }

    /// A byte of a field value: printable ASCII, space and tab; obs-text is refused.
    static func isFieldValue(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte <= 0x7e) || byte == 9 }

    /// A byte of a request target: printable, and not one of `"<>\^{|}`, backtick or `#`.
    static func isTarget(_ byte: UInt8) -> Bool {
        byte < 128 && bit(byte, low: 0xaffffff2_00000000, high: 0x47ff_fffe_afff_ffff)
    }

    /// An ASCII digit.
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    /// The byte with an ASCII capital made small.
    static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit of either case.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }

    private static func bit(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
        ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 != 0
    }

    /// Whether a comma-separated list holds the token, compared without case.
    static func listContains(_ list: Span<UInt8>, _ token: String) -> Bool {
        var start = 0
        while start <= list.count {
            var end = start
            while end < list.count, list[end] != UInt8(ascii: ",") { end += 1 }
            var first = start
            var last = end
            while first < last, list[first] == 0x20 || list[first] == 9 { first += 1 }
            while last > first, list[last - 1] == 0x20 || list[last - 1] == 9 { last -= 1 }
            if list.extracting(first..<last).spellsWithoutCase(token) { return true }
            start = end + 1
        }
        return false
    }
}

extension Span<UInt8> {
    /// Whether the bytes are exactly this text.
    func spells(_ text: String) -> Bool {
        guard count == text.utf8.count else { return false }
        var index = 0
        for byte in text.utf8 {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Whether the bytes are this text when ASCII case is set aside.
    func spellsWithoutCase(_ text: String) -> Bool {
        guard count == text.utf8.count else { return false }
        var index = 0
        for byte in text.utf8 {
            guard Grammar.lower(self[index]) == Grammar.lower(byte) else { return false }
            index += 1
        }
        return true
    }

    /// The bytes as an array.
    var array: [UInt8] {
        var copy: [UInt8] = []
        copy.append(self)
        return copy
    }

    /// The bytes as text, ill-formed parts replaced.
    var text: String { String(decoding: array, as: UTF8.self) }
}

extension [UInt8] {
    /// Appends every byte of the span.
    mutating func append(_ span: Span<UInt8>) {
        let start = count
        reserve(span.count)
        // Zero fill and copy compile to two block moves; appending one by one does not.
        append(contentsOf: repeatElement(0, count: span.count))
        var target = mutableSpan
        for index in span.indices { target[start + index] = span[index] }
    }

    /// Makes room without giving up geometric growth.
    mutating func reserve(_ more: Int) {
        let wanted = count + more
        if wanted > capacity { reserveCapacity(Swift.max(wanted, 2 * capacity)) }
    }

    /// Appends a decimal number.
    mutating func append(decimal value: Int) {
        append(contentsOf: String(value).utf8)
    }
}
