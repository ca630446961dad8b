import Primitives

/// What has been asked of a document so far.
///
/// One value inside the session, so that a question costs one check of exclusive access.
struct Progress {
    private static let claimed = UInt32.max

    /// By node. An object: zero, or where to look for its next key, or `claimed` where it was read
    /// whole. A key: one once consumed.
    private var marks: [UInt32]
    /// Every key asked for, by object; only noted while explaining a refusal.
    private var asked: [(object: Int, key: String)] = []

    /// The first node that can be asked about.
    private let base: Int

    /// For nodes from `base` on: what a value costs must not depend on the document around it.
    init(count: Int, base: Int) {
        marks = [UInt32](repeating: 0, count: count)
        self.base = base
    }

    /// The value of the member named `key`, which is then consumed.
    mutating func find(
        _ key: Span<UInt8>, in object: Int, _ nodes: [Document.Node], _ bytes: [UInt8]
    ) -> Int? {
        guard let at = position(of: key, in: object, nodes, bytes) else { return nil }
        marks[at - base] = 1
        marks[object - base] = nodes[at + 1].next
        return at + 1
    }

    /// Searches from behind the key found last, then from the first.
    func position(
        of key: Span<UInt8>, in object: Int, _ nodes: [Document.Node], _ bytes: [UInt8]
    ) -> Int? {
        let end = Int(nodes[object].next)
        let start = Int(marks[object - base])
        var at = start
        while at < end {
            if isText(key, nodes[at], bytes) { return at }
            at = Int(nodes[at + 1].next)
        }
        at = object + 1
        while at < start {
            if isText(key, nodes[at], bytes) { return at }
            at = Int(nodes[at + 1].next)
        }
        return nil
    }

    private func isText(_ wanted: Span<UInt8>, _ node: Document.Node, _ bytes: [UInt8]) -> Bool {
        guard wanted.count == Int(node.length) else { return false }
        let start = Int(node.start)
        for offset in wanted.indices where bytes[start + offset] != wanted[offset] { return false }
        return true
    }

    mutating func enter(_ object: Int) {
        if marks[object - base] == 0 || marks[object - base] == Self.claimed {
            marks[object - base] = UInt32(object + 1)
        }
    }

    mutating func enterIfUntouched(_ object: Int) {
        if marks[object - base] == 0 { marks[object - base] = UInt32(object + 1) }
    }

    mutating func claim(_ object: Int) { marks[object - base] = Self.claimed }

    func isConsumed(_ key: Int) -> Bool { marks[key - base] != 0 }

    func isEntered(_ object: Int) -> Bool {
        marks[object - base] != 0 && marks[object - base] != Self.claimed
    }

    mutating func note(_ key: String, _ object: Int) { asked.append((object, key)) }

    /// Keys asked of one object, each once, in the order of the questions.
    func askedKeys(of object: Int) -> [String] {
        var keys: [String] = []
        for entry in asked where entry.object == object && !keys.contains(entry.key) {
            keys.append(entry.key)
        }
        return keys
    }
}
