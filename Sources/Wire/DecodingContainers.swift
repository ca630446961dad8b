import Primitives

/// The standard library's coding protocols demand this table; ours is always empty.
typealias CodingUserInfo = [CodingUserInfoKey: Any]

/// A key of a path or of a map; the coding protocols want one.
struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "\(intValue)"
        self.intValue = intValue
    }
}

/// One node as the coding protocols see it: three words, so that it travels without a box.
struct DocumentDecoder: Decoder {
    let session: DecodingSession
    let node: Int

    var codingPath: [any CodingKey] {
        let path = session.path(to: node)
        return path.isEmpty ? [] : [PathKey(stringValue: path)]
    }

    var userInfo: CodingUserInfo { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try session.enter(node)
        return KeyedDecodingContainer(KeyedReader<Key>(session: session, object: node))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard session.nodes[node].kind == .array else {
            throw session.mismatch("a list", "Write [ … ]", node)
        }
        return UnkeyedReader(session: session, array: node)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension DocumentDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { session.isNull(node) }
    func decode(_ type: Bool.Type) throws -> Bool { try session.bool(node) }
    func decode(_ type: String.Type) throws -> String { try session.string(node) }
    func decode(_ type: Double.Type) throws -> Double { try session.double(node) }
    func decode(_ type: Float.Type) throws -> Float { Float(try session.double(node)) }
    func decode(_ type: Int.Type) throws -> Int { try session.integer(type, node) }
    func decode(_ type: Int8.Type) throws -> Int8 { try session.integer(type, node) }
    func decode(_ type: Int16.Type) throws -> Int16 { try session.integer(type, node) }
    func decode(_ type: Int32.Type) throws -> Int32 { try session.integer(type, node) }
    func decode(_ type: Int64.Type) throws -> Int64 { try session.integer(type, node) }
    func decode(_ type: UInt.Type) throws -> UInt { try session.integer(type, node) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try session.integer(type, node) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try session.integer(type, node) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try session.integer(type, node) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try session.integer(type, node) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try session.decode(type, at: node) }
}

/// Members of one object, by key.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let session: DecodingSession
    let object: Int

    var codingPath: [any CodingKey] { DocumentDecoder(session: session, node: object).codingPath }
    var allKeys: [Key] { session.keys(of: object).compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { session.contains(key.stringValue, in: object) }

    private func value(_ key: Key) throws(Refusal) -> Int {
        let name = key.stringValue
        guard let node = session.find(name, in: object) else {
            // A key that the type knows is no misspelling of another one.
            throw session.missing(name, in: object) { Key(stringValue: $0) == nil }
        }
        return node
    }

    /// Nil where the member is absent or null.
    private func present(_ key: Key) -> Int? {
        guard let node = session.find(key.stringValue, in: object), !session.isNull(node) else {
            return nil
        }
        return node
    }

    func decodeNil(forKey key: Key) throws -> Bool { session.isNull(try value(key)) }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try session.bool(value(key))
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try session.string(value(key))
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try session.double(value(key))
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        Float(try session.double(value(key)))
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try session.integer(type, value(key))
    }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try session.integer(type, value(key))
    }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try session.integer(type, value(key))
    }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try session.integer(type, value(key))
    }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try session.integer(type, value(key))
    }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try session.integer(type, value(key))
    }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try session.integer(type, value(key))
    }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try session.integer(type, value(key))
    }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try session.integer(type, value(key))
    }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try session.integer(type, value(key))
    }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try session.decode(type, at: value(key))
    }

    // One search instead of the three that the default takes.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let node = present(key) else { return nil }
        return try session.bool(node)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let node = present(key) else { return nil }
        return try session.string(node)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        guard let node = present(key) else { return nil }
        return try session.integer(type, node)
    }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        guard let node = present(key) else { return nil }
        return try session.integer(type, node)
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let node = present(key) else { return nil }
        return try session.integer(type, node)
    }
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let node = present(key) else { return nil }
        return try session.decode(type, at: node)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try DocumentDecoder(session: session, node: value(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try DocumentDecoder(session: session, node: value(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        guard let node = session.find("super", in: object) else {
            throw session.missing("super", in: object) { _ in false }
        }
        return DocumentDecoder(session: session, node: node)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        DocumentDecoder(session: session, node: try value(key))
    }
}

/// Elements of one array, in order.
struct UnkeyedReader: UnkeyedDecodingContainer {
    private let session: DecodingSession
    private let array: Int
    private var at: Int
    private(set) var currentIndex = 0

    init(session: DecodingSession, array: Int) {
        self.session = session
        self.array = array
        at = array + 1
    }

    var codingPath: [any CodingKey] { DocumentDecoder(session: session, node: array).codingPath }
    var count: Int? { Int(session.nodes[array].length) }
    var isAtEnd: Bool { at >= Int(session.nodes[array].next) }

    private mutating func next() throws(Refusal) -> Int {
        guard !isAtEnd else {
            throw Refusal(
                .malformed, finding: "the list ends after \(currentIndex) elements",
                remedy: "Add the missing elements")
        }
        let node = at
        at = Int(session.nodes[at].next)
        currentIndex += 1
        return node
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, session.isNull(at) else { return false }
        _ = try next()
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try session.decode(type, at: next())
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try DocumentDecoder(session: session, node: next()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try DocumentDecoder(session: session, node: next()).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        DocumentDecoder(session: session, node: try next())
    }
}
