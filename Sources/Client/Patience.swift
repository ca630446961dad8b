import Glibc
import Host
public import Primitives

/// How long to go on trying, and how long to pause in between.
public struct Patience: Sendable {
    /// Attempts of one request, the first included.
    public var attempts: Int
    public var firstPauseMilliseconds: Int64
    public var longestPauseMilliseconds: Int64
    /// How long a stream is tried again before its failure is shown.
    public var outageMilliseconds: Int64

    public init(
        attempts: Int = 5, firstPauseMilliseconds: Int64 = 200,
        longestPauseMilliseconds: Int64 = 10_000, outageMilliseconds: Int64 = 300_000
    ) {
        self.attempts = attempts
        self.firstPauseMilliseconds = firstPauseMilliseconds
        self.longestPauseMilliseconds = longestPauseMilliseconds
        self.outageMilliseconds = outageMilliseconds
    }

    /// A random pause up to a bound that doubles with each failure: many clients must not return
    /// at the same moment. The server's own wish, where it has one, is the least.
    func pause(after failures: Int, atLeast wish: Int64, _ dice: inout Dice) -> Int64 {
        let doublings = min(max(0, failures - 1), 20)
        let bound = min(longestPauseMilliseconds, firstPauseMilliseconds << Int64(doublings))
        let drawn = Int64(dice.below(Int(clamping: max(1, bound + 1))))
        return max(drawn, min(wish, 60_000))
    }
}

/// Lets the calling thread rest.
public func rest(milliseconds: Int64) {
    guard milliseconds > 0 else { return }
    var span = timespec(
        tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
    var left = timespec()
    while nanosleep(&span, &left) != 0, errno == EINTR { span = left }
}

extension Refusal {
    /// Whether the next attempt may find what this one did not.
    public var isPassing: Bool {
        switch reason {
        case .unavailable, .timeout, .tooManyRequests: true
        default: false
        }
    }
}
