/// Bounds on what a reader must hold in mind at once.
enum Size {
    static let fileLines = 450
    static let functionLines = 60
    static let scriptLines = 120
    static let columns = 100

    static let rules: [Rule] = [files, functions, lines, scripts]

    static func files(_ file: File) -> [Finding] {
        let isCode = file.isSwift || file.isC || file.path.hasSuffix(".py")
        guard isCode, file.lines.count - 1 > fileLines else { return [] }
        return [
            file.finding(
                fileLines, "a file of \(file.lines.count - 1) lines, over \(fileLines)",
                "Split it by thought")
        ]
    }

    static func lines(_ file: File) -> [Finding] {
        let isCode = file.isSwift || file.isC || file.path.hasSuffix(".py")
        guard isCode || file.isScript || file.path.hasSuffix(".sh") else { return [] }
        // The formatter forgets a trailing comma when it measures, so that one column is given.
        return file.lines.enumerated().filter {
            $0.element.count > columns + (file.isSwift && $0.element.hasSuffix(",") ? 1 : 0)
        }.map {
            file.finding(
                $0.offset + 1, "a line of \($0.element.count) columns, over \(columns)", "Break it")
        }
    }

    static func functions(_ file: File) -> [Finding] {
        guard file.isSwift else { return [] }
        let tokens = file.source.tokens
        return tokens.indices.compactMap { index in
            guard opensFunction(index, tokens) else { return nil }
            guard let end = endOfBody(from: index + 1, tokens) else { return nil }
            let length = tokens[end].line - tokens[index].line + 1
            guard length > functionLines else { return nil }
            return file.finding(
                tokens[index].line, "a function of \(length) lines, over \(functionLines)",
                "Split it into verbs that a caller could name")
        }
    }

    static func scripts(_ file: File) -> [Finding] {
        guard file.isScript else { return [] }
        var found: [Finding] = []
        if file.lines.count - 1 > scriptLines {
            found.append(
                file.finding(
                    scriptLines, "a script of \(file.lines.count - 1) lines, over \(scriptLines)",
                    "Move the work into a command of the program"))
        }
        // Python stops at a failure of its own accord.
        if file.lines.first == "#!/usr/bin/env python3" { return found }
        if file.lines.first != "#!/usr/bin/env bash" {
            found.append(
                file.finding(
                    1, "no bash line", "Begin with #!/usr/bin/env bash, or python3 instead"))
        }
        if !file.lines.contains("set -o errexit -o nounset -o pipefail") {
            found.append(
                file.finding(
                    1, "a script that goes on after a failure",
                    "Set the options errexit, nounset and pipefail at its head"))
        }
        return found
    }

    private static func opensFunction(_ index: Int, _ tokens: [Token]) -> Bool {
        let token = tokens[index]
        guard token.kind == .word else { return false }
        let before = index > 0 ? tokens[index - 1].text : ""
        let after = index + 1 < tokens.count ? tokens[index + 1].text : ""
        return switch token.text {
        case "func": before != "."
        case "init": before != "." && ["(", "?", "<"].contains(after)
        case "deinit": after == "{"
        case "subscript": before != "." && ["(", "<"].contains(after)
        default: false
        }
    }

    /// The closing brace of the body, and nil for a requirement that has none.
    private static func endOfBody(from start: Int, _ tokens: [Token]) -> Int? {
        let next: Set<String> = [
            "func", "var", "let", "init", "subscript", "case", "struct", "enum", "class",
            "associatedtype", "extension", "protocol",
        ]
        var depth = 0
        var braces = 0
        for index in start..<tokens.count {
            let token = tokens[index]
            if token.kind == .word, depth == 0, braces == 0, next.contains(token.text) {
                return nil
            }
            guard token.kind == .symbol else { continue }
            switch token.text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0 || braces > 0: braces += 1
            case "}" where braces > 0:
                braces -= 1
                if braces == 0 { return index }
            case "}" where depth == 0: return nil
            default: continue
            }
        }
        return nil
    }
}
