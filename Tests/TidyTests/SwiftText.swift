/// A piece of Swift code with its line; comments and the insides of literals are not among them.
struct Token: Hashable {
    enum Kind { case word, number, text, symbol }

    let kind: Kind
    let text: String
    let line: Int
    /// Whether white space or a comment stands before it, which tells `a[b]` from `a [b]`.
    let isSpaced: Bool
}

/// A comment of one line, or one line of a block, without its slashes.
struct Comment: Hashable {
    let text: String
    let line: Int
    let isDocumentation: Bool
}

/// Splits Swift source into tokens and comments: no grammar, just enough to tell code from prose.
///
/// Code inside a string's interpolation counts as code. Regular expression literals are not known.
struct SwiftText {
    private(set) var tokens: [Token] = []
    private(set) var comments: [Comment] = []

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var isSpaced = true

    init(_ text: String) {
        bytes = Array(text.utf8)
        scan(untilClosed: false)
    }

    private func peek(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private func isNext(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { wanted in
            wanted.indices.allSatisfy { peek($0) == wanted[$0] }
        }
    }

    private func slice(_ start: Int) -> String {
        String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self)
    }

    private mutating func emit(_ kind: Token.Kind, from start: Int, at first: Int) {
        let text = slice(start)
        tokens.append(Token(kind: kind, text: text, line: first, isSpaced: isSpaced))
        isSpaced = false
    }

    /// Reads code to the end, or to the parenthesis that ends an interpolation.
    private mutating func scan(untilClosed: Bool) {
        var depth = 0
        while position < bytes.count {
            let byte = peek()
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") {
                if untilClosed, depth == 0 { return }
                depth -= 1
            }
            scanOne(byte)
        }
    }

    private mutating func scanOne(_ byte: UInt8) {
        let start = position
        let first = line
        switch byte {
        case UInt8(ascii: "\n"):
            line += 1
            position += 1
            isSpaced = true
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            position += 1
            isSpaced = true
        case UInt8(ascii: "/") where isNext("//"): lineComment()
        case UInt8(ascii: "/") where isNext("/*"): blockComment()
        case UInt8(ascii: "\""): string(hashes: 0)
        case UInt8(ascii: "#") where hashesBeforeQuote() > 0: string(hashes: hashesBeforeQuote())
        case UInt8(ascii: "`"):
            position += 1
            while position < bytes.count, peek() != byte, peek() != UInt8(ascii: "\n") {
                position += 1
            }
            position += 1
            emit(.word, from: start, at: first)
        case _ where byte.isWordStart:
            while peek().isWordStart || peek().isDigit { position += 1 }
            emit(.word, from: start, at: first)
        case _ where byte.isDigit:
            number()
            emit(.number, from: start, at: first)
        default:
            position += 1
            emit(.symbol, from: start, at: first)
        }
    }

    private mutating func number() {
        let isMember = tokens.last?.text == "." && !isSpaced
        while peek().isWordStart || peek().isDigit { position += 1 }
        guard !isMember, peek() == UInt8(ascii: "."), peek(1).isDigit else { return }
        position += 1
        while peek().isWordStart || peek().isDigit { position += 1 }
    }

    private mutating func lineComment() {
        let isDocumentation = isNext("///")
        position += isDocumentation ? 3 : 2
        let start = position
        while position < bytes.count, peek() != UInt8(ascii: "\n") { position += 1 }
        comments.append(Comment(text: slice(start), line: line, isDocumentation: isDocumentation))
        isSpaced = true
    }

    private mutating func blockComment() {
        let isDocumentation = isNext("/**")
        var depth = 0
        var start = position
        while position < bytes.count {
            if isNext("/*") { depth += 1 }
            let isEnd = isNext("*/")
            if isEnd { depth -= 1 }
            if depth == 0 || peek() == UInt8(ascii: "\n") {
                comments.append(
                    Comment(text: slice(start), line: line, isDocumentation: isDocumentation))
                start = position + 1
            }
            if peek() == UInt8(ascii: "\n") { line += 1 }
            position += isEnd || isNext("/*") ? 2 : 1
            if depth == 0 { break }
        }
        isSpaced = true
    }

    private func hashesBeforeQuote() -> Int {
        var count = 0
        while peek(count) == UInt8(ascii: "#") { count += 1 }
        return peek(count) == UInt8(ascii: "\"") ? count : 0
    }

    /// Skips a literal; what an interpolation holds is scanned as code behind it.
    private mutating func string(hashes: Int) {
        let start = position
        let first = line
        position += hashes
        let quotes = isNext("\"\"\"") ? 3 : 1
        position += quotes
        let slot = tokens.count
        let spaced = isSpaced
        while position < bytes.count {
            if peek() == UInt8(ascii: "\n") { line += 1 }
            if peek() == UInt8(ascii: "\\"), hashesFollow(hashes, after: 1) {
                position += 1 + hashes
                if peek() == UInt8(ascii: "(") {
                    position += 1
                    scan(untilClosed: true)
                }
                if peek() == UInt8(ascii: "\n") { line += 1 }
                position += 1
            } else if quotesFollow(quotes), hashesFollow(hashes, after: quotes) {
                position += quotes + hashes
                break
            } else {
                position += 1
            }
        }
        let text = String(slice(start).dropFirst(hashes + quotes).dropLast(hashes + quotes))
        tokens.insert(Token(kind: .text, text: text, line: first, isSpaced: spaced), at: slot)
        isSpaced = false
    }

    private func quotesFollow(_ count: Int) -> Bool {
        (0..<count).allSatisfy { peek($0) == UInt8(ascii: "\"") }
    }

    private func hashesFollow(_ count: Int, after offset: Int) -> Bool {
        (0..<count).allSatisfy { peek(offset + $0) == UInt8(ascii: "#") }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// Letters, the underscore, the signs of attributes, macros and closures, and all non-ASCII.
    fileprivate var isWordStart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...0xff: true
        default: false
        }
    }
}
