/// Header fields in order of arrival, held as one run of bytes; names compare without case.
///
/// Text is made only for the fields that are asked for, so that a request costs two allocations
/// however many fields it has.
public struct Headers: Sendable {
    /// Where one field lies in the bytes.
    struct Field: Sendable, BitwiseCopyable {
        var nameStart: UInt32
        var nameCount: UInt32
        var valueStart: UInt32
        var valueCount: UInt32
    }

    private var bytes: [UInt8]
    private var fields: [Field]

    public init() {
        bytes = []
        fields = []
    }

    /// Fields over bytes that a parser has already checked.
    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    public init(_ pairs: [(name: String, value: String)]) {
        self.init()
        for pair in pairs { append(pair.name, pair.value) }
    }

    public var count: Int { fields.count }
    public var isEmpty: Bool { fields.isEmpty }

    /// Adds a field at the end; control bytes in either part are dropped, so none can be forged.
    public mutating func append(_ name: String, _ value: String) {
        let nameStart = bytes.count
        for byte in name.utf8 where Grammar.isToken(byte) { bytes.append(byte) }
        let valueStart = bytes.count
        for byte in value.utf8 where Grammar.isFieldValue(byte) { bytes.append(byte) }
        fields.append(
            Field(
                nameStart: UInt32(nameStart), nameCount: UInt32(valueStart - nameStart),
                valueStart: UInt32(valueStart), valueCount: UInt32(bytes.count - valueStart)))
    }

    /// These fields and one more.
    public func adding(_ name: String, _ value: String) -> Headers {
        var more = self
        more.append(name, value)
        return more
    }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? {
        for field in fields where isNamed(field, name) { return text(field) }
        return nil
    }

    /// The values of all fields of that name, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { isNamed($0, name) }.map(text)
    }

    /// Whether there is a field of that name.
    public func contains(_ name: String) -> Bool { fields.contains { isNamed($0, name) } }

    /// Whether a comma-separated list field holds the token, compared without case.
    public func lists(_ token: String, in name: String) -> Bool {
        for field in fields where isNamed(field, name) {
            if Grammar.listContains(bytes.span.extracting(valueRange(field)), token) { return true }
        }
        return false
    }

    /// Name and value of the field at an index below `count`, as text.
    public func field(at index: Int) -> (name: String, value: String) {
        let field = fields[index]
        let start = Int(field.nameStart)
        let name = String(decoding: bytes[start..<start + Int(field.nameCount)], as: UTF8.self)
        return (name, text(field))
    }

    /// Appends the fields as they go over the wire, each with its line end.
    public func write(into output: inout [UInt8]) {
        for field in fields {
            let name = Int(field.nameStart)
            output.append(contentsOf: bytes[name..<name + Int(field.nameCount)])
            output.append(UInt8(ascii: ":"))
            output.append(UInt8(ascii: " "))
            output.append(contentsOf: bytes[valueRange(field)])
            output.append(13)
            output.append(10)
        }
    }

    private func valueRange(_ field: Field) -> Range<Int> {
        Int(field.valueStart)..<Int(field.valueStart) + Int(field.valueCount)
    }

    private func text(_ field: Field) -> String {
        String(decoding: bytes[valueRange(field)], as: UTF8.self)
    }

    private func isNamed(_ field: Field, _ name: String) -> Bool {
        guard Int(field.nameCount) == name.utf8.count else { return false }
        var index = Int(field.nameStart)
        for byte in name.utf8 {
            guard Grammar.lower(bytes[index]) == Grammar.lower(byte) else { return false }
            index += 1
        }
        return true
    }
}
