import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Telemetry

/// All open watches. Those that have everything are told each change as it comes, found through an
/// index; the others read from the catalog's rings, so a slow one costs nothing but its lag.
final class Watchers {
    static let capacity = 20_000
    static let perToken = 10_000
    /// A watcher with this much unsent waits until its client has read.
    static let unsentBytesMax = 256 * 1024
    static let bookmarkMilliseconds: Int64 = 30_000
    /// How long one watcher may be served before the others have their turn.
    static let stepNanoseconds: Int64 = 3_000_000
    private static let batch = 256

    private let reactor: Reactor
    private let catalog: Catalog
    private let pods: PodNames
    private let counters: Counters
    private let lines: WatchLines
    private var watchers: [UInt64: Watcher] = [:]
    private var nextNumber: UInt64 = 0
    private var perToken: [UInt64: Int] = [:]
    /// By resource: its live watchers, and up to where they have been told everything.
    private var live = Resource.allCases.map { _ in WatcherIndex() }
    private var told = Resource.allCases.map { _ in UInt64(0) }

    init(reactor: Reactor, catalog: Catalog, tables: TableJSON, counters: Counters) {
        self.reactor = reactor
        self.catalog = catalog
        pods = tables.objects.pods
        self.counters = counters
        lines = WatchLines(tables)
    }

    var count: Int { watchers.count }

    func hasRoom(for token: UInt64) -> Bool {
        watchers.count < Self.capacity && perToken[token, default: 0] < Self.perToken
    }

    // MARK: Opening and closing

    func open(_ subscription: Subscription, _ start: WatchStart, seconds: Int?, _ call: Call) {
        guard let watcher = connect(subscription, call) else { return }
        watchers[watcher.number] = watcher
        perToken[subscription.token, default: 0] += 1
        switch start {
        case .state(let isMarked):
            let listing = catalog.list(subscription.resource, namespace: subscription.namespace)
            watcher.mode = .opening(WatchOpening(listing, isMarked: isMarked))
        case .now: watcher.position = catalog.version
        case .version(let version): watcher.position = version
        }
        // The position may be ahead of what the live ones were told.
        tell(subscription.resource)
        serve(watcher)
        // A position that is too old has ended the watch already: nothing may be left behind.
        guard watcher.isOpen else { return }
        if subscription.bookmarks { armBookmark(watcher) }
        // Clients are told to come back now and then, so that none stays for ever.
        let life = min(seconds ?? 3600, 3600)
        watcher.lifeTimer = reactor.after(milliseconds: Int64(life) * 1000) { [unowned self] in
            guard watcher.isOpen else { return }
            bookmark(watcher)
            guard watcher.isOpen else { return }
            remove(watcher)
            watcher.finish()
        }
    }

    private func connect(_ subscription: Subscription, _ call: Call) -> Watcher? {
        let exchange = call.exchange
        nextNumber += 1
        let number = nextNumber
        guard call.request.head.wantsWebSocket else {
            exchange.begin(200, Server.jsonHeaders)
            let watcher = Watcher(
                number, subscription, send: { exchange.send($0) },
                unsentBytes: { exchange.unsentBytes }, finish: { exchange.finish() })
            exchange.onClosed { [unowned self] in remove(watcher) }
            exchange.onDrained { [unowned self, unowned watcher] in serve(watcher) }
            return watcher
        }
        guard let socket = exchange.upgrade() else { return nil }
        let watcher = Watcher(
            number, subscription, send: { socket.send(textBytes: $0) },
            unsentBytes: { socket.unsentBytes }, finish: { socket.close() })
        socket.onMessage { _ in }
        socket.onClosed { [unowned self] _ in
            if let watcher = watchers[number] { remove(watcher) }
        }
        socket.onDrained { [unowned self] in
            if let watcher = watchers[number] { serve(watcher) }
        }
        return watcher
    }

    private func remove(_ watcher: Watcher) {
        guard watchers.removeValue(forKey: watcher.number) != nil else { return }
        watcher.isOpen = false
        for timer in [watcher.lifeTimer, watcher.bookmarkTimer] {
            if let timer { reactor.cancel(timer) }
        }
        if watcher.isLive { live[index(watcher)].remove(watcher) }
        let token = watcher.subscription.token
        perToken[token, default: 1] -= 1
        if perToken[token] == 0 { perToken[token] = nil }
    }

    /// Ends the watches of a token that is no longer good.
    func cut(token: UInt64) {
        guard perToken[token] != nil else { return }
        for watcher in watchers.values where watcher.subscription.token == token {
            remove(watcher)
            watcher.finish()
        }
    }

    private func index(_ watcher: Watcher) -> Int { Int(watcher.subscription.resource.rawValue) }

    // MARK: Live watchers

    /// Tells the live watchers what is new.
    func pump() {
        guard !watchers.isEmpty else { return }
        lines.forget()
        let newest = catalog.newestChanges
        for resource in Resource.allCases
        where newest[Int(resource.rawValue)] > told[Int(resource.rawValue)] {
            tell(resource)
        }
    }

    private func tell(_ resource: Resource) {
        let index = Int(resource.rawValue)
        guard live[index].count > 0 else {
            told[index] = catalog.version
            return
        }
        while true {
            guard
                let (changes, upTo) = catalog.changes(
                    of: resource, after: told[index], limit: Self.batch)
            else { return fallBehind(resource) }
            for change in changes {
                let candidates = live[index]
                candidates.forEachCandidate(of: change, pods) {
                    tell($0, change, after: told[index])
                }
                told[index] = change.version
            }
            told[index] = upTo
            if changes.count < Self.batch { return }
        }
    }

    private func tell(_ watcher: Watcher, _ change: WatchChange, after position: UInt64) {
        guard let word = watcher.word(for: change) else { return }
        guard watcher.unsentBytes() < Self.unsentBytesMax else {
            live[index(watcher)].remove(watcher)
            watcher.mode = .behind
            watcher.position = position
            return
        }
        send(word, change, to: watcher)
    }

    private func send(_ word: WatchWord, _ change: WatchChange, to watcher: Watcher) {
        counters.add(.watchEvents)
        watcher.send(lines.line(word, change, watcher, at: reactor.now))
    }

    /// More has changed at once than is remembered: whoever was live must list again.
    private func fallBehind(_ resource: Resource) {
        let index = Int(resource.rawValue)
        let position = told[index]
        told[index] = catalog.version
        for watcher in live[index].all {
            live[index].remove(watcher)
            watcher.mode = .behind
            watcher.position = position
            serve(watcher)
        }
    }

    // MARK: Watchers that are not live

    /// Goes on with a watcher that is not live, until it is, or its client is slow, or time is up.
    private func serve(_ watcher: Watcher) {
        guard watcher.isOpen, !watcher.isResting else { return }
        let deadline = Clock.monotonicNanoseconds() + Self.stepNanoseconds
        let isTimeUp = { Clock.monotonicNanoseconds() > deadline }
        if case .opening(let opening) = watcher.mode {
            guard open(watcher, opening, isTimeUp) else { return }
        }
        guard case .behind = watcher.mode else { return }
        if watcher.position > told[index(watcher)] { tell(watcher.subscription.resource) }
        let goal = told[index(watcher)]
        while watcher.isOpen, watcher.unsentBytes() < Self.unsentBytesMax {
            guard
                let (changes, upTo) = catalog.changes(
                    of: watcher.subscription.resource, after: watcher.position, limit: Self.batch)
            else { return expire(watcher) }
            for change in changes where change.version <= goal {
                if let word = watcher.word(for: change) { send(word, change, to: watcher) }
            }
            watcher.position = min(upTo, goal)
            if watcher.position == goal {
                watcher.mode = .live
                live[index(watcher)].insert(watcher)
                return
            }
            if isTimeUp() { return rest(watcher) }
        }
    }

    /// Sends the present state; true when it is through.
    private func open(_ watcher: Watcher, _ opening: WatchOpening, _ isTimeUp: () -> Bool) -> Bool {
        guard opening.gather(watcher.subscription.filter, isTimeUp: isTimeUp) else {
            rest(watcher)
            return false
        }
        var sent = 0
        while watcher.unsentBytes() < Self.unsentBytesMax {
            if sent % 16 == 15, isTimeUp() {
                rest(watcher)
                return false
            }
            guard let item = opening.take() else {
                watcher.position = opening.version
                watcher.mode = .behind
                if opening.isMarked, watcher.subscription.bookmarks {
                    watcher.send(
                        WatchLines.bookmark(
                            watcher.subscription, at: opening.version, endsOpening: true))
                }
                return true
            }
            counters.add(.watchEvents)
            watcher.send(lines.opening(item, watcher))
            sent += 1
        }
        return false
    }

    /// Lets the others have their turn.
    private func rest(_ watcher: Watcher) {
        watcher.isResting = true
        _ = reactor.after(milliseconds: 1) { [unowned self] in
            watcher.isResting = false
            serve(watcher)
        }
    }

    private func armBookmark(_ watcher: Watcher) {
        let pause = Self.bookmarkMilliseconds
        watcher.bookmarkTimer = reactor.after(milliseconds: pause) { [unowned self] in
            guard watcher.isOpen else { return }
            bookmark(watcher)
            if watcher.isOpen { armBookmark(watcher) }
        }
    }

    /// Sends a bookmark to a watcher that has everything and wants to know where it is.
    private func bookmark(_ watcher: Watcher) {
        guard watcher.subscription.bookmarks else { return }
        tell(watcher.subscription.resource)
        guard watcher.isLive else { return }
        watcher.send(WatchLines.bookmark(watcher.subscription, at: told[index(watcher)]))
    }

    /// The position is older than what is remembered: the client must list again.
    private func expire(_ watcher: Watcher) {
        counters.add(.watchesExpired)
        watcher.send(
            WatchLines.error(
                Refusal(
                    .gone, field: "resourceVersion",
                    finding:
                        "version \(watcher.position) is too old to watch from, "
                        + "or not of this history",
                    remedy: "List again and watch from the list's resourceVersion")))
        remove(watcher)
        watcher.finish()
    }
}
