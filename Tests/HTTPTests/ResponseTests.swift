import HTTP
import Primitives
import Testing

/// Goal: what the writer writes the client's parser reads back, however it is cut.
@Suite struct ResponseTests {
    private let standard = ResponseWriter.StandardFields(
        date: "Sun, 06 Nov 1994 08:49:37 GMT", isSecure: true)

    private func text(_ status: Int, _ headers: Headers, _ framing: ResponseWriter.Framing)
        -> String
    {
        var output: [UInt8] = []
        ResponseWriter.head(
            status, headers, framing, standard: standard, closes: true, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `every answer carries the standard fields`() {
        let head = text(200, Headers([("X-A", "b")]), .length(3))
        #expect(
            head == """
                HTTP/1.1 200 OK\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                X-Content-Type-Options: nosniff\r
                Strict-Transport-Security: max-age=31536000\r
                Cache-Control: no-store\r
                X-A: b\r
                Content-Length: 3\r
                Connection: close\r
                \r

                """)
    }

    @Test func `a cache rule of the handler replaces the standard one`() {
        let head = text(304, Headers([("cache-control", "max-age=60")]), .none)
        #expect(!head.contains("no-store"))
        #expect(head.contains("cache-control: max-age=60"))
        #expect(!head.contains("Content-Length"))
    }

    @Test func `a forged line end in a field is dropped`() {
        let head = text(200, Headers([("X", "a\r\nEvil: yes"), ("Y\r\nZ", "b")]), .length(0))
        #expect(head.contains("X: aEvil: yes\r\n"))
        #expect(head.contains("YZ: b\r\n"))
    }

    private func read(_ bytes: [UInt8], piece: Int, answersHead: Bool = false) throws -> String {
        var parser = ResponseParser(answersHead: answersHead)
        var seen = ""
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            var position = 0
            events: while true {
                switch try parser.consume(part.span, from: &position) {
                case .needsMore: break events
                case .head(let head): seen += "\(head.status) \(head.keepsAlive) "
                case .body(let body): seen += String(decoding: body, as: UTF8.self)
                case .complete: return seen + " end"
                }
            }
        }
        try parser.end()
        return seen + " closed"
    }

    @Test(arguments: [1, 2, 7, 1_000])
    func `answers of every framing are read back`(piece: Int) throws {
        let fixed = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        #expect(try read(Array(fixed.utf8), piece: piece) == "200 true hello end")
        let interim = "HTTP/1.1 100 Continue\r\n\r\n" + fixed
        #expect(try read(Array(interim.utf8), piece: piece) == "200 true hello end")
        let chunked =
            "HTTP/1.1 201 C\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        #expect(try read(Array(chunked.utf8), piece: piece) == "201 true abcde end")
        let open = "HTTP/1.0 200 OK\r\n\r\nuntil close"
        #expect(try read(Array(open.utf8), piece: piece) == "200 false until close closed")
        let empty = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        #expect(try read(Array((empty + " ").utf8), piece: piece) == "204 false  end")
    }

    @Test func `an answer that breaks off is a failure`() {
        let cut = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel".utf8)
        #expect(throws: FramingFailure.self) { try read(cut, piece: 100) }
        let foreign = Array("SSH-2.0-OpenSSH_9.2\r\n\r\n".utf8)
        #expect(throws: FramingFailure.self) { try read(foreign, piece: 100) }
    }

    @Test func `the answer to HEAD has no body`() throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n ".utf8)
        #expect(try read(head, piece: 100, answersHead: true) == "200 true  end")
    }

    @Test(arguments: [21, 22] as [UInt64])
    func `mutated answers never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let good = Array(
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\n\r\n").utf8)
        let spice: [UInt8] = [0, 9, 10, 13, 32, 48, 57, 58, 59, 97, 102, 255]
        for _ in 0..<3_000 {
            var bytes = good
            for _ in 0..<dice.below(6) {
                let place = dice.below(bytes.count)
                if dice.hits(1, outOf: 2) {
                    bytes[place] = spice[dice.below(spice.count)]
                } else {
                    bytes.remove(at: place)
                }
            }
            let whole = Result { try read(bytes, piece: 1_000) }
            let cut = Result { try read(bytes, piece: 1 + dice.below(9)) }
            #expect((try? whole.get()) == (try? cut.get()), "seed \(seed)")
        }
    }
}
