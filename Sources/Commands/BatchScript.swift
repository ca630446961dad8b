import Primitives

/// A shell script whose leading comments say what it needs.
struct BatchScript {
    /// One option as it was written, and where.
    struct Directive: Hashable, Sendable {
        let name: String
        /// Nil where the option came without a value.
        let value: String?
        let line: Int
    }

    /// `#SBATCH` options in order.
    private(set) var options: [Directive] = []
    /// `#MUSTER key=value` settings in order.
    private(set) var settings: [Directive] = []
    private(set) var usesSrun = false

    static let directiveLimit = 1000

    /// Whether a text is a script at all: it has a shebang or one of our comments.
    static func isScript(_ text: String) -> Bool {
        if text.hasPrefix("#!") { return true }
        return text.split(separator: "\n", omittingEmptySubsequences: true).prefix(200)
            .contains { isDirective($0, "#SBATCH") || isDirective($0, "#MUSTER") }
    }

    private static func isDirective(_ line: Substring, _ mark: String) -> Bool {
        guard line.hasPrefix(mark) else { return false }
        let next = line.dropFirst(mark.count).first
        return next == nil || next == " " || next == "\t" || next == "\r"
    }

    /// Reads the comments at the top; from the first command on, comments are only comments.
    init(_ text: String) throws(Refusal) {
        guard !text.utf8.contains(0) else {
            throw Refusal(
                .malformed, field: "script", finding: "it holds a zero byte, so it is no text",
                remedy: "Give a shell script; a program goes behind muster run --")
        }
        var isHead = true
        // Bytes and not characters: `\r\n` is one character, and one line end too few.
        for (number, bytes) in text.utf8.split(
            separator: 0x0a, omittingEmptySubsequences: false
        ).enumerated() {
            let line = Substring(bytes)
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if isHead, !trimmed.isEmpty, trimmed.first != "#", !trimmed.allSatisfy(\.isWhitespace) {
                isHead = false
            }
            if trimmed.hasPrefix("srun ") { usesSrun = true }
            guard isHead else { continue }
            try readDirective(line, line: number + 1)
        }
    }

    private mutating func readDirective(_ line: Substring, line number: Int) throws(Refusal) {
        let isMuster = Self.isDirective(line, "#MUSTER")
        guard isMuster || Self.isDirective(line, "#SBATCH") else { return }
        let words: [String]
        do throws(Refusal) {
            words = try ShellWords.split(line.dropFirst("#SBATCH".count))
        } catch {
            throw error.under("line \(number)")
        }
        if isMuster {
            for word in words { settings.append(Self.setting(word, line: number)) }
        } else {
            options += try Self.options(words, line: number)
        }
        guard options.count + settings.count <= Self.directiveLimit else {
            throw Refusal(
                .tooLarge, field: "line \(number)",
                finding: "there are more than \(Self.directiveLimit) options",
                remedy: "Keep those that differ")
        }
    }

    private static func setting(_ word: String, line: Int) -> Directive {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return Directive(
            name: String(parts[0]), value: parts.count == 2 ? String(parts[1]) : nil, line: line)
    }

    private static func options(_ words: [String], line: Int) throws(Refusal) -> [Directive] {
        var found: [Directive] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "hetjob" || word == "packjob" {
                throw Refusal(
                    .invalid, field: "line \(line): \(word)",
                    finding: "jobs of unlike parts are not available in scripts",
                    remedy: "Write a job manifest with several roles")
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                throw Refusal(
                    .malformed, field: "line \(line)",
                    finding: "\"\(word.prefix(60))\" is not an option",
                    remedy: "Start options with - or --, and quote values with blanks")
            }
            let option = BatchOption.find(word)
            var value = option.value
            if value == nil, option.takesValue {
                guard let next = rest.popFirst() else {
                    throw Refusal(
                        .malformed, field: "line \(line): \(option.name)",
                        finding: "the value is missing", remedy: "Write \(option.name)=VALUE")
                }
                value = next
            } else if value == nil, option.isUnknown, let next = rest.first, !next.hasPrefix("-") {
                // Of an option that we do not know, the next word is its value more often than not.
                value = rest.removeFirst()
            }
            found.append(Directive(name: option.name, value: value, line: line))
        }
        return found
    }
}

/// Words as a shell would cut them, without anything being expanded.
enum ShellWords {
    static func split(_ text: Substring) throws(Refusal) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else if character == "#", word == nil {
                break
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == "\\" {
                isEscaped = true
                word = word ?? ""
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else {
            throw Refusal(
                .malformed, finding: "a quotation mark is not closed", remedy: "Close it")
        }
        if let done = word { words.append(done) }
        return words
    }
}
