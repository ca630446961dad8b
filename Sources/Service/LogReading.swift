import Control
import HTTP
import Kernel
import Network
import Primitives
import Resources
import Wire

/// What a client wants of a log, checked.
struct LogWish: Hashable {
    /// Of the attempt before the present one.
    var isPrevious = false
    var follows = false
    var hasTimestamps = false
    var tailLines: Int?
    var limitBytes: Int64?
    var offset: Int64 = 0
    var sinceTime: Int64?
    var sinceMilliseconds: Int64?

    /// The query parameters that are understood.
    static let parameters = [
        "follow", "tailLines", "container", "limitBytes", "offset", "previous", "timestamps",
        "sinceSeconds", "sinceTime", "stream", "insecureSkipTLSVerifyBackend",
    ]

    /// Reads the query; `container` is the only one that the pod has.
    init(_ query: Query, container: String) throws(Refusal) {
        isPrevious = try Self.flag("previous", query)
        follows = try Self.flag("follow", query)
        hasTimestamps = try Self.flag("timestamps", query)
        tailLines = try Self.integer("tailLines", in: 0...1_000_000, query)
        limitBytes = try Self.integer("limitBytes", in: 1...(1 << 40), query).map { Int64($0) }
        offset = Int64(try Self.integer("offset", in: 0...(1 << 50), query) ?? 0)
        sinceMilliseconds = try Self.integer("sinceSeconds", in: 1...10_000_000_000, query)
            .map { Int64($0) * 1000 }
        if let text = query["sinceTime"], !text.isEmpty {
            do throws(Refusal) {
                sinceTime = try Timestamp(text).milliseconds
            } catch {
                throw error.under("sinceTime")
            }
        }
        guard sinceTime == nil || sinceMilliseconds == nil else {
            throw Refusal(
                .invalid, field: "sinceTime", finding: "sinceSeconds is given as well",
                remedy: "Give one of the two")
        }
        try check(query, container)
    }

    private func check(_ query: Query, _ container: String) throws(Refusal) {
        if let named = query["container"], !named.isEmpty, named != container {
            throw Refusal(
                .malformed, field: "container",
                finding: "the pod has no container \"\(named.prefix(80))\"",
                remedy: "Use \(container), or leave it out")
        }
        if let stream = query["stream"], !stream.isEmpty, stream != "All" {
            throw Refusal(
                .invalid, field: "stream",
                finding: "\"\(stream.prefix(80))\" is not kept apart: both streams are one file",
                remedy: "Use All, or leave it out")
        }
    }

    private static func flag(_ name: String, _ query: Query) throws(Refusal) -> Bool {
        do throws(QueryFailure) {
            return try query.flag(name) ?? false
        } catch {
            throw Refusal(
                .malformed, field: name, finding: error.description, remedy: "Use true or false")
        }
    }

    private static func integer(
        _ name: String, in bounds: ClosedRange<Int>, _ query: Query
    ) throws(Refusal) -> Int? {
        do throws(QueryFailure) {
            return try query.integer(name, in: bounds)
        } catch {
            throw Refusal(
                .malformed, field: name, finding: error.description, remedy: "Use a whole number")
        }
    }

    /// What the node's agent is asked.
    func request(
        _ stream: UInt64, job: UInt64, attempt: UInt32, rank: UInt32
    ) -> LogRequest {
        var request = LogRequest(
            stream: stream, job: job, attempt: attempt, rank: rank, offset: offset,
            tailLines: tailLines, limitBytes: limitBytes, follow: follows)
        request.sinceTime = sinceTime
        request.sinceMilliseconds = sinceMilliseconds
        if hasTimestamps { request.timestamps = true }
        return request
    }
}

extension Server {
    /// Streams the log of one rank.
    func readLog(_ call: Call) throws(Refusal) {
        guard case .pod(let view, let rank) = try find(.pods, call) else { return }
        let wish = try LogWish(call.query, container: objects.pods.roleName(of: rank, in: view))
        let sink = try LogSink(call.request, call.exchange)
        guard agents.logs.hasRoom else {
            throw Refusal(
                .tooManyRequests, finding: "too many logs are being read",
                remedy: "Try again in a moment")
        }
        let token = call.actor?.tokenUID ?? 0
        guard wish.isPrevious else {
            agents.logs.open(sink, from: [try holder(view, rank)], token: token, on: reactor) {
                wish.request($0, job: view.uid, attempt: view.job.attempt, rank: UInt32(rank))
            }
            return
        }
        let (attempt, sessions) = try previous(view)
        let missing = Refusal(
            .notFound, field: "previous",
            finding: "no connected node has the log of attempt \(attempt)",
            remedy: "See muster get nodes for those that are away; a log is kept while its job "
                + "runs on the node, or for 7 days")
        agents.logs.open(sink, from: sessions, token: token, missing: missing, on: reactor) {
            wish.request($0, job: view.uid, attempt: attempt, rank: UInt32(rank))
        }
    }

    /// The agent of the node that the rank is on.
    private func holder(_ view: JobView, _ rank: Int) throws(Refusal) -> AgentSession {
        if let session = agents.session(ofNode: view.job.ranks[rank].node) { return session }
        throw Refusal(
            .unavailable, field: "spec.nodeName",
            finding: "node \"\(view.nodeNames[rank])\" has the log and is not connected",
            remedy: "Try again when its agent is back; see: muster get nodes")
    }

    /// The attempt before, and everybody who may have its log: where its ranks were is not kept.
    private func previous(_ view: JobView) throws(Refusal) -> (UInt32, [AgentSession]) {
        guard view.job.attempt > 1 else {
            throw Refusal(
                .malformed, field: "previous",
                finding: "job \"\(view.name)\" is at its first attempt; there is none before",
                remedy: "Leave previous out")
        }
        let sessions = agents.all
        guard !sessions.isEmpty else {
            throw Refusal(
                .unavailable, finding: "no node is connected",
                remedy: "Try again when an agent is back; see: muster get nodes")
        }
        guard agents.logs.maySearch else {
            throw Refusal(
                .tooManyRequests, field: "previous", finding: "too many logs are searched for",
                remedy: "Try again in a moment")
        }
        return (view.job.attempt - 1, sessions)
    }
}
