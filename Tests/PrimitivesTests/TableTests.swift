import Primitives
import Testing

/// Goal: rows are dense, reused last freed first, and rebuilt exactly. Method: a model beside it.
@Suite struct TableTests {
    @Test func `rows are given in order and counted`() {
        var table = Table<String>()
        #expect(table.nextRow == Row(0))
        let first = table.insert("a")
        let second = table.insert("b")
        #expect([first, second] == [Row(0), Row(1)])
        #expect(table.count == 2)
        #expect(table.capacity == 2)
        #expect(table[first] == "a")
        #expect(table.rows == [first, second])
    }

    @Test func `the row freed last is used first`() {
        var table = Table<Int>()
        let rows = (0..<4).map { table.insert($0) }
        table.remove(rows[1])
        table.remove(rows[3])
        #expect(table.freeRows == [1, 3])
        #expect(table.rows == [rows[0], rows[2]])
        #expect(table.nextRow == rows[3])
        #expect(table.insert(30) == rows[3])
        #expect(table.insert(10) == rows[1])
        #expect(table.insert(40) == Row(4))
        #expect(table.capacity == 5)
    }

    @Test func `only living rows are contained`() {
        var table = Table<Int>()
        let row = table.insert(1)
        #expect(table.contains(row))
        #expect(!table.contains(Row(1)))
        #expect(!table.contains(Row(.max)))
        table.remove(row)
        #expect(!table.contains(row))
    }

    @Test func `an element is changed in place`() {
        var table = Table<[Int]>()
        let row = table.insert([1])
        table[row].append(2)
        table[row][0] = 7
        #expect(table[row] == [7, 2])
        #expect(table.count == 1)
        #expect(table.contains(row))
    }

    @Test(arguments: UInt64(0)..<32)
    func `any history agrees with a dictionary, and with its own rebuilding`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var table = Table<Int>()
        var model: [UInt32: Int] = [:]
        for step in 0..<300 {
            let rows = model.keys.sorted()
            if rows.isEmpty || dice.hits(3, outOf: 5) {
                let expected = table.nextRow
                let row = table.insert(step)
                #expect(row == expected, "seed \(seed), step \(step)")
                #expect(model.updateValue(step, forKey: row.number) == nil)
            } else {
                let number = rows[dice.below(rows.count)]
                table.remove(Row(number))
                model[number] = nil
            }
            #expect(table.count == model.count)
        }
        #expect(table.isConsistent)
        #expect(table.rows.map(\.number) == model.keys.sorted(), "seed \(seed)")
        for (number, value) in model { #expect(table[Row(number)] == value) }
        let slots = (0..<table.capacity).map { model[UInt32($0)] }
        var rebuilt = Table(slots: slots, free: table.freeRows)
        for value in 0..<20 { #expect(rebuilt.insert(value) == table.insert(value)) }
        #expect(rebuilt.rows == table.rows, "seed \(seed)")
    }

    @Test func `a rebuilt table knows whether its free list is true`() {
        #expect(Table<Int>(slots: [], free: []).isConsistent)
        #expect(Table(slots: [1, nil, nil], free: [2, 1]).isConsistent)
        #expect(!Table(slots: [1, nil], free: []).isConsistent, "an empty row is missing")
        #expect(!Table(slots: [1, nil], free: [0]).isConsistent, "a living row is listed")
        #expect(
            !Table<Int>(slots: [nil, nil], free: [1, 1]).isConsistent, "a row is listed twice")
        #expect(!Table(slots: [1], free: [.max]).isConsistent, "a row is beyond the end")
    }

    @Test func `removing a row twice stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var table = Table<Int>()
            let row = table.insert(1)
            table.remove(row)
            table.remove(row)
        }
    }

    @Test func `reading an empty row stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var table = Table<Int>()
            let row = table.insert(1)
            table.remove(row)
            _ = table[row]
        }
    }
}
