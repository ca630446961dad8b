/// Labels and the like: text by text, kept in the order of the keys' bytes.
public struct StringMap: Hashable, Sendable {
    struct Entry: Sendable {
        let key: String
        var value: String
    }

    private var entries: [Entry]

    public init() { entries = [] }

    /// Keys must differ; a later entry wins over an earlier one with the same key.
    init(unordered: [Entry]) {
        entries = unordered
        let isSorted = zip(entries, entries.dropFirst()).allSatisfy { isBefore($0.key, $1.key) }
        guard !isSorted else { return }
        entries = []
        for (position, entry) in unordered.enumerated().sorted(by: { left, right in
            if isBefore(left.element.key, right.element.key) { return true }
            if isBefore(right.element.key, left.element.key) { return false }
            return left.offset < right.offset
        }) {
            if let last = entries.last, !isBefore(last.key, entry.key) { entries.removeLast() }
            entries.append(unordered[position])
        }
    }

    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }
    public var keys: [String] { entries.map(\.key) }

    /// Reads, writes, or removes by writing nil.
    public subscript(key: String) -> String? {
        get {
            let place = place(of: key)
            return isHeld(key, at: place) ? entries[place].value : nil
        }
        set {
            let place = place(of: key)
            switch (isHeld(key, at: place), newValue) {
            case (true, let value?): entries[place].value = value
            case (true, nil): entries.remove(at: place)
            case (false, let value?): entries.insert(Entry(key: key, value: value), at: place)
            case (false, nil): return
            }
        }
    }

    /// The first position whose key is not before `key`.
    private func place(of key: String) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(entries[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func isHeld(_ key: String, at place: Int) -> Bool {
        place < entries.count && entries[place].key.utf8.elementsEqual(key.utf8)
    }
}

/// Orders text by its bytes: `<` on strings would call differently written accents equal.
func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

extension StringMap.Entry: Hashable {
    static func == (left: Self, right: Self) -> Bool {
        left.key.utf8.elementsEqual(right.key.utf8)
            && left.value.utf8.elementsEqual(right.value.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in key.utf8 { hasher.combine(byte) }
        hasher.combine(value.utf8.count)
    }
}

extension StringMap: Sequence {
    public func makeIterator() -> some IteratorProtocol<(key: String, value: String)> {
        entries.lazy.map { (key: $0.key, value: $0.value) }.makeIterator()
    }
}

extension StringMap: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(unordered: elements.map { Entry(key: $0.0, value: $0.1) })
    }
}

extension StringMap: Codable {
    /// From other coders; the wire decoder reads the tape directly and refuses repeated keys there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: PathKey.self)
        var found: [Entry] = []
        for key in container.allKeys {
            found.append(
                Entry(
                    key: key.stringValue, value: try container.decode(String.self, forKey: key)))
        }
        self.init(unordered: found)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: PathKey.self)
        for entry in entries {
            try container.encode(entry.value, forKey: PathKey(stringValue: entry.key))
        }
    }
}
