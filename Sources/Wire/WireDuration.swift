public import Primitives

/// A span of time as people write it: `4h30m`, `90s`, `1d12h`, `250ms`, or whole seconds.
///
/// Never negative, at most 100 years, kept in milliseconds.
public struct WireDuration: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let milliseconds: Int64

    public static let none = WireDuration(milliseconds: 0)

    /// 36,525 days.
    public static let longest = WireDuration(milliseconds: 36_525 * 86_400_000)

    /// Anything outside zero to ``longest`` is brought inside.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(0, milliseconds), 36_525 * 86_400_000)
    }

    public init(_ span: Duration64) { self.init(milliseconds: span.milliseconds) }

    /// The same span in the kernel's unit.
    public var span: Duration64 { Duration64(milliseconds: milliseconds) }

    /// Whole seconds, rounded up.
    public var seconds: Int64 { milliseconds / 1000 + (milliseconds % 1000 == 0 ? 0 : 1) }

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension WireDuration {
    /// Reads numbers with units from days down to milliseconds, largest first, each once.
    public init(_ text: String) throws(Refusal) {
        let bytes = text.utf8Span.span
        var at = 0
        var total: UInt64 = 0
        var lastUnit = UInt64.max
        repeat {
            let rest = bytes.extracting(at..<bytes.count)
            guard let number = DecimalText(rest, readsExponent: false), isDigit(bytes[at]) else {
                throw Self.refusal(text)
            }
            at += number.length
            // A number alone is seconds; inside a longer text every number needs its unit.
            let unit: UInt64
            if at == bytes.count, number.length == bytes.count {
                unit = 1000
            } else {
                guard let (found, length) = Self.unit(bytes, at) else { throw Self.refusal(text) }
                unit = found
                at += length
            }
            guard unit < lastUnit else { throw Self.refusal(text) }
            lastUnit = unit
            guard let part = number.scaled(by: UInt128(unit), roundsUp: true),
                part <= UInt64(Self.longest.milliseconds),
                total + part <= UInt64(Self.longest.milliseconds)
            else {
                throw Refusal(
                    .malformed, finding: "the duration \(quoted(text)) is too long",
                    remedy: "Write at most 36525d")
            }
            total += part
        } while at < bytes.count
        milliseconds = Int64(total)
    }

    private static func unit(_ text: Span<UInt8>, _ at: Int) -> (milliseconds: UInt64, length: Int)?
    {
        guard at < text.count else { return nil }
        switch text[at] {
        case UInt8(ascii: "d"): return (86_400_000, 1)
        case UInt8(ascii: "h"): return (3_600_000, 1)
        case UInt8(ascii: "m"):
            let isMilli = at + 1 < text.count && text[at + 1] == UInt8(ascii: "s")
            return isMilli ? (1, 2) : (60_000, 1)
        case UInt8(ascii: "s"): return (1000, 1)
        default: return nil
        }
    }

    private static func refusal(_ text: String) -> Refusal {
        Refusal(
            .malformed, finding: "expected a duration, found \(quoted(text))", remedy: hint)
    }

    private static let hint = "Write a duration such as 4h30m, 90s or 1d12h"
}

extension WireDuration: CustomStringConvertible {
    /// Units from days down, empty ones left out; `0s` for none.
    public var description: String {
        guard milliseconds > 0 else { return "0s" }
        var text = ""
        var rest = milliseconds
        for (unit, name) in [
            (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"),
        ]
        where rest >= Int64(unit) {
            text += "\(rest / Int64(unit))\(name)"
            rest %= Int64(unit)
        }
        return text
    }
}

extension WireDuration: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(scalarText(decoder, wanted: "a duration", Self.hint))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension WireDuration: SchemaDescribed {
    public static var schema: Schema { .text(format: "duration", acceptsNumbers: true) }
    public static var example: JSON { "4h30m" }
}
