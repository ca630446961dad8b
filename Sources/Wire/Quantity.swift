public import Primitives

/// An amount as Kubernetes writes it (`500m`, `64Gi`, `0.25`, `1e3`): thousandths in an integer.
///
/// Never negative. Anything finer than a thousandth is rounded up.
public struct Quantity: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let milli: Int64

    /// A negative amount counts as none.
    public init(milli: Int64) { self.milli = max(0, milli) }

    /// Whole units; nil where the amount does not fit.
    public init?(whole: Int64) {
        let (milli, overflow) = whole.multipliedReportingOverflow(by: 1000)
        guard !overflow, whole >= 0 else { return nil }
        self.milli = milli
    }

    public static let zero = Quantity(milli: 0)

    /// Whole units, rounded up.
    public var whole: Int64 { milli / 1000 + (milli % 1000 == 0 ? 0 : 1) }

    /// As a decimal number, such as `1.5`.
    public var decimal: String {
        let fraction = "\(milli % 1000 + 1000)".dropFirst()
        let digits = fraction.reversed().drop { $0 == "0" }.reversed()
        return digits.isEmpty ? "\(milli / 1000)" : "\(milli / 1000).\(String(digits))"
    }

    public static func < (left: Self, right: Self) -> Bool { left.milli < right.milli }

    /// The sum, or nil where it does not fit.
    public func adding(_ other: Quantity) -> Quantity? {
        let (sum, overflow) = milli.addingReportingOverflow(other.milli)
        return overflow ? nil : Quantity(milli: sum)
    }
}

extension Quantity {
    /// Reads the text of a Kubernetes quantity.
    public init(_ text: String) throws(Refusal) {
        let bytes = text.utf8Span.span
        guard let number = DecimalText(bytes, readsExponent: true),
            let scale = Self.scale(of: bytes, from: number.length)
        else {
            throw Refusal(
                .malformed, finding: "expected an amount, found \(quoted(text))",
                remedy: Self.hint)
        }
        guard !number.isNegative || number.mantissa == 0 else {
            throw Refusal(
                .malformed, finding: "expected an amount of zero or more, found \(quoted(text))",
                remedy: Self.hint)
        }
        var scaled = number
        scaled.exponent += scale.exponent
        guard let magnitude = scaled.scaled(by: scale.factor, roundsUp: true),
            let milli = Int64(exactly: magnitude)
        else {
            throw Refusal(
                .malformed, finding: "the amount \(quoted(text)) is too large",
                remedy: "Write at most 9223372036854775")
        }
        self.milli = milli
    }

    /// What a suffix multiplies thousandths by: a factor and a power of ten; nil if it is none.
    private static func scale(
        of text: Span<UInt8>, from start: Int
    ) -> (factor: UInt128, exponent: Int)? {
        switch text.count - start {
        case 0: return (1, 3)
        case 1:
            switch text[start] {
            case UInt8(ascii: "n"): return (1, -6)
            case UInt8(ascii: "u"): return (1, -3)
            case UInt8(ascii: "m"): return (1, 0)
            case UInt8(ascii: "k"): return (1, 6)
            case UInt8(ascii: "M"): return (1, 9)
            case UInt8(ascii: "G"): return (1, 12)
            case UInt8(ascii: "T"): return (1, 15)
            case UInt8(ascii: "P"): return (1, 18)
            case UInt8(ascii: "E"): return (1, 21)
            default: return nil
            }
        case 2 where text[start + 1] == UInt8(ascii: "i"):
            switch text[start] {
            case UInt8(ascii: "K"): return (1 << 10, 3)
            case UInt8(ascii: "M"): return (1 << 20, 3)
            case UInt8(ascii: "G"): return (1 << 30, 3)
            case UInt8(ascii: "T"): return (1 << 40, 3)
            case UInt8(ascii: "P"): return (1 << 50, 3)
            case UInt8(ascii: "E"): return (1 << 60, 3)
            default: return nil
            }
        default: return nil
        }
    }

    private static let hint = "Write an amount such as 500m, 8 or 64Gi"
}

extension Quantity: CustomStringConvertible {
    /// The shortest usual form: `500m`, `8`, and from one mebibyte on `64Gi` where that is exact.
    public var description: String {
        guard milli % 1000 == 0 else { return "\(milli)m" }
        let value = milli / 1000
        guard value >= 1 << 20 else { return "\(value)" }
        for (shift, name) in [(50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi")]
        where value % (1 << Int64(shift)) == 0 {
            return "\(value >> Int64(shift))\(name)"
        }
        return "\(value)"
    }
}

extension Quantity: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(scalarText(decoder, wanted: "an amount", Self.hint))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Quantity: SchemaDescribed {
    public static var schema: Schema { .text(format: "quantity", acceptsNumbers: true) }
    public static var example: JSON { "64Gi" }
}

/// The text of a string or number, for scalars that accept both.
func scalarText(_ decoder: any Decoder, wanted: String, _ remedy: String) throws -> String {
    if let own = decoder as? DocumentDecoder {
        let node = own.session.nodes[own.node]
        switch node.kind {
        case .string, .plain, .number: return own.session.document.text(of: node)
        case .null, .bool, .array, .object:
            throw own.session.mismatch(wanted, remedy, own.node)
        }
    }
    return try decoder.singleValueContainer().decode(String.self)
}
