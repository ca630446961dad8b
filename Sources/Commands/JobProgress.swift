import Client
import HTTP
import Primitives
import Wire

/// A job as the server reports it.
struct JobReport: Hashable {
    let tree: JSON

    var name: String { tree["metadata"]?["name"]?.string ?? "" }
    var phase: String { status["phase"]?.string ?? "Pending" }
    var reason: String { status["reason"]?.string ?? "" }
    var message: String { status["message"]?.string ?? "" }
    var attempt: Int { number(status["attempt"]) ?? 0 }
    var hasEnded: Bool { ["Succeeded", "Failed", "Cancelled"].contains(phase) }
    var isRunning: Bool { ["Running", "Stopping"].contains(phase) }

    private var status: JSON { tree["status"] ?? .null }

    /// Ranks that have a place, in order.
    var placements: [Placement] {
        (status["placements"]?.elements ?? []).enumerated().map { place, entry in
            Placement(
                rank: number(entry["rank"]) ?? place, pod: entry["pod"]?.string ?? "",
                node: entry["node"]?.string ?? "",
                devices: (entry["devices"]?.elements ?? []).map(Payload.text))
        }
    }

    /// One rank's place.
    struct Placement: Hashable {
        let rank: Int
        let pod: String
        let node: String
        let devices: [String]
    }

    /// The code that the shell sees: the job's own, and never zero where it did not succeed.
    var exitCode: ExitCode {
        if phase == "Succeeded" { return .done }
        let code = number(status["exitCode"]) ?? 1
        return .job((1...255).contains(code) ? UInt8(code) : 1)
    }

    private func number(_ value: JSON?) -> Int? {
        if case .number(let text)? = value { Int(text) } else { nil }
    }
}

/// Waits for what becomes of one job.
struct JobProgress {
    let client: APIClient
    let namespace: String
    let name: String

    var path: String { Kind.job.path(name, in: namespace) }

    func report() throws(Refusal) -> JobReport { JobReport(tree: try client.get(path)) }

    /// Follows the job until `isWanted` holds; a job that is gone is refused.
    func wait(
        onChange: (JobReport) -> Void = { _ in }, until isWanted: (JobReport) -> Bool
    ) throws(Refusal) -> JobReport {
        var found: JobReport?
        var isGone = false
        let collection = Call(.get, Kind.job.path(in: namespace))
            .asking("fieldSelector", "metadata.name=\(name)")
        try client.follow(collection) { change in
            let tree: JSON?
            switch change {
            case .listed(let list): tree = list["items"]?.elements.first
            case .added(let object), .modified(let object): tree = object
            case .deleted: tree = nil
            }
            guard let tree else {
                isGone = true
                return false
            }
            let report = JobReport(tree: tree)
            onChange(report)
            guard isWanted(report) else { return true }
            found = report
            return false
        }
        guard let found, !isGone else {
            throw Refusal(
                .notFound, field: "job/\(name)", finding: "there is no such job any more",
                remedy: "Check the name and the namespace, or see muster get jobs")
        }
        return found
    }

    /// Asks for the job's end; asking twice does no harm.
    func cancel() throws(Refusal) {
        var call = Call(.post, "\(path)/cancel")
        call.isHarmlessTwice = true
        _ = try client.send(call)
    }
}
