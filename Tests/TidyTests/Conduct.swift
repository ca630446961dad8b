/// Habits that no layer may have: hidden failures, dead text, unnamed owners, vague names.
enum Conduct {
    static let rules: [Rule] = [
        stops, emptyCatches, marks, deadCode, owners, mainFile, names,
    ]

    /// Who may say `@unchecked Sendable` or `nonisolated(unsafe)`, and how many times.
    static let owned: [String: Int] = [
        "Sources/Control/BodyCache.swift": 1,
        "Sources/Host/Lock.swift": 1,
        "Sources/Network/Reactor.swift": 1,
        "Sources/Network/System.swift": 1,
        "Sources/Network/TLSContext.swift": 1,
        "Sources/Network/WebSocketJoining.swift": 1,
        "Sources/Service/Controller.swift": 1,
        "Sources/Service/Server.swift": 1,
        "Sources/Telemetry/Counters.swift": 1,
        "Sources/Telemetry/Log.swift": 1,
    ]

    static func stops(_ file: File) -> [Finding] {
        guard file.isSwift, !file.isTest else { return [] }
        let tokens = file.source.tokens
        return tokens.indices.compactMap { index in
            let token = tokens[index]
            if token.text == "fatalError", token.kind == .word {
                return file.finding(
                    token.line, "fatalError",
                    "Throw a Refusal, or use precondition where the caller broke its word")
            }
            guard token.text == "!", token.kind == .symbol, !token.isSpaced, index > 0 else {
                return nil
            }
            let before = tokens[index - 1]
            guard before.kind == .word, ["try", "as"].contains(before.text) else { return nil }
            return file.finding(
                token.line, "\(before.text)!", "Handle the failure, or throw it on as your own")
        }
    }

    static func emptyCatches(_ file: File) -> [Finding] {
        guard file.isSwift, !file.isTest else { return [] }
        let tokens = file.source.tokens
        return tokens.indices.compactMap { index in
            guard tokens[index].text == "catch", tokens[index].kind == .word else { return nil }
            let body = tokens[index...].firstIndex { $0.text == "{" && $0.kind == .symbol }
            guard let body, body + 1 < tokens.count, tokens[body + 1].text == "}" else {
                return nil
            }
            return file.finding(
                tokens[index].line, "an empty catch", "Answer the failure, count it, or log it")
        }
    }

    static func marks(_ file: File) -> [Finding] {
        let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
        return comments(of: file).compactMap { comment in
            let parts = comment.text.split { !$0.isLetter }
            guard let word = words.first(where: { parts.contains(Substring($0)) }) else {
                return nil
            }
            return file.finding(comment.line, "\(word) in a comment", "Do it now, or leave it out")
        }
    }

    static func deadCode(_ file: File) -> [Finding] {
        guard file.isSwift || file.isC else { return [] }
        return comments(of: file).filter { !$0.isDocumentation && looksLikeCode($0.text) }.map {
            file.finding($0.line, "code in a comment", "Delete it; the history keeps it")
        }
    }

    static func owners(_ file: File) -> [Finding] {
        guard file.isSwift, !file.isTest else { return [] }
        let text = file.source
        let escapes = escapeLines(text.tokens)
        let unnamed = escapes.filter { !namesOwner(above: $0, text.comments) }.map {
            file.finding(
                $0, "an unchecked escape from the concurrency rules",
                "Say in a comment on the lines above which owner, mutex or thread guards the value"
            )
        }
        let expected = owned[file.path, default: 0]
        guard escapes.count != expected else { return unnamed }
        return unnamed + [
            file.finding(
                escapes.first ?? 1,
                "\(escapes.count) unchecked escapes where Conduct.owned says \(expected)",
                "Remove them, or change the table in Tests/TidyTests/Conduct.swift")
        ]
    }

    static func mainFile(_ file: File) -> [Finding] {
        guard file.path.hasSuffix("/main.swift") else { return [] }
        return [
            file.finding(
                1, "main.swift makes its globals main-actor isolated",
                "Call the file Main.swift and use @main")
        ]
    }

    static func names(_ file: File) -> [Finding] {
        guard file.isSwift else { return [] }
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "actor"]
        let vague = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Impl", "Info"]
        let tokens = file.source.tokens
        return tokens.indices.dropLast().compactMap { index in
            let name = tokens[index + 1]
            guard tokens[index].kind == .word, kinds.contains(tokens[index].text) else {
                return nil
            }
            guard let word = vague.first(where: { name.text.hasSuffix($0) }) else { return nil }
            return file.finding(
                name.line, "\(name.text) ends with \(word)", "Name the thing that it is")
        }
    }
}

extension Conduct {
    private static func comments(of file: File) -> [Comment] {
        if file.isSwift || file.isC { return file.source.comments }
        guard file.isScript || file.path.hasSuffix(".py") || file.path.hasSuffix(".sh") else {
            return []
        }
        return file.lines.enumerated().compactMap { index, line in
            guard let mark = line.firstIndex(of: "#") else { return nil }
            return Comment(text: String(line[mark...]), line: index + 1, isDocumentation: false)
        }
    }

    /// A guess that prefers silence: prose rarely opens with a keyword and also holds code signs.
    private static func looksLikeCode(_ text: String) -> Bool {
        let line = text.drop { $0 == " " || $0 == "\t" }
        if line.hasSuffix("{") || line == "}" || line.hasSuffix(");") { return true }
        let keywords: Set<Substring> = [
            "let", "var", "func", "import", "return", "guard", "if", "for", "while", "switch",
            "case", "try", "struct", "final", "private", "public", "self", "await", "throw",
        ]
        let first = line.prefix { $0.isLetter || $0 == "_" }
        if keywords.contains(first) {
            let rest = line.dropFirst(first.count)
            return rest.contains(" = ") || rest.contains(" == ") || rest.hasSuffix(")")
                || rest.hasPrefix(".") || (first == "import" && !rest.dropFirst().contains(" "))
        }
        guard line.hasSuffix(")"), let open = line.firstIndex(of: "("), open != line.startIndex
        else { return line.contains(" = ") && !line.hasSuffix(".") && line.hasSuffix(")") }
        return line[..<open].allSatisfy { $0.isLetter || $0.isNumber || "._[]".contains($0) }
    }

    private static func escapeLines(_ tokens: [Token]) -> [Int] {
        tokens.indices.compactMap { index in
            let isUnchecked =
                tokens[index].text == "unchecked" && index > 0 && tokens[index - 1].text == "@"
            let isUnsafe =
                tokens[index].text == "nonisolated" && index + 2 < tokens.count
                && tokens[index + 1].text == "(" && tokens[index + 2].text == "unsafe"
            return isUnchecked || isUnsafe ? tokens[index].line : nil
        }
    }

    private static let guards = ["owner", "owned", "owns", "mutex", "thread"]

    /// Whether the unbroken block of comments that ends on the line above speaks of an owner.
    private static func namesOwner(above line: Int, _ comments: [Comment]) -> Bool {
        var wanted = line - 1
        for comment in comments.reversed() where comment.line <= wanted {
            guard comment.line == wanted else { return false }
            let text = comment.text.lowercased()
            if guards.contains(where: { text.contains($0) }) { return true }
            wanted -= 1
        }
        return false
    }
}
