import Wire

// What it means for two values to be the same one, whoever wrote them.

extension JSON {
    /// Equality by meaning: numbers by value, members in any order, text byte by byte.
    func means(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): isSameNumber(left, right)
        case (.string(let left), .string(let right)): byteOrder(left, right) == 0
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.object(let left), .object(let right)): haveSameMembers(left, right)
        case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
        }
    }
}

private func haveSameMembers(_ left: [JSON.Member], _ right: [JSON.Member]) -> Bool {
    guard left.count == right.count else { return false }
    let areAlike = zip(left, right).allSatisfy { byteOrder($0.key, $1.key) == 0 }
    if areAlike { return zip(left, right).allSatisfy { $0.value.means($1.value) } }
    // Sorted, so that a long comparison stays cheap.
    let one = left.sorted { byteOrder($0.key, $1.key) < 0 }
    let other = right.sorted { byteOrder($0.key, $1.key) < 0 }
    return zip(one, other).allSatisfy { first, second in
        byteOrder(first.key, second.key) == 0 && first.value.means(second.value)
    }
}

/// Whole numbers are compared as text, so that large ones do not run into one another.
private func isSameNumber(_ left: String, _ right: String) -> Bool {
    if byteOrder(left, right) == 0 { return true }
    if isWhole(left), isWhole(right) { return false }
    return Double(left) == Double(right)
}

private func isWhole(_ number: String) -> Bool {
    number.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
}
