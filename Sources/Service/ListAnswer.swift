import Control
import Host
import Kernel
import Network
import Primitives
import Telemetry
import Wire

/// Answers one list, a piece at a time, as fast as its reader takes it.
///
/// A large list would otherwise hold the reactor's thread, and lie in memory whole for as long as a
/// slow reader takes. Everything comes from one listing, so the pieces belong together.
final class ListAnswer {
    static let pieceBytes = 256 << 10
    /// A list that is to be laid out for people, or as YAML, is gathered whole up to this size.
    static let laidOutBytes = 1 << 20
    /// How long one step may work before the others have their turn.
    static let stepNanoseconds: Int64 = 3_000_000

    private let listing: Listing
    private let filter: Filter
    private let form: Form
    private let limit: Int
    private let seen: Int
    private let owner: UInt64
    private let request: UInt64
    private let exchange: Exchange
    private unowned let server: Server
    private let table: TableWriter?
    private var cursor: ListCursor
    /// The items of a page, and one more if there is a next.
    private var page: [Item] = []
    private var nextOfPage = 0
    private var isOpened = false
    private var isBegun = false
    /// What has been written of a list that must be whole before it can go out.
    private var gathered: [UInt8] = []
    private var hasItems = false

    init(
        _ listing: Listing, _ filter: Filter, _ form: Form, limit: Int, after mark: PageMark?,
        owner: UInt64, request: UInt64, _ exchange: Exchange, _ server: Server
    ) {
        self.listing = listing
        self.filter = filter
        self.form = form
        self.limit = limit
        seen = mark?.seen ?? 0
        self.owner = owner
        self.request = request
        self.exchange = exchange
        self.server = server
        cursor = listing.cursor(after: mark?.place)
        if case .table(let version, let rows) = form {
            table = TableWriter(server.tables, listing.resource, version, rows, now: Clock.now())
        } else {
            table = nil
        }
    }

    func start() { limit > 0 ? gather() : write() }

    // MARK: Gathering a page

    /// Finds a page's items first: only then is it known whether another follows.
    private func gather() {
        let deadline = Clock.monotonicNanoseconds() + Self.stepNanoseconds
        var looked = 0
        while page.count <= limit, let item = cursor.next() {
            if filter.isEmpty || filter.matches(item) { page.append(item) }
            looked += 1
            if looked % 64 == 0, Clock.monotonicNanoseconds() > deadline {
                return later { $0.gather() }
            }
        }
        write()
    }

    private func next() -> Item? {
        if limit > 0 {
            guard nextOfPage < min(limit, page.count) else { return nil }
            defer { nextOfPage += 1 }
            return page[nextOfPage]
        }
        return cursor.next()
    }

    /// Goes on in another turn of the reactor.
    private func later(_ work: @escaping (ListAnswer) -> Void) {
        _ = exchange.reactor.after(milliseconds: 1) { [self] in
            if exchange.isOpen { work(self) }
        }
    }

    // MARK: Writing

    /// Writes and sends one piece; the next follows when this one has been taken.
    private func write() {
        var json = JSONWriter(capacity: limit > 0 ? 512 + min(limit, 150) * 1600 : 16 << 10)
        let deadline = Clock.monotonicNanoseconds() + Self.stepNanoseconds
        if !isOpened {
            isOpened = true
            open(&json)
        }
        var looked = 0
        while json.count < Self.pieceBytes {
            guard let item = next() else { return end(&json) }
            if limit > 0 || filter.isEmpty || filter.matches(item) { append(item, &json) }
            looked += 1
            if looked % 16 == 0, Clock.monotonicNanoseconds() > deadline { break }
        }
        send(json.bytes)
    }

    private func append(_ item: Item, _ json: inout JSONWriter) {
        // A piece begins anew: the comma behind the last item of the one before is still owed.
        if hasItems, json.count == 0 { json.separator(UInt8(ascii: ",")) }
        hasItems = true
        if let table { return table.row(item, version: item.version, into: &json) }
        switch form {
        case .objects, .table: server.objects.write(item, into: &json)
        case .metadata:
            server.objects.writePartial(
                item, version: item.version, Form.metadataVersion, isWhole: true, into: &json)
        }
    }

    private func open(_ json: inout JSONWriter) {
        var mark: String?
        var remaining: Int?
        if limit > 0, page.count > limit {
            let shown = seen + limit
            mark = server.hold(
                listing, after: ListPlace(after: page[limit - 1]), seen: shown, owner: owner,
                request: request)
            if filter.isEmpty { remaining = max(1, listing.count - shown) }
        }
        if let table {
            return table.open(
                version: listing.version, next: mark, remaining: remaining, into: &json)
        }
        let words = KindWords.of(listing.resource)
        if form == .metadata {
            ObjectJSON.open("PartialObjectMetadataList", Form.metadataVersion, into: &json)
        } else {
            ObjectJSON.open("\(words.kind)List", words.apiVersion, into: &json)
        }
        ObjectJSON.listMetadata(
            version: listing.version, next: mark, remaining: remaining, into: &json)
        json.key("items")
        json.openArray()
    }

    private func end(_ json: inout JSONWriter) {
        json.closeArray()
        json.closeObject()
        guard isBegun else { return server.reply(200, gathered + json.bytes, exchange) }
        if layout != .compact { json.separator(UInt8(ascii: "\n")) }
        exchange.send(json.bytes)
        exchange.finish()
    }

    private var layout: AnswerForm { AnswerForm(rawValue: exchange.note) ?? .compact }

    private func send(_ piece: [UInt8]) {
        guard exchange.isOpen else { return }
        if !isBegun, layout == .yaml || layout == .indented {
            gathered += piece
            if gathered.count < Self.laidOutBytes { return later { $0.write() } }
            if layout == .yaml {
                return server.refuse(
                    Refusal(
                        .notAcceptable, field: "Accept",
                        finding: "the list is too long for YAML",
                        remedy: "Ask for pages with limit=500, or accept application/json"),
                    exchange)
            }
            let start = gathered
            gathered = []
            return stream(start)
        }
        stream(piece)
    }

    private func stream(_ piece: [UInt8]) {
        if !isBegun {
            isBegun = true
            server.counters.add(.requestsSucceeded)
            exchange.begin(200, Server.jsonHeaders, mayCompress: true)
            exchange.onDrained { [self] in write() }
        }
        exchange.send(piece)
        // Nothing to wait for: the step found nothing yet, or only the length is asked for.
        if exchange.unsentBytes == 0 { later { $0.write() } }
    }
}
