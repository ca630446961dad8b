import Client
import HTTP
import Host
import Primitives
import Testing
import Wire

/// Goal: one failure of the network or the server never reaches the user where trying again helps.
/// Method: a scripted server on loopback TLS.
@Suite struct APIClientTests {
    static let quick = Patience(
        attempts: 3, firstPauseMilliseconds: 1, longestPauseMilliseconds: 5,
        outageMilliseconds: 2000)

    static func client(_ server: ScriptedServer) throws -> APIClient {
        let access = try Access(
            server: server.url, authority: server.authority(), token: "secret", source: "test")
        return APIClient(access, patience: quick)
    }

    @Test func `a busy server is asked again`() throws {
        let server = try ScriptedServer { _, count in
            count == 1
                ? .whole(503, [], headers: [("Retry-After", "0")]) : .json(200, #"{"kind":"Job"}"#)
        }
        let answer = try Self.client(server).get("/apis/x")
        #expect(answer["kind"] == "Job")
        let seen = server.seen.withLock { $0 }
        #expect(seen.count == 2)
        #expect(seen.allSatisfy { $0.headers["Authorization"] == "Bearer secret" })
    }

    @Test func `a server that stays busy is given up, with its words`() throws {
        let server = try ScriptedServer { _, _ in
            .json(429, #"{"reason":"TooManyRequests","message":"the mailbox is full. Wait."}"#)
        }
        let client = try Self.client(server)
        let refusal = #expect(throws: Refusal.self) { try client.get("/x") }
        #expect(refusal?.reason == .tooManyRequests)
        #expect(refusal?.finding == "the mailbox is full")
        #expect(refusal?.remedy == "Wait")
        #expect(server.seen.withLock { $0.count } == 3)
    }

    @Test func `a submission keeps its key when the connection breaks`() throws {
        let server = try ScriptedServer { _, count in
            count == 1 ? .cut : .json(201, #"{"kind":"Job"}"#)
        }
        _ = try Self.client(server).create("/jobs", ["kind": "Job"])
        let keys = server.seen.withLock { $0.map { $0.headers["Idempotency-Key"] } }
        #expect(keys.count == 2)
        #expect(keys[0] != nil && keys[0] == keys[1])
    }

    @Test func `a change is not sent twice when its answer is lost`() throws {
        let server = try ScriptedServer { _, _ in .cut }
        let client = try Self.client(server)
        let refusal = #expect(throws: Refusal.self) { try client.patch("/x", ["a": 1]) }
        #expect(refusal?.reason == .unavailable)
        #expect(server.seen.withLock { $0.count } == 1)
    }

    @Test func `a refused request is not repeated`() throws {
        let server = try ScriptedServer { _, _ in .json(404, #"{"message":"no such job"}"#) }
        let client = try Self.client(server)
        #expect(try client.find("/x") == nil)
        #expect(server.seen.withLock { $0.count } == 1)
    }

    @Test func `pages of a list are joined`() throws {
        let server = try ScriptedServer { seen, _ in
            seen.query.contains("continue=a%2Fb")
                ? .json(200, #"{"metadata":{},"items":[2]}"#)
                : .json(200, #"{"metadata":{"continue":"a/b"},"items":[1]}"#)
        }
        let list = try Self.client(server).list(Call(.get, "/x"))
        #expect(list["items"] == [1, 2])
    }

    @Test func `a server that another CA signed is not spoken to`() throws {
        let server = try ScriptedServer { _, _ in .json(200, "{}") }
        let other = try ScriptedServer { _, _ in .json(200, "{}") }
        let access = try Access(
            server: server.url, authority: other.authority(), token: "secret", source: "test")
        let client = APIClient(access, patience: Self.quick)
        #expect(throws: Refusal.self) { try client.get("/x") }
        #expect(server.seen.withLock { $0.isEmpty })
    }
}

/// Goal: what a server says reaches the user as a refusal with place, finding and remedy.
@Suite struct StatusTests {
    @Test func `a status with a cause keeps its field and its remedy`() throws {
        let refusal = Refusal(
            .invalid, field: "spec.roles[0].replicas", finding: "0 is out of range",
            remedy: "Use 1 to 16384")
        let body = """
            {"kind":"Status","message":"\(refusal)","reason":"Invalid","code":422,
            "details":{"causes":[{"field":"\(refusal.field)","message":"\(refusal.finding)"}]}}
            """
        #expect(Refusal(status: 422, body: Array(body.utf8)) == refusal)
    }

    @Test func `every defect of an object arrives, each with its remedy`() {
        let refusal = Refusal(
            .invalid, field: "a", finding: "1 is out of range", remedy: "Use 0",
            also: [Refusal(.invalid, field: "b.c", finding: "it is empty", remedy: "Fill it")])
        let causes = ([refusal] + refusal.also).map {
            #"{"field":"\#($0.field)","message":"\#($0.advice)"}"#
        }
        let body = """
            {"kind":"Status","message":"\(refusal)","reason":"Invalid","code":422,
            "details":{"causes":[\(causes.joined(separator: ","))]}}
            """
        #expect(Refusal(status: 422, body: Array(body.utf8)) == refusal)
    }

    @Test(arguments: Refusal.Reason.allCases)
    func `every reason survives the wire`(reason: Refusal.Reason) {
        let body = #"{"reason":"\#(reason.word)","message":"it is so. Do this."}"#
        let refusal = Refusal(status: reason.statusCode, body: Array(body.utf8))
        #expect(refusal == Refusal(reason, finding: "it is so", remedy: "Do this"))
    }

    @Test func `a page of a proxy becomes a refusal too`() {
        let refusal = Refusal(status: 502, body: Array("<html>Bad Gateway</html>".utf8))
        #expect(refusal.reason == .internalFailure)
        #expect(refusal.finding == "the server answered with status 502")
        #expect(!refusal.remedy.isEmpty)
    }

    @Test func `dots inside a finding do not end it`() {
        let body = #"{"message":"node a.b is at 1.5 GiB"}"#
        #expect(Refusal(status: 400, body: Array(body.utf8)).finding == "node a.b is at 1.5 GiB")
    }
}
