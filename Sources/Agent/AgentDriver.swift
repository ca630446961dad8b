import Glibc
import HTTP
import Host
import Network
import Primitives
import Resources
import Telemetry
import Wire

/// Does what the machine decides: one reactor on one thread, one connection, the steps, the files.
///
/// Everything here belongs to the thread in `run`; others may only use `reactor`'s own verbs.
final class AgentDriver {
    /// Bounds of one turn and of the driver's own rhythm.
    enum Limits {
        /// Steps started before the loop looks at its descriptors again.
        static let startsPerTurn = 16
        /// Reports in one message: well below the controller's largest.
        static let reportsPerMessage = 2_000
        /// News that comes quickly after other news waits this long for company.
        static let gatherMilliseconds: Int64 = 4
        static let logPollMilliseconds: Int64 = 100
        static let tickMilliseconds: Int64 = 60_000
        static let welcomeMilliseconds: Int64 = 15_000
        /// The welcome of a full machine: the controller is trusted more than its users are.
        static let message = WireLimits(keys: 4_000_000, documentBytes: 64 << 20)
        /// The trash waits until nothing was started for this long, or until there is this much.
        static let quietMilliseconds: Int64 = 1_000
        static let trashMax = 20_000
        /// Unsent bytes above which logs wait.
        static let unsentBytes = 8 << 20
    }

    /// A step that is watched.
    final class Running {
        let step: ProcessIdentity
        let isChild: Bool
        /// The pidfd's number; nil where none was to be had: then the tick looks after the step.
        let descriptor: Int32?
        private let handle: Descriptor?
        var watch: WatchID?

        init(step: ProcessIdentity, isChild: Bool, handle: consuming Descriptor?) {
            self.step = step
            self.isChild = isChild
            descriptor = handle?.number
            self.handle = handle
        }
    }

    let reactor: Reactor
    let log: Log
    private let endpoint: Endpoint
    private let tls: TLSContext
    private let headers: Headers
    private let hello: AgentHello
    private let defaults = RankDefaults.ofThisUser()
    private let sweeper: Sweeper
    let step: StepProcess
    var store: RankStore
    var machine = AgentMachine()
    var running: [RankName: Running] = [:]
    private var logs: LogStreams
    let clock: LogClock
    let sampler: UsageSampler
    private var socket: WebSocket?
    private var backoff: Backoff
    private var heartbeat = AgentProtocol.heartbeatMilliseconds
    private var lastFlush: Int64 = 0
    private var isFlushDue = false
    private var isStartDue = false
    private var isLogPollDue = false
    private var isSweepDue = false
    /// Directories put into the trash since it was last emptied.
    private var unswept = 0
    var lastStart = -Limits.quietMilliseconds

    /// Takes the directory, finds the ranks in it, and is ready to `run`.
    init(_ options: AgentOptions, log: Log) throws(Refusal) {
        self.log = log
        guard options.dataDirectory.utf8.first == UInt8(ascii: "/") else {
            throw Refusal(
                .invalid, field: "dataDirectory",
                finding: "\"\(options.dataDirectory)\" is not absolute",
                remedy: "Give a path that starts with /")
        }
        endpoint = try options.endpoint()
        tls = try TLSContext.client(authority: options.authorityPath)
        headers = Headers([("Authorization", "Bearer \(options.token)")])
        var limits = NetworkLimits()
        limits.messageBytes = Limits.message.documentBytes
        // A controller that is silent for this long is dialled anew; it is pinged three times.
        limits.idleMilliseconds = 3 * AgentProtocol.heartbeatMilliseconds
        reactor = try Reactor(limits: limits)
        store = try RankStore(options.dataDirectory)
        hello = try options.hello(boot: store.boot)
        clock = LogClock(reactor: reactor, ranksPath: store.ranksPath, log: log)
        logs = LogStreams(ranksPath: store.ranksPath, node: hello.name, clock: clock)
        do throws(SystemError) {
            if let path = options.stepPath {
                step = StepProcess(executable: path)
            } else {
                step = try .besideThisProgram()
            }
            let path = step.executable
            try SystemCall.run("access", on: path) { access(path, X_OK) }
            backoff = Backoff(seed: try Entropy.word())
            sweeper = try Sweeper.start(on: store.trashPath)
            sampler = try UsageSampler.start()
        } catch {
            throw error.refusal(remedy: "Install muster-step beside muster")
        }
        do throws(SystemError) {
            try adopt()
        } catch {
            throw error.refusal(remedy: "Look after the agent's data directory")
        }
    }

    /// Runs until the reactor is stopped; ranks run on.
    func run() {
        log.info("node \(hello.name) with \(machine.liveRanks) ranks dials \(endpoint)")
        dial()
        tick()
        reactor.run()
        socket = nil
        // Timers of the reactor still hold this object, so nothing is left to its end.
        for rank in running.values {
            if let watch = rank.watch { reactor.unwatch(watch) }
        }
        running = [:]
        sweeper.close()
        sampler.close()
        clock.close()
        store.release()
    }

    /// Reads the CA file again, for connections to come.
    func reload() {
        do throws(Refusal) {
            try tls.reload()
            log.info("the CA file was read again")
        } catch {
            log.warning("the old CA stays in use: \(error)")
        }
    }

    private func adopt() throws(SystemError) {
        let finds = try store.scan()
        machine.adopt(finds.map(\.rank))
        for find in finds {
            guard let step = find.step else { continue }
            attend(find.rank.name, step, isChild: false)
        }
        perform()
    }

    /// Once a minute: ends that are old enough go, and steps without a pidfd are looked at.
    private func tick() {
        machine.tick(at: Clock.now())
        for (name, rank) in running where rank.descriptor == nil {
            if (try? rank.step.isAlive()) == false { stepEnded(name) }
        }
        perform()
        _ = reactor.after(milliseconds: Limits.tickMilliseconds) { [self] in tick() }
    }
}

// MARK: The connection

extension AgentDriver {
    private func dial() {
        guard !reactor.isStopping else { return }
        reactor.connectWebSocket(
            to: endpoint, tls: tls, path: AgentProtocol.path, headers: headers,
            subprotocols: [AgentProtocol.subprotocol]
        ) { [self] outcome in
            switch outcome {
            case .success(let socket): begin(socket)
            case .failure(let refusal):
                log.warning("no connection to the controller: \(refusal)")
                dialLater()
            }
        }
    }

    private func dialLater() {
        guard !reactor.isStopping else { return }
        _ = reactor.after(milliseconds: backoff.pauseMilliseconds()) { [self] in dial() }
    }

    private func begin(_ socket: WebSocket) {
        guard socket.subprotocol == AgentProtocol.subprotocol else {
            log.warning("\(endpoint) does not speak \(AgentProtocol.subprotocol)")
            socket.close(1002)
            return dialLater()
        }
        self.socket = socket
        machine.connect()
        var message = AgentMessage()
        message.hello = hello
        send(message)
        socket.onClosed { [self] code in
            guard self.socket === socket else { return }
            self.socket = nil
            machine.disconnect()
            logs.closeAll()
            if !reactor.isStopping { log.warning("the controller is away (\(code))") }
            dialLater()
        }
        socket.onMessage { [self] message in
            guard self.socket === socket, case .text(let text) = message else { return }
            receive(text)
        }
        _ = reactor.after(milliseconds: Limits.welcomeMilliseconds) { [self, weak socket] in
            guard let socket, self.socket === socket, !machine.isWelcome else { return }
            log.warning("the controller has not answered the greeting")
            socket.close(1008)
        }
    }

    private func receive(_ text: String) {
        let wasWelcome = machine.isWelcome
        do throws(Refusal) {
            let document = try Document(json: Array(text.utf8), limits: Limits.message)
            let message = try WireDecoder.decode(
                ControllerMessage.self, from: document, unknown: .ignore)
            if let welcome = message.welcome {
                heartbeat = min(60_000, max(200, welcome.heartbeatMilliseconds))
            }
            machine.receive(message, at: Clock.now())
        } catch {
            // A message that is skipped could be a launch: better to start over from a welcome.
            log.warning("a message of the controller is not legible: \(error)")
            socket?.close(1007)
            return
        }
        perform()
        guard machine.isWelcome, !wasWelcome else { return }
        backoff.reset()
        log.info("the controller has taken node \(hello.name) in")
        beat()
    }

    private func beat() {
        guard let socket, machine.isWelcome else { return }
        var message = AgentMessage()
        message.heartbeat = true
        send(message)
        tell(sampler.take())
        _ = reactor.after(milliseconds: heartbeat) { [self, weak socket] in
            if let socket, self.socket === socket { beat() }
        }
    }

    func send(_ message: AgentMessage) {
        socket?.send(text: String(decoding: WireEncoder.encode(message), as: UTF8.self))
    }

    // MARK: The machine's wishes

    /// Does what the machine wants after an input, and sees to what it has to tell.
    func perform() {
        for action in machine.takeActions() {
            do throws(SystemError) {
                try perform(action)
            } catch {
                log.warning("\(error)")
            }
        }
        if machine.hasStarts, !isStartDue {
            isStartDue = true
            _ = reactor.after(milliseconds: 0) { [self] in startSome() }
        }
        scheduleFlush()
    }

    private func perform(_ action: AgentAction) throws(SystemError) {
        switch action {
        case .stop(let name): try running[name]?.step.send(SIGTERM)
        case .markDelivered(let name): try store.markDelivered(name)
        case .remove(let name):
            try store.discard(name)
            unswept += 1
            scheduleSweep()
        case .readLog(let request): say(logs.open(request) { [self] in machine.logFacts(of: $0) })
        case .continueLog(let stream):
            say(logs.proceed(stream) { [self] in machine.logFacts(of: $0) })
        case .closeLog(let stream): logs.close(stream)
        case .refused(let text):
            log.warning("the controller turns this node away: \(text)")
            socket?.close(1000)
        case .complain(let text): log.warning(text)
        }
    }

    /// Starts some ranks, then gives the descriptors their turn.
    private func startSome() {
        isStartDue = false
        for _ in 0..<Limits.startsPerTurn {
            guard let order = machine.nextStart() else { return scheduleFlush() }
            start(order, defaults)
        }
        perform()
    }

    /// Empties the trash at a quiet time: ext4 does not use an inode again within a minute of its
    /// removal, and looks at every such one whenever it makes a file.
    private func scheduleSweep() {
        guard unswept > 0, !isSweepDue else { return }
        let quiet = reactor.now - lastStart
        guard quiet < Limits.quietMilliseconds, unswept < Limits.trashMax else {
            unswept = 0
            return sweeper.sweep()
        }
        isSweepDue = true
        _ = reactor.after(milliseconds: Limits.quietMilliseconds) { [self] in
            isSweepDue = false
            scheduleSweep()
        }
    }

    private func scheduleFlush() {
        guard machine.hasNews, !isFlushDue else { return }
        isFlushDue = true
        let pause = max(0, lastFlush + Limits.gatherMilliseconds - Clock.monotonicMilliseconds())
        _ = reactor.after(milliseconds: pause) { [self] in flush() }
    }

    private func flush() {
        isFlushDue = false
        lastFlush = Clock.monotonicMilliseconds()
        while true {
            let reports = machine.takeReports(atMost: Limits.reportsPerMessage)
            guard !reports.isEmpty else { return }
            var message = AgentMessage()
            message.reports = reports
            send(message)
        }
    }

    // MARK: Logs

    private func say(_ outputs: [LogOutput]) {
        for output in outputs {
            switch output {
            case .frame(let bytes): socket?.send(binary: bytes)
            case .end(let end):
                var message = AgentMessage()
                message.logEnd = end
                send(message)
            }
        }
        guard logs.hasWaiting, !isLogPollDue else { return }
        isLogPollDue = true
        _ = reactor.after(milliseconds: Limits.logPollMilliseconds) { [self] in
            isLogPollDue = false
            pollLogs()
        }
    }

    /// Lets the logs go on that wait for more to be written.
    func pollLogs() {
        guard logs.hasWaiting else { return }
        let isFull = (socket?.unsentBytes ?? 0) > Limits.unsentBytes
        say(isFull ? [] : logs.poll { [self] in machine.logFacts(of: $0) })
    }
}
