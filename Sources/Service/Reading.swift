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
        let form = try call.form()
        if let version = try VersionDemand.number(call.query["resourceVersion"] ?? ""),
            version > catalog.version
        {
            return refuseAhead(of: version, call)
        }
        let item = try find(resource, call)
        var json = JSONWriter(capacity: 2048)
        switch form {
        case .objects: objects.explaining.write(item, into: &json)
        case .metadata:
            objects.writePartial(
                item, version: item.version, Form.metadataVersion, isWhole: true, into: &json)
        case .table(let version, let rows):
            let table = TableWriter(tables, resource, version, rows, now: Clock.now())
            table.open(version: item.version, next: nil, remaining: nil, into: &json)
            table.row(item, version: item.version, into: &json)
            table.close(into: &json)
        }
        reply(200, json.bytes, call.exchange)
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
            case .events: catalog.event(namespace, name).map { .event($0) }
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
        let form = try call.form()
        let filter = try Filter(call.query, resource, objects.pods)
        if try flag("watch", call.query) ?? false {
            return try watch(resource, call, filter, form)
        }
        guard call.query["sendInitialEvents"] == nil else {
            throw Refusal(
                .malformed, field: "sendInitialEvents", finding: "a list has no events",
                remedy: "Send watch=true too, or leave it out")
        }
        let limit = try integer("limit", in: 0...1 << 40, call.query) ?? 0
        let demand = try VersionDemand(call.query, isPaged: limit > 0)
        let owner = call.actor?.tokenUID ?? 0
        let request = PageMark.digest(resource, call.namespace, call.query, owner: owner)
        let mark = try continued(call, request)
        guard let listing = try listing(resource, call, demand, mark) else { return }
        let answer = ListAnswer(
            listing, filter, form, limit: limit, after: mark, owner: owner, request: request,
            call.exchange, self)
        answer.start()
    }

    private func continued(_ call: Call, _ request: UInt64) throws(Refusal) -> PageMark? {
        guard let text = call.query["continue"], !text.isEmpty else { return nil }
        let mark = try PageMark(text)
        guard mark.request == request else { throw PageMark.foreign }
        guard mark.epoch == catalog.epoch else { throw PageMark.expired }
        return mark
    }

    /// What to list; nil where the request has been answered already.
    private func listing(
        _ resource: Resource, _ call: Call, _ demand: VersionDemand, _ mark: PageMark?
    ) throws(Refusal) -> Listing? {
        if let mark {
            guard
                let known = held.find(
                    mark.listing, of: call.actor?.tokenUID ?? 0, at: reactor.now)
            else { throw PageMark.expired }
            return known
        }
        switch demand {
        case .newest: return catalog.list(resource, namespace: call.namespace)
        case .notOlder(let version):
            let listing = catalog.list(resource, namespace: call.namespace)
            guard version > listing.version else { return listing }
            refuseAhead(of: version, call)
            return nil
        case .exactly(let version):
            if version > catalog.version {
                refuseAhead(of: version, call)
                return nil
            }
            let namespace = call.namespace
            if let listing = catalog.list(resource, namespace: namespace, exactly: version)
                ?? held.find(resource, namespace: namespace, version: version, at: reactor.now)
            {
                return listing
            }
            throw Refusal(
                .gone, field: "resourceVersion",
                finding: "the list of version \(version) is no longer kept",
                remedy: "List without resourceVersionMatch=Exact")
        }
    }

    /// Keeps a listing for the pages behind its first, and gives the mark of the next.
    func hold(
        _ listing: Listing, after place: ListPlace, seen: Int, owner: UInt64, request: UInt64
    ) -> String {
        let number = held.hold(
            listing, for: owner, at: reactor.now, newest: catalog.version)
        sweepHeld()
        return PageMark(
            epoch: catalog.epoch, listing: number, place: place, seen: seen, request: request
        ).text
    }

    /// Looks now and then for listings that nobody went on with, as long as there are any.
    private func sweepHeld() {
        guard !isSweeping else { return }
        isSweeping = true
        _ = reactor.after(milliseconds: 60_000) { [unowned self] in
            isSweeping = false
            held.forgetIdle(at: reactor.now)
            if held.count > 0 { sweepHeld() }
        }
    }

    /// The client has seen a version that is not reached yet: of another history, most likely.
    func refuseAhead(of version: UInt64, _ call: Call) {
        let headers = Headers([("Content-Type", "application/json"), ("Retry-After", "1")])
        let body = StatusJSON.ahead(asked: version, newest: catalog.version)
        answer(504, headers, body, call.exchange)
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

extension Call {
    /// The form that the client asked for.
    func form() throws(Refusal) -> Form { try Form(Accept(request.head.headers), query) }
}
