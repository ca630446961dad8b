public import Primitives
import Wire

/// The words of a command line, taken one by one: flags by their names, then the rest in order.
///
/// Ask for all flags first: what is asked for is what is known, and what is left over is refused.
public struct Arguments {
    private var words: [String]
    /// What came after `--`, never looked at for flags.
    private let literal: [String]?
    private var known: [String] = []

    public init(_ words: [String]) {
        if let end = words.firstIndex(of: "--") {
            self.words = Array(words[..<end])
            literal = Array(words[(end + 1)...])
        } else {
            self.words = words
            literal = nil
        }
    }

    /// Takes a flag without value; `--name=true` and `--name=false` are understood too.
    public mutating func flag(_ names: String...) throws(Refusal) -> Bool {
        known += names
        var isSet = false
        var kept: [String] = []
        for word in words {
            if names.contains(word) {
                isSet = true
            } else if let value = value(of: word, names.filter { $0.hasPrefix("--") }) {
                guard value == "true" || value == "false" else {
                    throw Refusal(
                        .malformed, field: names[0], finding: "\"\(value)\" is not true or false",
                        remedy: "Write \(names[0]) or \(names[0])=false")
                }
                isSet = value == "true"
            } else {
                kept.append(word)
            }
        }
        words = kept
        return isSet
    }

    /// Takes a flag with a value, written `--name value`, `--name=value`, `-n value` or `-nvalue`.
    public mutating func option(_ names: String...) throws(Refusal) -> String? {
        let found = try values(names)
        guard found.count <= 1 else {
            throw Refusal(
                .malformed, field: names[0], finding: "it is given \(found.count) times",
                remedy: "Give it once")
        }
        return found.first
    }

    /// Takes a flag that may be given many times.
    public mutating func options(_ names: String...) throws(Refusal) -> [String] {
        try values(names)
    }

    /// Takes a flag whose value is a whole number within bounds.
    public mutating func number(
        _ names: String..., within range: ClosedRange<Int>
    ) throws(Refusal) -> Int? {
        let found = try values(names)
        guard let text = found.last else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Refusal(
                .malformed, field: names[0], finding: "\"\(text)\" is not a number in range",
                remedy: "Give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private mutating func values(_ names: [String]) throws(Refusal) -> [String] {
        known += names
        var found: [String] = []
        var kept: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if names.contains(word) {
                guard let next = rest.first, next == "-" || !next.hasPrefix("--") else {
                    throw Refusal(
                        .malformed, field: word, finding: "the value is missing",
                        remedy: "Write \(word)\(word.hasPrefix("--") ? "=" : " ")VALUE")
                }
                found.append(next)
                rest.removeFirst()
            } else if let value = value(of: word, names) {
                found.append(value)
            } else {
                kept.append(word)
            }
        }
        words = kept
        return found
    }

    /// The value inside one word: `--name=value`, `-n=value` or `-nvalue`.
    private func value(of word: String, _ names: [String]) -> String? {
        for name in names {
            if word.hasPrefix("\(name)=") { return String(word.dropFirst(name.count + 1)) }
            let isShort = name.count == 2 && word.hasPrefix(name) && word.count > 2
            if isShort { return String(word.dropFirst(2)) }
        }
        return nil
    }

    /// Takes the next word that is not a flag; `what` names it in the error.
    public mutating func word(_ what: String) throws(Refusal) -> String {
        guard let word = try optionalWord() else {
            throw Refusal(
                .malformed, field: what, finding: "it is missing",
                remedy: "Give \(what); see --help for an example")
        }
        return word
    }

    /// Takes the next word that is not a flag, if there is one.
    public mutating func optionalWord() throws(Refusal) -> String? {
        try refuseUnknownFlags()
        return words.isEmpty ? nil : words.removeFirst()
    }

    /// Takes all words that are left, those after `--` included.
    public mutating func rest() throws(Refusal) -> [String] {
        try refuseUnknownFlags()
        defer { words = [] }
        return words + (literal ?? [])
    }

    /// What came after `--`; nil where there was none.
    public var afterDashes: [String]? { literal }

    /// Refuses whatever is left over.
    public func end(allowsLiteral: Bool = false) throws(Refusal) {
        try refuseUnknownFlags()
        if let extra = words.first ?? (allowsLiteral ? nil : literal?.first) {
            throw Refusal(
                .malformed, field: extra, finding: "the word is one too many",
                remedy: "Leave it out, or see --help")
        }
    }

    private func refuseUnknownFlags() throws(Refusal) {
        guard let flag = words.first(where: { $0.hasPrefix("-") && $0 != "-" }) else { return }
        let name = flag.split(separator: "=", maxSplits: 1).first.map(String.init) ?? flag
        let close = nearest(name, among: known.filter { $0.hasPrefix("--") })
        throw Refusal(
            .malformed, field: name, finding: "there is no such flag here",
            remedy: close.map { "Use \($0)" } ?? "See --help")
    }
}
