import Glibc
import HTTP
import Host
import Network
import Primitives

/// What a scripted server does with one request.
enum Reply: Sendable {
    case whole(Int, [UInt8], headers: [(String, String)] = [])
    /// Pieces of a body; then its end, or a cut connection.
    case pieces([String], isCut: Bool)
    case cut

    static func json(_ status: Int, _ text: String) -> Reply { .whole(status, Array(text.utf8)) }
}

/// One request as the server saw it.
struct Seen: Sendable {
    let method: String
    let path: String
    let query: String
    let headers: Headers
    let body: String
}

/// Answers by script; everything here happens on the reactor's thread but for `seen`.
private final class Script: RequestHandler {
    let seen: Lock<[Seen]>
    let answer: @Sendable (Seen, Int) -> Reply

    init(_ seen: Lock<[Seen]>, _ answer: @escaping @Sendable (Seen, Int) -> Reply) {
        self.seen = seen
        self.answer = answer
    }

    func bodyLimit(for head: RequestHead) -> Int { 1 << 20 }

    func refusalBody(status: Int, message: String) -> [UInt8] { Array(message.utf8) }

    func handle(_ request: Request, on exchange: Exchange) {
        let one = Seen(
            method: request.head.method.token, path: request.head.path, query: request.head.query,
            headers: request.head.headers, body: String(decoding: request.body, as: UTF8.self))
        let count = seen.withLock { list in
            list.append(one)
            return list.count
        }
        switch answer(one, count) {
        case .whole(let status, let body, let extra):
            var headers = Headers([("Content-Type", "application/json")])
            for (name, value) in extra { headers.append(name, value) }
            exchange.reply(status, headers, body: body)
        case .pieces(let pieces, let isCut):
            exchange.begin(200, Headers([("Content-Type", "application/json")]))
            for piece in pieces { exchange.send(Array(piece.utf8)) }
            guard isCut else { return exchange.finish() }
            // The pieces leave first; then the end that the client does not expect.
            _ = exchange.reactor.after(milliseconds: 50) { exchange.abort() }
        case .cut: exchange.abort()
        }
    }
}

/// A server on loopback TLS that answers by script, on a thread of its own.
final class ScriptedServer: Sendable {
    let folder: String
    let port: UInt16
    let seen = Lock<[Seen]>([])
    private let reactor: Reactor
    private let thread: Thread

    init(_ answer: @escaping @Sendable (Seen, Int) -> Reply) throws {
        signal(SIGPIPE, SIG_IGN)
        var template = Array("/tmp/muster-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", code: errno) }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let certificates = try Certificates.prepare(
            in: folder, names: ["localhost"], addresses: ["127.0.0.1"])
        let reactor = try Reactor()
        let tls = try TLSContext.server(
            certificate: certificates.certificatePath, key: certificates.keyPath)
        port = try reactor.listen(
            host: "127.0.0.1", port: 0, tls: tls, handler: Script(seen, answer))
        self.reactor = reactor
        thread = try Thread.spawn(name: "reactor") { reactor.run() }
    }

    deinit {
        reactor.stop(withinMilliseconds: 100)
        thread.join()
        try? Files.removeFlatDirectory(folder)
    }

    var url: String { "https://127.0.0.1:\(port)" }

    func authority() throws -> String {
        try Files.readText("\(folder)/ca.pem", limit: 1 << 20)
    }

    /// Writes a file into the server's folder and returns its path.
    func file(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        let path = "\(folder)/\(name)"
        try Files.write(Array(text.utf8), to: path, mode: mode)
        return path
    }
}
