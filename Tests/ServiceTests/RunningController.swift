import Foundation
import HTTP
import Network
import Primitives
import Storage
import Telemetry
import Testing
import Wire

@testable import Control
@testable import Service

/// A whole controller in this process, on a Unix socket: core and reactor on their own threads.
// Unchecked: nothing changes after the start.
final class RunningController: @unchecked Sendable {
    let folder: String
    let core: Recovery.Core
    private let reactor: Reactor
    private let ended = DispatchSemaphore(value: 0)
    private var token = ""

    init() throws {
        ignoreBrokenPipes()
        folder = FileManager.default.temporaryDirectory.path + "/mr-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        var options = StoreOptions()
        options.allowAnyFileSystem = true
        options.ballastBytes = 0
        let counters = Counters()
        let log = Log(minimum: .error)
        let core = try Recovery.open(folder, store: options, log: log, counters: counters) {
            Issue.record("\($0)")
        }
        self.core = core
        let reactor = try Reactor()
        self.reactor = reactor
        let server = Server(
            reactor: reactor, core: core, hosts: ["localhost"], log: log, counters: counters)
        core.loop.attach(server)
        try reactor.listen(unix: folder + "/s", handler: server)
        let loop = Held(value: core.loop)
        let kept = Held(value: server)
        start { loop.value.run() }
        start {
            reactor.run()
            _ = kept
        }
        try Bootstrap(directory: folder, mailbox: core.mailbox, catalog: core.catalog).seed()
        token = try String(contentsOfFile: folder + "/admin.token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit {
        reactor.stop(withinMilliseconds: 0)
        core.mailbox.close()
        for _ in 0..<2 { ended.wait() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func start(_ work: @escaping @Sendable () -> Void) {
        let ended = ended
        let thread = Thread {
            work()
            ended.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    func connect() -> ClientConnection {
        ClientConnection(to: .unix(path: folder + "/s"), tls: nil)
    }

    func headers(_ more: [(name: String, value: String)] = []) -> Headers {
        Headers([("Authorization", "Bearer \(token)")] + more)
    }

    static let jobs = "/apis/muster.dev/v1/namespaces/default/jobs"

    /// The status and the answer as a tree.
    func ask(
        _ method: HTTP.Method = .get, _ path: String, accept: String? = nil, _ body: String = ""
    ) throws -> (status: Int, json: JSON) {
        var more = [(name: "Content-Type", value: "application/json")]
        if method == .patch { more = [("Content-Type", "application/merge-patch+json")] }
        if let accept { more.append(("Accept", accept)) }
        let answer = try connect().send(
            method, path, headers: headers(more), body: Array(body.utf8))
        return (
            answer.status, JSON(try Document(json: answer.body, limits: .trusted))
        )
    }

    /// Submits waiting jobs, all in one request.
    func submit(_ names: [String], labels: String = "{}") throws {
        for start in stride(from: 0, to: names.count, by: 500) {
            let items = names[start..<min(names.count, start + 500)].map {
                """
                {"metadata":{"name":"\($0)","labels":\(labels)},"spec":{"allowUnplaceable":true,\
                "roles":[{"name":"w","resources":{"gpus":8,"gpuModels":["H999"]},"command":["a"]}]}}
                """
            }
            let body =
                #"{"kind":"JobList","apiVersion":"muster.dev/v1","items":["#
                + items.joined(separator: ",") + "]}"
            let answer = try ask(.post, Self.jobs, body)
            #expect(answer.status < 300, "\(answer.json.text)")
        }
    }

    /// Everything that a watch says until the server ends it.
    func watch(_ path: String, accept: String? = nil) throws -> [JSON] {
        var bytes: [UInt8] = []
        let more = accept.map { [(name: "Accept", value: $0)] } ?? []
        let head = try connect().stream(
            .get, path, headers: headers(more), silenceMilliseconds: 20_000, onHead: { _ in true },
            onBytes: {
                bytes += $0
                return true
            })
        #expect(head.status == 200)
        return try bytes.split(separator: UInt8(ascii: "\n")).map {
            JSON(try Document(json: Array($0), limits: .trusted))
        }
    }
}

extension JSON {
    var text: String { String(decoding: encode(), as: UTF8.self) }

    subscript(path: [String]) -> JSON? {
        path.reduce(JSON?.some(self)) { $0?[$1] }
    }

    func string(_ path: String...) -> String? {
        if case .string(let text)? = self[path] { text } else { nil }
    }

    func list(_ path: String...) -> [JSON] {
        if case .array(let items)? = self[path] { items } else { [] }
    }
}

/// Hands a value to the thread that owns it from then on.
struct Held<Value>: @unchecked Sendable { let value: Value }
