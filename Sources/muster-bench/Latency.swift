import Glibc
import HTTP
import Host
import Network
import Primitives
import Wire

/// The p-th percentile of sorted values.
func percentile(_ sorted: [Double], _ p: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * p / 100))]
}

func sayPercentiles(_ name: String, _ values: [Double]) {
    let sorted = values.sorted()
    func text(_ p: Double) -> String { "\((percentile(sorted, p) * 100).rounded() / 100) ms" }
    say("\(name): p50 \(text(50)), p90 \(text(90)), p99 \(text(99)), longest \(text(100))")
}

/// From the moment before the submit is sent to the clock as the job's own program reads it.
func measureLatency(_ options: Options, _ target: Target) throws(Refusal) {
    let count = options.number("--count", or: 200)
    let stem = "latency-\(Clock.now().milliseconds)"
    let connection = target.connect()
    var starts: [Double] = []
    var answers: [Double] = []
    for number in 0..<count {
        let name = "\(stem)-\(number)"
        let body = Array(
            """
            {"metadata":{"name":"\(name)"},"spec":{"roles":[{"name":"w",\
            "resources":{"cpus":"100m"},"command":["/bin/date","+%s%N"]}]}}
            """.utf8)
        let before = wallNanoseconds()
        _ = try target.send(connection, .post, Target.jobs, body)
        answers.append(Double(wallNanoseconds() - before) / 1e6)
        let log = try log(of: "\(name)-w-0", target, connection)
        guard let first = Int64(log.prefix { $0.isNumber }) else {
            throw Refusal(
                .internalFailure, field: name, finding: "the job's log is \"\(log.prefix(80))\"",
                remedy: "Look at the job")
        }
        starts.append(Double(first - before) / 1e6)
        usleep(5_000)
    }
    sayPercentiles("submit to answer", answers)
    sayPercentiles("submit to first instruction", starts)
}

private func wallNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Follows the pod's log to its end; the pod may not be there yet.
private func log(
    of pod: String, _ target: Target, _ connection: ClientConnection
) throws(Refusal) -> String {
    let path = "/api/v1/namespaces/default/pods/\(pod)/log?follow=true"
    for _ in 0..<500 {
        let answer = try connection.send(.get, path, headers: target.headers)
        if answer.status == 200, !answer.body.isEmpty {
            return String(decoding: answer.body, as: UTF8.self)
        }
        usleep(5_000)
    }
    throw Refusal(
        .timeout, field: pod, finding: "the log stayed empty", remedy: "Look at the node's agent")
}

/// How long a change takes to reach each of many watchers.
func measureWatchers(_ options: Options, _ target: Target) throws(Refusal) {
    let wanted = options.number("--watchers", or: 1_000)
    let rounds = options.number("--rounds", or: 20)
    let reactor = try Reactor()
    let fanout = Fanout(reactor: reactor, wanted: wanted, rounds: rounds, target: target)
    fanout.connect()
    reactor.run()
    guard fanout.delays.count == wanted * rounds else {
        throw Refusal(
            .internalFailure,
            finding: "\(fanout.delays.count) of \(wanted * rounds) changes arrived"
                + " (\(fanout.failure ?? "no connection failed"))",
            remedy: "Look at the server's log")
    }
    sayPercentiles("change to \(wanted) watchers", fanout.delays)
}

/// Watchers in one process; owned by the reactor's thread.
private final class Fanout {
    let reactor: Reactor
    let wanted: Int
    let rounds: Int
    let target: Target
    var delays: [Double] = []
    var failure: String?
    private var sockets: [WebSocket] = []
    private var arrived = 0
    private var round = 0
    private var sentAt: Int64 = 0
    private let submitter: ClientConnection

    init(reactor: Reactor, wanted: Int, rounds: Int, target: Target) {
        self.reactor = reactor
        self.wanted = wanted
        self.rounds = rounds
        self.target = target
        submitter = target.connect()
    }

    func connect() {
        guard sockets.count < wanted else { return nextRound() }
        let path = "\(Target.jobs)?watch=true&resourceVersion=\(version)"
        reactor.connectWebSocket(
            to: target.endpoint, tls: target.tls, path: path, headers: target.headers
        ) { [self] result in
            switch result {
            case .success(let socket):
                socket.onMessage { [self] _ in arrive() }
                sockets.append(socket)
                connect()
            case .failure(let refusal):
                failure = refusal.description
                reactor.stop(withinMilliseconds: 100)
            }
        }
    }

    /// All watch from the same place, so that each sees each new job once.
    private lazy var version: String = {
        let answer = try? target.send(submitter, .get, "\(Target.jobs)?limit=1")
        guard let answer, let document = try? Document(json: answer) else { return "1" }
        return document.root["metadata"]?["resourceVersion"]?.string ?? "1"
    }()

    private func nextRound() {
        guard round < rounds else { return reactor.stop(withinMilliseconds: 100) }
        round += 1
        arrived = 0
        sentAt = Clock.monotonicNanoseconds()
        let name = "watched-\(Clock.now().milliseconds)-\(round)"
        let body = jobText(name: name, millicores: 1_000, padding: 700)
        do throws(Refusal) {
            _ = try target.send(submitter, .post, Target.jobs, body)
        } catch {
            failure = error.description
            reactor.stop(withinMilliseconds: 100)
        }
    }

    private func arrive() {
        delays.append(Double(Clock.monotonicNanoseconds() - sentAt) / 1e6)
        arrived += 1
        guard arrived == wanted else { return }
        _ = reactor.after(milliseconds: 20) { [self] in nextRound() }
    }
}
