import Primitives

/// The lines of a trace, one after the other, cut into fields without copies.
struct TraceLines {
    /// How fields are told apart.
    enum Separator { case comma, space }

    let bytes: [UInt8]
    private let separator: Separator
    private var next = 0
    /// The number of the current line; the first is 1.
    private(set) var number = 0
    private(set) var fields: [Range<Int>] = []

    init(_ bytes: [UInt8], separatedBy separator: Separator) {
        self.bytes = bytes
        self.separator = separator
    }

    /// Moves to the next line that is not empty and no comment, and cuts it; false at the end.
    mutating func advance(comment: UInt8? = nil) throws(Refusal) -> Bool {
        while next < bytes.count {
            let start = next
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            next = end + 1
            number += 1
            guard end - start <= SimulationLimits.lineBytes else {
                throw refused(
                    "it is longer than \(SimulationLimits.lineBytes) bytes",
                    "Hand in a trace with a job a line")
            }
            if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            cut(start..<end)
            guard let first = fields.first(where: { !$0.isEmpty }) else { continue }
            if let comment, bytes[first.lowerBound] == comment { continue }
            return true
        }
        return false
    }

    private mutating func cut(_ line: Range<Int>) {
        fields.removeAll(keepingCapacity: true)
        var start = line.lowerBound
        switch separator {
        case .comma:
            for at in line where bytes[at] == UInt8(ascii: ",") {
                fields.append(start..<at)
                start = at + 1
            }
            fields.append(start..<line.upperBound)
        case .space:
            for at in line where bytes[at] == 0x20 || bytes[at] == 0x09 {
                if at > start { fields.append(start..<at) }
                start = at + 1
            }
            if line.upperBound > start { fields.append(start..<line.upperBound) }
        }
    }

    func text(_ field: Int) -> String {
        guard field < fields.count else { return "" }
        return String(decoding: bytes[fields[field]], as: UTF8.self)
    }

    /// Refuses the current line with a place and a reason.
    func refused(_ finding: String, _ remedy: String) -> Refusal {
        Refusal(.malformed, field: "line \(number)", finding: finding, remedy: remedy)
    }

    /// A whole number, negative ones included; `name` is what the format calls the field.
    func integer(_ field: Int, _ name: String) throws(Refusal) -> Int64 {
        guard field < fields.count, let value = integer(in: fields[field]) else {
            throw refused(
                "\(name) is \(quoted(text(field))) and no whole number", "Write digits only")
        }
        return value
    }

    /// A number of seconds, with a fraction or without, in milliseconds.
    func seconds(_ field: Int, _ name: String) throws(Refusal) -> Int64 {
        guard field < fields.count, let value = milliseconds(in: fields[field]) else {
            throw refused(
                "\(name) is \(quoted(text(field))) and no number of seconds",
                "Write seconds such as 90 or 0.25")
        }
        return value
    }

    private func integer(in range: Range<Int>) -> Int64? {
        guard let first = range.first else { return nil }
        let isNegative = bytes[first] == UInt8(ascii: "-")
        let digits = isNegative ? range.dropFirst() : range
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value: Int64 = 0
        for at in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) else { return nil }
            value = value * 10 + Int64(bytes[at] - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }

    private func milliseconds(in range: Range<Int>) -> Int64? {
        guard let point = range.first(where: { bytes[$0] == UInt8(ascii: ".") }) else {
            guard let whole = integer(in: range), abs(whole) < 1 << 52 else { return nil }
            return whole * 1000
        }
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        guard let whole = integer(in: range.lowerBound..<point), abs(whole) < 1 << 52 else {
            return nil
        }
        // Ten-thousandths first, of which the last digit decides how to round.
        var rest: Int64 = 0
        var scale: Int64 = 1000
        for at in (point + 1)..<range.upperBound {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) else { return nil }
            rest += Int64(bytes[at] - UInt8(ascii: "0")) * scale
            scale /= 10
        }
        rest = (rest + 5) / 10
        return whole * 1000 + (isNegative ? -rest : rest)
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\""
    }
}
