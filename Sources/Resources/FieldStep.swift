import Primitives
public import Wire

/// One step of a field's path, in the words of FieldsV1: `f:name`, `k:{"key":"value"}`, `v:value`.
///
/// Steps are told apart and put in order by their bytes.
public struct FieldStep: Sendable {
    let text: String

    init(text: String) { self.text = text }

    /// A member of an object.
    public static func field(_ name: String) -> FieldStep { FieldStep(text: "f:" + name) }

    /// An element of a list whose elements are told apart by some of their members.
    public static func item(_ keys: [JSON.Member]) -> FieldStep {
        let sorted = keys.count < 2 ? keys : keys.sorted { byteOrder($0.key, $1.key) < 0 }
        return labelled("k:", .object(sorted))
    }

    /// An element of a list that holds every value once.
    public static func value(_ value: JSON) -> FieldStep { labelled("v:", value) }

    private static func labelled(_ label: String, _ json: JSON) -> FieldStep {
        var writer = JSONWriter(appendingTo: Array(label.utf8))
        writer.json(json)
        return FieldStep(text: String(decoding: writer.bytes, as: UTF8.self))
    }

    var isField: Bool { text.utf8.first == UInt8(ascii: "f") }

    /// The name of a member; nil for elements of lists.
    var name: String? { isField ? String(text.dropFirst(2)) : nil }
}

extension FieldStep: Hashable, Comparable {
    public static func == (left: Self, right: Self) -> Bool {
        byteOrder(left.text, right.text) == 0
    }

    public static func < (left: Self, right: Self) -> Bool {
        byteOrder(left.text, right.text) < 0
    }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

/// Negative, zero or positive as `left` comes before, is, or comes after `right`, byte by byte.
func byteOrder(_ left: String, _ right: String) -> Int {
    let one = left.utf8Span.span
    let other = right.utf8Span.span
    let shared = min(one.count, other.count)
    for index in 0..<shared where one[index] != other[index] {
        return one[index] < other[index] ? -1 : 1
    }
    return one.count - other.count
}

// MARK: Text

extension FieldStep {
    /// Reads a step as somebody wrote it and brings it into its one form.
    init(reading text: String) throws(Refusal) {
        switch text.utf8.prefix(2).elementsEqual("f:".utf8) {
        case true: self.text = text
        case false:
            let rest = Array(text.utf8.dropFirst(2))
            let label = text.utf8.prefix(2)
            if label.elementsEqual("k:".utf8) {
                self = try Self.item(readingKeys: rest, text)
            } else if label.elementsEqual("v:".utf8) {
                self = .value(JSON(try Self.document(rest, text)))
            } else if label.elementsEqual("i:".utf8), !rest.isEmpty, rest.count < 10,
                rest.allSatisfy({ (0x30...0x39).contains($0) })
            {
                self.text = text
            } else {
                throw Self.unreadable(text)
            }
        }
    }

    private static func item(readingKeys bytes: [UInt8], _ text: String) throws(Refusal)
        -> FieldStep
    {
        let keys = JSON(try document(bytes, text)).members
        guard !keys.isEmpty, keys.allSatisfy({ $0.value.isScalar }) else { throw unreadable(text) }
        return .item(keys)
    }

    private static func document(_ bytes: [UInt8], _ text: String) throws(Refusal) -> Document {
        do throws(Refusal) {
            return try Document(json: bytes)
        } catch {
            throw unreadable(text)
        }
    }

    private static func unreadable(_ text: String) -> Refusal {
        Refusal(
            .malformed, finding: "\"\(text.prefix(80))\" is no step of a field's path",
            remedy: "Write f:name, k:{\"key\":\"value\"}, v:value or a single dot")
    }
}

extension FieldStep: CustomStringConvertible {
    /// `.name`, `[key="value"]` or `[="value"]`, as messages show it.
    public var description: String {
        let rest = String(text.dropFirst(2))
        switch text.utf8.first {
        case UInt8(ascii: "f"): return "." + rest
        case UInt8(ascii: "v"): return "[=\(rest)]"
        case UInt8(ascii: "k"):
            guard let document = try? Document(json: Array(rest.utf8)) else { return "[\(rest)]" }
            let keys = JSON(document).members.map { key in
                "\(key.key)=\(String(decoding: key.value.encode(), as: UTF8.self))"
            }
            return "[\(keys.joined(separator: ","))]"
        default: return "[\(rest)]"
        }
    }
}

extension JSON {
    var isScalar: Bool {
        switch self {
        case .null, .bool, .number, .string: true
        case .array, .object: false
        }
    }
}
