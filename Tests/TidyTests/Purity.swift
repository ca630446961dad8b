/// Words that the pure layers must not contain: clocks, chance, threads, hash order, raw memory.
enum Purity {
    /// What must stand before or after a word for it to count.
    private enum Place { case anywhere, call, member, declaration, made }

    private struct Ban {
        let words: Set<String>
        let place: Place
        let what: String
        let remedy: String
    }

    static func rule(_ file: File) -> [Finding] {
        guard file.isSwift, !file.isTest, let target = file.target else { return [] }
        guard let layer = Layers.number[target], layer <= 4 else { return [] }
        let tokens = file.source.tokens
        let active = layer == 4 ? concurrency : layer == 3 ? pure + fixedPoint : pure
        var found: [Finding] = []
        for index in tokens.indices where tokens[index].kind == .word {
            for ban in active where ban.words.contains(tokens[index].text) {
                guard isAt(ban.place, index, tokens) else { continue }
                let what = "\(ban.what): \(tokens[index].text)"
                found.append(file.finding(tokens[index].line, what, ban.remedy))
            }
        }
        if layer == 4 { return found }
        found += unsafeMemory(tokens, file) + dictionaries(tokens, file)
        return layer == 3 ? found + fractions(tokens, file) : found
    }

    private static func isAt(_ place: Place, _ index: Int, _ tokens: [Token]) -> Bool {
        let before = index > 0 ? tokens[index - 1].text : ""
        let after = index + 1 < tokens.count ? tokens[index + 1] : nil
        return switch place {
        case .anywhere: before != "."
        case .call: before != "." && before != "func" && after?.text == "("
        case .member: before == "."
        // A hasher handed in by `Hashable` is never seen; one of our own would be.
        case .made: before != "inout"
        case .declaration:
            before != "." && after?.kind == .word && after?.line == tokens[index].line
        }
    }

    private static let concurrency: [Ban] = [
        Ban(
            words: ["async", "await", "Task", "MainActor", "TaskGroup", "AsyncStream"],
            place: .anywhere, what: "concurrency below the services",
            remedy: "Decide on values here and let a thread above carry them"),
        Ban(
            words: ["actor"], place: .declaration, what: "concurrency below the services",
            remedy: "Make it a struct with one owner"),
    ]

    private static let pure: [Ban] =
        concurrency + [
            Ban(
                words: [
                    "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "Date",
                    "DispatchTime", "CFAbsoluteTimeGetCurrent",
                ], place: .anywhere, what: "a clock in a pure layer",
                remedy: "Take the moment as a Tick argument"),
            Ban(
                words: ["time", "clock"], place: .call, what: "a clock in a pure layer",
                remedy: "Take the moment as a Tick argument"),
            Ban(
                words: ["UUID", "SystemRandomNumberGenerator", "getentropy", "arc4random"],
                place: .anywhere, what: "chance in a pure layer",
                remedy: "Take a seed or an identity as an argument, and throw Dice"),
            Ban(
                words: ["random", "randomElement", "shuffle", "shuffled"], place: .member,
                what: "chance in a pure layer", remedy: "Throw Dice made from a seed argument"),
            Ban(
                words: ["Dictionary", "Set"], place: .anywhere, what: "a hash in a pure layer",
                remedy: "Use Lookup, which cannot be walked, or a sorted array"),
            Ban(
                words: ["hashValue", "ObjectIdentifier"], place: .anywhere,
                what: "a value that differs between processes",
                remedy: "Mix a Digest, or compare the values themselves"),
            Ban(
                words: ["Hasher"], place: .made,
                what: "a value that differs between processes", remedy: "Mix a Digest"),
            Ban(
                words: ["hashValue"], place: .member,
                what: "a value that differs between processes", remedy: "Mix a Digest"),
            Ban(
                words: ["print", "debugPrint", "dump"], place: .call, what: "output",
                remedy: "Return a value and let the edge print it"),
            Ban(
                words: ["Mirror"], place: .anywhere, what: "reflection",
                remedy: "Write the description by hand"),
        ]

    private static let fixedPoint: [Ban] = [
        Ban(
            words: ["Double", "Float", "Float16", "Float32", "Float64", "Float80", "CGFloat"],
            place: .anywhere, what: "floating point among the decisions",
            remedy: "Use integers in a small enough unit")
    ]

    private static func unsafeMemory(_ tokens: [Token], _ file: File) -> [Finding] {
        let starts = ["Unsafe", "unsafe", "withUnsafe", "OpaquePointer", "Unmanaged"]
        return tokens.filter { token in
            token.kind == .word && starts.contains { token.text.hasPrefix($0) }
        }.map {
            file.finding(
                $0.line, "raw memory in a pure layer: \($0.text)", "Use an array or a Span")
        }
    }

    private static func fractions(_ tokens: [Token], _ file: File) -> [Finding] {
        tokens.filter { $0.kind == .number && $0.text.contains(".") }.map {
            file.finding(
                $0.line, "floating point among the decisions: \($0.text)",
                "Use integers in a small enough unit")
        }
    }

    /// The one file that may hold a dictionary, and how many times it may say so.
    private static let hashOwner = (path: "Sources/Primitives/Lookup.swift", count: 1)

    private static func dictionaries(_ tokens: [Token], _ file: File) -> [Finding] {
        let lines = DictionarySyntax.lines(in: tokens)
        let spared = file.path == hashOwner.path ? hashOwner.count : 0
        return lines.dropFirst(spared).map {
            file.finding(
                $0, "a dictionary in a pure layer",
                "Use Lookup, which cannot be walked, or a sorted array")
        }
    }
}

/// Finds `[Key: Value]`, whether as a type or as a literal.
///
/// Spared are `[:]`, which is nothing without a type, and the table that the standard library's
/// coding protocols demand.
enum DictionarySyntax {
    private struct Bracket {
        let open: String
        let line: Int
        let isSubscript: Bool
        var ternaries = 0
        var hasColon = false
    }

    static func lines(in tokens: [Token]) -> [Int] {
        var open: [Bracket] = []
        var found: [Int] = []
        for index in tokens.indices where tokens[index].kind == .symbol {
            let token = tokens[index]
            switch token.text {
            case "[", "(", "{":
                open.append(
                    Bracket(
                        open: token.text, line: token.line,
                        isSubscript: isSubscript(index, tokens)))
            case "]", ")", "}":
                if let bracket = open.popLast(), bracket.hasColon { found.append(bracket.line) }
            case "?" where token.isSpaced:
                if let last = open.indices.last { open[last].ternaries += 1 }
            case ":":
                guard let last = open.indices.last, open[last].open == "[" else { continue }
                if open[last].ternaries > 0 {
                    open[last].ternaries -= 1
                } else if !open[last].isSubscript, !isSpared(tokens[index - 1].text) {
                    open[last].hasColon = true
                }
            default: continue
            }
        }
        return found.sorted()
    }

    private static func isSpared(_ key: String) -> Bool { key == "[" || key == "CodingUserInfoKey" }

    private static func isSubscript(_ index: Int, _ tokens: [Token]) -> Bool {
        guard index > 0, !tokens[index].isSpaced else { return false }
        let before = tokens[index - 1]
        return before.kind == .word || ["]", ")", "}", "?", "!", ">"].contains(before.text)
    }
}
