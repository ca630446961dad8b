import Primitives

/// Reads RFC 8259 with every leniency off: one pass, no recursion deeper than the depth limit.
struct JSONParser {
    private let limits: WireLimits
    private var builder: Document.Builder
    private var position = 0

    init(_ source: [UInt8], limits: WireLimits) throws(Refusal) {
        guard source.count <= limits.documentBytes else {
            throw Refusal(
                .tooLarge, finding: "the document is longer than \(limits.documentBytes) bytes",
                remedy: "Send less at once")
        }
        self.limits = limits
        builder = Document.Builder(source: source, limits: limits)
    }

    /// `input` must be the bytes that the parser was made with.
    mutating func parse(_ input: Span<UInt8>) throws(Refusal) -> Document {
        if input.count >= 3, input[0] == 0xef, input[1] == 0xbb, input[2] == 0xbf {
            throw refusal("the document starts with a byte order mark", "Remove it", input)
        }
        skipSpace(input)
        try value(input)
        skipSpace(input)
        guard position == input.count else {
            throw unexpected(
                "the end of the document", "Send one JSON value and nothing after it", input)
        }
        return try builder.finish()
    }

    private mutating func value(_ input: Span<UInt8>) throws(Refusal) {
        guard position < input.count else {
            throw unexpected("a value", "Complete the document", input)
        }
        switch input[position] {
        case UInt8(ascii: "\""):
            let text = try string(input)
            try builder.addScalar(.string, start: text.start, length: text.count)
        case UInt8(ascii: "{"): try object(input)
        case UInt8(ascii: "["): try array(input)
        case UInt8(ascii: "t"): try literal("true", .bool, input)
        case UInt8(ascii: "f"): try literal("false", .bool, input)
        case UInt8(ascii: "n"): try literal("null", .null, input)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(input)
        default:
            throw unexpected(
                "a value", "Write a string, number, object, array, true, false or null", input)
        }
    }

    private mutating func object(_ input: Span<UInt8>) throws(Refusal) {
        try builder.openObject()
        position += 1
        skipSpace(input)
        if peek(input) == UInt8(ascii: "}") {
            position += 1
            return try builder.close()
        }
        while true {
            guard peek(input) == UInt8(ascii: "\"") else {
                throw unexpected(
                    "a quoted key", "Write \"key\": value, with no comma at the end", input)
            }
            let mark = Document.Builder.Mark(offset: position)
            let key = try string(input)
            try builder.addKey(start: key.start, length: key.count, mark: mark)
            skipSpace(input)
            guard peek(input) == UInt8(ascii: ":") else {
                throw unexpected("\":\"", "Put a colon between key and value", input)
            }
            position += 1
            skipSpace(input)
            try value(input)
            skipSpace(input)
            guard try anotherFollows(UInt8(ascii: "}"), input) else { return try builder.close() }
        }
    }

    private mutating func array(_ input: Span<UInt8>) throws(Refusal) {
        try builder.openArray()
        position += 1
        skipSpace(input)
        if peek(input) == UInt8(ascii: "]") {
            position += 1
            return try builder.close()
        }
        while true {
            try value(input)
            skipSpace(input)
            guard try anotherFollows(UInt8(ascii: "]"), input) else { return try builder.close() }
        }
    }

    /// Steps over a comma and says true, or over the closing bracket and says false.
    private mutating func anotherFollows(
        _ closer: UInt8, _ input: Span<UInt8>
    ) throws(Refusal) -> Bool {
        let next = peek(input)
        if next == UInt8(ascii: ",") {
            position += 1
            skipSpace(input)
            return true
        }
        guard next == closer else {
            let name = closer == UInt8(ascii: "}") ? "}" : "]"
            throw unexpected(
                "\",\" or \"\(name)\"", "Separate with commas and close every bracket", input)
        }
        position += 1
        return false
    }

    private mutating func literal(
        _ word: StaticString, _ kind: Document.Kind, _ input: Span<UInt8>
    ) throws(Refusal) {
        let text = word.description
        let start = position
        for byte in text.utf8 {
            guard peek(input) == byte else {
                position = start
                throw unexpected("\(text)", "Write true, false or null, or quote the text", input)
            }
            position += 1
        }
        try builder.addScalar(kind, start: start, length: position - start)
    }

    private func peek(_ input: Span<UInt8>) -> UInt8? {
        position < input.count ? input[position] : nil
    }

    private mutating func skipSpace(_ input: Span<UInt8>) {
        var at = position
        while at < input.count, input[at] <= 0x20 {
            let byte = input[at]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { break }
            at += 1
        }
        position = at
    }
}

// MARK: Numbers

extension JSONParser {
    private mutating func number(_ input: Span<UInt8>) throws(Refusal) {
        let start = position
        if input[position] == UInt8(ascii: "-") { position += 1 }
        var digits = 0
        if peek(input) == UInt8(ascii: "0") {
            position += 1
            if let next = peek(input), isDigit(next) {
                throw refusal(
                    "a number starts with a needless zero", "Drop the leading zero", input)
            }
        } else {
            digits = try self.digits(input)
        }
        if peek(input) == UInt8(ascii: ".") {
            position += 1
            digits += try self.digits(input)
        }
        guard digits <= limits.numberDigits else {
            throw refusal(
                "a number has more than \(limits.numberDigits) digits", "Write it shorter", input)
        }
        if let next = peek(input), next | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = peek(input), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                position += 1
            }
            guard try self.digits(input) <= 4 else {
                throw refusal(
                    "a number has an exponent of more than 4 digits", "Write it shorter", input)
            }
        }
        try builder.addScalar(.number, start: start, length: position - start)
    }

    private mutating func digits(_ input: Span<UInt8>) throws(Refusal) -> Int {
        let start = position
        while position < input.count, isDigit(input[position]) { position += 1 }
        guard position > start else {
            throw unexpected("a digit", "Write numbers such as 8, -1, 0.5 or 1e3", input)
        }
        return position - start
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

// MARK: Strings

extension JSONParser {
    /// Reads a string; the result lies in the source, or behind it where escapes were resolved.
    private mutating func string(
        _ input: Span<UInt8>
    ) throws(Refusal) -> (start: Int, count: Int) {
        let start = position + 1
        // A local, so that the loop does not write memory for every byte.
        var at = start
        while at < input.count {
            let byte = input[at]
            if byte == UInt8(ascii: "\"") {
                position = at + 1
                if at - start > limits.stringBytes { try builder.checkString(at - start) }
                return (start, at - start)
            }
            if byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") {
                at += 1
                continue
            }
            position = at
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start, input) }
            at += try checkedSequence(input)
        }
        position = at
        throw unexpected("the closing quote of a string", "Complete the document", input)
    }

    /// Copies a string while resolving its escapes; `position` is at the first backslash.
    private mutating func escapedString(
        from start: Int, _ input: Span<UInt8>
    ) throws(Refusal) -> (start: Int, count: Int) {
        let place = builder.bytes.count
        for index in start..<position { builder.bytes.append(input[index]) }
        while position < input.count {
            let byte = input[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                let count = builder.bytes.count - place
                try builder.checkString(count)
                return (place, count)
            }
            if byte == UInt8(ascii: "\\") {
                try escape(input)
                continue
            }
            let count = byte >= 0x20 && byte < 0x80 ? 1 : try checkedSequence(input)
            for index in position..<position + count { builder.bytes.append(input[index]) }
            position += count
        }
        throw unexpected("the closing quote of a string", "Complete the document", input)
    }

    private mutating func escape(_ input: Span<UInt8>) throws(Refusal) {
        guard position + 1 < input.count else {
            throw unexpected("an escape", "Complete the document", input)
        }
        let resolved: UInt8
        switch input[position + 1] {
        case UInt8(ascii: "\""): resolved = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): resolved = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): resolved = UInt8(ascii: "/")
        case UInt8(ascii: "b"): resolved = 0x08
        case UInt8(ascii: "f"): resolved = 0x0c
        case UInt8(ascii: "n"): resolved = 0x0a
        case UInt8(ascii: "r"): resolved = 0x0d
        case UInt8(ascii: "t"): resolved = 0x09
        case UInt8(ascii: "u"): return try unicodeEscape(input)
        default:
            throw refusal(
                "a string has an unknown escape", "Use \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u",
                input)
        }
        builder.bytes.append(resolved)
        position += 2
    }

    private mutating func unicodeEscape(_ input: Span<UInt8>) throws(Refusal) {
        var code = try fourHexDigits(at: position + 2, input)
        var length = 6
        if code & 0xfc00 == 0xd800, position + 7 < input.count,
            input[position + 6] == UInt8(ascii: "\\"), input[position + 7] == UInt8(ascii: "u")
        {
            let low = try fourHexDigits(at: position + 8, input)
            if low & 0xfc00 == 0xdc00 {
                code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
                length = 12
            }
        }
        guard code != 0 else {
            throw refusal("a string holds a NUL character", "Remove the \\u0000", input)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw refusal(
                "a string holds half of a surrogate pair", "Write both halves, or the character",
                input)
        }
        builder.bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        position += length
    }

    private func fourHexDigits(at start: Int, _ input: Span<UInt8>) throws(Refusal) -> UInt32 {
        var code: UInt32 = 0
        for index in start..<start + 4 {
            guard index < input.count, let digit = hexDigit(input[index]) else {
                throw refusal(
                    "\\u is not followed by four hexadecimal digits", "Write \\u00e9, say", input)
            }
            code = code << 4 | digit
        }
        return code
    }

    private func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x37
        case 0x61...0x66: UInt32(byte) - 0x57
        default: nil
        }
    }

    private func checkedSequence(_ input: Span<UInt8>) throws(Refusal) -> Int {
        guard input[position] >= 0x20 else {
            throw refusal(
                "a string holds a raw control character", "Escape it, as in \\n or \\u0007", input)
        }
        guard let length = utf8SequenceLength(input, at: position) else {
            throw refusal("the document is not valid UTF-8", "Send UTF-8", input)
        }
        return length
    }
}

/// The length of the well-formed UTF-8 sequence at `index` (Unicode table 3-7), or nil.
func utf8SequenceLength(_ input: Span<UInt8>, at index: Int) -> Int? {
    let lead = input[index]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xbf
    switch lead {
    case 0...0x7f: return 1
    case 0xc2...0xdf: length = 2
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: length = 3
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: length = 4
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    default: return nil
    }
    guard index + length <= input.count, second.contains(input[index + 1]) else { return nil }
    for offset in 2..<length where input[index + offset] & 0xc0 != 0x80 { return nil }
    return length
}

// MARK: Refusals

extension JSONParser {
    private func refusal(_ finding: String, _ remedy: String, _ input: Span<UInt8>) -> Refusal {
        let place = SourcePlace(offset: position, in: input)
        return Refusal(
            .malformed, field: builder.path, finding: "\(finding), at \(place)", remedy: remedy)
    }

    private func unexpected(_ wanted: String, _ remedy: String, _ input: Span<UInt8>) -> Refusal {
        let found: String
        if position >= input.count {
            found = "the end of the document"
        } else if input[position] > 0x20, input[position] < 0x7f {
            found = quoted(String(UnicodeScalar(input[position])))
        } else {
            found = "byte \(input[position])"
        }
        return refusal("expected \(wanted), found \(found)", remedy, input)
    }
}
