public import Primitives

/// Wall time that does not jump: it runs with the machine's own clock and leans towards the wall.
///
/// When somebody sets the time of day by an hour, nobody falls silent and no deadline fires at
/// once; the difference is made up at a tenth of the speed of time.
public struct SteadyClock: Sendable {
    private var last: Tick
    private var lastBoottime: Int64

    public init() { self.init(wall: Clock.now(), boottime: Clock.boottimeMilliseconds()) }

    init(wall: Tick, boottime: Int64) {
        last = wall
        lastBoottime = boottime
    }

    /// The moment now; never before an earlier answer.
    public mutating func now() -> Tick {
        now(wall: Clock.now(), boottime: Clock.boottimeMilliseconds())
    }

    /// Never answers with a moment before this one again.
    public mutating func leap(past tick: Tick) {
        if tick > last { last = tick }
    }

    mutating func now(wall: Tick, boottime: Int64) -> Tick {
        let elapsed = max(0, boottime - lastBoottime)
        lastBoottime = max(lastBoottime, boottime)
        let steady = last.after(Duration64(milliseconds: elapsed))
        let drift = min(max(wall.milliseconds - steady.milliseconds, -elapsed / 10), elapsed / 10)
        last = max(last, Tick(steady.milliseconds + drift))
        return last
    }
}
