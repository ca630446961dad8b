import Primitives

/// Views of one kind in order of creation, found by uid or by name.
///
/// They lie in small chunks, so that a ``ShelfReading`` shares them: taking one costs nothing, and
/// a change after that copies one chunk and not the shelf.
struct Shelf<View: CatalogView>: Sendable {
    private var chunks: [ShelfChunk<View>] = []
    private var byName: [ShelfKey: UInt64] = [:]
    private var perNamespace: [String: ShelfCount] = [:]
    private var whole = ShelfCount()

    var count: Int { whole.views }

    /// The shelf as it is now.
    func reading(of namespace: String?) -> ShelfReading<View> {
        let count = namespace.map { perNamespace[$0] ?? ShelfCount() } ?? whole
        return ShelfReading(chunks: chunks, count: count)
    }

    subscript(uid: UInt64) -> View? {
        guard let chunk = chunkIndex(for: uid) else { return nil }
        return chunks[chunk][uid]
    }

    subscript(namespace: String, name: String) -> View? {
        byName[ShelfKey(namespace: namespace, name: name)].flatMap { self[$0] }
    }

    /// Adds or replaces; gives the view that was there before.
    mutating func put(_ view: View) -> View? {
        let chunk = chunkIndex(for: view.uid)
        if let chunk, let old = chunks[chunk].replace(view) {
            recount(old, -1)
            recount(view, 1)
            return old
        }
        byName[ShelfKey(namespace: view.namespace, name: view.name)] = view.uid
        recount(view, 1)
        if let chunk {
            chunks[chunk].insert(view)
            if let half = chunks[chunk].splitOff() { chunks.insert(half, at: chunk + 1) }
        } else if let last = chunks.indices.last, !chunks[last].isFull {
            chunks[last].insert(view)
        } else {
            chunks.append(ShelfChunk(view))
        }
        return nil
    }

    mutating func remove(_ uid: UInt64) -> View? {
        guard let chunk = chunkIndex(for: uid), let view = chunks[chunk].remove(uid) else {
            return nil
        }
        recount(view, -1)
        let key = ShelfKey(namespace: view.namespace, name: view.name)
        if byName[key] == uid { byName[key] = nil }
        closeUp(chunk)
        return view
    }

    mutating func removeFirst() {
        guard let first = chunks.first?.uids.first else { return }
        _ = remove(first)
    }

    private mutating func recount(_ view: View, _ step: Int) {
        whole.add(view, step)
        guard !view.namespace.isEmpty else { return }
        var count = perNamespace[view.namespace] ?? ShelfCount()
        count.add(view, step)
        perNamespace[view.namespace] = count.views == 0 ? nil : count
    }

    /// Joins a chunk with the one before it when both have become small.
    private mutating func closeUp(_ index: Int) {
        guard chunks[index].views.count <= ShelfChunk<View>.capacity / 4 else { return }
        if chunks[index].views.isEmpty {
            chunks.remove(at: index)
        } else if index > 0, chunks[index - 1].join(chunks[index]) {
            chunks.remove(at: index)
        }
    }

    /// The first chunk that ends at or behind the uid.
    private func chunkIndex(for uid: UInt64) -> Int? {
        let index = chunks.firstChunk(endingAt: uid)
        return index < chunks.count ? index : nil
    }
}

/// How many views there are, how many parts they have, and what keeping them costs.
struct ShelfCount: Sendable {
    var views = 0
    var parts = 0

    fileprivate mutating func add(_ view: some CatalogView, _ step: Int) {
        views += step
        parts += step * view.parts
    }
}

/// A run of views with ascending uids; never empty on a shelf.
struct ShelfChunk<View: CatalogView>: Sendable {
    static var capacity: Int { 256 }

    fileprivate(set) var uids: [UInt64]
    fileprivate(set) var views: [View]

    init(_ view: View) {
        uids = [view.uid]
        views = [view]
    }

    var isFull: Bool { views.count >= Self.capacity }

    subscript(uid: UInt64) -> View? {
        let index = firstIndex(from: uid)
        return index < uids.count && uids[index] == uid ? views[index] : nil
    }

    /// The position of the first uid that is not below this one.
    func firstIndex(from uid: UInt64) -> Int {
        var low = 0
        var high = uids.count
        while low < high {
            let middle = (low + high) / 2
            if uids[middle] < uid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate mutating func replace(_ view: View) -> View? {
        let index = firstIndex(from: view.uid)
        guard index < uids.count, uids[index] == view.uid else { return nil }
        let old = views[index]
        views[index] = view
        return old
    }

    fileprivate mutating func insert(_ view: View) {
        let index = firstIndex(from: view.uid)
        uids.insert(view.uid, at: index)
        views.insert(view, at: index)
    }

    fileprivate mutating func remove(_ uid: UInt64) -> View? {
        let index = firstIndex(from: uid)
        guard index < uids.count, uids[index] == uid else { return nil }
        uids.remove(at: index)
        return views.remove(at: index)
    }

    /// The upper half of a chunk that has grown too long.
    fileprivate mutating func splitOff() -> ShelfChunk? {
        guard views.count > 2 * Self.capacity else { return nil }
        var upper = self
        upper.uids.removeFirst(Self.capacity)
        upper.views.removeFirst(Self.capacity)
        uids.removeLast(uids.count - Self.capacity)
        views.removeLast(views.count - Self.capacity)
        return upper
    }

    /// Takes the next chunk in if both are small.
    fileprivate mutating func join(_ next: ShelfChunk) -> Bool {
        guard views.count + next.views.count <= Self.capacity / 2 else { return false }
        uids += next.uids
        views += next.views
        return true
    }
}

extension Array {
    /// The first of the ascending chunks that ends at or behind the uid.
    func firstChunk<View>(endingAt uid: UInt64) -> Int where Element == ShelfChunk<View> {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].uids.last ?? 0 < uid { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

private struct ShelfKey: Hashable, Sendable {
    let namespace: String
    let name: String
}

/// A shelf at one moment; shares its chunks with the shelf.
struct ShelfReading<View: CatalogView>: Sendable {
    let chunks: [ShelfChunk<View>]
    /// Of the namespace that it was taken for, or of all.
    let count: ShelfCount

    /// The place of the first view that is not below the uid.
    func place(from uid: UInt64) -> (chunk: Int, index: Int) {
        let chunk = chunks.firstChunk(endingAt: uid)
        return (chunk, chunk < chunks.count ? chunks[chunk].firstIndex(from: uid) : 0)
    }

    /// Steps to the next view, if there is one.
    func next(_ place: inout (chunk: Int, index: Int)) -> View? {
        while place.chunk < chunks.count {
            let views = chunks[place.chunk].views
            if place.index < views.count {
                defer { place.index += 1 }
                return views[place.index]
            }
            place = (place.chunk + 1, 0)
        }
        return nil
    }
}

/// The newest events, oldest first.
struct EventShelf: Sendable {
    static let capacity = 10_000

    private(set) var shelf = Shelf<EventView>()

    mutating func append(_ event: EventView) {
        _ = shelf.put(event)
        if shelf.count > Self.capacity { shelf.removeFirst() }
    }
}
