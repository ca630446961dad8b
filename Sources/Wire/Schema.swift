/// The shape of a type on the wire, derived from the same declaration that decodes it.
public indirect enum Schema: Hashable, Sendable {
    /// Free-form JSON.
    case any
    case boolean
    /// `int32` or `int64`.
    case integer(format: String, minimum: Int64?)
    case number
    case string
    /// A string with a written form of its own, such as `quantity`, `duration` or `date-time`.
    case text(format: String, acceptsNumbers: Bool)
    /// One of some words.
    case words([String])
    case array(Schema)
    /// An object with free keys.
    case map(Schema)
    case object([Property])

    /// One member of an object, in declaration order.
    public struct Property: Hashable, Sendable {
        public let name: String
        public let schema: Schema
        public let isRequired: Bool

        public init(_ name: String, _ schema: Schema, isRequired: Bool) {
            self.name = name
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    /// Asks the type, by decoding it from a recorder.
    ///
    /// A type whose `init(from:)` checks what it read must be ``SchemaDescribed``, or be optional.
    public static func of<T: Decodable>(_ type: T.Type) -> Schema {
        let recording = SchemaRecording()
        do { _ = try recording.value(type) } catch {
            preconditionFailure("\(type) cannot be recorded; make it SchemaDescribed: \(error)")
        }
        return recording.schema
    }

    /// The member of an object schema, for looking a field up by path.
    public subscript(name: String) -> Schema? {
        guard case .object(let properties) = self else { return nil }
        return properties.first { $0.name == name }?.schema
    }
}

/// A type that knows its written form, and one text that it accepts.
public protocol SchemaDescribed {
    static var schema: Schema { get }
    /// Decodes without error.
    static var example: JSON { get }
}

extension Schema {
    /// The schema as OpenAPI 3 writes it.
    public var openAPI: JSON {
        switch self {
        case .any: members(("x-kubernetes-preserve-unknown-fields", true))
        case .boolean: members(("type", "boolean"))
        case .integer(let format, let minimum):
            if let minimum {
                members(
                    ("type", "integer"), ("format", .string(format)),
                    ("minimum", .number("\(minimum)")))
            } else {
                members(("type", "integer"), ("format", .string(format)))
            }
        case .number: members(("type", "number"), ("format", "double"))
        case .string: members(("type", "string"))
        case .text(let format, acceptsNumbers: false):
            members(("type", "string"), ("format", .string(format)))
        case .text(let format, acceptsNumbers: true):
            members(
                ("type", "string"), ("format", .string(format)),
                ("oneOf", [members(("type", "string")), members(("type", "number"))]))
        case .words(let words):
            members(("type", "string"), ("enum", .array(words.map(JSON.string))))
        case .array(let element): members(("type", "array"), ("items", element.openAPI))
        case .map(let value): members(("type", "object"), ("additionalProperties", value.openAPI))
        case .object(let properties): openAPI(properties)
        }
    }

    private func openAPI(_ properties: [Property]) -> JSON {
        var result = members(("type", "object"))
        let required = properties.filter(\.isRequired)
        if !required.isEmpty { result["required"] = .array(required.map { .string($0.name) }) }
        if !properties.isEmpty {
            result["properties"] = .object(
                properties.map { JSON.Member($0.name, $0.schema.openAPI) })
        }
        return result
    }

    private func members(_ members: (String, JSON)...) -> JSON {
        .object(members.map { JSON.Member($0.0, $0.1) })
    }
}
