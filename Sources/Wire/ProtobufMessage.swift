public import Primitives

/// What a protobuf message may hold, and what it is called in JSON.
///
/// Fields that are not listed may come along empty, as encoders of later versions send them, but
/// not filled: nothing that was sent is dropped without a word.
public struct ProtobufMessage: Sendable {
    /// What a field is on the wire and what becomes of it.
    public indirect enum Shape: Sendable {
        case string, bool, int32, int64
        /// Bytes, which JSON writes in Base64.
        case bytes
        /// Seconds and nanoseconds of the epoch, shown in whole seconds or in microseconds.
        case time, microTime
        /// A message that wraps JSON text.
        case json
        /// A message of one string, such as an amount.
        case wrapped
        /// A number or a name, tagged with which it is.
        case intOrString
        case message(ProtobufMessage)
        /// A map from strings: messages of key and value.
        case map(Shape)
    }

    /// One field of the message.
    public struct Field: Sendable {
        let number: UInt32
        let name: String
        let shape: Shape
        let isList: Bool
        /// Whether being there means something even if it is zero or empty.
        let isOptional: Bool
        let isIgnored: Bool

        public init(_ number: UInt32, _ name: String, _ shape: Shape = .string) {
            self.init(number, name, shape, isList: false, isOptional: false, isIgnored: false)
        }

        private init(
            _ number: UInt32, _ name: String, _ shape: Shape, isList: Bool, isOptional: Bool,
            isIgnored: Bool
        ) {
            self.number = number
            self.name = name
            self.shape = shape
            self.isList = isList
            self.isOptional = isOptional
            self.isIgnored = isIgnored
        }

        /// A field that may come any number of times.
        public static func list(_ number: UInt32, _ name: String, _ shape: Shape = .string) -> Field
        {
            Field(number, name, shape, isList: true, isOptional: false, isIgnored: false)
        }

        /// A field whose zero differs from its absence.
        public static func optional(
            _ number: UInt32, _ name: String, _ shape: Shape = .string
        ) -> Field {
            Field(number, name, shape, isList: false, isOptional: true, isIgnored: false)
        }

        /// A field that is taken and forgotten, whatever it holds.
        public static func ignored(_ number: UInt32) -> Field {
            Field(number, "", .bytes, isList: false, isOptional: false, isIgnored: true)
        }
    }

    let fields: [Field]

    public init(_ fields: [Field]) { self.fields = fields }
}

// MARK: Reading

extension ProtobufMessage {
    /// The message as JSON, with its members in the order of the schema and empty ones left out.
    public func json(_ bytes: [UInt8]) throws(Refusal) -> JSON {
        try json(bytes, 0..<bytes.count)
    }

    func json(_ bytes: [UInt8], _ part: Range<Int>) throws(Refusal) -> JSON {
        var single = [JSON?](repeating: nil, count: fields.count)
        var several = [[JSON]](repeating: [], count: fields.count)
        var entries = [[JSON.Member]](repeating: [], count: fields.count)
        var reader = ProtobufReader(bytes, part: part)
        while let found = try reader.next() {
            guard let place = fields.firstIndex(where: { $0.number == found.number }) else {
                guard found.value.isEmpty else { throw Self.unknown(found.number) }
                continue
            }
            let field = fields[place]
            guard !field.isIgnored else { continue }
            do throws(Refusal) {
                if case .map(let shape) = field.shape {
                    entries[place].append(try shape.entry(found.value, bytes))
                } else if field.isList {
                    several[place].append(try field.shape.json(found.value, bytes))
                } else {
                    guard single[place] == nil else { throw Self.repeated }
                    single[place] = try field.shape.json(found.value, bytes)
                }
            } catch {
                throw error.under(field.name)
            }
        }
        var members: [JSON.Member] = []
        for (place, field) in fields.enumerated() {
            if !entries[place].isEmpty {
                members.append(JSON.Member(field.name, .object(entries[place])))
            } else if !several[place].isEmpty {
                members.append(JSON.Member(field.name, .array(several[place])))
            } else if let value = single[place], field.isOptional || !value.isVoid {
                members.append(JSON.Member(field.name, value))
            }
        }
        return .object(members)
    }

    private static let repeated = Refusal(
        .malformed, finding: "the field is given twice", remedy: "Send it once")

    private static func unknown(_ number: UInt32) -> Refusal {
        Refusal(
            .unsupportedMediaType,
            finding: "the protobuf field \(number) is not understood here",
            remedy: "Send the object as JSON")
    }
}

extension ProtobufReader.Value {
    /// Whether the field says no more than its absence would.
    var isEmpty: Bool {
        switch self {
        case .varint(let value), .fixed64(let value): value == 0
        case .fixed32(let value): value == 0
        case .bytes(let part): part.isEmpty
        }
    }
}

extension JSON {
    /// Whether a field with this value may as well be left out.
    fileprivate var isVoid: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .number(let text): text == "0"
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        }
    }
}

// MARK: Values

extension ProtobufMessage.Shape {
    func json(_ value: ProtobufReader.Value, _ bytes: [UInt8]) throws(Refusal) -> JSON {
        switch (self, value) {
        case (.bool, .varint(let number)): return .bool(number != 0)
        case (.int32, .varint(let number)):
            // Negative numbers are sign-extended to 64 bits on the wire.
            return .number("\(Int32(truncatingIfNeeded: number))")
        case (.int64, .varint(let number)): return .number("\(Int64(bitPattern: number))")
        case (.string, .bytes(let part)): return .string(try Self.text(bytes, part))
        case (.bytes, .bytes(let part)): return .string(Base64.encode(Array(bytes[part])))
        case (.time, .bytes(let part)): return try Self.time(bytes, part, digits: 0)
        case (.microTime, .bytes(let part)): return try Self.time(bytes, part, digits: 6)
        case (.json, .bytes(let part)): return try Self.embedded(bytes, part)
        case (.wrapped, .bytes(let part)):
            return try Self.wrapper.json(bytes, part)["string"] ?? ""
        case (.intOrString, .bytes(let part)):
            let found = try Self.either.json(bytes, part)
            return found["type"] == nil ? found["int"] ?? 0 : found["string"] ?? ""
        case (.message(let message), .bytes(let part)): return try message.json(bytes, part)
        case (.string, _), (.bool, _), (.int32, _), (.int64, _), (.bytes, _), (.time, _),
            (.microTime, _), (.json, _), (.wrapped, _), (.intOrString, _), (.message, _), (.map, _):
            throw Refusal(
                .malformed, finding: "the field has another wire type than its kind wants",
                remedy: "Encode the object by the Kubernetes schema, or send JSON")
        }
    }

    /// One entry of a map whose values have this shape.
    func entry(_ value: ProtobufReader.Value, _ bytes: [UInt8]) throws(Refusal) -> JSON.Member {
        let pair = ProtobufMessage([.init(1, "key"), .optional(2, "value", self)])
        let found = try ProtobufMessage.Shape.message(pair).json(value, bytes)
        let empty: JSON = if case .message = self { [:] } else { "" }
        return JSON.Member(found["key"]?.string ?? "", found["value"] ?? empty)
    }

    private static let wrapper = ProtobufMessage([.init(1, "string")])
    private static let either = ProtobufMessage([
        .init(1, "type", .int32), .init(2, "int", .int32), .init(3, "string"),
    ])

    private static func text(_ bytes: [UInt8], _ part: Range<Int>) throws(Refusal) -> String {
        guard let text = String(validating: bytes[part], as: UTF8.self) else {
            throw Refusal(
                .malformed, finding: "the text is not UTF-8", remedy: "Send UTF-8 text")
        }
        return text
    }

    /// An empty moment is none at all, which is how encoders write the zero time.
    private static func time(
        _ bytes: [UInt8], _ part: Range<Int>, digits: Int
    ) throws(Refusal) -> JSON {
        guard !part.isEmpty else { return .null }
        var seconds: Int64 = 0
        var nanos: Int64 = 0
        var reader = ProtobufReader(bytes, part: part)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .varint(let value)): seconds = Int64(bitPattern: value)
            case (2, .varint(let value)): nanos = Int64(bitPattern: value)
            default: break
            }
        }
        guard (-62_135_596_800...253_402_300_799).contains(seconds),
            (0..<1_000_000_000).contains(nanos)
        else {
            throw Refusal(
                .malformed, finding: "the moment is outside the years 1 to 9999",
                remedy: "Send a moment between them")
        }
        let whole = Timestamp(milliseconds: seconds * 1000).description
        guard digits > 0 else { return .string(whole) }
        let fraction = String(1_000_000 + nanos / 1000).dropFirst()
        return .string("\(whole.prefix(19)).\(fraction)Z")
    }

    private static func embedded(_ bytes: [UInt8], _ part: Range<Int>) throws(Refusal) -> JSON {
        var reader = ProtobufReader(bytes, part: part)
        while let field = try reader.next() {
            guard field.number == 1, case .bytes(let text) = field.value, !text.isEmpty else {
                continue
            }
            return JSON(try Document(json: Array(bytes[text])))
        }
        return .null
    }
}
