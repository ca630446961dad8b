/// Dense rows with a free list: rows are reused, so whoever keeps one must know that it lives.
public struct Table<Element: Sendable>: Sendable {
    private var slots: [Element?] = []
    private var free: [UInt32] = []

    public init() {}

    /// Rows in use.
    public var count: Int { slots.count - free.count }

    /// One past the highest row ever used: the length that a parallel column needs.
    public var capacity: Int { slots.count }

    /// The row that the next ``insert(_:)`` will use.
    public var nextRow: Row<Element> { Row(free.last ?? UInt32(slots.count)) }

    public mutating func insert(_ element: Element) -> Row<Element> {
        if let number = free.popLast() {
            slots[Int(number)] = element
            return Row(number)
        }
        slots.append(element)
        return Row(UInt32(slots.count - 1))
    }

    public mutating func remove(_ row: Row<Element>) {
        precondition(slots[row.index] != nil, "row \(row) was removed twice")
        slots[row.index] = nil
        free.append(row.number)
    }

    public func contains(_ row: Row<Element>) -> Bool {
        row.index < slots.count && slots[row.index] != nil
    }

    public subscript(row: Row<Element>) -> Element {
        get {
            guard let element = slots[row.index] else { preconditionFailure("row \(row) is empty") }
            return element
        }
        _modify {
            // Taken out and put back, so that the caller changes the one copy in place.
            guard var element = slots[row.index].take() else {
                preconditionFailure("row \(row) is empty")
            }
            defer { slots[row.index] = element }
            yield &element
        }
    }

    /// Rows in use, in row order.
    public var rows: [Row<Element>] {
        slots.indices.compactMap { slots[$0] == nil ? nil : Row(UInt32($0)) }
    }
}

extension Table {
    /// The free list, most recently freed last: part of the state, since it decides future rows.
    public var freeRows: [UInt32] { free }

    /// Rebuilds a table from its rows and free list, as a snapshot holds them.
    ///
    /// Whoever does not trust the source asks ``isConsistent`` before anything else.
    public init(slots: [Element?], free: [UInt32]) {
        self.slots = slots
        self.free = free
    }

    /// Whether the free list names every empty row once and nothing else.
    public var isConsistent: Bool {
        var isListed = [Bool](repeating: false, count: slots.count)
        for number in free {
            guard number < slots.count, !isListed[Int(number)] else { return false }
            isListed[Int(number)] = true
        }
        return slots.indices.allSatisfy { isListed[$0] == (slots[$0] == nil) }
    }
}
