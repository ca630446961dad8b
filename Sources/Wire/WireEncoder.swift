/// Turns any `Encodable` value into compact JSON: members in declaration order, nil left out.
///
/// Types on the wire must not throw while encoding; that would be an error of the program.
public enum WireEncoder {
    public static func encode<T: Encodable>(_ value: T) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        encode(value, into: &bytes)
        return bytes
    }

    /// Adds the JSON of `value` behind what `buffer` holds.
    public static func encode<T: Encodable>(_ value: T, into buffer: inout [UInt8]) {
        let session = EncodingSession(JSONWriter(appendingTo: buffer))
        // Two owners of the buffer would copy it at the first byte.
        buffer = []
        session.encodeRoot(value)
        buffer = session.stream.writer.bytes
    }
}

extension JSONWriter {
    /// Adds any `Encodable` value as the next value.
    public mutating func value<T: Encodable>(_ value: T) {
        let session = EncodingSession(self)
        self = JSONWriter()
        session.encodeRoot(value)
        self = session.stream.writer
    }
}

/// One encoding: the bytes so far and the brackets still open. Used by one thread.
///
/// All that changes is one value: a member costs one check of exclusive access and not five.
final class EncodingSession {
    fileprivate var stream: Stream

    init(_ writer: JSONWriter) { stream = Stream(writer: writer) }

    func encodeRoot<T: Encodable>(_ value: T) {
        do { try encode(value, level: 0) } catch {
            preconditionFailure("\(T.self) cannot be encoded: \(error)")
        }
    }

    /// Writes one value as part of the bracket at `level`, and closes all that it opened.
    func encode<T: Encodable>(_ value: T, level: Int) throws {
        if T.self == StringMap.self, let map = value as? StringMap { return stream.map(map) }
        if T.self == [String].self, let list = value as? [String] { return stream.strings(list) }
        if let text = quickText(value) { return stream.writer.string(text) }
        let before = stream.writer.count
        try value.encode(to: StreamEncoder(session: self, level: level))
        stream.end(level: level, before: before)
    }

    /// The text of our own scalars, without the detour through a container.
    private func quickText<T>(_ value: T) -> String? {
        if T.self == Quantity.self { return (value as? Quantity)?.description }
        if T.self == WireDuration.self { return (value as? WireDuration)?.description }
        if T.self == Timestamp.self { return (value as? Timestamp)?.description }
        return nil
    }

    func write(_ json: JSON) { stream.writer.json(json) }
}

/// The output and the brackets open in it.
private struct Stream {
    var writer: JSONWriter
    /// For each open bracket, whether it is an object.
    private var open: [Bool] = []

    init(writer: JSONWriter) {
        self.writer = writer
        open.reserveCapacity(16)
    }

    mutating func map(_ map: StringMap) {
        writer.openObject()
        for (key, value) in map { writer.member(key, value) }
        writer.closeObject()
    }

    mutating func strings(_ list: [String]) {
        writer.openArray()
        for text in list { writer.string(text) }
        writer.closeArray()
    }

    /// Opens a bracket for the value at `level`, or goes on in the one that is open there.
    mutating func enter(isObject: Bool, level: Int) -> Int {
        if open.count > level, open[level] == isObject {
            unwind(to: level + 1)
            return level + 1
        }
        precondition(open.count == level, "a value was written as both an object and a list")
        if isObject { writer.openObject() } else { writer.openArray() }
        open.append(isObject)
        return level + 1
    }

    /// Closes the brackets above `level`.
    mutating func unwind(to level: Int) {
        precondition(open.count >= level, "a container was used after it was closed")
        while open.count > level {
            if open.removeLast() { writer.closeObject() } else { writer.closeArray() }
        }
    }

    /// Ends the value at `level`; one that wrote nothing is an object without members.
    mutating func end(level: Int, before: Int) {
        unwind(to: level)
        if writer.count == before { map(StringMap()) }
    }

    mutating func key(_ name: String, level: Int) {
        if open.count != level { unwind(to: level) }
        writer.key(name)
    }

    mutating func member(_ name: String, _ text: String, level: Int) {
        key(name, level: level)
        writer.string(text)
    }

    mutating func member(_ name: String, _ value: Bool, level: Int) {
        key(name, level: level)
        writer.bool(value)
    }

    mutating func member(_ name: String, _ value: Double, level: Int) {
        key(name, level: level)
        writer.double(value)
    }

    mutating func member(_ name: String, _ value: Int64, level: Int) {
        key(name, level: level)
        writer.int64(value)
    }
}

/// The place of one value, as the coding protocols see it.
struct StreamEncoder: Encoder {
    let session: EncodingSession
    let level: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: CodingUserInfo { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            KeyedWriter<Key>(
                session: session, level: session.stream.enter(isObject: true, level: level)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedWriter(session: session, level: session.stream.enter(isObject: false, level: level))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension StreamEncoder: SingleValueEncodingContainer {
    func encodeNil() { session.stream.writer.null() }
    func encode(_ value: Bool) { session.stream.writer.bool(value) }
    func encode(_ value: String) { session.stream.writer.string(value) }
    func encode(_ value: Double) { session.stream.writer.double(value) }
    func encode(_ value: Float) { session.stream.writer.double(Double(value)) }
    func encode(_ value: Int) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: Int8) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: Int16) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: Int32) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: Int64) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: UInt) { session.stream.writer.int(value) }
    func encode(_ value: UInt8) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: UInt16) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: UInt32) { session.stream.writer.int64(Int64(value)) }
    func encode(_ value: UInt64) { session.stream.writer.int(value) }
    func encode<T: Encodable>(_ value: T) throws { try session.encode(value, level: level) }
}

/// Members of one object, written as they come.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let session: EncodingSession
    let level: Int

    var codingPath: [any CodingKey] { [] }

    private func integer(_ value: Int64, _ key: Key) {
        session.stream.member(key.stringValue, value, level: level)
    }

    private func large(_ value: UInt64, _ key: Key) {
        session.stream.key(key.stringValue, level: level)
        session.stream.writer.int(value)
    }

    func encodeNil(forKey key: Key) {
        session.stream.key(key.stringValue, level: level)
        session.stream.writer.null()
    }
    func encode(_ value: Bool, forKey key: Key) {
        session.stream.member(key.stringValue, value, level: level)
    }
    func encode(_ value: String, forKey key: Key) {
        session.stream.member(key.stringValue, value, level: level)
    }
    func encode(_ value: Double, forKey key: Key) {
        session.stream.member(key.stringValue, value, level: level)
    }
    func encode(_ value: Float, forKey key: Key) {
        session.stream.member(key.stringValue, Double(value), level: level)
    }
    func encode(_ value: Int, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: Int8, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: Int16, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: Int32, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: Int64, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: UInt, forKey key: Key) { large(UInt64(value), key) }
    func encode(_ value: UInt8, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: UInt16, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: UInt32, forKey key: Key) { integer(Int64(value), key) }
    func encode(_ value: UInt64, forKey key: Key) { large(UInt64(value), key) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        session.stream.key(key.stringValue, level: level)
        try session.encode(value, level: level)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        superEncoder(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        superEncoder(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { superEncoder("super") }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key.stringValue) }

    private func superEncoder(_ name: String) -> StreamEncoder {
        session.stream.key(name, level: level)
        return StreamEncoder(session: session, level: level)
    }
}

/// Elements of one list, written as they come.
struct UnkeyedWriter: UnkeyedEncodingContainer {
    let session: EncodingSession
    let level: Int
    private(set) var count = 0

    init(session: EncodingSession, level: Int) {
        self.session = session
        self.level = level
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func next() -> StreamEncoder {
        session.stream.unwind(to: level)
        count += 1
        return StreamEncoder(session: session, level: level)
    }

    mutating func encodeNil() { next().encodeNil() }

    mutating func encode<T: Encodable>(_ value: T) throws { try next().encode(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { next() }
}
