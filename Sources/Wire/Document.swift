public import Primitives

/// A parsed document: a flat tape of nodes over bytes that it owns.
///
/// Objects are followed by pairs of key and value, arrays by their elements, in document order.
/// Cheap to copy; safe to share between threads.
public struct Document: Sendable {
    /// What a node is. `plain` is an unquoted YAML scalar, whose type the reader's schema decides.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        case null, bool, number, string, plain, array, object
    }

    /// Sixteen bytes of tape. Text of scalars is `bytes[start..<start + length]`, unescaped.
    struct Node: Sendable, BitwiseCopyable {
        var kind: Kind
        var start: UInt32
        /// Bytes of text, or the number of members or elements.
        var length: UInt32
        /// One past the last node of this value. For a key: where the key stood in the source.
        var next: UInt32
    }

    let bytes: [UInt8]
    let nodes: [Node]

    init(bytes: [UInt8], nodes: [Node]) {
        self.bytes = bytes
        self.nodes = nodes
    }

    /// Reads strict RFC 8259 JSON; errors carry line, column and the path reached.
    public init(json: [UInt8], limits: WireLimits = .request) throws(Refusal) {
        var parser = try JSONParser(json, limits: limits)
        self = try parser.parse(json.span)
    }

    public var root: Value { Value(document: self, index: 0) }

    func text(of node: Node) -> String {
        let start = Int(node.start)
        return String(decoding: bytes[start..<start + Int(node.length)], as: UTF8.self)
    }
}

extension Document {
    /// One place in a document, for a look at it without decoding all.
    public struct Value: Sendable {
        let document: Document
        let index: Int

        private var node: Node { document.nodes[index] }

        /// Where the value stands, and in what.
        public var place: (document: Document, place: Place) { (document, Place(index: index)) }

        public var kind: Kind { node.kind }

        /// Members of an object or elements of an array; zero for scalars.
        public var count: Int {
            switch node.kind {
            case .array, .object: Int(node.length)
            case .null, .bool, .number, .string, .plain: 0
            }
        }

        /// Text of a string or a plain scalar.
        public var string: String? {
            switch node.kind {
            case .string, .plain: document.text(of: node)
            case .null, .bool, .number, .array, .object: nil
            }
        }

        /// The text of any scalar as it was written; nil for arrays and objects.
        public var scalarText: String? {
            switch node.kind {
            case .null: "null"
            case .bool, .number, .string, .plain: document.text(of: node)
            case .array, .object: nil
            }
        }

        /// The member named `key`, compared by bytes.
        public subscript(key: String) -> Value? {
            guard node.kind == .object else { return nil }
            var at = index + 1
            while at < Int(node.next) {
                if document.hasText(key, at: at) { return Value(document: document, index: at + 1) }
                at = Int(document.nodes[at + 1].next)
            }
            return nil
        }

        /// Elements of an array, in order; empty for anything else.
        public var elements: [Value] {
            guard node.kind == .array else { return [] }
            var found: [Value] = []
            var at = index + 1
            while at < Int(node.next) {
                found.append(Value(document: document, index: at))
                at = Int(document.nodes[at].next)
            }
            return found
        }

        /// Members of an object, in document order; empty for anything else.
        public var members: [(key: String, value: Value)] {
            guard node.kind == .object else { return [] }
            var found: [(key: String, value: Value)] = []
            var at = index + 1
            while at < Int(node.next) {
                let key = document.text(of: document.nodes[at])
                found.append((key, Value(document: document, index: at + 1)))
                at = Int(document.nodes[at + 1].next)
            }
            return found
        }
    }

    /// A node of the tape by its number: nothing to keep alive, for walks over a whole document.
    public struct Place: Sendable, BitwiseCopyable {
        let index: Int
    }

    public func kind(at place: Place) -> Kind { nodes[place.index].kind }

    /// Members of an object, in document order; empty for anything else.
    public func members(at place: Place) -> [(key: String, value: Place)] {
        let node = nodes[place.index]
        guard node.kind == .object else { return [] }
        var found: [(key: String, value: Place)] = []
        found.reserveCapacity(Int(node.length))
        var at = place.index + 1
        while at < Int(node.next) {
            found.append((text(of: nodes[at]), Place(index: at + 1)))
            at = Int(nodes[at + 1].next)
        }
        return found
    }

    /// Elements of an array, in order; empty for anything else.
    public func elements(at place: Place) -> [Place] {
        let node = nodes[place.index]
        guard node.kind == .array else { return [] }
        var found: [Place] = []
        found.reserveCapacity(Int(node.length))
        var at = place.index + 1
        while at < Int(node.next) {
            found.append(Place(index: at))
            at = Int(nodes[at].next)
        }
        return found
    }

    /// The value at a place, to be looked at further.
    public func value(at place: Place) -> Value { Value(document: self, index: place.index) }

    func hasText(_ text: String, at index: Int) -> Bool {
        let node = nodes[index]
        let wanted = text.utf8Span.span
        guard wanted.count == Int(node.length) else { return false }
        let start = Int(node.start)
        for offset in wanted.indices where bytes[start + offset] != wanted[offset] { return false }
        return true
    }

    /// The path from the root to a node, such as `spec.roles[0].replicas`; empty for the root.
    func path(to target: Int) -> String {
        var path = ""
        var at = 0
        while at != target {
            let container = nodes[at]
            var child = at + 1
            var position = 0
            while true {
                let value = container.kind == .object ? child + 1 : child
                guard value < nodes.count else { return path }
                if target < Int(nodes[value].next) {
                    let isKey = container.kind == .object
                    append(isKey ? text(of: nodes[child]) : nil, position, to: &path)
                    at = value
                    if target == child { return path }
                    break
                }
                child = Int(nodes[value].next)
                position += 1
            }
        }
        return path
    }

    private func append(_ key: String?, _ position: Int, to path: inout String) {
        if let key { path.appendPathKey(key) } else { path += "[\(position)]" }
    }
}

extension String {
    /// The path of a member of the object at this path.
    public func member(_ key: String) -> String {
        var path = self
        path.appendPathKey(key)
        return path
    }

    /// Adds a member's name to a path; names that would blur the path are quoted in brackets.
    mutating func appendPathKey(_ key: String) {
        let isPlain = key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "$"):
                true
            default: false
            }
        }
        if !isPlain || key.isEmpty || key.utf8.count > 80 {
            self += "[\(quoted(key))]"
        } else {
            self += isEmpty ? key : ".\(key)"
        }
    }
}

/// A short, printable, quoted excerpt of what somebody sent, fit for an error message.
func quoted(_ text: String) -> String {
    var shown = "\""
    var count = 0
    for scalar in text.unicodeScalars {
        if count == 60 { return shown + "…\"" }
        let isHidden = scalar.value < 0x20 || scalar.value == 0x7f
        shown.unicodeScalars.append(isHidden ? "\u{fffd}" : scalar)
        count += 1
    }
    return shown + "\""
}

extension Document {
    /// The line on which a field of a YAML document stands, or the nearest that holds it.
    ///
    /// `path` is written as refusals write it, such as `nodes[2].gpus`; nil where no part is found.
    public func line(ofField path: String) -> Int? {
        var at = 0
        var line: Int?
        for step in path.split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" }) {
            if nodes[at].kind == .array {
                guard let position = Int(step),
                    let child = elements(at: Place(index: at))
                        .dropFirst(position).first
                else { return line }
                at = child.index
                if let first = firstLine(in: at) { line = first }
                continue
            }
            guard let key = keyNode(String(step), in: at) else { return line }
            line = Builder.Mark(packed: nodes[key].next).line
            at = key + 1
        }
        return line
    }

    private func keyNode(_ name: String, in object: Int) -> Int? {
        guard nodes[object].kind == .object else { return nil }
        var at = object + 1
        while at < Int(nodes[object].next) {
            if hasText(name, at: at) { return at }
            at = Int(nodes[at + 1].next)
        }
        return nil
    }

    /// Only keys have marks, so an element of a list is where its first key is.
    private func firstLine(in index: Int) -> Int? {
        guard nodes[index].kind == .object, nodes[index].length > 0 else { return nil }
        return Builder.Mark(packed: nodes[index + 1].next).line
    }
}
