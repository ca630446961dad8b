import Primitives

/// How long to wait before dialling again: doubling, with jitter, so that a fleet does not dial at
/// the same moment after its controller's restart.
struct Backoff: Sendable {
    static let firstMilliseconds: Int64 = 200
    static let longestMilliseconds: Int64 = 5_000

    private var next = Backoff.firstMilliseconds
    private var dice: Dice

    init(seed: UInt64) { dice = Dice(seed: seed) }

    /// The next pause: up to half as long again as the doubling alone would have it.
    mutating func pauseMilliseconds() -> Int64 {
        let pause = next + Int64(dice.below(Int(next / 2)))
        next = min(next * 2, Backoff.longestMilliseconds)
        return pause
    }

    /// Starts over after a connection that was welcome.
    mutating func reset() { next = Backoff.firstMilliseconds }
}
