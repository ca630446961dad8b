import Glibc
import Primitives
import Wire

/// A number or a time that is the same for all, or is thrown anew for each job.
///
///     30m   uniform(1m, 2h)   exponential(30m)   lognormal(20m, 1.5)   choice(1:60, 2:25, 8:15)
struct Distribution: Decodable, Sendable {
    private enum Form: Sendable {
        case fixed(Double)
        case uniform(Double, Double)
        case exponential(mean: Double)
        /// The median, and the standard deviation of the logarithm.
        case lognormal(median: Double, sigma: Double)
        case choice([(value: Double, weight: Double)])
    }

    private let text: String
    private let form: Form

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            try self.init("\(number)")
        } else {
            try self.init(try container.decode(String.self))
        }
    }

    init(_ text: String) throws(Refusal) {
        self.text = text
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else {
            form = .fixed(try Self.value(text))
            return
        }
        let name = text[..<open]
        let inside = text[text.index(after: open)...].dropLast()
        let words = inside.split(separator: ",").map { word in
            String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        switch (name, words.count) {
        case ("uniform", 2):
            let (low, high) = (try Self.value(words[0]), try Self.value(words[1]))
            guard low <= high else { throw Self.refused(text) }
            form = .uniform(low, high)
        case ("exponential", 1): form = .exponential(mean: try Self.value(words[0]))
        case ("lognormal", 2):
            guard let sigma = Double(words[1]), (0...10).contains(sigma) else {
                throw Self.refused(text)
            }
            form = .lognormal(median: try Self.value(words[0]), sigma: sigma)
        case ("choice", 1...100): form = .choice(try Self.choices(words, text))
        default: throw Self.refused(text)
        }
    }

    private static func choices(
        _ words: [String], _ text: String
    ) throws(Refusal) -> [(value: Double, weight: Double)] {
        var found: [(value: Double, weight: Double)] = []
        for word in words {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
            guard let first = parts.first, parts.count <= 2,
                let weight = parts.count == 2 ? Double(parts[1]) : 1, weight > 0, weight < 1e9
            else { throw refused(text) }
            found.append((try value(String(first)), weight))
        }
        return found
    }

    /// A plain number, or a time in milliseconds.
    private static func value(_ text: String) throws(Refusal) -> Double {
        if let number = Int64(text), number >= 0 { return Double(number) * 1000 }
        return Double(try WireDuration(text).milliseconds)
    }

    private static func refused(_ text: String) -> Refusal {
        Refusal(
            .malformed, finding: "\"\(text)\" is no distribution",
            remedy: "Write 30m, uniform(1m, 2h), exponential(30m), lognormal(20m, 1.5) or "
                + "choice(1:60, 8:40)")
    }

    /// One throw, in milliseconds where the text is a time; at most a hundred years.
    func milliseconds(_ dice: inout Dice) -> Int64 {
        let limit = Double(SimulationLimits.latest)
        switch form {
        case .fixed(let value): return Int64(min(value, limit))
        case .uniform(let low, let high):
            return Int64(min(low + (high - low) * Self.unit(&dice), limit))
        case .exponential(let mean): return Int64(min(-mean * log(1 - Self.unit(&dice)), limit))
        case .lognormal(let median, let sigma):
            // Box and Muller's way to a normal number.
            let radius = (-2 * log(1 - Self.unit(&dice))).squareRoot()
            let normal = radius * cos(2 * Double.pi * Self.unit(&dice))
            return Int64(min(median * exp(sigma * normal), limit))
        case .choice(let values):
            var left = Self.unit(&dice) * values.reduce(0) { $0 + $1.weight }
            for (value, weight) in values {
                left -= weight
                if left < 0 { return Int64(min(value, limit)) }
            }
            return Int64(min(values.last?.value ?? 0, limit))
        }
    }

    /// One throw as a whole number.
    func count(_ dice: inout Dice) -> Int { Int(milliseconds(&dice) / 1000) }

    /// From zero up to but not including one.
    private static func unit(_ dice: inout Dice) -> Double {
        Double(dice.next() >> 11) * 0x1p-53
    }
}
