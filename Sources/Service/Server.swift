import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Telemetry
import Wire

/// One request on its way through the service.
struct Call {
    let request: Request
    let exchange: Exchange
    let endpoint: Endpoint
    let namespace: String?
    let name: String?
    let query: Query
    let actor: Actor?
}

/// The API server: finds out what is asked and by whom, and hands it to the part that knows.
// Unchecked: owned by the reactor's thread; `deliver` only posts to it.
final class Server: RequestHandler, DeliverySink, @unchecked Sendable {
    let reactor: Reactor
    let catalog: Catalog
    let mailbox: Mailbox
    let log: Log
    let counters: Counters
    let objects: ObjectJSON
    let tables: TableJSON
    let authenticator: Authenticator
    private let routes = routeTable()
    /// Written when it is first asked for.
    private(set) lazy var openAPI = OpenAPILibrary(routes.routes.map { OpenAPIRoute($0) })
    let rules: AccessRules
    let discovery = Discovery()
    private var failedAttempts = FailedAttempts()
    private let hosts: [String]
    private var isReady = true
    /// Up to here it is known which tokens were revoked.
    private var tokensSeen: UInt64
    private var replies: [UInt64: (Reply) -> Void] = [:]
    private var lastTicket: UInt64 = 0
    let underWay = WritesUnderWay()
    let watchers: Watchers
    /// Listings that clients page through.
    var held = HeldListings()
    var isSweeping = false
    let agents: AgentSessions

    init(
        reactor: Reactor, core: Recovery.Core, hosts: [String], log: Log, counters: Counters
    ) {
        self.reactor = reactor
        catalog = core.catalog
        mailbox = core.mailbox
        self.log = log
        self.counters = counters
        self.hosts = hosts
        objects = ObjectJSON(catalog: core.catalog)
        tables = TableJSON(objects: objects)
        authenticator = Authenticator(catalog: core.catalog)
        rules = AccessRules(routes)
        tokensSeen = core.catalog.version
        watchers = Watchers(
            reactor: reactor, catalog: core.catalog, tables: tables, counters: counters)
        agents = AgentSessions(
            reactor: reactor, catalog: core.catalog, underWay: underWay, epoch: core.epoch,
            log: log, counters: counters)
    }

    /// No new work is taken; what is under way is answered.
    func drain() { isReady = false }

    // MARK: Requests

    func bodyLimit(for head: RequestHead) -> Int {
        // Lists of jobs may be larger than one job.
        let limit = head.method == .post ? 8 << 20 : 1 << 20
        if case .length(0...Self.strangersBytes) = head.framing { return limit }
        // Strangers get no memory: what they send is turned away before it is read.
        return authenticator.knows(head) ? limit : Self.strangersBytes
    }

    private static let strangersBytes = 64 << 10

    func handle(_ request: Request, on exchange: Exchange) {
        exchange.note = AnswerForm(request.head).rawValue
        do throws(Refusal) {
            try route(request, exchange)
        } catch {
            refuse(error, exchange)
        }
    }

    private func route(_ request: Request, _ exchange: Exchange) throws(Refusal) {
        try checkHost(request)
        var path = request.head.path
        if path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        guard request.head.method != .options else { return answerOptions(path, exchange) }
        switch routes.match(request.head.method, path) {
        case .notFound:
            throw Refusal(
                .notFound, finding: "there is nothing at this path",
                remedy: "See /apis/\(Group.version) and /api/v1 for what there is")
        case .wrongMethod(let allowed):
            let refusal = Refusal(
                .methodNotAllowed, finding: "\(request.head.method.token) is not possible here",
                remedy: "Use one of \(allowed.allowed)")
            reply(
                refusal, exchange, headers: Headers([("Allow", allowed.allowed + ", OPTIONS")]))
        case .malformed:
            throw Refusal(
                .malformed, finding: "the path holds bytes that are not text",
                remedy: "Escape UTF-8 only")
        case .found(let endpoint, let captures):
            try serve(endpoint, captures, request, exchange)
        }
    }

    private func serve(
        _ endpoint: Endpoint, _ captures: RouteTable<Endpoint>.Captures, _ request: Request,
        _ exchange: Exchange
    ) throws(Refusal) {
        var actor: Actor?
        if let right = endpoint.right {
            let found = try identify(request, exchange)
            guard isAllowed(found, right.verb, right.resource) else {
                throw Refusal(
                    .forbidden,
                    finding:
                        "token \"\(found.name)\" may not \(right.verb.rawValue) \(right.resource)",
                    remedy: "Use a token with another role")
            }
            actor = found
        }
        let query: Query
        do throws(QueryFailure) {
            query = try Query(request.head.query)
        } catch {
            throw Refusal(
                .malformed, finding: error.description, remedy: "Correct the part behind the ?")
        }
        // Most requests ask for nothing more than their path says.
        let known = request.head.query.isEmpty ? [] : endpoint.parameters
        if let unknown = query.firstUnknown(besides: known) {
            let hint = nearest(unknown, among: known).map { "Did you mean \($0)?" }
            throw Refusal(
                .malformed, field: unknown, finding: "unknown query parameter",
                remedy: hint ?? "Leave it out; known here are \(known.joined(separator: ", "))")
        }
        dispatch(
            Call(
                request: request, exchange: exchange, endpoint: endpoint,
                namespace: captures["namespace"], name: captures["name"], query: query, actor: actor
            ))
    }

    /// Who asks. Peers that fail too often are asked to wait; a valid token is never kept waiting.
    private func identify(_ request: Request, _ exchange: Exchange) throws(Refusal) -> Actor {
        do throws(Refusal) {
            return try authenticator.actor(of: request, on: exchange)
        } catch {
            guard failedAttempts.note(request.peer, at: Clock.monotonicMilliseconds()) else {
                throw Refusal(
                    .tooManyRequests, field: "Authorization",
                    finding: "too many requests from this address had no valid token",
                    remedy: "Wait a second and send a valid token")
            }
            throw error
        }
    }

    private func dispatch(_ call: Call) {
        do throws(Refusal) {
            switch call.endpoint {
            case .version: reply(200, Discovery.version(), call.exchange)
            case .health: answerHealth(call)
            case .metrics: answerMetrics(call)
            case .coreVersions, .groups, .group, .resourceList: discover(call)
            case .review(let review): try self.review(review, call)
            case .openAPIIndex: answerOpenAPIIndex(call)
            case .openAPIPage: try answerOpenAPIPage(call)
            case .swagger: answerSwagger(call)
            case .list(let resource): try list(resource, call)
            case .emptyList(let kind):
                reply(200, kind.list(try call.form(), version: catalog.version), call.exchange)
            case .get(let resource), .status(let resource): try get(resource, call)
            case .create(let resource): try create(resource, call)
            case .update(let resource, let part): try update(resource, part, call)
            case .patch(let resource, let part): try patch(resource, part, call)
            case .delete(let resource): try delete(resource, call)
            case .deleteCollection(let resource): try deleteCollection(resource, call)
            case .scale(let resource): try getScale(resource, call)
            case .evictPod: try evictPod(call)
            case .cancelJob: try cancelJob(call)
            case .podLog: try readLog(call)
            case .usage(let resource): try getUsage(resource, call)
            case .usageList(let resource): try listUsage(resource, call)
            case .agentSession:
                agents.open(call.exchange, token: call.actor?.tokenUID ?? 0) { [unowned self] in
                    submit($0, then: $1)
                }
            }
        } catch {
            refuse(error, call)
        }
    }

    /// Only names that are ours: a foreign page cannot reach us through a name of its own.
    private func checkHost(_ request: Request) throws(Refusal) {
        if case .unix = request.peer { return }
        guard !hosts.contains(request.head.host) else { return }
        throw Refusal(
            .misdirected, field: "Host", finding: "this server does not answer to that name",
            remedy: "Use one of its names, or add it to the server's host names")
    }

    private func answerOptions(_ path: String, _ exchange: Exchange) {
        let methods = [Method.get, .post, .put, .patch, .delete].filter {
            if case .found = routes.match($0, path) { return true }
            return false
        }
        let allowed = (methods.map(\.token) + ["OPTIONS"]).joined(separator: ", ")
        exchange.reply(204, Headers([("Allow", allowed)]))
    }

    private func answerHealth(_ call: Call) {
        let isHealthy = isReady || call.request.head.path != "/readyz"
        exchangeText(isHealthy ? 200 : 503, isHealthy ? "ok" : "draining", call.exchange)
    }

    private func exchangeText(_ status: Int, _ text: String, _ exchange: Exchange) {
        exchange.reply(
            status, Headers([("Content-Type", "text/plain; charset=utf-8")]), body: Array(text.utf8)
        )
    }

    // MARK: Answers

    static let jsonType = "application/json"
    static let jsonHeaders = Headers([("Content-Type", jsonType)])

    func reply(_ status: Int, _ body: [UInt8], _ exchange: Exchange) {
        answer(status, Self.jsonHeaders, body, exchange)
    }

    func refuse(
        _ refusal: Refusal, _ exchange: Exchange, about subject: StatusJSON.Subject? = nil
    ) {
        var headers = Headers()
        switch refusal.reason {
        case .unauthorized: headers.append("WWW-Authenticate", "Bearer realm=\"muster\"")
        case .tooManyRequests, .unavailable: headers.append("Retry-After", "1")
        case .insufficientStorage: headers.append("Retry-After", "5")
        default: break
        }
        reply(refusal, exchange, headers: headers, about: subject)
    }

    /// Refuses a call, and says what object it was about.
    func refuse(_ refusal: Refusal, _ call: Call) {
        refuse(refusal, call.exchange, about: call.subject(of: refusal))
    }

    private func reply(
        _ refusal: Refusal, _ exchange: Exchange, headers: Headers,
        about subject: StatusJSON.Subject? = nil
    ) {
        answer(
            refusal.reason.statusCode, headers.adding("Content-Type", "application/json"),
            StatusJSON.failure(refusal, about: subject), exchange)
    }

    func refusalBody(status: Int, message: String) -> [UInt8] {
        StatusJSON.failure(code: status, message: message)
    }

    // MARK: The core

    /// Hands commands to the core; `then` gets one reply for each, in their order, when durable.
    func submit(
        _ submissions: [(command: Command, draft: DocumentDraft?)],
        then answer: @escaping ([Reply]) -> Void
    ) -> Bool {
        var collected = [Reply?](repeating: nil, count: submissions.count)
        var missing = submissions.count
        let first = lastTicket + 1
        let posted = mailbox.post(
            submissions.enumerated().map { index, item in
                CoreRequest(item.command, draft: item.draft, ticket: first + UInt64(index))
            })
        guard posted else { return false }
        lastTicket += UInt64(submissions.count)
        for index in submissions.indices {
            replies[first + UInt64(index)] = { reply in
                collected[index] = reply
                missing -= 1
                if missing == 0 { answer(collected.compactMap(\.self)) }
            }
        }
        return true
    }

    /// Called on the core's thread.
    func deliver(_ delivery: Delivery) {
        reactor.post { [self] in take(delivery) }
    }

    private func take(_ delivery: Delivery) {
        for (ticket, reply) in delivery.answers { replies.removeValue(forKey: ticket)?(reply) }
        agents.perform(delivery.effects)
        watchers.pump()
        cutRevoked()
    }

    /// A token takes its watches, log streams and sessions with it.
    private func cutRevoked() {
        guard
            let (changes, upTo) = catalog.changes(of: .tokens, after: tokensSeen, limit: 1 << 20)
        else {
            tokensSeen = catalog.version
            return
        }
        tokensSeen = upTo
        for change in changes where change.kind == .deleted {
            guard case .object(let view) = change.item else { continue }
            watchers.cut(token: view.uid)
            agents.cut(token: view.uid)
        }
    }
}
