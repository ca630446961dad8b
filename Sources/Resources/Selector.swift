public import Primitives
public import Wire

/// A label selector, parsed once: every requirement must hold.
public struct Selector: Hashable, Sendable {
    public enum Requirement: Hashable, Sendable {
        case equals(String, String)
        case differs(String, String)
        case within(String, [String])
        case outside(String, [String])
        case exists(String)
        case absent(String)
    }

    public let requirements: [Requirement]

    public init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    public var isEmpty: Bool { requirements.isEmpty }

    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
    public init(parsing text: String) throws(Refusal) {
        var found: [Requirement] = []
        for part in try Self.parts(text) {
            found.append(try Self.requirement(part))
            guard found.count <= 64 else { throw Self.refusal(text) }
        }
        requirements = found
    }

    public func matches(_ labels: StringMap) -> Bool {
        matches { labels[$0] }
    }

    /// Holds the requirements against whatever answers for the keys: labels or fields.
    public func matches(_ value: (String) -> String?) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .equals(let key, let wanted): value(key) == wanted
            case .differs(let key, let unwanted): value(key) != unwanted
            case .within(let key, let wanted): value(key).map(wanted.contains) ?? false
            case .outside(let key, let unwanted): !(value(key).map(unwanted.contains) ?? false)
            case .exists(let key): value(key) != nil
            case .absent(let key): value(key) == nil
            }
        }
    }

    /// The keys that are asked for, so that a caller can refuse those it does not know.
    public var keys: [String] {
        requirements.map { requirement in
            switch requirement {
            case .equals(let key, _), .differs(let key, _), .within(let key, _),
                .outside(let key, _), .exists(let key), .absent(let key):
                key
            }
        }
    }

    /// Splits at commas that are not inside parentheses.
    private static func parts(_ text: String) throws(Refusal) -> [String] {
        var parts: [String] = []
        var current: [UInt8] = []
        var depth = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            guard depth == 0 || depth == 1 else { throw refusal(text) }
            if byte == UInt8(ascii: ","), depth == 0 {
                parts.append(trimmed(current))
                current = []
            } else {
                current.append(byte)
            }
        }
        guard depth == 0 else { throw refusal(text) }
        let last = trimmed(current)
        if !last.isEmpty { parts.append(last) }
        return parts
    }

    private static func requirement(_ part: String) throws(Refusal) -> Requirement {
        if let range = split(part, at: "!=") {
            return .differs(try key(range.0, part), range.1)
        }
        if let range = split(part, at: "==") ?? split(part, at: "=") {
            return .equals(try key(range.0, part), range.1)
        }
        if part.utf8.last == UInt8(ascii: ")"),
            let open = part.utf8.firstIndex(of: UInt8(ascii: "("))
        {
            let head = part[..<open].split(separator: " ")
            let inside = part[part.utf8.index(after: open)...].dropLast()
            let values = inside.split(separator: ",", omittingEmptySubsequences: false)
                .map { trimmed(Array($0.utf8)) }
            guard head.count == 2 else { throw refusal(part) }
            let name = try key(String(head[0]), part)
            switch head[1] {
            case "in": return .within(name, values)
            case "notin": return .outside(name, values)
            default: throw refusal(part)
            }
        }
        if part.utf8.first == UInt8(ascii: "!") {
            return .absent(try key(String(part.dropFirst()), part))
        }
        return .exists(try key(part, part))
    }

    private static func key(_ text: String, _ part: String) throws(Refusal) -> String {
        let isFine =
            !text.isEmpty && text.utf8.count <= 317
            && text.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "(") && $0 != 0x21
            }
        guard isFine else { throw refusal(part) }
        return text
    }

    private static func split(_ text: String, at mark: String) -> (String, String)? {
        let bytes = Array(text.utf8)
        let wanted = Array(mark.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count)
        where Array(bytes[start..<start + wanted.count]) == wanted {
            return (
                trimmed(Array(bytes[..<start])), trimmed(Array(bytes[(start + wanted.count)...]))
            )
        }
        return nil
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let text = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(text), as: UTF8.self)
    }

    private static func refusal(_ part: String) -> Refusal {
        Refusal(
            .malformed, field: "labelSelector", finding: "\"\(part.prefix(80))\" cannot be read",
            remedy: "Write key=value, key!=value, key in (a,b), key notin (a,b), key or !key")
    }
}
