/// One breach of a rule: where it is, what was seen, and what to do instead.
struct Finding: Hashable {
    let path: String
    let line: Int
    let what: String
    let remedy: String
}

extension Finding: CustomStringConvertible {
    var description: String { "\(path):\(line): \(what). \(remedy)." }
}

/// A file of the repository as the rules see it: its path from the root, and its text.
struct File {
    let path: String
    let text: String
    /// Tokens and comments of Swift and C; read once, since every rule asks for them.
    let source: SwiftText

    init(path: String, text: String) {
        self.path = path
        self.text = text
        let isCode = [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
        source = SwiftText(isCode ? text : "")
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
    var isTest: Bool { path.hasPrefix("Tests/") }
    var isScript: Bool { path.hasPrefix("Scripts/") || path == ".ci/run" }

    /// The target that the file belongs to, and nil for what is compiled into none.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && (parts[0] == "Sources" || isTest) ? String(parts[1]) : nil
    }

    func finding(_ line: Int, _ what: String, _ remedy: String) -> Finding {
        Finding(path: path, line: line, what: what, remedy: remedy)
    }
}

/// What every rule is: one file in, its breaches out.
typealias Rule = @Sendable (File) -> [Finding]
