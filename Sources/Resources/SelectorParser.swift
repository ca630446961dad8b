import Primitives

/// Reads the text of selectors, byte by byte.
struct SelectorParser {
    private let text: String
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    // MARK: Labels

    mutating func labels() throws(Refusal) -> [Selector.Requirement] {
        var found: [Selector.Requirement] = []
        skipSpace()
        guard !isAtEnd else { return [] }
        while true {
            guard found.count < Selector.requirementsMax else {
                throw refusal("has more than \(Selector.requirementsMax) requirements")
            }
            found.append(try requirement())
            skipSpace()
            guard take(UInt8(ascii: ",")) else { break }
            skipSpace()
        }
        guard isAtEnd else { throw refusal("cannot be read from \"\(rest)\" on") }
        return found
    }

    private mutating func requirement() throws(Refusal) -> Selector.Requirement {
        if take(UInt8(ascii: "!")) {
            skipSpace()
            return .absent(try key())
        }
        let key = try key()
        skipSpace()
        if take(UInt8(ascii: "!")) {
            guard take(UInt8(ascii: "=")) else { throw refusal("has a ! without = behind a key") }
            return .differs(key, try single())
        }
        if take(UInt8(ascii: "=")) {
            _ = take(UInt8(ascii: "="))
            return .equals(key, try single())
        }
        if isAtEnd || bytes[position] == UInt8(ascii: ",") { return .exists(key) }
        switch word() {
        case "in": return .within(key, try set())
        case "notin": return .outside(key, try set())
        case let other:
            throw refusal(
                "has \"\((other.isEmpty ? rest : other).prefix(40))\" where an operator belongs")
        }
    }

    private mutating func key() throws(Refusal) -> String {
        let key = word()
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isFine =
            parts.count == 2
            ? Self.isPrefix(parts[0]) && Self.isName(parts[1])
            : parts.count == 1 && Self.isName(parts[0])
        guard isFine else {
            throw refusal(
                key.isEmpty
                    ? "has no key where one belongs"
                    : "has \"\(key.prefix(80))\", which is not a label's key")
        }
        return key
    }

    /// One value; empty is a value too.
    private mutating func single() throws(Refusal) -> String {
        skipSpace()
        return try value()
    }

    private mutating func set() throws(Refusal) -> [String] {
        skipSpace()
        guard take(UInt8(ascii: "(")) else { throw refusal("has no ( behind in or notin") }
        var values: [String] = []
        repeat {
            skipSpace()
            values.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: ")")) else { throw refusal("has a ( without )") }
        return values
    }

    private mutating func value() throws(Refusal) -> String {
        let value = word()
        guard value.isEmpty || Self.isName(value.utf8[...]) else {
            throw refusal("has \"\(value.prefix(80))\", which is not a label's value")
        }
        return value
    }

    /// Everything up to the next mark or space.
    private mutating func word() -> String {
        let start = position
        while position < bytes.count, !Self.isSpace(bytes[position]),
            !Self.marks.contains(bytes[position])
        {
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static let marks = Array("=!,()".utf8)

    private var isAtEnd: Bool { position == bytes.count }

    private var rest: String { String(decoding: bytes[position...].prefix(40), as: UTF8.self) }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }

    /// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
    private static func isName(_ name: Substring.UTF8View) -> Bool {
        guard let first = name.first, let last = name.last, name.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && name.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: ".")
            }
    }

    private static func isPrefix(_ prefix: Substring.UTF8View) -> Bool {
        guard let first = prefix.first, let last = prefix.last, prefix.count <= 253 else {
            return false
        }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && prefix.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private func refusal(_ problem: String) -> Refusal {
        Refusal(
            .malformed, field: "labelSelector",
            finding: "\"\(text.prefix(80))\" \(problem)",
            remedy: "Write key=value, key!=value, key in (a,b), key notin (a,b), key or !key")
    }

    // MARK: Fields

    static func fields(_ text: String) throws(Refusal) -> [Selector.Requirement] {
        var found: [Selector.Requirement] = []
        for term in terms(text) where !term.isEmpty {
            guard found.count < Selector.requirementsMax else {
                throw fieldRefusal(text, "has more than \(Selector.requirementsMax) requirements")
            }
            found.append(try field(term, text))
        }
        return found
    }

    /// Splits at commas that have no `\` before them.
    private static func terms(_ text: String) -> [ArraySlice<UInt8>] {
        let bytes = Array(text.utf8)
        var terms: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            if bytes[index] == UInt8(ascii: ",") {
                terms.append(trimmed(bytes[start..<index]))
                start = index + 1
            }
            index += 1
        }
        terms.append(trimmed(bytes[start...]))
        return terms
    }

    private static func field(
        _ term: ArraySlice<UInt8>, _ text: String
    ) throws(Refusal) -> Selector.Requirement {
        guard let sign = term.firstIndex(of: UInt8(ascii: "=")) else {
            throw fieldRefusal(text, "has a field without = or !=")
        }
        let differs = sign > term.startIndex && term[sign - 1] == UInt8(ascii: "!")
        let keyBytes = trimmed(term[term.startIndex..<(differs ? sign - 1 : sign)])
        var start = sign + 1
        if !differs, start < term.endIndex, term[start] == UInt8(ascii: "=") { start += 1 }
        let key = String(decoding: keyBytes, as: UTF8.self)
        guard !key.isEmpty else { throw fieldRefusal(text, "has no field where one belongs") }
        let value = try unescaped(trimmed(term[start...]), text)
        return differs ? .differs(key, value) : .equals(key, value)
    }

    private static func unescaped(
        _ bytes: ArraySlice<UInt8>, _ text: String
    ) throws(Refusal) -> String {
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                guard [UInt8(ascii: "\\"), UInt8(ascii: ","), UInt8(ascii: "=")].contains(byte)
                else { throw fieldRefusal(text, "has a \\ before something else than , = or \\") }
                plain.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "=") {
                throw fieldRefusal(text, "has a second = in one requirement")
            } else {
                plain.append(byte)
            }
        }
        guard !isEscaped else { throw fieldRefusal(text, "ends with \\") }
        return String(decoding: plain, as: UTF8.self)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    private static func fieldRefusal(_ text: String, _ problem: String) -> Refusal {
        Refusal(
            .malformed, field: "fieldSelector", finding: "\"\(text.prefix(80))\" \(problem)",
            remedy: "Write field=value or field!=value, with commas between")
    }
}
