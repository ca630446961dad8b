import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Telemetry
import Wire

/// One agent's connection.
final class AgentSession {
    let socket: WebSocket
    let token: UInt64
    var hasGreeted = false
    /// Set once the core has taken the node in.
    var hello: AgentHello?
    var node: UInt64 = 0

    init(_ socket: WebSocket, token: UInt64) {
        self.socket = socket
        self.token = token
    }

    func send(_ message: ControllerMessage) {
        socket.send(text: String(decoding: WireEncoder.encode(message), as: UTF8.self))
    }
}

/// Posts commands to the core and gets their replies, as ``Server/submit(_:then:)`` does.
typealias Submit = (
    [(command: Command, draft: DocumentDraft?)], @escaping ([Reply]) -> Void
) -> Bool

/// All agents that are connected: their news goes to the core, the core's effects come back here.
final class AgentSessions {
    private let reactor: Reactor
    private let catalog: Catalog
    private let launches: Launches
    private let epoch: UInt64
    private let log: Log
    private let counters: Counters
    private var sessions: [UInt64: AgentSession] = [:]
    let logs: LogRelay
    let usage = UsageBoard()
    private let enrollment: Enrollment

    init(
        reactor: Reactor, catalog: Catalog, underWay: WritesUnderWay, epoch: UInt64, log: Log,
        counters: Counters
    ) {
        enrollment = Enrollment(catalog: catalog, underWay: underWay)
        self.reactor = reactor
        self.catalog = catalog
        self.epoch = epoch
        self.log = log
        self.counters = counters
        launches = Launches(catalog: catalog)
        logs = LogRelay()
    }

    var count: Int { sessions.count }

    func session(ofNode uid: UInt64) -> AgentSession? { sessions[uid] }

    /// Every agent that has been taken in.
    var all: [AgentSession] { Array(sessions.values) }

    /// Turns a request into an agent's session; the hello must follow within ten seconds.
    func open(_ exchange: Exchange, token: UInt64, submit: @escaping Submit) {
        guard let socket = exchange.upgrade(subprotocol: AgentProtocol.subprotocol) else { return }
        let session = AgentSession(socket, token: token)
        let patience = reactor.after(milliseconds: 10_000) {
            if session.hello == nil { socket.close(1002) }
        }
        socket.onMessage { [unowned self] message in
            switch message {
            case .text(let text): receive(text, session, submit)
            case .binary(let bytes): logs.receive(bytes, from: session)
            }
        }
        socket.onClosed { [unowned self] _ in
            reactor.cancel(patience)
            if sessions[session.node] === session { sessions[session.node] = nil }
            logs.lose(session)
        }
    }

    private func receive(_ text: String, _ session: AgentSession, _ submit: @escaping Submit) {
        let message: AgentMessage
        do throws(Refusal) {
            message = try WireDecoder.decode(
                AgentMessage.self, json: Array(text.utf8), limits: .agent, unknown: .ignore)
        } catch {
            log.warning("an agent sent what cannot be read", .text("finding", error.description))
            session.socket.close(1003)
            return
        }
        if let hello = message.hello {
            // One connection speaks for one node.
            guard !session.hasGreeted else { return session.socket.close(1002) }
            session.hasGreeted = true
            register(hello, session, submit)
        }
        guard let hello = session.hello else { return }
        if message.heartbeat ?? false {
            _ = submit([(.heartbeat(node: hello.name), nil)]) { replies in
                // Deleted while its agent lives: the agent introduces itself anew.
                guard case .refused(let refusal)? = replies.first, refusal.reason == .notFound
                else { return }
                session.socket.close(1012)
            }
        }
        if let reports = message.reports { take(reports, hello, session, submit) }
        if let end = message.logEnd { logs.end(end, from: session) }
        if let report = message.usage {
            let isFine = usage.take(
                report, node: session.node, at: Clock.now(),
                monotonic: Clock.monotonicMilliseconds())
            if !isFine { log.warning("an agent told unlikely figures", .text("node", hello.name)) }
        }
    }

    /// Ends what was opened with a token that is no longer good.
    func cut(token: UInt64) {
        logs.cut(token: token)
        for session in sessions.values where session.token == token { session.socket.close(1008) }
    }

    private func register(_ hello: AgentHello, _ session: AgentSession, _ submit: @escaping Submit)
    {
        do throws(Refusal) {
            try Naming.check(hello.name, field: "name")
            try Naming.check(labels: hello.labels, field: "labels")
        } catch {
            return turnAway(session, error)
        }
        guard let gpus = UInt8(exactly: hello.gpus) else {
            let range = Refusal(
                .invalid, field: "gpus", finding: "\(hello.gpus) is out of range",
                remedy: "Declare 0 to 64 GPUs")
            return turnAway(session, range)
        }
        let report = NodeReport(
            name: hello.name, bootID: hello.bootID, cpuMilli: hello.cpuMilli,
            memoryBytes: hello.memoryBytes, gpus: gpus, gpuModel: hello.gpuModel)
        let draft: DocumentDraft? = enrollment.draft(hello)
        let posted = submit([(.register(report), draft)]) { [unowned self] replies in
            // Gone meanwhile, by itself or with its token: it must not stand for its node.
            guard session.socket.isOpen else { return }
            guard catalog.object(.token, uid: session.token) != nil else {
                return session.socket.close(1008)
            }
            switch replies.first {
            case .done(let uid, _)?:
                session.hello = hello
                session.node = uid
                if let old = sessions[uid], old !== session { old.socket.close(1000) }
                sessions[uid] = session
                welcome(uid)
            case .refused(let refusal)?: turnAway(session, refusal)
            default: session.socket.close(1011)
            }
        }
        if !posted { session.socket.close(1013) }
    }

    private func turnAway(_ session: AgentSession, _ refusal: Refusal) {
        var message = ControllerMessage()
        message.refused = refusal.description
        session.send(message)
        session.socket.close(1008)
        log.warning("an agent was refused", .text("finding", refusal.description))
    }

    private func take(
        _ reports: [AgentReport], _ hello: AgentHello, _ session: AgentSession,
        _ submit: @escaping Submit
    ) {
        counters.add(.agentReports, UInt64(reports.count))
        let commands = reports.map { report in
            (command: Command.report(rankReport(report, hello)), draft: DocumentDraft?.none)
        }
        let posted = submit(commands) { replies in
            var message = ControllerMessage()
            message.acknowledged = zip(reports, replies).compactMap { report, reply in
                if case .refused = reply { nil } else { report.number }
            }
            session.send(message)
            // What was not taken is told again after the next welcome, and only then.
            if message.acknowledged?.count != reports.count { session.socket.close(1013) }
        }
        if !posted { session.socket.close(1013) }
    }

    private func rankReport(_ report: AgentReport, _ hello: AgentHello) -> RankReport {
        let how: RankEnd.How
        switch report.how {
        case .started:
            return RankReport(
                node: hello.name, bootID: hello.bootID, job: report.job, attempt: report.attempt,
                rank: report.rank, news: .started, at: Tick(report.at))
        case .exited: how = .exited
        case .signalled: how = .signalled
        case .launchFailed: how = .launchFailed
        case .lost: how = .lost
        }
        let end = RankEnd(how, code: report.code ?? 0, timedOut: report.timedOut ?? false)
        return RankReport(
            node: hello.name, bootID: hello.bootID, job: report.job, attempt: report.attempt,
            rank: report.rank, news: .ended(end), at: Tick(report.at))
    }

    // MARK: Effects

    /// Passes effects on to the agents that are here; the others hear of them in their welcome.
    func perform(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .launch(let node, let job, let attempt, let ranks):
                guard let session = sessions[node] else { continue }
                var message = ControllerMessage()
                message.launch = launches.order(
                    job: job, attempt: attempt, ranks: ranks.map { ($0, false) })
                guard message.launch != nil else {
                    log.warning("a gang cannot be launched", .unsigned("job", job))
                    continue
                }
                session.send(message)
            case .stop(let node, let job, let attempt):
                var message = ControllerMessage()
                message.stop = AttemptName(job: job, attempt: attempt)
                sessions[node]?.send(message)
            case .forget(let node, let job):
                var message = ControllerMessage()
                message.forget = job
                sessions[node]?.send(message)
            case .welcome: continue
            }
        }
    }

    /// Everything that should be on the node, as the published state has it.
    private func welcome(_ node: UInt64) {
        guard let session = sessions[node] else { return }
        var orders: [LaunchOrder] = []
        var stops: [AttemptName] = []
        for view in catalog.activeJobs(onNode: node) {
            if view.job.phase == .stopping {
                stops.append(AttemptName(job: view.uid, attempt: view.job.attempt))
            }
            let ranks = view.job.ranks.enumerated().compactMap { number, rank in
                rank.node == node && !rank.state.isEnded
                    ? (rank: UInt32(number), hasStarted: rank.state != .placed) : nil
            }
            // What is stopping is named rank by rank too: the agent then answers for each of them,
            // also for those whose launch never reached it.
            if let order = launches.order(
                job: view.uid, attempt: view.job.attempt, ranks: ranks)
            {
                orders.append(order)
            }
        }
        var message = ControllerMessage()
        message.welcome = Welcome(epoch: epoch, launches: orders, stops: stops)
        session.send(message)
    }
}

extension WireLimits {
    /// Agents are trusted with more keys than users: a report of many ranks is one message.
    static let agent = WireLimits(keys: 200_000, documentBytes: 1 << 20)
}
