/// Seeded pseudo-random numbers (SplitMix64): the same seed gives the same throws everywhere.
public struct Dice: Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, without modulo bias worth speaking of; `bound` must be positive.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a die needs at least one side")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True `chances` times out of `total`.
    public mutating func hits(_ chances: Int, outOf total: Int) -> Bool { below(total) < chances }
}
