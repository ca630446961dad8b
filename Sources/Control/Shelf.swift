import Primitives

/// Views of one kind in order of creation, found by uid or by name.
struct Shelf<View: CatalogView>: Sendable {
    private var uids: [UInt64] = []
    /// Nil where a view was removed; closed up when there are more holes than views.
    private var slots: [View?] = []
    private var byName: [ShelfKey: UInt64] = [:]

    var count: Int { byName.count }

    var all: [View] { slots.compactMap(\.self) }

    func all(in namespace: String?) -> [View] {
        guard let namespace else { return all }
        return slots.compactMap { view in view.flatMap { $0.namespace == namespace ? $0 : nil } }
    }

    /// At most `limit` views with uids above `uid`, without a look at the others.
    func page(after uid: UInt64, in namespace: String?, limit: Int) -> [View] {
        var found: [View] = []
        var index = firstIndex(after: uid)
        while index < slots.count, found.count < limit {
            if let view = slots[index], namespace == nil || view.namespace == namespace {
                found.append(view)
            }
            index += 1
        }
        return found
    }

    subscript(uid: UInt64) -> View? { index(of: uid).flatMap { slots[$0] } }

    subscript(namespace: String, name: String) -> View? {
        byName[ShelfKey(namespace: namespace, name: name)].flatMap { self[$0] }
    }

    /// Adds or replaces; true when there was none before.
    mutating func put(_ view: View) -> Bool {
        if let index = index(of: view.uid) {
            defer { slots[index] = view }
            return slots[index] == nil
        }
        byName[ShelfKey(namespace: view.namespace, name: view.name)] = view.uid
        if let last = uids.last, last > view.uid {
            let index = uids.firstIndex { $0 > view.uid } ?? uids.count
            uids.insert(view.uid, at: index)
            slots.insert(view, at: index)
        } else {
            uids.append(view.uid)
            slots.append(view)
        }
        return true
    }

    mutating func remove(_ uid: UInt64) -> View? {
        guard let index = index(of: uid), let view = slots[index] else { return nil }
        slots[index] = nil
        byName[ShelfKey(namespace: view.namespace, name: view.name)] = nil
        if slots.count > 64, slots.count > 2 * byName.count { closeUp() }
        return view
    }

    private mutating func closeUp() {
        let kept = all
        slots = kept
        uids = kept.map(\.uid)
    }

    private func index(of uid: UInt64) -> Int? {
        guard uid > 0 else { return nil }
        let index = firstIndex(after: uid - 1)
        return index < uids.count && uids[index] == uid ? index : nil
    }

    private func firstIndex(after uid: UInt64) -> Int {
        var low = 0
        var high = uids.count
        while low < high {
            let middle = (low + high) / 2
            if uids[middle] <= uid { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

private struct ShelfKey: Hashable, Sendable {
    let namespace: String
    let name: String
}

/// The newest events, oldest first.
struct EventShelf: Sendable {
    static let capacity = 10_000

    private(set) var all: [EventView] = []

    mutating func append(_ event: EventView) {
        all.append(event)
        // In halves, so that an append stays cheap.
        if all.count > Self.capacity * 3 / 2 { all.removeFirst(all.count - Self.capacity) }
    }
}

/// The newest changes of one resource. A watcher that is further behind must list again.
struct ChangeRing: Sendable {
    /// Room in units of one small view; a gang's view weighs more, by its ranks.
    static let capacity = 20_000

    private var entries: [WatchChange] = []
    private var weight = 0
    /// Positions from here on can be resumed.
    private(set) var floor: UInt64 = 0

    var newest: UInt64 { entries.last?.version ?? floor }

    mutating func append(_ change: WatchChange) {
        entries.append(change)
        weight += change.weight
        guard weight > Self.capacity * 3 / 2 else { return }
        // In thirds, so that an append stays cheap. The newest always stays.
        var surplus = 0
        while weight > Self.capacity, surplus < entries.count - 1 {
            weight -= entries[surplus].weight
            surplus += 1
        }
        guard surplus > 0 else { return }
        floor = entries[surplus - 1].version
        entries.removeFirst(surplus)
    }

    /// Forgets everything up to a version.
    mutating func raiseFloor(to version: UInt64) {
        floor = max(floor, version)
        entries.removeAll { $0.version <= version }
        weight = entries.reduce(0) { $0 + $1.weight }
    }

    func changes(after version: UInt64, limit: Int) -> [WatchChange] {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].version <= version { low = middle + 1 } else { high = middle }
        }
        return Array(entries[low..<min(entries.count, low + limit)])
    }
}
