public import Primitives
public import Wire

/// A label or field selector, parsed once: every requirement must hold.
public struct Selector: Hashable, Sendable {
    public enum Requirement: Hashable, Sendable {
        case equals(String, String)
        /// Also holds where the key is absent, as does `outside`.
        case differs(String, String)
        case within(String, [String])
        case outside(String, [String])
        case exists(String)
        case absent(String)

        public var key: String {
            switch self {
            case .equals(let key, _), .differs(let key, _), .within(let key, _),
                .outside(let key, _), .exists(let key), .absent(let key):
                key
            }
        }
    }

    /// More than anybody writes by hand; each is held against every object of a list.
    public static let requirementsMax = 64

    public let requirements: [Requirement]

    public init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    public var isEmpty: Bool { requirements.isEmpty }

    /// Reads labels: `a=b,c==d,e!=f,g in (h,i),j notin (k),l,!m`.
    public init(parsing text: String) throws(Refusal) {
        var parser = SelectorParser(text)
        requirements = try parser.labels()
    }

    /// Reads fields: `metadata.name=a,status.phase!=Failed`; `\` goes before `,`, `=` and `\`.
    public init(fields text: String) throws(Refusal) {
        requirements = try SelectorParser.fields(text)
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
    public var keys: [String] { requirements.map(\.key) }

    /// The requirements that only one value of their key can meet, for an index.
    public var equalities: [(key: String, value: String)] {
        requirements.compactMap { requirement in
            switch requirement {
            case .equals(let key, let value): (key, value)
            case .within(let key, let values) where values.count == 1: (key, values[0])
            case .differs, .within, .outside, .exists, .absent: nil
            }
        }
    }
}
