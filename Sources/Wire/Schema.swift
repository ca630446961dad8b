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
    /// One of some words, and the declared type that lists them.
    case words([String], of: String)
    case array(Schema)
    /// An object with free keys.
    case map(Schema)
    /// The members of a declared type; nested types are named as in `Outer.Inner`.
    case object([Property], of: String)

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

    /// The members of an object schema, in declaration order; none for anything else.
    public var properties: [Property] {
        if case .object(let properties, _) = self { properties } else { [] }
    }

    /// The object schema without one of its members.
    public func without(_ name: String) -> Schema {
        guard case .object(let properties, let type) = self else { return self }
        return .object(properties.filter { $0.name != name }, of: type)
    }

    /// The same shape with nothing required, at any depth.
    public var optional: Schema {
        switch self {
        case .array(let element): .array(element.optional)
        case .map(let value): .map(value.optional)
        case .object(let properties, let type):
            .object(
                properties.map { Property($0.name, $0.schema.optional, isRequired: false) },
                of: type)
        case .any, .boolean, .integer, .number, .string, .text, .words: self
        }
    }

    /// The member of an object schema, for looking a field up by path.
    public subscript(name: String) -> Schema? {
        guard case .object(let properties, _) = self else { return nil }
        return properties.first { $0.name == name }?.schema
    }
}

/// A type that knows its written form, and one text that it accepts.
public protocol SchemaDescribed {
    static var schema: Schema { get }
    /// Decodes without error.
    static var example: JSON { get }
}
