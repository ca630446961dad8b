import Primitives
import Testing

/// Goal: a seed means the same throws for ever. Method: published values of SplitMix64, and counts.
@Suite struct DiceTests {
    @Test func `the throws are those of SplitMix64`() {
        var zero = Dice(seed: 0)
        #expect(zero.next() == 0xe220_a839_7b1d_cdaf)
        #expect(zero.next() == 0x6e78_9e6a_a1b9_65f4)
        #expect(zero.next() == 0x06c4_5d18_8009_454f)
        var known = Dice(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in known.next() } == expected)
    }

    @Test func `a copy throws what the original would have thrown`() {
        var dice = Dice(seed: 99)
        _ = dice.next()
        var copy = dice
        #expect((0..<10).map { _ in dice.next() } == (0..<10).map { _ in copy.next() })
    }

    @Test(arguments: [1, 2, 3, 6, 7, 1_000, Int.max])
    func `a throw is below its bound`(bound: Int) {
        var dice = Dice(seed: 5)
        for _ in 0..<1_000 {
            let thrown = dice.below(bound)
            #expect(thrown >= 0 && thrown < bound)
        }
    }

    @Test func `every side comes up about as often`() {
        var dice = Dice(seed: 11)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[dice.below(6)] += 1 }
        #expect(counts.allSatisfy { (9_600...10_400).contains($0) }, "\(counts)")
    }

    @Test func `chances are kept at both ends and between`() {
        var dice = Dice(seed: 12)
        var never = 0
        var often = 0
        var always = 0
        for _ in 0..<10_000 {
            if dice.hits(0, outOf: 4) { never += 1 }
            if dice.hits(1, outOf: 4) { often += 1 }
            if dice.hits(4, outOf: 4) { always += 1 }
        }
        #expect(never == 0)
        #expect((2_300...2_700).contains(often), "\(often) of 10,000")
        #expect(always == 10_000)
    }

    @Test func `a die without sides stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var dice = Dice(seed: 1)
            _ = dice.below(0)
        }
    }
}
