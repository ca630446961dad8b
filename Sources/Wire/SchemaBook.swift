/// Writes schemas as OpenAPI does: every declared type once, under its published name, and
/// references to it from wherever it is used.
public struct SchemaBook {
    /// The two forms that clients ask for.
    public enum Dialect: Sendable {
        /// OpenAPI 2, also known as Swagger: what kubectl up to 1.26 reads.
        case v2
        /// OpenAPI 3.0.
        case v3
    }

    /// What a schema does not know of itself. Types are named as in ``Schema``.
    public struct Words {
        /// The name under which a declared type, or a text format, is published; nil to write its
        /// shape in place.
        public var name: (String) -> String?
        /// What the manual says of a `Type` or a `Type.member`.
        public var description: (String) -> String?
        /// More members for the schema of a `Type.member`, such as its bounds.
        public var notes: (String) -> [JSON.Member]

        public init(
            name: @escaping (String) -> String?, description: @escaping (String) -> String?,
            notes: @escaping (String) -> [JSON.Member]
        ) {
            self.name = name
            self.description = description
            self.notes = notes
        }
    }

    private let dialect: Dialect
    private let words: Words
    /// The types that were written so far, by published name, in the order of their first use.
    public private(set) var types: [JSON.Member] = []

    public init(_ dialect: Dialect, _ words: Words) {
        self.dialect = dialect
        self.words = words
    }

    /// The JSON that refers to a published type of this book.
    public func reference(to name: String) -> JSON {
        let place = dialect == .v3 ? "#/components/schemas/" : "#/definitions/"
        return .object([JSON.Member("$ref", .string(place + name))])
    }

    /// The schema in place, or a reference to it where its type is published.
    public mutating func write(_ schema: Schema) -> JSON {
        let declared: String? =
            switch schema {
            case .object(_, let type): type
            case .text(let format, _): format
            case .any, .boolean, .integer, .number, .string, .words, .array, .map: nil
            }
        guard let declared, let name = words.name(declared) else { return shape(schema) }
        define(name) { book in
            book.shape(schema).putting(first: "description", book.words.description(declared))
        }
        return reference(to: name)
    }

    /// Adds a type under its published name, unless there is one already.
    public mutating func define(_ name: String, _ make: (inout SchemaBook) -> JSON) {
        guard !types.contains(where: { $0.key == name }) else { return }
        // The place is taken first: a type that contains itself ends here.
        let place = types.count
        types.append(JSON.Member(name, .null))
        types[place].value = make(&self)
    }

    /// What a schema looks like, with references in place of the types inside it.
    public mutating func shape(_ schema: Schema) -> JSON {
        switch schema {
        case .any:
            dialect == .v3
                ? members(("x-kubernetes-preserve-unknown-fields", true)) : .object([])
        case .boolean: members(("type", "boolean"))
        case .integer(let format, let minimum): integer(format, minimum)
        case .number: members(("type", "number"), ("format", "double"))
        case .string: members(("type", "string"))
        case .text(let format, let acceptsNumbers): text(format, acceptsNumbers)
        case .words(let words, _):
            members(("type", "string"), ("enum", .array(words.map(JSON.string))))
        case .array(let element): members(("type", "array"), ("items", write(element)))
        case .map(let value): members(("type", "object"), ("additionalProperties", write(value)))
        case .object(let properties, let type): object(properties, of: type)
        }
    }

    private func members(_ members: (String, JSON)...) -> JSON {
        .object(members.map { JSON.Member($0.0, $0.1) })
    }

    private func integer(_ format: String, _ minimum: Int64?) -> JSON {
        var result = members(("type", "integer"), ("format", .string(format)))
        if let minimum { result["minimum"] = .number("\(minimum)") }
        return result
    }

    private func text(_ format: String, _ acceptsNumbers: Bool) -> JSON {
        guard acceptsNumbers else {
            return members(("type", "string"), ("format", .string(format)))
        }
        // Version 2 cannot say "one of"; its readers take numbers for strings.
        guard dialect == .v3 else { return members(("type", "string")) }
        return members(
            ("oneOf", [members(("type", "string")), members(("type", "number"))]),
            ("x-kubernetes-int-or-string", true))
    }

    private mutating func object(_ properties: [Schema.Property], of type: String) -> JSON {
        var result = members(("type", "object"))
        let required = properties.filter(\.isRequired)
        if !required.isEmpty { result["required"] = .array(required.map { .string($0.name) }) }
        guard !properties.isEmpty else { return result }
        result["properties"] = .object(
            properties.map { JSON.Member($0.name, member($0, of: type)) })
        return result
    }

    private mutating func member(_ property: Schema.Property, of type: String) -> JSON {
        let path = "\(type).\(property.name)"
        let written = write(property.schema)
        let notes = words.notes(path)
        var about = words.description(path) ?? ""
        let values = meanings(property.schema)
        if !values.isEmpty { about += (about.isEmpty ? "" : "\n\n") + values }
        let more = (about.isEmpty ? [] : [JSON.Member("description", .string(about))]) + notes
        guard !more.isEmpty else { return written }
        // Version 3.0 ignores what stands beside a reference.
        guard dialect == .v3, written["$ref"] != nil else {
            return .object(more + written.members.filter { old in !more.has(old.key) })
        }
        return .object(more + [JSON.Member("allOf", [written])])
    }

    /// What the words of a field mean, one line for each that the manual knows.
    private func meanings(_ schema: Schema) -> String {
        switch schema {
        case .words(let names, let type):
            let lines = names.compactMap { name in
                words.description("\(type).\(name)").map { " - \"\(name)\": \($0)" }
            }
            return lines.isEmpty ? "" : "Possible values:\n" + lines.joined(separator: "\n")
        case .array(let element): return meanings(element)
        case .any, .boolean, .integer, .number, .string, .text, .map, .object: return ""
        }
    }
}

extension [JSON.Member] {
    fileprivate func has(_ key: String) -> Bool { contains { $0.key == key } }
}

extension JSON {
    /// The object with one more text at its head, if there is such a text.
    fileprivate func putting(first key: String, _ text: String?) -> JSON {
        guard let text else { return self }
        return .object([Member(key, .string(text))] + members)
    }
}
