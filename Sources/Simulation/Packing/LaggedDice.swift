/// Seeded throws of the additive lagged Fibonacci generator that the published figures came from.
///
/// Every number is the sum of those 607 and 273 throws back, modulo 2^64. With the numbers of the
/// authors a run can be compared with theirs seed by seed; with others only means could be, and
/// those of ten seeds wander by as much as the figures may differ.
public struct LaggedDice: Sendable {
    private var past: [UInt64]
    private var oldest = Self.long - Self.short
    private var recent = 0

    private static let long = 607
    private static let short = 273

    public init(seed: UInt64) {
        var congruence = Congruence(seed: seed)
        past = Self.warm.map { warmed in
            let high = congruence.next() << 40
            let middle = congruence.next() << 20
            return high ^ middle ^ congruence.next() ^ warmed
        }
    }

    public mutating func next() -> UInt64 {
        recent = (recent == 0 ? Self.long : recent) - 1
        oldest = (oldest == 0 ? Self.long : oldest) - 1
        let sum = past[oldest] &+ past[recent]
        past[oldest] = sum
        return sum
    }

    /// A number below `bound`, which must be positive and fit 31 bits; without bias.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0 && bound < 1 << 31, "a die of \(bound) sides cannot be thrown")
        if bound & (bound - 1) == 0 { return throw31() & (bound - 1) }
        let fair = (1 << 31) - 1 - (1 << 31) % bound
        var thrown = throw31()
        while thrown > fair { thrown = throw31() }
        return thrown % bound
    }

    private mutating func throw31() -> Int { Int((next() << 1) >> 33) }

    /// Brings the elements into a random order.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, scaled(below: UInt32(last + 1)))
        }
    }

    /// A number below `bound` by multiplying; shuffles use this and single throws do not.
    private mutating func scaled(below bound: UInt32) -> Int {
        let unfair = (0 &- bound) % bound
        while true {
            let product = UInt32((next() << 1) >> 32).multipliedFullWidth(by: bound)
            if product.low >= unfair { return Int(product.high) }
        }
    }

    /// The numbers below `count` in a random order.
    public mutating func permutation(_ count: Int) -> [UInt32] {
        var numbers = Array(repeating: UInt32(0), count: count)
        for number in 0..<count {
            let place = below(number + 1)
            numbers[number] = numbers[place]
            numbers[place] = UInt32(number)
        }
        return numbers
    }

    /// The state of the generator after 7.8 million million throws, which spices every seed.
    private static let warm: [UInt64] = {
        var congruence = Congruence(seed: 1)
        let start = (0..<long).map { _ in
            let high = congruence.next() << 20
            let middle = congruence.next() << 10
            return high ^ middle ^ congruence.next()
        }
        // Throws in the order in which they fell, and as many after them.
        var thrown = (0..<long).map { start[(2 * long - short - 1 - $0) % long] }
        for index in long..<2 * long {
            thrown.append(thrown[index - long] &+ thrown[index - short])
        }
        let throwCount = 7_800_000_000_000
        let weights = weightsOfStart(after: throwCount)
        var warm = start
        for offset in 0..<long {
            var sum: UInt64 = 0
            for (index, weight) in weights.enumerated() { sum &+= weight &* thrown[index + offset] }
            warm[(3 * long - short - 1 - (throwCount + offset) % long) % long] = sum
        }
        return warm
    }()

    /// How much each of 607 throws in a row counts in the one that falls `count` after the first.
    ///
    /// Stepping back is division by a polynomial, so a long way is a power by repeated squaring.
    private static func weightsOfStart(after count: Int) -> [UInt64] {
        var power = [1] + Array(repeating: UInt64(0), count: long - 1)
        for bit in stride(from: Int.bitWidth - count.leadingZeroBitCount - 1, through: 0, by: -1) {
            let shift = (count >> bit) & 1
            var square = Array(repeating: UInt64(0), count: 2 * long)
            for (left, factor) in power.enumerated() where factor != 0 {
                square[2 * left + shift] &+= factor &* factor
                for right in left + 1..<long {
                    square[left + right + shift] &+= 2 &* factor &* power[right]
                }
            }
            for index in stride(from: 2 * long - 1, through: long, by: -1) {
                square[index - long] &+= square[index]
                square[index - short] &+= square[index]
            }
            power = Array(square[..<long])
        }
        return power
    }
}

/// The multiplicative generator modulo 2^31 - 1 that fills the first 607 numbers.
private struct Congruence {
    private static let modulus: UInt64 = (1 << 31) - 1
    private var state: UInt64

    init(seed: UInt64) {
        state = seed % Self.modulus
        if state == 0 { state = 89_482_311 }
        for _ in 0..<20 { _ = next() }
    }

    mutating func next() -> UInt64 {
        state = state * 48_271 % Self.modulus
        return state
    }
}
