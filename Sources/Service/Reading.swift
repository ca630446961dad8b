import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

// Reading: one object, or a page of a list.

extension Server {
    func get(_ resource: Resource, _ call: Call) throws(Refusal) {
        let item = try find(resource, call)
        guard !call.wantsTable else {
            var json = JSONWriter(capacity: 2048)
            tables.write(
                resource, [item], version: item.version, next: nil, remaining: 0, now: Clock.now(),
                into: &json)
            reply(200, json.bytes, call.exchange)
            return
        }
        reply(200, objects.encode(item), call.exchange)
    }

    func getScale(_ resource: Resource, _ call: Call) throws(Refusal) {
        reply(200, objects.scale(of: try find(resource, call), nil), call.exchange)
    }

    func find(_ resource: Resource, _ call: Call) throws(Refusal) -> Item {
        let name = call.name ?? ""
        let namespace = call.namespace ?? ""
        let found: Item? =
            switch resource {
            case .jobs: catalog.job(namespace, name).map { .job($0) }
            case .nodes: catalog.node(name).map { .node($0) }
            case .namespaces, .queues, .tokens, .nodePools, .leases, .configMaps, .secrets:
                resource.plainKind.flatMap { catalog.object($0, in: namespace, name) }
                    .map { .object($0) }
            case .pods:
                objects.pods.find(name, in: namespace, catalog).map { .pod($0.0, rank: $0.1) }
            case .events:
                catalog.list(.events, namespace: namespace).items.first {
                    $0.name(objects.pods) == name
                }
            }
        guard let found else {
            throw Refusal(
                .notFound, field: "metadata.name",
                finding: "\(KindWords.of(resource).plural) \"\(name)\" not found",
                remedy: "List the \(KindWords.of(resource).plural) to see which exist")
        }
        return found
    }

    func list(_ resource: Resource, _ call: Call) throws(Refusal) {
        let filter = try Filter(call.query, resource, objects.pods)
        if try flag("watch", call.query) ?? false {
            try watch(resource, call, filter)
            return
        }
        let limit = try integer("limit", in: 0...100_000, call.query) ?? 0
        let page = try ListPage(call.query["continue"])
        let isPlainPage = resource == .jobs && filter.isEmpty && limit > 0
        let listing =
            isPlainPage
            ? catalog.jobs(after: page?.order ?? 0, namespace: call.namespace, limit: limit + 1)
            : catalog.list(resource, namespace: call.namespace)
        var items = filter.isEmpty ? listing.items : listing.items.filter(filter.matches)
        let version = page?.version ?? listing.version
        if let page { items = page.rest(of: items, objects.pods) }
        var next: String?
        var remaining: Int?
        if limit > 0, items.count > limit {
            // How many are behind a page is told where it is known without counting.
            remaining = isPlainPage ? nil : items.count - limit
            items.removeLast(items.count - limit)
            next = items.last.map { ListPage(after: $0, version: version).text }
        }
        var json = JSONWriter(capacity: 256 + items.count * 1500)
        if call.wantsTable {
            tables.write(
                resource, items, version: version, next: next, remaining: remaining,
                now: Clock.now(), into: &json)
        } else {
            write(resource, items, version: version, next: next, remaining, into: &json)
        }
        reply(200, json.bytes, call.exchange)
    }

    private func write(
        _ resource: Resource, _ items: [Item], version: UInt64, next: String?, _ remaining: Int?,
        into json: inout JSONWriter
    ) {
        let words = KindWords.of(resource)
        ObjectJSON.open("\(words.kind)List", words.apiVersion, into: &json)
        ObjectJSON.listMetadata(version: version, next: next, remaining: remaining, into: &json)
        json.key("items")
        json.openArray()
        for item in items { objects.write(item, into: &json) }
        json.closeArray()
        json.closeObject()
    }

    func flag(_ name: String, _ query: Query) throws(Refusal) -> Bool? {
        do throws(QueryFailure) {
            return try query.flag(name)
        } catch {
            throw Refusal(
                .malformed, field: name, finding: error.description, remedy: "Use true or false")
        }
    }

    func integer(
        _ name: String, in bounds: ClosedRange<Int>, _ query: Query
    ) throws(Refusal) -> Int? {
        do throws(QueryFailure) {
            return try query.integer(name, in: bounds)
        } catch {
            throw Refusal(
                .malformed, field: name, finding: error.description, remedy: "Use a whole number")
        }
    }
}

/// Label and field selectors of a request, held against items.
struct Filter {
    let labels: Selector
    let fields: Selector
    let pods: PodNames

    init(_ query: Query, _ resource: Resource, _ pods: PodNames) throws(Refusal) {
        labels = try Selector(parsing: query["labelSelector"] ?? "")
        do throws(Refusal) {
            fields = try Selector(parsing: query["fieldSelector"] ?? "")
        } catch {
            throw Refusal(
                .malformed, field: "fieldSelector", finding: error.finding,
                remedy: "Write field=value or field!=value")
        }
        let known = Item.fields(of: resource)
        if let unknown = fields.keys.first(where: { !known.contains($0) }) {
            throw Refusal(
                .malformed, field: "fieldSelector",
                finding: "\"\(unknown)\" is not a field that can be selected by",
                remedy: "Use one of \(known.joined(separator: ", "))")
        }
        self.pods = pods
    }

    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    func matches(_ item: Item) -> Bool {
        if !labels.isEmpty, !labels.matches(item.labels(pods)) { return false }
        return fields.isEmpty || fields.matches { item.field($0, pods) }
    }
}

/// Where the next page of a list begins: behind the object of that order and name.
struct ListPage {
    let version: UInt64
    let order: UInt64
    private let rank: Int

    init(after item: Item, version: UInt64) {
        self.version = version
        order = item.order
        if case .pod(_, let rank) = item { self.rank = rank } else { rank = -1 }
    }

    init?(_ text: String?) throws(Refusal) {
        guard let text, !text.isEmpty else { return nil }
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 3, let version = parts[0], let order = parts[1], let rank = parts[2],
            version >= 0, order >= 0, rank >= -1, rank < 1 << 31
        else {
            throw Refusal(
                .malformed, field: "continue", finding: "this is not a position of a list",
                remedy: "Send the continue value of the page before, or start without it")
        }
        self.version = UInt64(version)
        self.order = UInt64(order)
        self.rank = Int(rank)
    }

    var text: String { "\(version).\(order).\(rank)" }

    /// The items behind the position; lists are in order of creation, so this stays right while
    /// objects come and go.
    func rest(of items: [Item], _ pods: PodNames) -> [Item] {
        items.filter { item in
            if case .pod(_, let number) = item, item.order == order { return number > rank }
            return item.order > order
        }
    }
}
