public import Primitives

/// A JSON value as a tree, for content without a declared type and for patches.
///
/// Numbers keep their text; objects keep their order. Keys are compared by bytes.
public indirect enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The text must be a JSON number.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One named value of an object.
    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: JSON

        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }
}

// MARK: Documents

extension JSON {
    /// The whole document as a tree; plain YAML scalars become what JSON would call them.
    public init(_ document: Document) { self.init(document, at: 0) }

    public init(_ value: Document.Value) { self.init(value.document, at: value.index) }

    init(_ document: Document, at index: Int) {
        let node = document.nodes[index]
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.length == 4)
        case .number: self = .number(document.text(of: node))
        case .string: self = .string(document.text(of: node))
        case .plain: self = JSON(plain: document.text(of: node))
        case .array:
            var elements: [JSON] = []
            elements.reserveCapacity(Int(node.length))
            var at = index + 1
            while at < Int(node.next) {
                elements.append(JSON(document, at: at))
                at = Int(document.nodes[at].next)
            }
            self = .array(elements)
        case .object:
            var members: [Member] = []
            members.reserveCapacity(Int(node.length))
            var at = index + 1
            while at < Int(node.next) {
                let key = document.text(of: document.nodes[at])
                members.append(Member(key, JSON(document, at: at + 1)))
                at = Int(document.nodes[at + 1].next)
            }
            self = .object(members)
        }
    }

    /// What an unquoted scalar means where no type says otherwise: JSON's words and numbers only.
    public init(plain text: String) {
        switch text {
        case "null": self = .null
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        default: self = isJSONNumber(text.utf8Span.span) ? .number(text) : .string(text)
        }
    }
}

extension Document {
    /// The tree as a document, within limits, so that it can be decoded like one that was sent.
    public init(_ json: JSON, limits: WireLimits = .request) throws(Refusal) {
        var builder = Builder(limits: limits)
        try builder.append(json)
        self = try builder.finish()
    }
}

extension Document.Builder {
    /// Adds a whole tree as the next value.
    public mutating func append(_ json: JSON) throws(Refusal) {
        switch json {
        case .null: try scalar(.null, Array("null".utf8))
        case .bool(let value): try scalar(.bool, Array((value ? "true" : "false").utf8))
        case .number(let text): try scalar(.number, Array(text.utf8))
        case .string(let text): try scalar(.string, Array(text.utf8))
        case .array(let elements):
            try openArray()
            for element in elements { try append(element) }
            try close()
        case .object(let members):
            try openObject()
            for member in members {
                try key(Array(member.key.utf8), at: Mark(line: 0, column: 0))
                try append(member.value)
            }
            try close()
        }
    }
}

// MARK: Members

extension JSON {
    /// A member of an object; writing adds at the end, writing nil removes. Others have none.
    public subscript(key: String) -> JSON? {
        get {
            guard case .object(let members) = self, let place = members.place(of: key) else {
                return nil
            }
            return members[place].value
        }
        set {
            guard case .object(var members) = self else { return }
            switch (members.place(of: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key, value))
            case (nil, nil): return
            }
            self = .object(members)
        }
    }

    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    public var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    public var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// RFC 7386: objects merge member by member, null removes, anything else replaces.
    public func merging(_ patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var kept: [Member?] = members
        // Found by bytes and not by search, so that a hostile patch stays linear.
        var places = Lookup<[UInt8], Int>()
        for (place, member) in members.enumerated() { places[Array(member.key.utf8)] = place }
        for change in changes {
            let key = Array(change.key.utf8)
            let place = places[key]
            if case .null = change.value {
                if let place { kept[place] = nil }
                continue
            }
            let before = place.flatMap { kept[$0]?.value } ?? .null
            let member = Member(change.key, before.merging(change.value))
            if let place {
                kept[place] = member
            } else {
                places[key] = kept.count
                kept.append(member)
            }
        }
        return .object(kept.compactMap { $0 })
    }
}

extension [JSON.Member] {
    func place(of key: String) -> Int? {
        firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }
}

// MARK: Text

extension JSON {
    /// Compact JSON in the tree's own order.
    public func encode() -> [UInt8] {
        var writer = JSONWriter()
        writer.json(self)
        return writer.bytes
    }
}

extension JSONWriter {
    /// Adds a whole tree as the next value.
    public mutating func json(_ json: JSON) {
        switch json {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let text): number(text)
        case .string(let text): string(text)
        case .array(let elements):
            openArray()
            for element in elements { self.json(element) }
            closeArray()
        case .object(let members):
            openObject()
            for member in members {
                key(member.key)
                self.json(member.value)
            }
            closeObject()
        }
    }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        guard let own = decoder as? DocumentDecoder else {
            throw Refusal(
                .internalFailure, finding: "free-form JSON was read with a foreign decoder",
                remedy: "Use WireDecoder")
        }
        self = own.session.freeForm(own.node)
    }

    public func encode(to encoder: any Encoder) throws {
        guard let own = encoder as? StreamEncoder else {
            throw Refusal(
                .internalFailure, finding: "free-form JSON was written with a foreign encoder",
                remedy: "Use WireEncoder")
        }
        own.session.write(self)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number("\(value)") }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
    public init(nilLiteral: ()) { self = .null }
}
