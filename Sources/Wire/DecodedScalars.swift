import Primitives

// Scalars out of the tape. Unquoted YAML follows the same rules as JSON: `true` and `false` are the
// only booleans, numbers are JSON numbers, and a text is whatever was written.
extension DecodingSession {
    /// Reads the session's own bytes: going through the document would count references twice.
    func text(of node: Document.Node) -> String {
        let start = Int(node.start)
        return String(decoding: bytes[start..<start + Int(node.length)], as: UTF8.self)
    }

    func isNull(_ node: Int) -> Bool { nodes[node].kind == .null }

    func string(_ index: Int) throws(Refusal) -> String {
        let node = nodes[index]
        switch node.kind {
        case .string, .plain: return text(of: node)
        case .null, .bool, .number, .array, .object:
            throw mismatch("a string", textHint(node.kind), index)
        }
    }

    private func textHint(_ kind: Document.Kind) -> String {
        switch kind {
        case .null: "Write a text, \"\" for an empty one, or remove it"
        case .array, .object: "Write one text"
        case .bool, .number, .string, .plain: "Put it in quotes"
        }
    }

    func bool(_ index: Int) throws(Refusal) -> Bool {
        let node = nodes[index]
        if node.kind == .bool { return node.length == 4 }
        if node.kind == .plain {
            if document.hasText("true", at: index) { return true }
            if document.hasText("false", at: index) { return false }
        }
        throw mismatch("true or false", "Write true or false, without quotes", index)
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type, _ index: Int) throws(Refusal) -> T {
        let node = nodes[index]
        if isNumber(index) {
            if let small = shortInteger(node) {
                if let value = T(exactly: small) { return value }
            } else if let decimal = decimal(node), decimal.length == Int(node.length),
                let value = decimal.integer(T.self)
            {
                return value
            } else if decimal(node)?.scaled(by: 1, roundsUp: false) == nil, !isWhole(node) {
                throw mismatch("a whole number", "Write a whole number, such as 8", index)
            }
            throw mismatch(
                "a whole number from \(T.min) to \(T.max)", "Write a number in that range", index)
        }
        let isQuoted = node.kind == .string && shortInteger(node) != nil
        throw mismatch(
            "a whole number",
            isQuoted ? "Remove the quotes" : "Write a whole number, such as 8", index)
    }

    func double(_ index: Int) throws(Refusal) -> Double {
        guard isNumber(index) else {
            throw mismatch("a number", "Write a number, such as 0.5", index)
        }
        guard let value = Double(document.text(of: nodes[index])), value.isFinite else {
            throw mismatch("a number that fits 64 bits", "Write a smaller number", index)
        }
        return value
    }

    /// Whether a node is a number: by its kind, or by its shape if it is plain.
    private func isNumber(_ index: Int) -> Bool {
        let node = nodes[index]
        if node.kind == .number { return true }
        guard node.kind == .plain else { return false }
        let text = bytes
        let start = Int(node.start)
        return isJSONNumber(text.span.extracting(start..<start + Int(node.length)))
    }

    /// Up to 18 digits and no point or exponent: nearly every number there is.
    private func shortInteger(_ node: Document.Node) -> Int64? {
        guard node.length > 0, node.length <= 18 else { return nil }
        var value: Int64 = 0
        let start = Int(node.start)
        let isNegative = bytes[start] == UInt8(ascii: "-")
        guard !isNegative || node.length > 1 else { return nil }
        for index in start + (isNegative ? 1 : 0)..<start + Int(node.length) {
            guard isDigit(bytes[index]) else { return nil }
            value = value * 10 + Int64(bytes[index] - 0x30)
        }
        return isNegative ? -value : value
    }

    private func decimal(_ node: Document.Node) -> DecimalText? {
        let text = bytes
        let start = Int(node.start)
        return DecimalText(
            text.span.extracting(start..<start + Int(node.length)), readsExponent: true)
    }

    /// No fraction is left after the exponent, so only the size can be wrong.
    private func isWhole(_ node: Document.Node) -> Bool {
        guard let decimal = decimal(node) else { return true }
        return decimal.exponent >= 0
    }

    func strings(_ array: Int) throws(Refusal) -> [String] {
        guard nodes[array].kind == .array else {
            throw mismatch("a list of strings", listHint(array), array)
        }
        var found: [String] = []
        found.reserveCapacity(Int(nodes[array].length))
        var at = array + 1
        while at < Int(nodes[array].next) {
            found.append(try string(at))
            at = Int(nodes[at].next)
        }
        return found
    }

    /// The list that was probably meant: one text for each word.
    private func listHint(_ node: Int) -> String {
        guard nodes[node].kind == .string || nodes[node].kind == .plain else {
            return "Write a list, such as [\"one\", \"two\"]"
        }
        let words = text(of: nodes[node]).split(separator: " ").prefix(4).map { quoted(String($0)) }
        return "Write a list, such as [\(words.joined(separator: ", "))]"
    }

    func stringMap(_ object: Int) throws(Refusal) -> StringMap {
        guard nodes[object].kind == .object else {
            throw mismatch("an object of strings", "Write { \"key\": \"value\" }", object)
        }
        claim(object)
        var entries: [StringMap.Entry] = []
        entries.reserveCapacity(Int(nodes[object].length))
        var at = object + 1
        while at < Int(nodes[object].next) {
            entries.append(
                StringMap.Entry(key: text(of: nodes[at]), value: try string(at + 1)))
            at = Int(nodes[at + 1].next)
        }
        return StringMap(unordered: entries)
    }
}

/// Whether the text is a number by the grammar of JSON, the only one accepted anywhere.
func isJSONNumber(_ text: Span<UInt8>) -> Bool {
    var at = 0
    func digits() -> Bool {
        let start = at
        while at < text.count, isDigit(text[at]) { at += 1 }
        return at > start
    }
    if at < text.count, text[at] == UInt8(ascii: "-") { at += 1 }
    let start = at
    guard digits(), text[start] != UInt8(ascii: "0") || at == start + 1 else { return false }
    if at < text.count, text[at] == UInt8(ascii: ".") {
        at += 1
        guard digits() else { return false }
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
        at += 1
        if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") {
            at += 1
        }
        guard digits() else { return false }
    }
    return at == text.count
}
