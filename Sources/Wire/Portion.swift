public import Primitives

/// A number of things, or a share of them in whole percent: `2` or `10%`.
public enum Portion: Hashable, Sendable, BitwiseCopyable {
    /// 0 to 1,000,000.
    case count(Int)
    /// 0 to 100.
    case percent(Int)
}

extension Portion {
    private static let hint = "Write a number such as 2, or a share such as 10%"

    /// Reads `2` or `10%`.
    public init(_ text: String) throws(Refusal) {
        let isShare = text.utf8.last == UInt8(ascii: "%")
        let digits = isShare ? text.utf8.dropLast() : text.utf8[...]
        var value = 0
        var isSound = !digits.isEmpty && digits.count <= 7
        for byte in digits where isSound {
            isSound = isDigit(byte)
            if isSound { value = value * 10 + Int(byte - 0x30) }
        }
        guard isSound else {
            throw Refusal(
                .malformed, finding: "expected a number or a share, found \(quoted(text))",
                remedy: Self.hint)
        }
        guard value <= (isShare ? 100 : 1_000_000) else {
            throw Refusal(
                .malformed, finding: "\(quoted(text)) is out of range",
                remedy: isShare ? "Use 0% to 100%" : "Use 0 to 1000000")
        }
        self = isShare ? .percent(value) : .count(value)
    }
}

extension Portion: CustomStringConvertible {
    public var description: String {
        switch self {
        case .count(let count): "\(count)"
        case .percent(let percent): "\(percent)%"
        }
    }
}

extension Portion: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(scalarText(decoder, wanted: "a number or a share", Self.hint))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .count(let count): try container.encode(count)
        case .percent: try container.encode(description)
        }
    }
}

extension Portion: SchemaDescribed {
    public static var schema: Schema { .text(format: "portion", acceptsNumbers: true) }
    public static var example: JSON { "10%" }
}
