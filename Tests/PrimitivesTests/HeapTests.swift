import Primitives
import Testing

/// Goal: a heap gives what a sort gives. Method: the same numbers through both, in any order.
@Suite struct HeapTests {
    @Test func `an empty heap has nothing to give`() {
        var heap = Heap<Int>()
        #expect(heap.isEmpty && heap.isEmpty == (heap.count == 0))
        #expect(heap.smallest == nil)
        #expect(heap.pop() == nil)
    }

    @Test func `one element comes back`() {
        var heap = Heap<Int>()
        heap.push(3)
        #expect(heap.smallest == 3)
        #expect(heap.pop() == 3)
        #expect(heap.pop() == nil)
    }

    @Test(arguments: UInt64(0)..<64)
    func `popping everything sorts`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let numbers = (0..<dice.below(200)).map { _ in dice.below(50) }
        var heap = Heap<Int>()
        for number in numbers { heap.push(number) }
        #expect(heap.count == numbers.count)
        var popped: [Int] = []
        while let next = heap.pop() { popped.append(next) }
        #expect(popped == numbers.sorted(), "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<64)
    func `pushes and pops in any order give the smallest each time`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var heap = Heap<Int>()
        var model: [Int] = []
        for step in 0..<500 {
            if dice.hits(3, outOf: 5) {
                let number = dice.below(100)
                heap.push(number)
                model.append(number)
                model.sort()
            } else {
                let expected = model.isEmpty ? nil : model.removeFirst()
                #expect(heap.pop() == expected, "seed \(seed), step \(step)")
            }
            #expect(heap.smallest == model.first, "seed \(seed), step \(step)")
            #expect(heap.count == model.count)
        }
    }

    @Test func `a copy is a heap of its own`() {
        var heap = Heap<Int>()
        for number in [5, 1, 4] { heap.push(number) }
        var copy = heap
        #expect(copy.pop() == 1)
        #expect(heap.count == 3)
        #expect(heap.smallest == 1)
    }
}
