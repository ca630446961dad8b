import Control
import Kernel
import Network
import Resources

/// One open watch: where it is, and how to write to it.
final class Watcher {
    /// How it gets to know of changes.
    enum Mode {
        /// The present state is still being sent.
        case opening(WatchOpening)
        /// It reads from the ring what it has missed.
        case behind
        /// It has everything and is told as things happen; it stands in the index.
        case live
    }

    let number: UInt64
    let subscription: Subscription
    var mode = Mode.behind
    /// Everything up to here has been sent; of no meaning while live.
    var position: UInt64 = 0
    /// Where it stands in the index while it is live.
    var place: WatcherIndex.Place?
    var seat = 0
    var isOpen = true
    /// Its client has been told the columns of its table.
    var hasColumns = false
    /// It goes on by a timer, since it had its share of this turn.
    var isResting = false
    var lifeTimer: TimerID?
    var bookmarkTimer: TimerID?
    let send: ([UInt8]) -> Void
    let unsentBytes: () -> Int
    let finish: () -> Void

    init(
        _ number: UInt64, _ subscription: Subscription, send: @escaping ([UInt8]) -> Void,
        unsentBytes: @escaping () -> Int, finish: @escaping () -> Void
    ) {
        self.number = number
        self.subscription = subscription
        self.send = send
        self.unsentBytes = unsentBytes
        self.finish = finish
    }

    var isLive: Bool {
        if case .live = mode { return true }
        return false
    }

    /// The word of the event that this watcher sees in a change; nil where it sees none.
    ///
    /// What it was shown before follows from the object before the change, so nothing has to be
    /// remembered: an object that leaves the selector is deleted for it, one that enters is added.
    func word(for change: WatchChange) -> WatchWord? {
        if let namespace = subscription.namespace, change.item.namespace != namespace { return nil }
        let filter = subscription.filter
        guard !filter.isEmpty else {
            return switch change.kind {
            case .added: .added
            case .modified: .modified
            case .deleted: .deleted
            }
        }
        let wasShown = change.previous.map(filter.matches) ?? false
        let isShown = change.kind != .deleted && filter.matches(change.item)
        return switch (wasShown, isShown) {
        case (false, false): nil
        case (false, true): .added
        case (true, true): .modified
        case (true, false): .deleted
        }
    }
}

/// The type of a watch event.
enum WatchWord: String {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
}

/// The state that a watch begins with, on its way to the client.
///
/// In order of version: a client that is cut off within it and resumes behind the last event it has
/// seen misses nothing.
final class WatchOpening {
    let version: UInt64
    let isMarked: Bool
    private var cursor: ListCursor
    private var items: [Item] = []
    private var isGathered = false
    private var next = 0

    init(_ listing: Listing, isMarked: Bool) {
        version = listing.version
        self.isMarked = isMarked
        cursor = listing.cursor()
    }

    /// Gathers what the filter lets through; false when time is up before the end.
    func gather(_ filter: Filter, isTimeUp: () -> Bool) -> Bool {
        guard !isGathered else { return true }
        var looked = 0
        while let item = cursor.next() {
            if filter.isEmpty || filter.matches(item) { items.append(item) }
            looked += 1
            if looked % 64 == 0, isTimeUp() { return false }
        }
        isGathered = true
        items.sort { $0.version < $1.version }
        return true
    }

    /// The next item to send; nil behind the last.
    func take() -> Item? {
        guard next < items.count else { return nil }
        defer { next += 1 }
        return items[next]
    }
}
