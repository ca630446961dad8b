import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Telemetry
import Wire

extension Server {
    /// Turns a list request into a stream of changes, chunked or over a WebSocket.
    func watch(_ resource: Resource, _ call: Call, _ filter: Filter) throws(Refusal) {
        if try flag("sendInitialEvents", call.query) ?? false {
            throw Refusal(
                .invalid, field: "sendInitialEvents", finding: "streaming lists are not available",
                remedy: "List first, then watch from the list's resourceVersion")
        }
        guard watchers.hasRoom(for: call.actor?.tokenUID ?? 0) else {
            throw Refusal(
                .tooManyRequests, finding: "too many watches are open for this token",
                remedy: "Close watches that are no longer read")
        }
        let asked = call.query["resourceVersion"] ?? ""
        var position: UInt64?
        if !asked.isEmpty, asked != "0" {
            guard let number = UInt64(asked) else {
                throw Refusal(
                    .malformed, field: "resourceVersion",
                    finding: "\"\(asked.prefix(40))\" is no version",
                    remedy: "Send the resourceVersion of a list")
            }
            position = number
        }
        let seconds = try integer("timeoutSeconds", in: 0...86_400, call.query)
        let subscription = Subscription(
            resource: resource, namespace: call.namespace, filter: filter, asTable: call.wantsTable,
            bookmarks: try flag("allowWatchBookmarks", call.query) ?? false,
            token: call.actor?.tokenUID ?? 0)
        watchers.open(subscription, from: position, seconds: seconds, call)
    }
}

/// What one watcher wants to see.
struct Subscription {
    let resource: Resource
    let namespace: String?
    let filter: Filter
    let asTable: Bool
    let bookmarks: Bool
    let token: UInt64
}

/// One open watch: where it is, and how to write to it.
private final class Watcher {
    let subscription: Subscription
    var position: UInt64 = 0
    /// Objects that the client has seen and that a selector may hide again.
    var shown: Set<String> = []
    var isOpen = true
    var lifeTimer: TimerID?
    var bookmarkTimer: TimerID?
    let send: ([UInt8]) -> Void
    let unsentBytes: () -> Int
    let finish: () -> Void

    init(
        _ subscription: Subscription, send: @escaping ([UInt8]) -> Void,
        unsentBytes: @escaping () -> Int, finish: @escaping () -> Void
    ) {
        self.subscription = subscription
        self.send = send
        self.unsentBytes = unsentBytes
        self.finish = finish
    }
}

/// All open watches. They pull from the catalog's rings, so a slow one costs nothing but its lag.
final class Watchers {
    static let capacity = 20_000
    static let perToken = 10_000
    /// A watcher with this much unsent waits until its client has read.
    static let unsentBytesMax = 256 * 1024
    static let bookmarkMilliseconds: Int64 = 30_000

    private let reactor: Reactor
    private let catalog: Catalog
    private let tables: TableJSON
    private let counters: Counters
    private var watchers: [UInt64: Watcher] = [:]
    private var nextNumber: UInt64 = 0
    private var perToken: [UInt64: Int] = [:]
    /// Lines already written for another watcher of the same kind.
    private var lines: [LineKey: [UInt8]] = [:]

    init(reactor: Reactor, catalog: Catalog, tables: TableJSON, counters: Counters) {
        self.reactor = reactor
        self.catalog = catalog
        self.tables = tables
        self.counters = counters
    }

    var count: Int { watchers.count }

    func hasRoom(for token: UInt64) -> Bool {
        watchers.count < Self.capacity && perToken[token, default: 0] < Self.perToken
    }

    func open(_ subscription: Subscription, from position: UInt64?, seconds: Int?, _ call: Call) {
        guard let watcher = connect(subscription, call) else { return }
        nextNumber += 1
        let number = nextNumber
        watchers[number] = watcher
        perToken[subscription.token, default: 0] += 1
        let close: () -> Void = { [unowned self] in remove(number) }
        if call.request.head.wantsWebSocket {
            socketClosers[number] = close
        } else {
            call.exchange.onClosed(close)
            call.exchange.onDrained { [unowned self] in pump(watcher, number) }
        }
        start(watcher, position)
        pump(watcher, number)
        // A position that is too old has ended the watch already: nothing may be left behind.
        guard watcher.isOpen else { return }
        if subscription.bookmarks { armBookmark(watcher, number) }
        // Clients are told to come back now and then, so that none stays for ever.
        let life = min(seconds ?? 3600, 3600)
        watcher.lifeTimer = reactor.after(milliseconds: Int64(life) * 1000) { [unowned self] in
            guard watcher.isOpen else { return }
            remove(number)
            watcher.finish()
        }
    }

    private var socketClosers: [UInt64: () -> Void] = [:]

    private func connect(_ subscription: Subscription, _ call: Call) -> Watcher? {
        let exchange = call.exchange
        guard call.request.head.wantsWebSocket else {
            exchange.begin(200, Server.jsonHeaders)
            return Watcher(
                subscription, send: { exchange.send($0) }, unsentBytes: { exchange.unsentBytes },
                finish: { exchange.finish() })
        }
        guard let socket = exchange.upgrade() else { return nil }
        let number = nextNumber + 1
        socket.onMessage { _ in }
        socket.onClosed { [unowned self] _ in socketClosers.removeValue(forKey: number)?() }
        socket.onDrained { [unowned self] in
            if let watcher = watchers[number] { pump(watcher, number) }
        }
        return Watcher(
            subscription, send: { socket.send(text: String(decoding: $0, as: UTF8.self)) },
            unsentBytes: { socket.unsentBytes }, finish: { socket.close() })
    }

    private func remove(_ number: UInt64) {
        guard let watcher = watchers.removeValue(forKey: number) else { return }
        watcher.isOpen = false
        for timer in [watcher.lifeTimer, watcher.bookmarkTimer] {
            if let timer { reactor.cancel(timer) }
        }
        socketClosers[number] = nil
        let token = watcher.subscription.token
        perToken[token, default: 1] -= 1
        if perToken[token] == 0 { perToken[token] = nil }
    }

    /// Without a position the present state comes first, as additions.
    private func start(_ watcher: Watcher, _ position: UInt64?) {
        let subscription = watcher.subscription
        let isFiltered = !subscription.filter.isEmpty
        if let position {
            watcher.position = position
            // The whole list costs as much as the cluster is large.
            guard isFiltered else { return }
        }
        let listing = catalog.list(subscription.resource, namespace: subscription.namespace)
        for item in listing.items where !isFiltered || subscription.filter.matches(item) {
            if isFiltered { watcher.shown.insert(item.uidText(tables.objects.pods)) }
            if position == nil { watcher.send(line("ADDED", item, subscription)) }
        }
        guard let position else {
            watcher.position = listing.version
            return
        }
        recall(watcher, since: position)
    }

    /// Whether an object that has changed since matched before that is not known; it is assumed, so
    /// that no deletion is kept from the client.
    private func recall(_ watcher: Watcher, since position: UInt64) {
        let resource = watcher.subscription.resource
        guard let (changes, _) = catalog.changes(of: resource, after: position, limit: 1 << 20)
        else { return }
        var seen: Set<String> = []
        for change in changes {
            let uid = change.item.uidText(tables.objects.pods)
            guard seen.insert(uid).inserted else { continue }
            switch change.kind {
            case .added: watcher.shown.remove(uid)
            case .modified: watcher.shown.insert(uid)
            case .deleted:
                // It is shown as it last was, which is as it was at the position.
                if watcher.subscription.filter.matches(change.item) { watcher.shown.insert(uid) }
            }
        }
    }

    /// Ends the watches of a token that is no longer good.
    func cut(token: UInt64) {
        guard perToken[token] != nil else { return }
        for (number, watcher) in watchers where watcher.subscription.token == token {
            remove(number)
            watcher.finish()
        }
    }

    /// Sends every watcher what is new to it.
    func pump() {
        guard !watchers.isEmpty else { return }
        let newest = catalog.newestChanges
        for (number, watcher) in watchers
        where newest[Int(watcher.subscription.resource.rawValue)] > watcher.position {
            pump(watcher, number)
        }
        lines.removeAll(keepingCapacity: true)
    }

    private func pump(_ watcher: Watcher, _ number: UInt64) {
        let subscription = watcher.subscription
        while watcher.isOpen, watcher.unsentBytes() < Self.unsentBytesMax {
            guard
                let (changes, upTo) = catalog.changes(
                    of: subscription.resource, after: watcher.position, limit: 256)
            else {
                expire(watcher, number)
                return
            }
            for change in changes { tell(watcher, change) }
            let isDone = upTo == watcher.position || changes.count < 256
            watcher.position = upTo
            if isDone { return }
        }
    }

    private func tell(_ watcher: Watcher, _ change: WatchChange) {
        let subscription = watcher.subscription
        if let namespace = subscription.namespace, change.item.namespace != namespace { return }
        var word =
            switch change.kind {
            case .added: "ADDED"
            case .modified: "MODIFIED"
            case .deleted: "DELETED"
            }
        if !subscription.filter.isEmpty {
            let uid = change.item.uidText(tables.objects.pods)
            let wasShown = watcher.shown.contains(uid)
            let isShown = change.kind != .deleted && subscription.filter.matches(change.item)
            switch (wasShown, isShown) {
            case (false, false): return
            case (false, true):
                word = "ADDED"
                watcher.shown.insert(uid)
            case (true, true): word = "MODIFIED"
            case (true, false):
                word = "DELETED"
                watcher.shown.remove(uid)
            }
        }
        counters.add(.watchEvents)
        watcher.send(cachedLine(word, change, subscription))
    }

    private struct LineKey: Hashable {
        let resource: UInt8
        let version: UInt64
        let asTable: Bool
        let word: String
    }

    private func cachedLine(
        _ word: String, _ change: WatchChange, _ subscription: Subscription
    ) -> [UInt8] {
        let key = LineKey(
            resource: subscription.resource.rawValue, version: change.version,
            asTable: subscription.asTable, word: word)
        if let known = lines[key] { return known }
        let written = line(word, change.item, subscription, version: change.version)
        if lines.count < 1024 { lines[key] = written }
        return written
    }

    private func line(
        _ word: String, _ item: Item, _ subscription: Subscription, version: UInt64? = nil
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        json.openObject()
        json.member("type", word)
        json.key("object")
        if subscription.asTable {
            tables.write(
                subscription.resource, [item], version: version ?? item.version, next: nil,
                remaining: 0, now: Clock.now(), into: &json)
        } else {
            tables.objects.write(item, version: version, into: &json)
        }
        json.closeObject()
        json.separator(UInt8(ascii: "\n"))
        return json.bytes
    }

    private func armBookmark(_ watcher: Watcher, _ number: UInt64) {
        let pause = Self.bookmarkMilliseconds
        watcher.bookmarkTimer = reactor.after(milliseconds: pause) { [unowned self] in
            guard watcher.isOpen else { return }
            pump(watcher, number)
            let words = KindWords.of(watcher.subscription.resource)
            var json = JSONWriter()
            json.openObject()
            json.member("type", "BOOKMARK")
            json.key("object")
            ObjectJSON.open(words.kind, words.apiVersion, into: &json)
            json.key("metadata")
            json.openObject()
            json.member("resourceVersion", "\(watcher.position)")
            json.closeObject()
            json.closeObject()
            json.closeObject()
            json.separator(UInt8(ascii: "\n"))
            watcher.send(json.bytes)
            armBookmark(watcher, number)
        }
    }

    /// The position is older than what is remembered: the client must list again.
    private func expire(_ watcher: Watcher, _ number: UInt64) {
        counters.add(.watchesExpired)
        let refusal = Refusal(
            .gone, field: "resourceVersion",
            finding: "version \(watcher.position) is too old to watch from, or not of this history",
            remedy: "List again and watch from the list's resourceVersion")
        var json = JSONWriter()
        json.openObject()
        json.member("type", "ERROR")
        json.key("object")
        json.raw(StatusJSON.failure(refusal))
        json.closeObject()
        json.separator(UInt8(ascii: "\n"))
        watcher.send(json.bytes)
        remove(number)
        watcher.finish()
    }
}
