import Primitives

/// What one type asked for while it was decoded from nothing. Used by one thread.
final class SchemaRecording {
    private(set) var schema: Schema = .any
    private var properties: [Schema.Property] = []
    /// Types being recorded around this one: a type inside itself is free-form from there on.
    private let enclosing: [Any.Type]

    init(enclosing: [Any.Type] = []) { self.enclosing = enclosing }

    /// The innermost type being recorded, without its module and what it is generic over.
    private var typeName: String { enclosing.last.map(Self.name) ?? "" }

    private static func name(_ type: Any.Type) -> String {
        let plain = String(reflecting: type).prefix { $0 != "<" }
        return plain.split(separator: ".", maxSplits: 1).last.map(String.init) ?? ""
    }

    /// Decodes a harmless value of the type, noting its schema on the way.
    func value<T: Decodable>(_ type: T.Type) throws -> T {
        if let known = try Self.known(type) {
            schema = known.schema
            return known.value
        }
        guard !enclosing.contains(where: { $0 == type }), enclosing.count < 32 else {
            schema = .any
            throw Refusal(
                .internalFailure, finding: "\(type) contains itself",
                remedy: "Make the inner one optional")
        }
        let inner = SchemaRecording(enclosing: enclosing + [type])
        defer { schema = inner.schema }
        return try T(from: RecordingDecoder(recording: inner))
    }

    /// Types that describe themselves, and enums of words, whose first case is the value.
    private static func known<T: Decodable>(_ type: T.Type) throws -> (schema: Schema, value: T)? {
        if let described = type as? any SchemaDescribed.Type {
            let document = try Document(described.example)
            return (described.schema, try WireDecoder.decode(type, from: document))
        }
        if let words = caseNames(of: type), let first = words.first {
            let value = try WireDecoder.decode(type, from: Document(JSON.string(first)))
            return (.words(words, of: name(type)), value)
        }
        if let map = StringMap() as? T { return (.map(.string), map) }
        if let free = JSON.null as? T { return (.any, free) }
        return nil
    }

    func note(_ schema: Schema) { self.schema = schema }

    func enterObject() {
        if case .object = schema { return }
        schema = .object(properties, of: typeName)
    }

    func add(_ name: String, _ schema: Schema, isRequired: Bool) {
        if let place = properties.firstIndex(where: { $0.name == name }) {
            if schema == .any { return }
            let wasRequired = properties[place].isRequired
            properties[place] = Schema.Property(
                name, schema, isRequired: wasRequired && isRequired)
        } else {
            properties.append(Schema.Property(name, schema, isRequired: isRequired))
        }
        self.schema = .object(properties, of: typeName)
    }

    /// Turns the object noted so far into a map: its keys were asked for by listing.
    func becomeMap(of value: Schema) { schema = .map(value) }

    func child() -> SchemaRecording { SchemaRecording(enclosing: enclosing) }
}

/// Answers every question with the least value there is, and notes the question.
struct RecordingDecoder: Decoder, SingleValueDecodingContainer {
    let recording: SchemaRecording

    var codingPath: [any CodingKey] { [] }
    var userInfo: CodingUserInfo { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        recording.enterObject()
        return KeyedDecodingContainer(RecordingMembers<Key>(recording: recording))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        recording.note(.array(.any))
        return RecordingElements(recording: recording)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    private func note<T>(_ schema: Schema, _ value: T) -> T {
        recording.note(schema)
        return value
    }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) -> Bool { note(.boolean, false) }
    func decode(_ type: String.Type) -> String { note(.string, "") }
    func decode(_ type: Double.Type) -> Double { note(.number, 0) }
    func decode(_ type: Float.Type) -> Float { note(.number, 0) }
    func decode(_ type: Int.Type) -> Int { integer() }
    func decode(_ type: Int8.Type) -> Int8 { integer() }
    func decode(_ type: Int16.Type) -> Int16 { integer() }
    func decode(_ type: Int32.Type) -> Int32 { integer() }
    func decode(_ type: Int64.Type) -> Int64 { integer() }
    func decode(_ type: UInt.Type) -> UInt { integer() }
    func decode(_ type: UInt8.Type) -> UInt8 { integer() }
    func decode(_ type: UInt16.Type) -> UInt16 { integer() }
    func decode(_ type: UInt32.Type) -> UInt32 { integer() }
    func decode(_ type: UInt64.Type) -> UInt64 { integer() }

    private func integer<T: FixedWidthInteger>() -> T {
        let isLong = T.bitWidth > 32 || (T.bitWidth == 32 && !T.isSigned)
        return note(.integer(format: isLong ? "int64" : "int32", minimum: T.isSigned ? nil : 0), 0)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let inner = recording.child()
        defer { recording.note(inner.schema) }
        return try inner.value(type)
    }
}

/// Members as they are asked for; a type that lists the keys is a map.
private struct RecordingMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recording: SchemaRecording

    var codingPath: [any CodingKey] { [] }

    /// One key that stands for all.
    var allKeys: [Key] {
        recording.becomeMap(of: .any)
        return [Key(stringValue: "key")].compactMap { $0 }
    }

    func contains(_ key: Key) -> Bool {
        record(key, .any, isRequired: false)
        return true
    }

    private func record(_ key: Key, _ schema: Schema, isRequired: Bool) {
        if case .map = recording.schema {
            recording.becomeMap(of: schema)
        } else {
            recording.add(key.stringValue, schema, isRequired: isRequired)
        }
    }

    func decodeNil(forKey key: Key) -> Bool {
        record(key, .any, isRequired: false)
        return false
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let inner = recording.child()
        defer { record(key, inner.schema, isRequired: true) }
        return try inner.value(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) -> T? {
        let inner = recording.child()
        defer { record(key, inner.schema, isRequired: false) }
        // Its shape is known even where the type then refuses the harmless value: absent will do.
        return try? inner.value(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedDecodingContainer<Nested> {
        record(key, .any, isRequired: true)
        return RecordingDecoder(recording: recording.child()).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        record(key, .array(.any), isRequired: true)
        return RecordingDecoder(recording: recording.child()).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { RecordingDecoder(recording: recording.child()) }

    func superDecoder(forKey key: Key) -> any Decoder {
        record(key, .any, isRequired: true)
        return RecordingDecoder(recording: recording.child())
    }
}

/// One element that stands for all.
private struct RecordingElements: UnkeyedDecodingContainer {
    let recording: SchemaRecording
    private(set) var currentIndex = 0

    init(recording: SchemaRecording) { self.recording = recording }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        currentIndex += 1
        let inner = recording.child()
        defer { recording.note(.array(inner.schema)) }
        return try inner.value(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedDecodingContainer<Nested> {
        currentIndex += 1
        return RecordingDecoder(recording: recording.child()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
        currentIndex += 1
        return RecordingDecoder(recording: recording.child()).unkeyedContainer()
    }

    mutating func superDecoder() -> any Decoder {
        currentIndex += 1
        return RecordingDecoder(recording: recording.child())
    }
}
