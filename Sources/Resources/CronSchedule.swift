import Primitives

/// When something begins, again and again, as cron writes it: five fields of numbers and names.
enum CronSchedule {
    private struct Field {
        let name: String
        let bounds: ClosedRange<Int>
        let names: [String]
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let fields = [
        Field(name: "minute", bounds: 0...59, names: []),
        Field(name: "hour", bounds: 0...23, names: []),
        Field(name: "day of month", bounds: 1...31, names: []),
        Field(name: "month", bounds: 1...12, names: months),
        Field(name: "day of week", bounds: 0...7, names: days),
    ]

    /// Refuses what is not minute, hour, day of month, month and day of week.
    static func check(_ text: String, field: String) throws(Refusal) {
        let words = text.utf8.prefix(257).split(separator: UInt8(ascii: " ")).map {
            String($0) ?? ""
        }
        guard words.count == fields.count, text.utf8.count <= 256 else {
            throw invalid(
                field, "\(Naming.shown(text)) is no schedule",
                "Write minute, hour, day of month, month and day of week, such as 0 9 * * mon-fri")
        }
        for (word, wanted) in zip(words, fields) where !isSound(word, wanted) {
            let bounds = "\(wanted.bounds.lowerBound) to \(wanted.bounds.upperBound)"
            let names = wanted.names.first.map { " or names such as \($0)" } ?? ""
            throw invalid(
                field, "\(Naming.shown(word)) is no \(wanted.name)",
                "Use \(bounds)\(names), as in 5, 1,2, 1-5, * or */2")
        }
    }

    /// A list of ranges, each perhaps with a step.
    private static func isSound(_ word: String, _ field: Field) -> Bool {
        word.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard let range = halves.first, halves.count <= 2 else { return false }
            if halves.count == 2 {
                guard let step = number(halves[1]), step >= 1, step <= field.bounds.upperBound
                else {
                    return false
                }
            }
            if range == "*" { return true }
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
                .map { value($0, field) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil else {
                return false
            }
            return first <= last
        }
    }

    private static func value(_ text: Substring, _ field: Field) -> Int? {
        if let place = field.names.firstIndex(of: text.lowercased()) {
            return place + (field.bounds.lowerBound)
        }
        return number(text).flatMap { field.bounds.contains($0) ? $0 : nil }
    }

    /// One or two digits.
    private static func number(_ text: Substring) -> Int? {
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber && (1...2).contains(text.utf8.count) ? Int(text) : nil
    }
}
