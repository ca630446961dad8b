import Primitives
import Testing

/// Goal: no arithmetic on time can stop the process. Method: the ends of the range, then any pair.
@Suite struct TickTests {
    private static let edges: [Int64] = [.min, .min + 1, -1, 0, 1, 999, 1_000, .max - 1, .max]

    @Test func `ticks are ordered in time`() {
        #expect(Tick(1) < Tick(2))
        #expect(Tick(.max) == .never)
        #expect(Tick(.max - 1) < .never)
    }

    @Test func `a span is added exactly where it fits`() {
        #expect(Tick(1_000).after(Duration64(milliseconds: 500)) == Tick(1_500))
        #expect(Tick(-5).after(Duration64(seconds: 1)) == Tick(995))
        #expect(Tick(7).after(.zero) == Tick(7))
    }

    @Test func `what lies behind the last moment is never`() {
        #expect(Tick(.max - 1).after(Duration64(milliseconds: 2)) == .never)
        #expect(Tick.never.after(Duration64(milliseconds: 1)) == .never)
        #expect(Tick(1).after(Duration64(milliseconds: .max)) == .never)
    }

    @Test func `a clock that went backwards gives no span`() {
        #expect(Tick(5).since(Tick(9)) == .zero)
        #expect(Tick(.min).since(.never) == .zero)
        #expect(Tick(-2).since(.never) == .zero)
    }

    @Test func `a span too long to hold is the longest`() {
        #expect(Tick.never.since(Tick(.min)).milliseconds == .max)
        #expect(Tick(1).since(Tick(.min)).milliseconds == .max)
        #expect(Tick(1_500).since(Tick(1_000)) == Duration64(milliseconds: 500))
    }

    @Test(arguments: edges)
    func `no pair of moments traps`(first: Int64) {
        for second in Self.edges {
            let span = Tick(first).since(Tick(second))
            #expect(span >= .zero)
            #expect((span == .zero) == (first <= second), "\(first) since \(second)")
            #expect(Tick(first).after(Duration64(milliseconds: second)) >= Tick(first))
        }
    }

    @Test func `durations are never negative and saturate`() {
        #expect(Duration64(milliseconds: -1) == .zero)
        #expect(Duration64(milliseconds: .min) == .zero)
        #expect(Duration64(seconds: -1) == .zero)
        #expect(Duration64(seconds: .min) == .zero)
        #expect(Duration64(seconds: 90).milliseconds == 90_000)
        #expect(Duration64(seconds: .max).milliseconds == .max)
        #expect(Duration64(seconds: Int64.max / 1_000 + 1).milliseconds == .max)
        #expect(Duration64(seconds: 1) < Duration64(seconds: 2))
    }
}
