import Glibc
import HTTP
import Host
import Network
import Primitives
import Wire

/// A connection to the controller whose data directory is at hand.
struct Target {
    let directory: String
    let port: UInt16
    let token: String
    let tls: TLSContext

    init(_ options: Options) throws(Refusal) {
        directory = options.text("--data", or: "muster-data")
        port = UInt16(clamping: options.number("--port", or: 7443))
        do throws(SystemError) {
            let text = try Files.readText("\(directory)/admin.token", limit: 4096)
            token = String(text.prefix { !$0.isWhitespace })
        } catch {
            throw error.refusal(remedy: "Give --data with the server's data directory")
        }
        tls = try TLSContext.client(authority: "\(directory)/ca.crt")
    }

    var endpoint: Endpoint { .tls(host: "127.0.0.1", port: port) }

    var headers: Headers {
        Headers([("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")])
    }

    func connect() -> ClientConnection { ClientConnection(to: endpoint, tls: tls) }

    static let jobs = "/apis/muster.dev/v1/namespaces/default/jobs"

    /// Sends a request and insists on a good answer.
    func send(
        _ connection: ClientConnection, _ method: Method, _ path: String, _ body: [UInt8] = []
    ) throws(Refusal) -> [UInt8] {
        let answer = try connection.send(method, path, headers: headers, body: body)
        guard (200..<300).contains(answer.status) else {
            throw Refusal(
                .internalFailure, field: path,
                finding: "the server answered \(answer.status): "
                    + String(decoding: answer.body.prefix(300), as: UTF8.self),
                remedy: "Look at the server's log")
        }
        return answer.body
    }
}

func runLoad(_ options: Options, _ body: (Options, Target) throws(Refusal) -> Void) -> Int32 {
    ignoreBrokenPipes()
    do throws(Refusal) {
        try body(options, try Target(options))
        return 0
    } catch {
        say("error: \(error)")
        return 1
    }
}

/// A list of jobs in one body.
func jobList(_ names: Range<Int>, stem: String, millicores: Int, padding: Int, waits: Bool)
    -> [UInt8]
{
    var body = Array("{\"kind\":\"JobList\",\"apiVersion\":\"muster.dev/v1\",\"items\":[".utf8)
    for number in names {
        if number > names.lowerBound { body.append(UInt8(ascii: ",")) }
        body.append(
            contentsOf: jobText(
                name: "\(stem)-\(number)", millicores: millicores, padding: padding, waits: waits))
    }
    body.append(contentsOf: Array("]}".utf8))
    return body
}

/// Submits waiting jobs, a list at a time.
func fill(_ options: Options, _ target: Target) throws(Refusal) {
    let jobs = options.number("--jobs", or: 10_000)
    let batch = options.number("--batch", or: 100)
    let stem = options.text("--stem", or: "waiting")
    let connection = target.connect()
    let start = Clock.monotonicNanoseconds()
    var sent = 0
    while sent < jobs {
        let next = min(jobs, sent + batch)
        _ = try target.send(
            connection, .post, Target.jobs,
            jobList(sent..<next, stem: stem, millicores: 1_000, padding: 700, waits: true))
        sent = next
    }
    let seconds = Double(Clock.monotonicNanoseconds() - start) / 1e9
    say(
        "filled \(jobs) jobs in \(seconds) s: \(Int(Double(jobs) / seconds)) jobs/s "
            + "on one connection"
    )
}

/// Submits many one-rank jobs that do nothing, and waits for the last to end.
func measureThroughput(_ options: Options, _ target: Target) throws(Refusal) {
    let jobs = options.number("--jobs", or: 10_000)
    let stem = options.text("--stem", or: "true-\(Clock.now().milliseconds)")
    let connection = target.connect()
    let before = try finished(target, connection)
    let start = Clock.monotonicNanoseconds()
    var sent = 0
    while sent < jobs {
        let next = min(jobs, sent + 100)
        _ = try target.send(
            connection, .post, Target.jobs,
            jobList(
                sent..<next, stem: stem, millicores: options.number("--millicores", or: 100),
                padding: 80, waits: false))
        sent = next
    }
    let submitted = Clock.monotonicNanoseconds()
    while try finished(target, connection) < before + jobs {
        guard Clock.monotonicNanoseconds() - start < 600_000_000_000 else {
            throw Refusal(
                .timeout, finding: "the jobs have not ended within ten minutes",
                remedy: "Look at what waits: muster get jobs")
        }
        usleep(50_000)
    }
    let seconds = Double(Clock.monotonicNanoseconds() - start) / 1e9
    let submitSeconds = Double(submitted - start) / 1e9
    say(
        "\(jobs) one-rank jobs ended in \(seconds) s: \(Int(Double(jobs) / seconds)) jobs/s "
            + "(submitted within \(submitSeconds) s)")
}

private func finished(
    _ target: Target, _ connection: ClientConnection
) throws(Refusal) -> Int {
    let text = String(decoding: try target.send(connection, .get, "/metrics"), as: UTF8.self)
    var total = 0
    for line in text.split(separator: "\n") where line.hasPrefix("muster_jobs_finished_total{") {
        total += line.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
    }
    return total
}
