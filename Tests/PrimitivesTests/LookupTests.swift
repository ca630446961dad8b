import Primitives
import Testing

/// Goal: a lookup finds what was put in, and nothing else. Method: by hand, then against a model.
@Suite struct LookupTests {
    @Test func `what is put in is found until it is taken out`() {
        var lookup = Lookup<String, Int>()
        lookup.reserve(8)
        #expect(lookup["a"] == nil)
        lookup["a"] = 1
        lookup["a"] = 2
        #expect(lookup["a"] == 2)
        #expect(lookup.count == 1)
        lookup["a"] = nil
        lookup["b"] = nil
        #expect(lookup["a"] == nil)
        #expect(lookup.count == 0)
    }

    @Test func `a default is read without being kept, and kept when changed`() {
        var lookup = Lookup<String, [Int]>()
        #expect(lookup["a", default: [7]] == [7])
        #expect(lookup.count == 0)
        lookup["a", default: []].append(1)
        lookup["a", default: []].append(2)
        #expect(lookup["a"] == [1, 2])
    }

    @Test(arguments: UInt64(0)..<16)
    func `any history agrees with a dictionary`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var lookup = Lookup<Int, UInt64>()
        var model: [Int: UInt64] = [:]
        for _ in 0..<500 {
            let key = dice.below(40)
            let value = dice.hits(1, outOf: 3) ? nil : dice.next()
            lookup[key] = value
            model[key] = value
            #expect(lookup.count == model.count, "seed \(seed)")
        }
        for key in 0..<40 { #expect(lookup[key] == model[key], "seed \(seed)") }
    }
}
