import Glibc
import HTTP
import Host
import Network
import Primitives
import Wire

/// What watchers cost the controller: its CPU at the same rate of changes, without and with them.
func measureSelectors(_ options: Options, _ target: Target) throws(Refusal) {
    let reactor = try Reactor()
    let audience = Audience(reactor, try ProcessFigures(options), options, target)
    audience.measure("no watcher")
    reactor.run()
    if let failure = audience.failure { throw failure }
}

/// Watchers and the one who makes the changes; owned by the reactor's thread.
private final class Audience {
    private let reactor: Reactor
    private let figures: ProcessFigures
    private let target: Target
    private let wanted: Int
    private let rate: Int
    private let seconds: Int
    private let hasLabels: Bool
    private let submitter: ClientConnection
    private var sockets: [WebSocket] = []
    private var events = 0
    private var submitted = 0
    var failure: Refusal?

    init(
        _ reactor: Reactor, _ figures: ProcessFigures, _ options: Options, _ target: Target
    ) {
        self.reactor = reactor
        self.figures = figures
        self.target = target
        wanted = options.number("--watchers", or: 1_000)
        rate = max(100, options.number("--rate", or: 1_000))
        seconds = max(1, options.number("--seconds", or: 8))
        hasLabels = options.has("--labels")
        submitter = target.connect()
    }

    /// Submits at the rate for some seconds, then says what that cost.
    func measure(_ name: String) {
        let began = Clock.monotonicNanoseconds()
        let before = figures.cpuMilliseconds()
        let ended = submitted + rate * seconds
        let heard = events
        tick(from: began, at: submitted, until: ended) { [self] in
            let cpu = figures.cpuMilliseconds() - before
            let changes = rate * seconds
            let took = Double(Clock.monotonicNanoseconds() - began) / 1e9
            say(
                "\(name): \(changes) changes in \((took * 10).rounded() / 10) s, "
                    + "\(events - heard) events, controller \(cpu) ms CPU, "
                    + "\(cpu * 1000 / changes) us a change")
            sockets.isEmpty ? connect() : reactor.stop(withinMilliseconds: 100)
        }
    }

    /// Sends a list of jobs every ten milliseconds, as many as are due.
    private func tick(
        from began: Int64, at first: Int, until last: Int, _ done: @escaping () -> Void
    ) {
        guard submitted < last else {
            // What is on its way arrives before the figures are read.
            _ = reactor.after(milliseconds: 500) { done() }
            return
        }
        let elapsed = Clock.monotonicNanoseconds() - began
        let behind = min(last, first + Int(elapsed * Int64(rate) / 1_000_000_000) + 1)
        let due = min(behind, submitted + 200)
        do throws(Refusal) {
            if due > submitted {
                _ = try target.send(submitter, .post, Target.jobs, body(submitted..<due))
                submitted = due
            }
        } catch {
            failure = error
            return reactor.stop(withinMilliseconds: 100)
        }
        _ = reactor.after(milliseconds: 10) { [self] in
            tick(from: began, at: first, until: last, done)
        }
    }

    private func body(_ numbers: Range<Int>) -> [UInt8] {
        let stamp = Clock.now().milliseconds
        let items = numbers.map { number in
            """
            {"metadata":{"name":"w-\(stamp)-\(number)","labels":{"team":"bench",\
            "number":"n\(number % max(1, wanted))"}},"spec":{"allowUnplaceable":true,"roles":\
            [{"name":"w","resources":{"cpus":1,"gpus":8,"gpuModels":["H999"]},\
            "command":["/bin/true"]}]}}
            """
        }
        let list = items.joined(separator: ",")
        return Array(
            #"{"kind":"JobList","apiVersion":"muster.dev/v1","items":[\#(list)]}"#.utf8)
    }

    private func connect() {
        guard sockets.count < wanted else {
            return measure("\(wanted) watchers\(hasLabels ? " with a label each" : "")")
        }
        let selector = hasLabels ? "&labelSelector=team%3Dbench,number%3Dn\(sockets.count)" : ""
        reactor.connectWebSocket(
            to: target.endpoint, tls: target.tls,
            path: "\(Target.jobs)?watch=true&resourceVersion=\(version())\(selector)",
            headers: target.headers
        ) { [self] result in
            switch result {
            case .success(let socket):
                socket.onMessage { [self] _ in events += 1 }
                sockets.append(socket)
                connect()
            case .failure(let refusal):
                failure = refusal
                reactor.stop(withinMilliseconds: 100)
            }
        }
    }

    private func version() -> String {
        let answer = try? target.send(submitter, .get, "\(Target.jobs)?limit=1")
        guard let answer, let document = try? Document(json: answer) else { return "1" }
        return document.root["metadata"]?["resourceVersion"]?.string ?? "1"
    }
}
