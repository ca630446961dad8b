public import Primitives

/// An amount of money as people write it, such as `98.32`: millionths in an integer.
///
/// Never negative, at most a billion; the currency is whatever the cluster's owner pays in.
public struct Price: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let micros: Int64

    /// One billion.
    public static let highest = Price(micros: 1_000_000_000_000_000)

    /// Anything outside zero to ``highest`` is brought inside.
    public init(micros: Int64) { self.micros = min(max(0, micros), 1_000_000_000_000_000) }

    public static func < (left: Self, right: Self) -> Bool { left.micros < right.micros }
}

extension Price {
    private static let hint = "Write a price with at most six decimals, such as 98.32"

    /// Reads a decimal number without sign, exponent or currency.
    public init(_ text: String) throws(Refusal) {
        let bytes = text.utf8Span.span
        guard let number = DecimalText(bytes, readsExponent: false), number.length == bytes.count,
            isDigit(bytes[0]), isDigit(bytes[bytes.count - 1])
        else {
            throw Refusal(
                .malformed, finding: "expected a price, found \(quoted(text))", remedy: Self.hint)
        }
        guard let micros = number.scaled(by: 1_000_000, roundsUp: false) else {
            throw Refusal(
                .malformed, finding: "the price \(quoted(text)) is too large or too fine",
                remedy: Self.hint)
        }
        guard micros <= UInt64(Self.highest.micros) else {
            throw Refusal(
                .malformed, finding: "the price \(quoted(text)) is too large",
                remedy: "Write at most \(Self.highest)")
        }
        self.micros = Int64(micros)
    }
}

extension Price: CustomStringConvertible {
    /// Without needless zeros: `98.32`, `4`.
    public var description: String {
        var fraction = "\(micros % 1_000_000 + 1_000_000)".dropFirst()
        while fraction.utf8.last == UInt8(ascii: "0") { fraction = fraction.dropLast() }
        return fraction.isEmpty ? "\(micros / 1_000_000)" : "\(micros / 1_000_000).\(fraction)"
    }
}

extension Price: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(scalarText(decoder, wanted: "a price", Self.hint))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Price: SchemaDescribed {
    public static var schema: Schema { .text(format: "price", acceptsNumbers: true) }
    public static var example: JSON { "98.32" }
}
