import Foundation
import HTTP
import Host
import Network
import Primitives
import Resources
import Testing
import Wire

import class Host.Thread

/// The controller's side of the agents' protocol, on loopback over TLS, on a thread of its own.
final class FakeController: RequestHandler, @unchecked Sendable {
    // `socket` is owned by the reactor's thread; everything else that changes is in `record`.

    /// What was heard, and what is to be answered.
    struct Record: Sendable {
        var welcome = Welcome(epoch: 1, launches: [], stops: [])
        var hellos: [AgentHello] = []
        var heartbeats = 0
        var reports: [AgentReport] = []
        var reportMessages = 0
        var ends: UInt64 = 0
        var logs: [UInt64: [UInt8]] = [:]
        var frames: [UInt64: Int] = [:]
        var logEnds: [LogEnd] = []
        var usage: [UsageReport] = []
        var acknowledges = true
        var continues = true
        var authorization: String?
    }

    static let token = "let-me-in"

    let port: UInt16
    let authorityPath: String
    let record = Lock(Record())
    private let reactor: Reactor
    private var thread: Thread?
    private var socket: WebSocket?

    init(in folder: String, port: UInt16 = 0, welcome: Welcome? = nil) throws {
        // As every service of ours does: a peer that is gone is an error, not an end.
        signal(SIGPIPE, SIG_IGN)
        let certificates = try Certificates.prepare(
            in: folder, names: ["localhost"], addresses: ["127.0.0.1"])
        authorityPath = certificates.authorityPath
        reactor = try Reactor()
        let tls = try TLSContext.server(
            certificate: certificates.certificatePath, key: certificates.keyPath)
        let door = Door()
        self.port = try reactor.listen(host: "127.0.0.1", port: port, tls: tls, handler: door)
        door.owner = self
        if let welcome { record.withLock { $0.welcome = welcome } }
        let reactor = self.reactor
        // The reactor holds its handler only through the listener.
        thread = try Thread.spawn(name: "controller") {
            reactor.run()
            _ = door
        }
    }

    deinit { stop() }

    /// Goes away without a word to the agent.
    func stop() {
        reactor.stop(withinMilliseconds: 100)
        thread?.join()
    }

    /// Cuts the connection; the agent may come back at once.
    func cut() { reactor.post { [self] in socket?.close(1001) } }

    func send(_ fill: @escaping @Sendable (inout ControllerMessage) -> Void) {
        reactor.post { [self] in say(fill) }
    }

    private func say(_ fill: (inout ControllerMessage) -> Void) {
        var message = ControllerMessage()
        fill(&message)
        socket?.send(text: String(decoding: WireEncoder.encode(message), as: UTF8.self))
    }

    func bodyLimit(for head: RequestHead) -> Int { 0 }

    func refusalBody(status: Int, message: String) -> [UInt8] { [] }

    func handle(_ request: Request, on exchange: Exchange) {
        let authorization = request.head.headers["Authorization"]
        record.change { $0.authorization = authorization }
        guard authorization == "Bearer \(FakeController.token)" else {
            return exchange.reply(401, Headers())
        }
        guard let socket = exchange.upgrade(subprotocol: AgentProtocol.subprotocol) else { return }
        self.socket = socket
        socket.onMessage { [self] in hear($0) }
    }

    private func hear(_ message: WebSocket.Message) {
        switch message {
        case .binary(let bytes):
            let stream = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let goesOn = record.change { record in
                record.logs[stream, default: []] += bytes.dropFirst(8)
                record.frames[stream, default: 0] += 1
                return record.continues
            }
            if goesOn { say { $0.continueLog = stream } }
        case .text(let text):
            do {
                hear(try WireDecoder.decode(AgentMessage.self, json: Array(text.utf8)))
            } catch {
                Issue.record("the agent said something illegible: \(error)")
            }
        }
    }

    private func hear(_ message: AgentMessage) {
        let acknowledges = record.change { record in
            if let hello = message.hello { record.hellos.append(hello) }
            if message.heartbeat == true { record.heartbeats += 1 }
            if let end = message.logEnd { record.logEnds.append(end) }
            if let report = message.usage { record.usage.append(report) }
            if let reports = message.reports {
                record.reports += reports
                record.reportMessages += 1
                for report in reports where report.how != .started { record.ends += 1 }
            }
            return record.acknowledges
        }
        if message.hello != nil {
            let welcome = record.withLock { $0.welcome }
            say { $0.welcome = welcome }
        }
        if acknowledges, let reports = message.reports {
            say { $0.acknowledged = reports.map(\.number) }
        }
    }

    // MARK: Waiting

    /// Waits until the record is as wanted, and returns it either way.
    func wait(seconds: Int64 = 15, until isReady: @Sendable (Record) -> Bool) -> Record {
        record.wait(atMostMilliseconds: seconds * 1000, until: isReady) { $0 }
    }

    func waitForWelcomed(_ count: Int = 1) {
        let record = wait { $0.hellos.count >= count && $0.heartbeats >= count }
        #expect(record.hellos.count >= count, "the agent did not come")
    }

    /// Waits for the end of a rank.
    func waitForEnd(_ name: RankNumbers) throws -> AgentReport {
        let record = wait { $0.reports.contains { $0.how != .started && name.matches($0) } }
        return try #require(
            record.reports.last { $0.how != .started && name.matches($0) },
            "no end of \(name) in \(record.reports)")
    }
}

/// Job, attempt and rank without the agent's own type, which this side does not know.
struct RankNumbers: Sendable {
    var job: UInt64
    var attempt: UInt32 = 1
    var rank: UInt32 = 0

    func matches(_ report: AgentReport) -> Bool {
        report.job == job && report.attempt == attempt && report.rank == rank
    }
}

/// Breaks the circle between the reactor and the controller that owns it.
private final class Door: RequestHandler, @unchecked Sendable {
    // Set before the reactor's thread starts, which owns it from then on.
    weak var owner: FakeController?

    func bodyLimit(for head: RequestHead) -> Int { 0 }
    func refusalBody(status: Int, message: String) -> [UInt8] { [] }
    func handle(_ request: Request, on exchange: Exchange) {
        owner?.handle(request, on: exchange)
    }
}
