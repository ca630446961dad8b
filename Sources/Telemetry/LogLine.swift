import Primitives

/// Builds one line of bounded length in which no value can pretend to be something else.
///
/// Control characters, line separators and marks that turn the direction of text are written as
/// escapes, so that a hostile name can neither forge a line nor reorder one on a screen.
struct LogLine {
    /// A whole line with its line feed: what a pipe takes in one piece.
    static let limit = 4096
    /// One text value; longer ones are cut and end in an ellipsis.
    static let valueLimit = 1024

    private let form: Log.Form
    private var bytes: [UInt8] = []

    // Room for the closing that every line may need.
    private static let reserve = 32

    init(form: Log.Form) {
        self.form = form
        bytes.reserveCapacity(256)
    }

    /// Writes what every line starts with.
    mutating func begin(_ level: LogLevel, _ message: String, at moment: Tick) {
        let time = Timestamp(moment).description
        switch form {
        case .json:
            append("{\"time\":\"\(time)\",\"level\":\"\(level.word)\",\"message\":")
            quote(message)
        case .plain, .coloured:
            // Time of day is enough for someone who watches.
            append(String(time.dropFirst(11).dropLast()))
            let word = level.word + String(repeating: " ", count: 7 - level.word.utf8.count)
            append(form == .coloured ? " \(level.colour)\(word)\u{1b}[0m " : " \(word) ")
            escape(message)
        }
    }

    /// Adds a field; false where the line has no room for it, which the line then says itself.
    mutating func add(_ field: LogField) -> Bool {
        let mark = bytes.count
        let name = field.name.description
        switch form {
        case .json:
            append(",")
            quote(name)
            append(":")
        case .plain, .coloured:
            append(" \(name)=")
        }
        switch field.value {
        case .text(let text): quote(text)
        case .integer(let value): append(String(value))
        case .unsigned(let value): append(String(value))
        case .flag(let value): append(value ? "true" : "false")
        }
        if bytes.count <= LogLine.limit - LogLine.reserve { return true }
        bytes.removeSubrange(mark...)
        append(form == .json ? ",\"truncated\":true" : " truncated=true")
        return false
    }

    /// The finished line, never longer than ``limit``.
    mutating func end() -> [UInt8] {
        append(form == .json ? "}\n" : "\n")
        return bytes
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        escape(text)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ text: String) {
        let end = bytes.count + LogLine.valueLimit
        for scalar in text.unicodeScalars {
            guard bytes.count < end else { return append("…") }
            switch scalar {
            case "\"" where form == .json: append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case _ where LogLine.isDeceptive(scalar): append(LogLine.escaped(scalar))
            default: append(String(Character(scalar)))
            }
        }
    }

    private static func isDeceptive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: true
        case 0x061c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff: true
        // Tags: invisible characters that some viewers act on.
        case 0xe0000...0xe007f: true
        default: false
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        scalar.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}

extension LogLevel {
    fileprivate var colour: String {
        switch self {
        case .debug: "\u{1b}[2m"
        case .info: "\u{1b}[32m"
        case .warning: "\u{1b}[33m"
        case .error: "\u{1b}[31m"
        }
    }
}

/// A moment as RFC 3339 in UTC with milliseconds; the calendar is worked out in integers.
struct Timestamp: CustomStringConvertible {
    private let milliseconds: Int64

    init(_ moment: Tick) {
        // Years 1970 to 9999: beyond them the form has no room.
        milliseconds = min(max(0, moment.milliseconds), 253_402_300_799_999)
    }

    var description: String {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        // Counts from 1 March of the year 0, so that a leap day is a year's last.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
        let seconds = rest / 1000
        let time = "\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
        return "\(date)T\(time).\(pad(rest % 1000, 3))Z"
    }

    private func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
