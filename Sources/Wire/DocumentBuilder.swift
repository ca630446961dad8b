public import Primitives

extension Document {
    /// Makes a document event by event, keeping every limit; the one way in for every format.
    ///
    /// Order: one value in all; inside an object a key before each value; every open closed.
    public struct Builder: Sendable {
        /// Where a key stood in the source: a line and a column, or a byte offset for JSON.
        public struct Mark: Sendable, BitwiseCopyable {
            let packed: UInt32

            init(packed: UInt32) { self.packed = packed }

            init(offset: Int) { packed = UInt32(truncatingIfNeeded: offset) }

            /// Both count from one. Columns beyond 4,095 are shown as such.
            public init(line: Int, column: Int) {
                let row = UInt32(min(max(line, 0), 0xfffff))
                packed = row << 12 | UInt32(min(max(column, 0), 0xfff))
            }

            var line: Int { Int(packed >> 12) }
            var column: Int { Int(packed & 0xfff) }
        }

        private struct Open: Sendable, BitwiseCopyable {
            let node: Int
            let isObject: Bool
            var count: UInt32 = 0
            var key: Int = 0
        }

        var bytes: [UInt8]
        private var nodes: [Node] = []
        private var open: [Open] = []
        private var keys = 0
        private let limits: WireLimits
        /// For JSON, marks are offsets into this many leading bytes.
        private let sourceBytes: Int

        public init(limits: WireLimits = .request) {
            self.limits = limits
            bytes = []
            sourceBytes = 0
            open.reserveCapacity(16)
        }

        /// A builder whose text is mostly `source` itself.
        init(source: [UInt8], limits: WireLimits) {
            self.limits = limits
            bytes = source
            sourceBytes = source.count
            nodes.reserveCapacity(source.count / 8 + 8)
            open.reserveCapacity(16)
        }

        /// How many arrays and objects are open.
        public var depth: Int { open.count }

        /// True when a whole value has been given.
        public var isComplete: Bool { open.isEmpty && !nodes.isEmpty }
    }
}

// MARK: Events

extension Document.Builder {
    public mutating func openObject() throws(Refusal) { try openContainer(.object) }

    public mutating func openArray() throws(Refusal) { try openContainer(.array) }

    /// Names the next value of the open object.
    public mutating func key(_ text: [UInt8], at mark: Mark) throws(Refusal) {
        let place = try store(text)
        try addKey(start: place, length: text.count, mark: mark)
    }

    /// Adds a scalar; `text` is UTF-8, for `bool` and `number` as JSON writes it.
    public mutating func scalar(_ kind: Document.Kind, _ text: [UInt8]) throws(Refusal) {
        precondition(kind != .array && kind != .object, "a scalar has no members")
        let place = try store(text)
        try addScalar(kind, start: place, length: text.count)
    }

    /// Ends the innermost array or object; an object with a repeated key is refused here.
    public mutating func close() throws(Refusal) {
        guard let container = open.popLast() else {
            preconditionFailure("closed more than was opened")
        }
        nodes[container.node].length = container.count
        nodes[container.node].next = UInt32(nodes.count)
        if container.isObject, container.count > 1 { try refuseRepeatedKeys(container.node) }
    }

    /// The finished document.
    public consuming func finish() throws(Refusal) -> Document {
        guard isComplete else {
            throw Refusal(
                .malformed, finding: "the document holds no whole value",
                remedy: "Send one complete document")
        }
        return Document(bytes: bytes, nodes: nodes)
    }

    /// Where the builder stands, as a field path.
    public var path: String {
        var path = ""
        for (level, container) in open.enumerated() {
            if !container.isObject {
                // An element that is open has been counted already.
                let isInside = level + 1 < open.count
                path += "[\(isInside ? container.count - 1 : container.count)]"
            } else if container.key > 0 {
                path.appendPathKey(text(container.key))
            }
        }
        return path
    }
}

// MARK: Tape

extension Document.Builder {
    mutating func addKey(start: Int, length: Int, mark: Mark) throws(Refusal) {
        precondition(open.last?.isObject == true, "a key outside an object")
        keys += 1
        guard keys <= limits.keys else {
            throw Refusal(
                .tooLarge, field: path,
                finding: "the document has more than \(limits.keys) keys",
                remedy: "Split it into smaller documents")
        }
        open[open.count - 1].key = nodes.count
        nodes.append(
            Document.Node(
                kind: .string, start: UInt32(start), length: UInt32(length), next: mark.packed))
    }

    mutating func addScalar(_ kind: Document.Kind, start: Int, length: Int) throws(Refusal) {
        try countValue()
        nodes.append(
            Document.Node(
                kind: kind, start: UInt32(start), length: UInt32(length),
                next: UInt32(nodes.count + 1)))
    }

    private mutating func openContainer(_ kind: Document.Kind) throws(Refusal) {
        guard open.count < limits.depth else {
            throw Refusal(
                .malformed, field: path,
                finding: "the document is nested more than \(limits.depth) levels deep",
                remedy: "Flatten it")
        }
        try countValue()
        open.append(Open(node: nodes.count, isObject: kind == .object))
        nodes.append(Document.Node(kind: kind, start: 0, length: 0, next: 0))
    }

    private mutating func countValue() throws(Refusal) {
        guard let last = open.indices.last else {
            guard nodes.isEmpty else {
                throw Refusal(
                    .malformed, finding: "there is more than one value",
                    remedy: "Send one document at a time")
            }
            return
        }
        open[last].count += 1
    }

    private mutating func store(_ text: [UInt8]) throws(Refusal) -> Int {
        try checkString(text.count)
        guard bytes.count + text.count <= limits.documentBytes else {
            throw Refusal(
                .tooLarge, field: path,
                finding: "the document is longer than \(limits.documentBytes) bytes",
                remedy: "Send less at once")
        }
        bytes.append(contentsOf: text)
        return bytes.count - text.count
    }

    func checkString(_ count: Int) throws(Refusal) {
        guard count <= limits.stringBytes else {
            throw Refusal(
                .tooLarge, field: path,
                finding: "a string is longer than \(limits.stringBytes) bytes",
                remedy: "Shorten it, or keep it in a file that the job reads")
        }
    }

    private func text(_ node: Int) -> String {
        Document(bytes: bytes, nodes: nodes).text(of: nodes[node])
    }
}

// MARK: Repeated keys

extension Document.Builder {
    /// Small objects are compared pairwise, large ones sorted: no input makes this quadratic.
    private func refuseRepeatedKeys(_ object: Int) throws(Refusal) {
        let count = Int(nodes[object].length)
        if count <= 12 {
            var left = object + 1
            while left < nodes.count {
                let next = Int(nodes[left + 1].next)
                var right = next
                while right < nodes.count {
                    if order(left, right) == 0 { throw repeated(right, in: object) }
                    right = Int(nodes[right + 1].next)
                }
                left = next
            }
            return
        }
        var found: [Int] = []
        found.reserveCapacity(count)
        var at = object + 1
        while at < nodes.count {
            found.append(at)
            at = Int(nodes[at + 1].next)
        }
        found.sort { left, right in
            let comparison = order(left, right)
            return comparison == 0 ? left < right : comparison < 0
        }
        for index in found.indices.dropFirst() where order(found[index - 1], found[index]) == 0 {
            throw repeated(found[index], in: object)
        }
    }

    /// Orders two keys by length, then by bytes: any total order will do here.
    private func order(_ left: Int, _ right: Int) -> Int {
        let one = nodes[left]
        let other = nodes[right]
        guard one.length == other.length else { return one.length < other.length ? -1 : 1 }
        let first = Int(one.start)
        let second = Int(other.start)
        for offset in 0..<Int(one.length) {
            let a = bytes[first + offset]
            let b = bytes[second + offset]
            if a != b { return a < b ? -1 : 1 }
        }
        return 0
    }

    private func repeated(_ key: Int, in object: Int) -> Refusal {
        var field = path
        // The object has left the stack already; its own name is still the last key of its parent.
        if let parent = open.last, !parent.isObject {
            field = String(field.dropLast("[\(parent.count)]".count)) + "[\(parent.count - 1)]"
        }
        field.appendPathKey(text(key))
        let packed = nodes[key].next
        let place: SourcePlace
        if sourceBytes > 0 {
            place = SourcePlace(offset: Int(packed), in: bytes.span.extracting(first: sourceBytes))
        } else {
            place = SourcePlace(line: Int(packed >> 12), column: Int(packed & 0xfff))
        }
        return Refusal(
            .malformed, field: field,
            finding: "the key \(quoted(text(key))) is given twice, again at \(place)",
            remedy: "Keep one of the two")
    }
}

/// A line and a column of a source text, both from one; columns count characters.
struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    let line: Int
    let column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    init(offset: Int, in source: Span<UInt8>) {
        var line = 1
        var column = 1
        for index in 0..<min(offset, source.count) {
            if source[index] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if source[index] & 0xc0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column)
    }

    var description: String { "line \(line), column \(column)" }
}
