import Primitives
import Wire

/// Time limits in all of Slurm's spellings, and in ours.
enum SlurmTime {
    /// Seconds of `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`,
    /// `days-hours:minutes` or `days-hours:minutes:seconds`; nil for no limit.
    static func seconds(_ text: String, field: String) throws(Refusal) -> Int64? {
        if text == "-1" || ["unlimited", "infinite"].contains(text.lowercased()) { return nil }
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { throw refusal(text, field) }
        var numbers: [Int64] = []
        for part in (halves.last ?? "").split(separator: ":", omittingEmptySubsequences: false) {
            numbers.append(try number(part, text, field))
        }
        var total: Int64
        switch (halves.count, numbers.count) {
        case (1, 1): total = numbers[0] * 60
        case (1, 2): total = numbers[0] * 60 + numbers[1]
        case (1, 3), (2, 3): total = numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
        case (2, 1): total = numbers[0] * 3600
        case (2, 2): total = numbers[0] * 3600 + numbers[1] * 60
        default: throw refusal(text, field)
        }
        if halves.count == 2 { total += try number(halves[0], text, field) * 86_400 }
        // Slurm reads zero as no limit at all.
        return total == 0 ? nil : total
    }

    /// A span for the API: Slurm's forms, or ours with units; nil for no limit.
    static func span(_ text: String, field: String) throws(Refusal) -> String? {
        let hasUnit = text.utf8.contains { "dhms".utf8.contains($0) } && !text.contains(":")
        let isWord = ["unlimited", "infinite"].contains(text.lowercased())
        if hasUnit, !isWord, !text.contains("-") {
            do throws(Refusal) {
                _ = try WireDuration(text)
            } catch {
                throw error.under(field)
            }
            return text
        }
        return try seconds(text, field: field).map { "\($0)s" }
    }

    /// Nine digits at most: no sum of such parts can leave 64 bits.
    private static func number(
        _ part: Substring, _ text: String, _ field: String
    ) throws(Refusal) -> Int64 {
        guard !part.isEmpty, part.utf8.count <= 9,
            part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(part)
        else { throw refusal(text, field) }
        return number
    }

    private static func refusal(_ text: String, _ field: String) -> Refusal {
        Refusal(
            .malformed, field: field, finding: "\"\(text.prefix(60))\" is not a time limit",
            remedy: "Write minutes, HH:MM:SS, D-HH:MM:SS, or a span such as 1h30m")
    }
}
