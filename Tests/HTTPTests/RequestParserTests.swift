import HTTP
import Primitives
import Testing

/// Goal: bytes that two parsers could read differently are refused, and everything else is read
/// alike however it is cut. Method: tables, every split, and seeded mutations.
@Suite struct RequestParserTests {
    @Test(arguments: refusedCases)
    func `what could be read two ways is refused`(refused: RefusedCase) {
        #expect(parse(Array(refused.bytes.utf8)).failure == refused.status)
    }

    @Test(arguments: refusedPaths)
    func `paths that could be read two ways are refused`(path: String) {
        #expect(parse(Array(request("Host: a", line: "GET \(path) HTTP/1.1").utf8)).failure == 400)
    }

    @Test(arguments: refusedChunks.indices)
    func `malformed chunks are refused`(index: Int) {
        let (body, status) = refusedChunks[index]
        let head = request("Host: a", "Transfer-Encoding: chunked", line: "POST / HTTP/1.1")
        #expect(parse(Array((head + body).utf8)).failure == status, "\(body.debugDescription)")
    }

    @Test(arguments: [
        "/", "/a", "/a/", "/a/b.c", "/a%20b", "/a/...", "/.a", "/a:b@c!$&'()*+,=~", "/a?b=/../%2f;",
    ])
    func `ordinary targets are accepted`(target: String) {
        let parsed = parse(Array(request("Host: a", line: "GET \(target) HTTP/1.1").utf8))
        #expect(parsed.failure == nil)
        #expect(parsed.requests.count == 1)
    }

    @Test func `a head tells host, query, fields and persistence`() throws {
        let bytes = Array(
            request(
                "hOST: Node-1.Example:8443", "X-Trace:  a b \t", "Accept-Encoding: br, gzip;q=0.5",
                "Connection: keep-alive, Upgrade", line: "GET /a?b=c&d HTTP/1.1"
            ).utf8)
        var parser = RequestParser()
        var position = 0
        guard case .head(let head) = try parser.consume(bytes.span, from: &position) else {
            Issue.record("no head was found")
            return
        }
        #expect(head.host == "node-1.example")
        #expect(head.path == "/a")
        #expect(head.query == "b=c&d")
        #expect(head.headers["x-trace"] == "a b")
        #expect(head.headers["absent"] == nil)
        #expect(head.headers.lists("UPGRADE", in: "connection"))
        #expect(head.acceptsGzip)
        #expect(head.keepsAlive)
        #expect(position == bytes.count)
    }

    @Test func `a gzip weight of zero is a refusal`() {
        func accepts(_ value: String) -> Bool {
            RequestHead(method: .get, path: "/", headers: Headers([("Accept-Encoding", value)]))
                .acceptsGzip
        }
        #expect(accepts("gzip"))
        #expect(accepts("deflate, gzip"))
        #expect(!accepts("gzip;q=0"))
        #expect(!accepts("gzip; q=0.000"))
        #expect(!accepts("br"))
    }

    /// Three pipelined requests: none, fixed and chunked bodies, with extension and trailer.
    private var sample: [UInt8] {
        Array(
            ("\r\n" + request("Host: [::1]:80", line: "GET /a HTTP/1.1")
                + request(
                    "Host: b", "Content-Length: 5", line: "POST /b HTTP/1.1", body: "hello")
                + request(
                    "Host: c", "Transfer-Encoding: Chunked", line: "PUT /c HTTP/1.1",
                    body: "5;x=y\r\nhello\r\n00006\r\n world\r\n0\r\nT: u\r\n\r\n")).utf8)
    }

    private var expected: Parsed {
        Parsed(
            requests: ["GET /a ::1", "POST /b b", "PUT /c c"],
            bodies: [[], Array("hello".utf8), Array("hello world".utf8)])
    }

    @Test func `a split at any byte reads as the whole`() {
        #expect(parse(sample) == expected)
        for split in 1..<sample.count {
            #expect(parse(sample, pieces: [split, Int.max]) == expected, "split at \(split)")
        }
        #expect(parse(sample, pieces: [1]) == expected)
    }

    @Test func `a refusal does not depend on how the bytes are cut`() {
        for refused in refusedCases {
            let bytes = Array(refused.bytes.utf8)
            for size in [1, 3, 61] {
                #expect(parse(bytes, pieces: [size]).failure == refused.status, "\(refused.name)")
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `mutated requests never trap and never depend on cuts`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let spice: [UInt8] = [
            0, 9, 10, 13, 32, 37, 44, 47, 48, 57, 58, 59, 92, 95, 97, 102, 127, 128, 255,
        ]
        for round in 0..<1_500 {
            var bytes = sample
            for _ in 0...dice.below(4) {
                let place = dice.below(bytes.count)
                switch dice.below(3) {
                case 0: bytes[place] = spice[dice.below(spice.count)]
                case 1: bytes.remove(at: place)
                default: bytes.insert(spice[dice.below(spice.count)], at: place)
                }
            }
            let whole = parse(bytes, bodyLimit: 64)
            let cut = parse(bytes, pieces: [1 + dice.below(40)], bodyLimit: 64)
            #expect(whole == cut, "seed \(seed) round \(round)")
        }
    }

    @Test func `chunks may not add up to more than the limit`() {
        let head = request("Host: a", "Transfer-Encoding: chunked", line: "POST / HTTP/1.1")
        let body = "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"
        let bytes = Array((head + body).utf8)
        #expect(parse(bytes, bodyLimit: 10).bodies == [Array("hellohello".utf8)])
        #expect(parse(bytes, bodyLimit: 9).failure == 413)
    }
}
