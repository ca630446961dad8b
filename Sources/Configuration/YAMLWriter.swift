public import Wire

/// Writes JSON trees as block YAML that people like to read and that reads back the same anywhere.
///
/// A text is left unquoted only if no YAML reader of any version could take it for something else.
public struct YAMLWriter {
    private var output = ""

    /// One document, ending in a line break.
    public static func text(_ json: JSON) -> String {
        var writer = YAMLWriter()
        writer.root(json)
        return writer.output
    }

    /// Several documents, separated by `---`.
    public static func text(_ documents: [JSON]) -> String {
        documents.map { text($0) }.joined(separator: "---\n")
    }

    private mutating func root(_ json: JSON) {
        if isBlock(json) {
            block(json, indent: 0, isInline: true)
        } else {
            scalar(json, indent: 0)
        }
    }

    private func isBlock(_ json: JSON) -> Bool {
        switch json {
        case .null, .bool, .number, .string: false
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        }
    }

    /// Writes the lines of a collection; `isInline` says that the first one has begun already.
    private mutating func block(_ json: JSON, indent: Int, isInline: Bool) {
        var isFirst = isInline
        switch json {
        case .null, .bool, .number, .string: scalar(json, indent: indent)
        case .array(let elements):
            for element in elements {
                startLine(indent, unless: &isFirst)
                output += "- "
                if isBlock(element) {
                    block(element, indent: indent + 2, isInline: true)
                } else {
                    scalar(element, indent: indent + 2)
                }
            }
        case .object(let members):
            for member in members {
                startLine(indent, unless: &isFirst)
                key(member.key, indent: indent)
                guard isBlock(member.value) else {
                    output += " "
                    scalar(member.value, indent: indent + 2)
                    continue
                }
                output += "\n"
                // Lists start under their key, as kubectl writes them.
                if case .array = member.value {
                    block(member.value, indent: indent, isInline: false)
                } else {
                    block(member.value, indent: indent + 2, isInline: false)
                }
            }
        }
    }

    private mutating func startLine(_ indent: Int, unless isFirst: inout Bool) {
        if !isFirst { output += String(repeating: " ", count: indent) }
        isFirst = false
    }

    private mutating func key(_ name: String, indent: Int) {
        let text = isPlain(name) ? name : quoted(name)
        // Readers look at most 1,024 bytes ahead for the colon.
        if text.utf8.count > 500 {
            output += "? \(text)\n" + String(repeating: " ", count: indent) + ":"
        } else {
            output += "\(text):"
        }
    }

    private mutating func scalar(_ json: JSON, indent: Int) {
        switch json {
        case .null: output += "null\n"
        case .bool(let value): output += value ? "true\n" : "false\n"
        case .number(let text): output += "\(text)\n"
        case .array: output += "[]\n"
        case .object: output += "{}\n"
        case .string(let text):
            if isPlain(text) {
                output += "\(text)\n"
            } else if isLiteral(text) {
                literal(text, indent: max(indent, 2))
            } else {
                output += "\(quoted(text))\n"
            }
        }
    }
}

// MARK: Texts

extension YAMLWriter {
    /// Whether the text means itself when it stands without quotes.
    private func isPlain(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 500,
            isLetter(first) || isDigit(first) || first == 0x2f
        else { return false }
        guard bytes.allSatisfy({ isLetter($0) || isDigit($0) || "_./@+=- :".utf8.contains($0) }),
            bytes.last != 0x20, bytes.last != 0x3a, !words.contains(text.lowercased())
        else { return false }
        for (one, next) in zip(bytes, bytes.dropFirst()) where one == 0x3a && next == 0x20 {
            return false
        }
        guard isDigit(first) else { return true }
        // 1e3, 0x1f, 1_000, 1:30 and 2026-11-20 mean a number or date to some; 64Gi does not.
        let isTelling = bytes.contains { isLetter($0) && !"abcdefoxABCDEFOX".utf8.contains($0) }
        return isTelling && !bytes.contains { "_:-+".utf8.contains($0) }
    }

    /// What some version of YAML takes for a boolean, a null or a number.
    private var words: [String] {
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"]
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether the text can stand as a literal block: several lines, all of them printable.
    private func isLiteral(_ text: String) -> Bool {
        guard let first = text.utf8.first, first > 0x20, text.utf8.contains(0x0a) else {
            return false
        }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
    }

    private mutating func literal(_ text: String, indent: Int) {
        var lines = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        let endsLine = lines.last?.isEmpty == true
        if endsLine { lines.removeLast() }
        output += !endsLine ? "|-\n" : lines.last?.isEmpty == true ? "|+\n" : "|\n"
        for line in lines {
            if !line.isEmpty { output += String(repeating: " ", count: indent) }
            output += "\(Substring(line))\n"
        }
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16)
                    result +=
                        "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                }
            }
        }
        return result + "\""
    }

    /// What YAML lets stand as it is; breaks that only some readers know do not count.
    private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd,
            0x10000...0x10ffff:
            true
        default: false
        }
    }
}
