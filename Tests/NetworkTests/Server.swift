import Foundation
import Glibc
import HTTP
import Network
import Primitives
import Testing

/// A handler of a few test routes; lives on its reactor's thread.
final class Echo: RequestHandler {
    /// Answers that other code wants to give later.
    var waiting: [ExchangeID] = []
    var onWaiting: ((ExchangeID) -> Void)?
    var closedCount = 0

    func bodyLimit(for head: RequestHead) -> Int { head.path == "/small" ? 10 : 1 << 20 }

    func refusalBody(status: Int, message: String) -> [UInt8] {
        Array("{\"code\":\(status),\"message\":\"\(message)\"}".utf8)
    }

    func handle(_ request: Request, on exchange: Exchange) {
        let plain = Headers([("Content-Type", "text/plain")])
        switch request.head.path {
        case "/big": exchange.reply(200, plain, body: [UInt8](repeating: 97, count: 3 << 20))
        case "/parts": exchange.replyParts(200, plain, parts: [[97], [], [98, 99]])
        case "/stream":
            exchange.begin(200, plain)
            exchange.send(Array("one ".utf8))
            exchange.send(Array("two".utf8))
            exchange.finish()
        case "/watch":
            exchange.begin(200, plain)
            exchange.send(Array("first".utf8))
            exchange.onClosed { [self] in closedCount += 1 }
        case "/later":
            waiting.append(exchange.id)
            onWaiting?(exchange.id)
        case "/principal":
            let known = exchange.principal as? Counter ?? Counter()
            known.value += 1
            exchange.principal = known
            exchange.reply(200, plain, body: Array("\(known.value)".utf8))
        case "/socket": echoSocket(exchange)
        case "/peer":
            exchange.reply(200, plain, body: Array("\(request.peer) \(request.isTLS)".utf8))
        default:
            let text = "\(request.head.method.token) \(request.head.path) "
            exchange.reply(200, plain, body: Array(text.utf8) + request.body)
        }
    }

    private func echoSocket(_ exchange: Exchange) {
        guard let socket = exchange.upgrade(subprotocol: nil) else { return }
        socket.onMessage { [unowned socket] message in
            switch message {
            case .text(let text): socket.send(text: text)
            case .binary(let bytes): socket.send(binary: bytes)
            }
        }
    }
}

final class Counter { var value = 0 }

/// Carries a value to another thread where the test knows that only one side uses it at a time.
struct Carried<Value>: @unchecked Sendable { let value: Value }

/// A reactor on its own thread with an `Echo`, on loopback TCP, TLS and a Unix socket.
final class Server {
    let folder: String
    let reactor: Reactor
    let echo = Echo()
    let plainPort: UInt16
    let tlsPort: UInt16
    let certificates: Certificates
    private let ended = DispatchSemaphore(value: 0)
    private var isStopped = false

    var socketPath: String { folder + "/muster.sock" }

    init(_ limits: NetworkLimits = NetworkLimits()) throws {
        ignoreBrokenPipes()
        var template = Array("/tmp/muster-net-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        certificates = try Certificates.prepare(
            in: folder, names: ["localhost"], addresses: ["127.0.0.1", "::1"])
        reactor = try Reactor(limits: limits)
        plainPort = try reactor.listenInPlainText(port: 0, handler: echo)
        let tls = try TLSContext.server(
            certificate: certificates.certificatePath, key: certificates.keyPath)
        tlsPort = try reactor.listen(host: "127.0.0.1", port: 0, tls: tls, handler: echo)
        try reactor.listen(unix: folder + "/muster.sock", handler: echo)
        let reactor = reactor
        let ended = ended
        Thread.detachNewThread {
            reactor.run()
            ended.signal()
        }
    }

    deinit { stop() }

    func stop(withinMilliseconds limit: Int64 = 0) {
        guard !isStopped else { return }
        isStopped = true
        reactor.stop(withinMilliseconds: limit)
        #expect(ended.wait(timeout: .now() + 10) == .success, "the reactor did not stop")
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs work on the reactor's thread and waits for it.
    func inside<Result>(_ work: @escaping () -> Result) -> Result {
        let done = DispatchSemaphore(value: 0)
        let box = Carried(value: (work: work, slot: Slot<Result>()))
        reactor.post {
            box.value.slot.value = box.value.work()
            done.signal()
        }
        done.wait()
        guard let value = box.value.slot.value else { preconditionFailure("the work did not run") }
        return value
    }

    var connectionCount: Int {
        let reactor = reactor
        return inside { reactor.connectionCount }
    }

    var closedCount: Int {
        let echo = echo
        return inside { echo.closedCount }
    }

    /// Has a semaphore signalled when a request to `/later` arrives.
    func expectWaiting() -> DispatchSemaphore {
        let arrived = DispatchSemaphore(value: 0)
        let echo = echo
        inside { echo.onWaiting = { _ in arrived.signal() } }
        return arrived
    }

    var firstWaiting: ExchangeID {
        let echo = echo
        return inside { echo.waiting[0] }
    }

    func client(tls: Bool = true) throws -> ClientConnection {
        guard tls else { return ClientConnection(to: .plain(port: plainPort), tls: nil) }
        let context = try TLSContext.client(authority: certificates.authorityPath)
        return ClientConnection(to: .tls(host: "localhost", port: tlsPort), tls: context)
    }

    /// Sends raw bytes over plain TCP, then reads to the end or for at most `seconds`.
    func raw(_ bytes: [UInt8], seconds: Int = 3) -> String {
        let descriptor = connectRaw(seconds: seconds)
        defer { close(descriptor) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, 0x4000)
            }
            guard count > 0 else { break }
            sent += count
        }
        return readAll(descriptor)
    }

    func raw(_ text: String, seconds: Int = 3) -> String { raw(Array(text.utf8), seconds: seconds) }

    func connectRaw(seconds: Int = 3) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = plainPort.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(result == 0)
        return descriptor
    }

    func readAll(_ descriptor: Int32) -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            all += buffer[0..<count]
        }
        return String(decoding: all, as: UTF8.self)
    }
}

final class Slot<Value> { var value: Value? }

func body(_ text: String) -> String {
    text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
}

/// Runs a program and returns what it printed and how it exited.
func execute(_ program: String, _ arguments: [String]) throws -> (output: String, status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
}
