import Control
import Resources
import Wire

/// The live watchers of one resource, found by what a change is about.
///
/// A watcher whose selector demands one value of a label, or of a field, is asked only about
/// changes of objects that have or had that value: the cost of a change does not grow with the
/// number of watchers that it does not concern. Of several such values the one that the fewest
/// others stand under is taken.
struct WatcherIndex {
    /// The one value that a selector demands.
    struct Term: Hashable {
        let isField: Bool
        let key: String
        let value: String
    }

    /// Where a watcher stands.
    struct Place: Hashable {
        let namespace: String?
        let term: Term?
    }

    private var buckets: [Place: [Watcher]] = [:]
    /// How many watchers stand under each key of labels and fields.
    private var labelKeys: [String: Int] = [:]
    private var fieldKeys: [String: Int] = [:]
    private(set) var count = 0

    /// All of them, for what concerns everybody.
    var all: [Watcher] { buckets.values.flatMap(\.self) }

    mutating func insert(_ watcher: Watcher) {
        let place = place(for: watcher.subscription)
        watcher.place = place
        watcher.seat = buckets[place]?.count ?? 0
        buckets[place, default: []].append(watcher)
        note(place.term, 1)
        count += 1
    }

    mutating func remove(_ watcher: Watcher) {
        guard let place = watcher.place, var bucket = buckets.removeValue(forKey: place) else {
            return
        }
        watcher.place = nil
        let last = bucket.removeLast()
        if last !== watcher {
            bucket[watcher.seat] = last
            last.seat = watcher.seat
        }
        note(place.term, -1)
        count -= 1
        if !bucket.isEmpty { buckets[place] = bucket }
    }

    /// Calls for every watcher that may see the change, and for few others.
    func forEachCandidate(of change: WatchChange, _ pods: PodNames, _ body: (Watcher) -> Void) {
        let namespace = change.item.namespace
        visit(nil, namespace, body)
        if !labelKeys.isEmpty {
            let labels = change.item.labels(pods)
            for (key, value) in labels where labelKeys[key] != nil {
                visit(Term(isField: false, key: key, value: value), namespace, body)
            }
            if let previous = change.previous, change.kind == .modified {
                for (key, value) in previous.labels(pods)
                where labelKeys[key] != nil && labels[key] != value {
                    visit(Term(isField: false, key: key, value: value), namespace, body)
                }
            }
        }
        for (key, _) in fieldKeys {
            let value = change.item.field(key, pods)
            let before = change.previous?.field(key, pods)
            if let value { visit(Term(isField: true, key: key, value: value), namespace, body) }
            if let before, before != value {
                visit(Term(isField: true, key: key, value: before), namespace, body)
            }
        }
    }

    private func visit(_ term: Term?, _ namespace: String, _ body: (Watcher) -> Void) {
        for watcher in buckets[Place(namespace: nil, term: term)] ?? [] { body(watcher) }
        guard !namespace.isEmpty else { return }
        for watcher in buckets[Place(namespace: namespace, term: term)] ?? [] { body(watcher) }
    }

    private func place(for subscription: Subscription) -> Place {
        let filter = subscription.filter
        let terms =
            filter.fields.equalities.map { Term(isField: true, key: $0.key, value: $0.value) }
            + filter.labels.equalities.map { Term(isField: false, key: $0.key, value: $0.value) }
        var best = Place(namespace: subscription.namespace, term: nil)
        var fewest = Int.max
        for term in terms where fewest > 0 {
            let place = Place(namespace: subscription.namespace, term: term)
            let others = buckets[place]?.count ?? 0
            guard others < fewest else { continue }
            best = place
            fewest = others
        }
        return best
    }

    private mutating func note(_ term: Term?, _ step: Int) {
        guard let term else { return }
        func change(_ counts: inout [String: Int]) {
            let count = (counts[term.key] ?? 0) + step
            counts[term.key] = count == 0 ? nil : count
        }
        if term.isField { change(&fieldKeys) } else { change(&labelKeys) }
    }
}
