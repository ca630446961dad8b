import Primitives
import Testing

@testable import Host

/// Goal: time of day may be set without anybody being late. Method: clocks by hand.
@Suite struct SteadyClockTests {
    private let start = Tick(1_700_000_000_000)

    @Test func `it runs as the wall clock does`() {
        var clock = SteadyClock(wall: start, boottime: 5_000)
        let later = clock.now(wall: Tick(start.milliseconds + 250), boottime: 5_250)
        #expect(later.milliseconds == start.milliseconds + 250)
    }

    @Test(arguments: [3_600_000, -3_600_000] as [Int64])
    func `a jump of the wall clock is made up slowly`(jump: Int64) {
        var clock = SteadyClock(wall: start, boottime: 0)
        let wall = Tick(start.milliseconds + 1_000 + jump)
        let now = clock.now(wall: wall, boottime: 1_000)
        #expect((900...1_100).contains(now.milliseconds - start.milliseconds))
        var boottime: Int64 = 1_000
        for _ in 0..<400 {
            boottime += 100_000
            _ = clock.now(wall: Tick(start.milliseconds + jump + boottime), boottime: boottime)
        }
        boottime += 1
        let end = clock.now(wall: Tick(start.milliseconds + jump + boottime), boottime: boottime)
        #expect(end.milliseconds == start.milliseconds + jump + boottime)
    }

    @Test func `it never goes back, not even behind what a journal says`() {
        var clock = SteadyClock(wall: start, boottime: 0)
        clock.leap(past: Tick(start.milliseconds + 10_000))
        let now = clock.now(wall: start, boottime: 0)
        #expect(now.milliseconds == start.milliseconds + 10_000)
    }
}
