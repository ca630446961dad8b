public import Primitives

/// A moment as RFC 3339 writes it, kept in milliseconds since the epoch; years 0000 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let milliseconds: Int64

    /// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
    private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// A moment outside the years 0000 to 9999 is brought inside.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(Self.range.lowerBound, milliseconds), Self.range.upperBound)
    }

    public init(_ tick: Tick) { self.init(milliseconds: tick.milliseconds) }

    public var tick: Tick { Tick(milliseconds) }

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

// MARK: Reading

extension Timestamp {
    /// Reads `2026-11-20T10:00:00Z`, with a fraction or an offset if there is one.
    ///
    /// Digits beyond milliseconds are dropped. There are no leap seconds.
    public init(_ text: String) throws(Refusal) {
        guard let milliseconds = Self.parse(text.utf8Span.span), Self.range.contains(milliseconds)
        else { throw Self.refusal(quoted(text)) }
        self.milliseconds = milliseconds
    }

    private static func parse(_ text: Span<UInt8>) -> Int64? {
        guard text.count >= 20, text.count <= 40,
            text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t"),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = number(text, 0, 4), let month = number(text, 5, 2),
            let day = number(text, 8, 2), let hour = number(text, 11, 2),
            let minute = number(text, 14, 2), let second = number(text, 17, 2),
            (1...12).contains(month), (1...days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if text[at] == UInt8(ascii: ".") {
            at += 1
            let start = at
            var unit: Int64 = 100
            while at < text.count, isDigit(text[at]) {
                fraction += Int64(text[at] - 0x30) * unit
                unit /= 10
                at += 1
            }
            guard at > start else { return nil }
        }
        guard let offset = offsetMinutes(text, at) else { return nil }
        let days = daysBeforeEpoch(year, month, day)
        let minutes = (days * 24 + hour) * 60 + minute - offset
        return (minutes * 60 + second) * 1000 + fraction
    }

    /// `Z` or `+02:00` up to the end of the text; in minutes east of Greenwich.
    private static func offsetMinutes(_ text: Span<UInt8>, _ at: Int) -> Int64? {
        switch text.count - at {
        case 1: return text[at] | 0x20 == UInt8(ascii: "z") ? 0 : nil
        case 6:
            guard text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-"),
                text[at + 3] == UInt8(ascii: ":"),
                let hour = number(text, at + 1, 2), let minute = number(text, at + 4, 2),
                hour < 24, minute < 60
            else { return nil }
            let offset = hour * 60 + minute
            return text[at] == UInt8(ascii: "-") ? -offset : offset
        default: return nil
        }
    }

    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            guard isDigit(text[index]) else { return nil }
            value = value * 10 + Int64(text[index] - 0x30)
        }
        return value
    }

    private static func refusal(_ found: String) -> Refusal {
        Refusal(
            .malformed, finding: "expected a moment in time, found \(found)",
            remedy: "Write it like 2026-11-20T10:00:00Z or 2026-11-20T12:00:00+02:00")
    }
}

// MARK: Calendar

extension Timestamp {
    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. Years are counted from March, so that the leap day comes last.
    private static func daysBeforeEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

// MARK: Writing

extension Timestamp: CustomStringConvertible {
    /// Whole seconds in UTC, as Kubernetes writes them.
    public var description: String { text(fraction: 0) }

    /// RFC 3339 in UTC with so many digits of a second, 0 to 9; what is dropped is not rounded.
    public func text(fraction digits: Int) -> String {
        var (day, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        if rest < 0 {
            day -= 1
            rest += 86_400_000
        }
        let date = Self.date(ofDay: day)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        func put(_ value: Int64, _ width: Int) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(value / divisor % 10) + 0x30)
                divisor /= 10
            }
        }
        put(date.year, 4)
        bytes.append(UInt8(ascii: "-"))
        put(date.month, 2)
        bytes.append(UInt8(ascii: "-"))
        put(date.day, 2)
        bytes.append(UInt8(ascii: "T"))
        put(rest / 3_600_000, 2)
        bytes.append(UInt8(ascii: ":"))
        put(rest / 60_000 % 60, 2)
        bytes.append(UInt8(ascii: ":"))
        put(rest / 1000 % 60, 2)
        if digits > 0 {
            bytes.append(UInt8(ascii: "."))
            var fraction = rest % 1000 * 1_000_000
            for _ in 0..<min(digits, 9) {
                bytes.append(UInt8(fraction / 100_000_000) + 0x30)
                fraction = fraction % 100_000_000 * 10
            }
        }
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Timestamp: SchemaDescribed {
    public static var schema: Schema { .text(format: "date-time", acceptsNumbers: false) }
    public static var example: JSON { "2026-11-20T10:00:00Z" }
}
