import Control
import Glibc
import Host
import Kernel
import Network
public import Primitives
import Resources
import Storage
import Telemetry
import Wire

/// The controller process: opens the data, serves until it is told to stop, leaves a clean store.
public enum Controller {
    /// The release, as clients and nodes show it.
    public static let release = Discovery.release

    /// Runs on the main thread; returns the process's exit code. Prints one line when ready.
    public static func run(_ options: ServeOptions) throws(Refusal) -> Int32 {
        ignoreBrokenPipes()
        let signals: Signals
        do throws(SystemError) {
            signals = try Signals()
        } catch {
            throw error.refusal(remedy: "Check the process's limits")
        }
        let log = Log(minimum: level(options.logLevel))
        let directory = try absolute(options.dataDirectory ?? "muster-data")
        let (host, port) = try address(options.listen ?? "127.0.0.1:7443")
        let counters = Counters()
        counters.set(.startTime, Clock.now().milliseconds / 1000)
        let core = try open(directory, options, log, counters)
        let reactor = try makeReactor(options)
        let certificates = try Certificates.prepare(
            in: directory, names: names(host, options), addresses: addresses(host, options))
        let tls = try TLSContext.server(
            certificate: certificates.certificatePath, key: certificates.keyPath)
        let server = Server(
            reactor: reactor, core: core, hosts: hosts(host, options), log: log,
            counters: counters)
        core.loop.attach(server)
        let loop = Transfer(core.loop)
        let thread = try start("core") { loop.value.run() }
        let bootstrap = Bootstrap(
            directory: directory, mailbox: core.mailbox, catalog: core.catalog)
        if core.isNew { try bootstrap.seed() }
        let realPort = try reactor.listen(host: host, port: port, tls: tls, handler: server)
        try reactor.listen(unix: "\(directory)/muster.sock", handler: server)
        let url = "https://\(host.contains(":") ? "[\(host)]" : host):\(realPort)"
        try bootstrap.writeAccess(url: url, authority: certificates.authorityPath)
        try watch(signals, reactor, server, tls, log)
        announce(url, core, directory)
        reactor.run()
        core.mailbox.close()
        thread.join()
        log.info("stopped")
        return 0
    }

    private static func open(
        _ directory: String, _ options: ServeOptions, _ log: Log, _ counters: Counters
    ) throws(Refusal) -> Recovery.Core {
        var store = StoreOptions()
        store.allowAnyFileSystem = options.allowAnyFileSystem ?? false
        if let bytes = options.ballastBytes { store.ballastBytes = max(0, min(bytes, 1 << 32)) }
        var loop = LoopOptions()
        if let records = options.recordsPerSnapshot {
            loop.recordsPerSnapshot = UInt64(max(1, records))
        }
        loop.batchesPerCheck = max(0, options.batchesPerCheck ?? 0)
        do {
            return try Recovery.open(
                directory, store: store, loop: loop, log: log, counters: counters
            ) { finding in
                // Nothing may be acknowledged any more: the supervisor starts a fresh process.
                log.error("stopping at once", .text("finding", finding))
                _exit(74)
            }
        } catch StorageFailure.full(let detail) {
            throw Refusal(
                .insufficientStorage, field: directory,
                finding: "no space is left to start on (\(detail))",
                remedy: "Free space on the volume of the data directory, then start again")
        } catch let failure as StorageFailure {
            throw Refusal(
                .internalFailure, field: directory, finding: failure.finding,
                remedy: failure.remedy)
        } catch {
            throw Refusal(
                .internalFailure, field: directory, finding: "the state cannot be read: \(error)",
                remedy: "Restore a backup, or look at the journal with muster replay")
        }
    }

    private static func makeReactor(_ options: ServeOptions) throws(Refusal) -> Reactor {
        var limits = NetworkLimits()
        limits.messageBytes = 8 << 20
        if let connections = options.connections { limits.connections = max(16, connections) }
        if let each = options.connectionsPerAddress { limits.connectionsPerAddress = max(1, each) }
        return try Reactor(limits: limits)
    }

    private static func start(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(Refusal) -> Host.Thread {
        do throws(SystemError) {
            return try Host.Thread.spawn(name: name, stackBytes: 8 << 20, body)
        } catch {
            throw error.refusal(remedy: "Raise the limit of threads")
        }
    }

    /// TERM and INT end the service in order; HUP reads the certificate again.
    private static func watch(
        _ signals: borrowing Signals, _ reactor: Reactor, _ server: Server, _ tls: TLSContext,
        _ log: Log
    ) throws(Refusal) {
        let descriptor = signals.descriptor
        _ = try reactor.watch(descriptor: descriptor, for: .readable) { _ in
            switch Signals.take(descriptor) {
            case .terminate, .interrupt:
                log.info("stopping: answers under way are finished first")
                _ = ServiceNotify.fromEnvironment().send(.stopping)
                server.drain()
                reactor.stop()
            case .reload:
                do throws(Refusal) {
                    try tls.reload()
                    log.info("the certificate was read again")
                } catch {
                    log.error("the certificate was not read", .text("finding", error.description))
                }
            case nil: break
            }
        }
    }

    private static func announce(_ url: String, _ core: Recovery.Core, _ directory: String) {
        _ = ServiceNotify.fromEnvironment().send(.ready)
        let line =
            "muster is ready at \(url) "
            + "(data in \(directory), \(core.jobs) jobs, epoch \(core.epoch))\n"
        _ = Array(line.utf8).withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
    }

    // MARK: Names

    private static func level(_ word: String?) -> LogLevel {
        LogLevel.allCases.first { $0.word == word } ?? .info
    }

    private static func absolute(_ path: String) throws(Refusal) -> String {
        guard !path.isEmpty else {
            throw Refusal(
                .invalid, field: "dataDirectory", finding: "the path is empty", remedy: "Name one")
        }
        if path.utf8.first == UInt8(ascii: "/") { return path }
        guard let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }

    static func address(_ text: String) throws(Refusal) -> (host: String, port: UInt16) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(String(decoding: bytes[(colon + 1)...], as: UTF8.self)), colon > 0
        else {
            throw Refusal(
                .invalid, field: "listen", finding: "\"\(text)\" is not an address with a port",
                remedy: "Write it as 127.0.0.1:7443")
        }
        var host = String(decoding: bytes[..<colon], as: UTF8.self)
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }

    private static func isAddress(_ text: String) -> Bool {
        text.contains(":")
            || text.utf8.allSatisfy {
                $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    private static func names(_ host: String, _ options: ServeOptions) -> [String] {
        distinct(["localhost", host] + (options.hostNames ?? [])).filter { !isAddress($0) }
    }

    private static func addresses(_ host: String, _ options: ServeOptions) -> [String] {
        distinct(["127.0.0.1", "::1", host] + (options.hostNames ?? [])).filter { isAddress($0) }
    }

    private static func hosts(_ host: String, _ options: ServeOptions) -> [String] {
        distinct(["localhost", "127.0.0.1", "::1", host] + (options.hostNames ?? []))
            .map { $0.lowercased() }
    }

    private static func distinct(_ words: [String]) -> [String] {
        var found: [String] = []
        for word in words where !found.contains(word) { found.append(word) }
        return found
    }
}

/// Hands the loop to the one thread that will own it.
// Unchecked: the sender does not touch the value after the thread has started.
private struct Transfer<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
