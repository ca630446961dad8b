import Kernel

/// What happened to an item, for watchers.
public struct WatchChange: Sendable {
    public enum Kind: UInt8, Sendable { case added, modified, deleted }

    public let version: UInt64
    public let kind: Kind
    public let item: Item
    /// The item before the change; nil where it is new.
    public let previous: Item?

    /// What keeping it costs, in small views.
    var weight: Int { item.weight }
}

extension Item {
    /// What keeping it costs, in small views.
    public var weight: Int {
        switch self {
        case .job(let view), .pod(let view, _): 1 + view.job.ranks.count / 8
        case .node, .object, .event: 1
        }
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
