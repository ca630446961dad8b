import Glibc
import HTTP
import Host
import Network
import Primitives
import Wire

/// What all writers of a storm have come to.
private struct Toll: Sendable {
    var accepted = 0
    var turnedAway = 0
    var microseconds: [Int] = []
    var complaint = ""
}

/// Many writers patch one job for some seconds; every accepted patch must have counted.
///
/// With `--cas` each names the version it has read, and adds one to a count that all share; else
/// each counts for itself, and the server may let their patches follow one another.
func measureStorm(_ options: Options, _ target: Target) throws(Refusal) {
    let writers = options.number("--writers", or: 64)
    let seconds = options.number("--seconds", or: 5)
    let comparing = options.has("--cas")
    let name = "storm-\(Clock.now().milliseconds)"
    let connection = target.connect()
    _ = try target.send(
        connection, .post, Target.jobs,
        jobText(name: name, millicores: 100, padding: 80, waits: true))
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    let toll = Lock(Toll())
    var threads: [Thread] = []
    for number in 0..<writers {
        do throws(SystemError) {
            threads.append(try startWriter(number, target, name, comparing, until: end, toll))
        } catch {
            throw error.refusal(remedy: "Ask for fewer writers")
        }
    }
    for thread in threads { thread.join() }
    let result = toll.withLock { $0 }
    guard result.complaint.isEmpty else {
        throw Refusal(.internalFailure, finding: result.complaint, remedy: "Look at the server")
    }
    let body = try target.send(connection, .get, "\(Target.jobs)/\(name)")
    let annotations = JSON(try Document(json: body))["metadata"]?["annotations"]
    let counted =
        annotations?.members.filter { $0.key.hasPrefix("storm-") }
        .reduce(0) { $0 + (Int($1.value.string ?? "") ?? 0) } ?? 0
    let times = result.microseconds.sorted()
    let middle = times.isEmpty ? 0 : times[times.count / 2]
    let late = times.isEmpty ? 0 : times[times.count * 99 / 100]
    say(
        "\(writers) writers of one job\(comparing ? ", each naming its version" : ""): "
            + "\((result.accepted + result.turnedAway) / seconds) answers/s, of them "
            + "\(result.accepted / seconds) accepted and \(result.turnedAway / seconds) conflicts; "
            + "p50 \(middle) µs, p99 \(late) µs; counted \(counted) of \(result.accepted)")
    guard counted == result.accepted else {
        throw Refusal(
            .internalFailure, finding: "some accepted patches were lost or doubled",
            remedy: "Compare what the writers were told with the object")
    }
}

private nonisolated func startWriter(
    _ number: Int, _ target: Target, _ name: String, _ comparing: Bool, until end: Int64,
    _ toll: Lock<Toll>
) throws(SystemError) -> Thread {
    try Thread.spawn(name: "writer-\(number)") {
        do throws(Refusal) {
            try write(number, target, name, comparing, until: end, toll)
        } catch {
            toll.withLock { $0.complaint = "\(error)" }
        }
    }
}

private func write(
    _ number: Int, _ target: Target, _ name: String, _ comparing: Bool, until end: Int64,
    _ toll: Lock<Toll>
) throws(Refusal) {
    let connection = target.connect()
    let path = "\(Target.jobs)/\(name)"
    let headers = Headers([
        ("Authorization", "Bearer \(target.token)"),
        ("Content-Type", "application/merge-patch+json"),
    ])
    let key = comparing ? "storm-all" : "storm-\(number)"
    var seen = try target.send(connection, .get, path)
    var count = 0
    while Clock.monotonicNanoseconds() < end {
        let metadata = JSON(try Document(json: seen))["metadata"]
        if comparing { count = metadata?["annotations"]?[key]?.string.flatMap { Int($0) } ?? 0 }
        var changed: JSON = ["annotations": .object([JSON.Member(key, .string("\(count + 1)"))])]
        if comparing { changed["resourceVersion"] = metadata?["resourceVersion"] }
        let patch: JSON = ["metadata": changed]
        let began = Clock.monotonicNanoseconds()
        let answer = try connection.send(.patch, path, headers: headers, body: patch.encode())
        let spent = Int((Clock.monotonicNanoseconds() - began) / 1000)
        switch answer.status {
        case 200:
            count += 1
            seen = answer.body
            toll.withLock {
                $0.accepted += 1
                $0.microseconds.append(spent)
            }
        case 409:
            toll.withLock {
                $0.turnedAway += 1
                $0.microseconds.append(spent)
            }
            seen = try target.send(connection, .get, path)
        default:
            throw Refusal(
                .internalFailure, finding: "a patch was answered with \(answer.status)",
                remedy: String(decoding: answer.body.prefix(300), as: UTF8.self))
        }
    }
}
