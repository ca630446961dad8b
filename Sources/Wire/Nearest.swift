/// The name in `names` that `word` was most likely meant to be, or nil when none is close.
///
/// Close means: at most one edit per three bytes, at least one. Ties go to the earlier name.
public func nearest(_ word: String, among names: [String]) -> String? {
    let wanted = Array(word.utf8.prefix(100))
    var best: (name: String, distance: Int)?
    for name in names {
        let other = Array(name.utf8.prefix(100))
        let allowed = max(1, min(wanted.count, other.count) / 3)
        guard abs(wanted.count - other.count) <= allowed else { continue }
        let distance = editDistance(lowercased(wanted), lowercased(other))
        guard distance <= allowed, distance < best?.distance ?? .max else { continue }
        best = (name, distance)
    }
    return best?.name
}

private func lowercased(_ word: [UInt8]) -> [UInt8] {
    word.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        current.reserveCapacity(right.count + 1)
        for column in right.indices {
            let change = left[row] == right[column] ? 0 : 1
            var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + change)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
