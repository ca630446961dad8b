import Kernel

/// Everything of a resource at one version, of one namespace if one is named.
///
/// It shares its memory with the catalog: taking one costs the same for any number of objects, and
/// keeping one keeps the views that have been replaced since.
public struct Listing: Sendable {
    enum Source: Sendable {
        case jobs(ShelfReading<JobView>)
        case pods(ShelfReading<JobView>)
        case nodes(ShelfReading<NodeView>)
        case objects(ShelfReading<ObjectView>)
        case events(ShelfReading<EventView>)
    }

    public let resource: Resource
    public let namespace: String?
    public let version: UInt64
    let source: Source

    /// How many items there are.
    public var count: Int {
        switch source {
        case .jobs(let reading): reading.count.views
        case .pods(let reading): reading.count.parts
        case .nodes(let reading): reading.count.views
        case .objects(let reading): reading.count.views
        case .events(let reading): reading.count.views
        }
    }

    /// What keeping it may come to cost, in small views.
    public var weight: Int {
        switch source {
        case .jobs(let reading), .pods(let reading):
            1 + reading.count.views + reading.count.parts / 8
        case .nodes, .objects, .events: 1 + count
        }
    }

    /// All items, in order of creation.
    public var items: [Item] {
        var cursor = cursor()
        var items: [Item] = []
        items.reserveCapacity(count)
        while let item = cursor.next() { items.append(item) }
        return items
    }

    /// Walks the items behind a place, in order of creation.
    public func cursor(after place: ListPlace? = nil) -> ListCursor {
        ListCursor(self, after: place)
    }
}

/// A place in a list: behind the object with that uid and, among pods, behind that rank.
public struct ListPlace: Hashable, Sendable {
    public let uid: UInt64
    /// Minus one for objects that are no pods.
    public let rank: Int

    public init(uid: UInt64, rank: Int) {
        self.uid = uid
        self.rank = rank
    }

    /// Behind this item.
    public init(after item: Item) {
        switch item {
        case .job(let view): self.init(uid: view.uid, rank: -1)
        case .pod(let view, let rank): self.init(uid: view.uid, rank: rank)
        case .node(let view): self.init(uid: view.uid, rank: -1)
        case .object(let view): self.init(uid: view.uid, rank: -1)
        case .event(let view): self.init(uid: view.uid, rank: -1)
        }
    }
}

/// A walk through a listing that can pause anywhere.
public struct ListCursor: Sendable, IteratorProtocol {
    private let source: Listing.Source
    private let namespace: String?
    private var place: (chunk: Int, index: Int)
    /// The job whose ranks are being walked, and the next of them.
    private var gang: JobView?
    private var rank = 0

    init(_ listing: Listing, after start: ListPlace?) {
        source = listing.source
        namespace = listing.namespace
        let (uid, overflow) = (start?.uid ?? 0).addingReportingOverflow(start == nil ? 0 : 1)
        let first = overflow ? UInt64.max : uid
        switch source {
        case .jobs(let reading): place = reading.place(from: first)
        case .nodes(let reading): place = reading.place(from: first)
        case .objects(let reading): place = reading.place(from: first)
        case .events(let reading): place = reading.place(from: first)
        case .pods(let reading):
            place = reading.place(from: first)
            guard let start, start.rank >= 0 else { return }
            // The gang that was being walked comes first, from its next rank on.
            var back = reading.place(from: start.uid)
            if let view = reading.next(&back), view.uid == start.uid, isMeant(view.namespace) {
                gang = view
                rank = start.rank + 1
            }
        }
    }

    public mutating func next() -> Item? {
        switch source {
        case .jobs(let reading): return next(reading).map { .job($0) }
        case .nodes(let reading): return next(reading).map { .node($0) }
        case .objects(let reading): return next(reading).map { .object($0) }
        case .events(let reading): return next(reading).map { .event($0) }
        case .pods(let reading):
            while true {
                while let gang, rank < gang.job.ranks.count {
                    defer { rank += 1 }
                    if !gang.job.ranks[rank].isHidden { return .pod(gang, rank: rank) }
                }
                guard let view = next(reading) else { return nil }
                gang = view
                rank = 0
            }
        }
    }

    private mutating func next<View>(_ reading: ShelfReading<View>) -> View? {
        while let view = reading.next(&place) {
            if isMeant(view.namespace) { return view }
        }
        return nil
    }

    private func isMeant(_ name: String) -> Bool { namespace == nil || namespace == name }
}
