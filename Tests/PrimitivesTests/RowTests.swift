import Primitives
import Testing

/// Goal: row numbers are ordered, equal by number, and readable. Method: by hand.
@Suite struct RowTests {
    private struct Thing: ~Copyable {}

    @Test func `a row is its number`() {
        let row = Row<Thing>(7)
        #expect(row.number == 7)
        #expect(row.index == 7)
        #expect(row.description == "#7")
        #expect(Row<Thing>(.max).index == Int(UInt32.max))
    }

    @Test func `rows are ordered by number`() {
        #expect(Row<Thing>(1) < Row<Thing>(2))
        #expect(!(Row<Thing>(2) < Row<Thing>(2)))
        #expect(Row<Thing>(2) == Row<Thing>(2))
        #expect(Set([Row<Thing>(1), Row<Thing>(1), Row<Thing>(2)]).count == 2)
    }
}
