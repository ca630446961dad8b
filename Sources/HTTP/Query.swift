/// The parameters behind the `?`, decoded, in order; the handler names what it knows.
public struct Query: Sendable {
    /// One decoded name and value.
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let value: String
    }

    public let parameters: [Parameter]

    /// Parses a raw query string; at most 64 parameters.
    public init(_ raw: String) throws(QueryFailure) {
        guard !raw.isEmpty else {
            parameters = []
            return
        }
        var found: [Parameter] = []
        let bytes = raw.utf8.span
        var start = 0
        while start <= bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") { end += 1 }
            if end > start {
                guard found.count < 64 else { throw .tooMany }
                found.append(try Query.parameter(bytes.extracting(start..<end)))
            }
            start = end + 1
        }
        parameters = found
    }

    private static func parameter(_ bytes: Span<UInt8>) throws(QueryFailure) -> Parameter {
        var split = 0
        while split < bytes.count, bytes[split] != UInt8(ascii: "=") { split += 1 }
        let rest = bytes.extracting(min(split + 1, bytes.count)..<bytes.count)
        guard let name = PathRules.decode(bytes.extracting(0..<split), plusIsSpace: true),
            let value = PathRules.decode(rest, plusIsSpace: true)
        else { throw .brokenEscape }
        return Parameter(name: name, value: value)
    }

    /// The value of the first parameter of that name.
    public subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// The values of every parameter of that name.
    public func all(_ name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }

    /// The first name that is not among the known ones.
    public func firstUnknown(besides known: [String]) -> String? {
        parameters.first { !known.contains($0.name) }?.name
    }

    /// A whole number within bounds; nil where the parameter is absent or empty.
    public func integer(
        _ name: String, in bounds: ClosedRange<Int>
    ) throws(QueryFailure) -> Int? {
        guard let value = self[name], !value.isEmpty else { return nil }
        guard value.utf8.count <= 18, value.utf8.allSatisfy(Grammar.isDigit),
            let number = Int(value), bounds.contains(number)
        else { throw .notWithin(name: name, bounds: bounds) }
        return number
    }

    /// A yes or no, spelled `true`, `false`, `1` or `0`; nil where the parameter is absent.
    public func flag(_ name: String) throws(QueryFailure) -> Bool? {
        switch self[name] {
        case nil: return nil
        case "true", "1", "": return true
        case "false", "0": return false
        default: throw .notAFlag(name: name)
        }
    }
}

/// Why a query string was turned down; always a 400.
public enum QueryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case brokenEscape
    case tooMany
    case notWithin(name: String, bounds: ClosedRange<Int>)
    case notAFlag(name: String)

    public var description: String {
        switch self {
        case .brokenEscape: "query holds a broken percent escape"
        case .tooMany: "query holds more than 64 parameters"
        case .notWithin(let name, let bounds):
            "query parameter \(name) is not a whole number from \(bounds.lowerBound) "
                + "to \(bounds.upperBound)"
        case .notAFlag(let name): "query parameter \(name) is neither true nor false"
        }
    }
}
