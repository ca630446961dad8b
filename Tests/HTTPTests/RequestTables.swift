import HTTP
import Testing

/// What a parser made of some bytes: requests, and the failure that ended them if any.
struct Parsed: Equatable {
    var requests: [String] = []
    var bodies: [[UInt8]] = []
    var failure: Int?
}

/// Parses bytes handed over in pieces of the given sizes, the last one repeated.
func parse(_ bytes: [UInt8], pieces: [Int] = [Int.max], bodyLimit: Int = 1 << 20) -> Parsed {
    var parser = RequestParser()
    var parsed = Parsed()
    var start = 0
    var turn = 0
    while start < bytes.count {
        let size = pieces[min(turn, pieces.count - 1)]
        turn += 1
        let end = size >= bytes.count - start ? bytes.count : start + size
        let piece = Array(bytes[start..<end])
        start = end
        guard feed(piece, to: &parser, bodyLimit, &parsed) else { return parsed }
    }
    return parsed
}

private func feed(
    _ piece: [UInt8], to parser: inout RequestParser, _ bodyLimit: Int, _ parsed: inout Parsed
) -> Bool {
    var position = 0
    do throws(FramingFailure) {
        while true {
            switch try parser.consume(piece.span, from: &position) {
            case .needsMore: return true
            case .head(let head):
                parsed.requests.append("\(head.method.token) \(head.path) \(head.host)")
                try parser.admit(bodyLimit: bodyLimit)
            case .complete(let body): parsed.bodies.append(body)
            }
            if position == piece.count, parser.isIdle { return true }
        }
    } catch {
        parsed.failure = error.status
        return false
    }
}

/// A request with the lines given between the request line and the blank one.
func request(_ lines: String..., line: String = "GET / HTTP/1.1", body: String = "") -> String {
    ([line] + lines).joined(separator: "\r\n") + "\r\n\r\n" + body
}

/// One refusal and its status.
struct RefusedCase: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: String
    let status: Int
    var testDescription: String { name }

    init(_ name: String, _ status: Int, _ bytes: String) {
        self.name = name
        self.bytes = bytes
        self.status = status
    }
}

let refusedCases: [RefusedCase] = [
    .init("CL + TE", 400, request("Host: a", "Content-Length: 5", "Transfer-Encoding: chunked")),
    .init("TE + CL", 400, request("Host: a", "Transfer-Encoding: chunked", "Content-Length: 5")),
    .init("differing CL", 400, request("Host: a", "Content-Length: 5", "Content-Length: 6")),
    .init("equal CL twice", 400, request("Host: a", "Content-Length: 5", "Content-Length: 5")),
    .init("CL list", 400, request("Host: a", "Content-Length: 5, 5")),
    .init("CL with plus", 400, request("Host: a", "Content-Length: +5")),
    .init("CL negative", 400, request("Host: a", "Content-Length: -5")),
    .init("CL hexadecimal", 400, request("Host: a", "Content-Length: 0x5")),
    .init("CL empty", 400, request("Host: a", "Content-Length:")),
    .init("CL absurd", 413, request("Host: a", "Content-Length: 9999999999999999999999")),
    .init("CL over limit", 413, request("Host: a", "Content-Length: 1048577")),
    .init("bare CR in a value", 400, request("Host: a", "X: a\rb")),
    .init("bare CR at line end", 400, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    .init("NUL in a value", 400, request("Host: a", "X: a\0b")),
    .init("space before colon", 400, request("Host: a", "X : b")),
    .init("obs-fold", 400, request("Host: a", "X: a", " b")),
    .init("obs-fold with tab", 400, request("Host: a", "X: a", "\tb")),
    .init("bare LF line ends", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    .init("LF before the blank line", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    .init("TE xchunked", 501, request("Host: a", "Transfer-Encoding: xchunked")),
    .init("TE gzip, chunked", 501, request("Host: a", "Transfer-Encoding: gzip, chunked")),
    .init("TE identity", 501, request("Host: a", "Transfer-Encoding: identity")),
    .init(
        "TE twice", 400,
        request("Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")),
    .init(
        "TE in 1.0", 400,
        request("Host: a", "Transfer-Encoding: chunked", line: "POST / HTTP/1.0")),
    .init("no Host", 400, request("X: a")),
    .init("two Hosts", 400, request("Host: a", "Host: a")),
    .init("empty Host", 400, request("Host:")),
    .init("Host with user", 400, request("Host: a@b")),
    .init("Host with path", 400, request("Host: a/b")),
    .init("Host with bad port", 400, request("Host: a:x")),
    .init("Host with unclosed bracket", 400, request("Host: [::1")),
    .init("HTTP/1.9", 505, request("Host: a", line: "GET / HTTP/1.9")),
    .init("HTTP/2.0", 505, request("Host: a", line: "GET / HTTP/2.0")),
    .init("no version", 400, request("Host: a", line: "GET /")),
    .init("lower-case http", 400, request("Host: a", line: "GET / http/1.1")),
    .init("version with a tail", 400, request("Host: a", line: "GET / HTTP/1.1 ")),
    .init("two spaces", 400, request("Host: a", line: "GET  / HTTP/1.1")),
    .init("tab for a space", 400, request("Host: a", line: "GET\t/ HTTP/1.1")),
    .init("leading space", 400, request("Host: a", line: " GET / HTTP/1.1")),
    .init("unknown method", 501, request("Host: a", line: "BREW / HTTP/1.1")),
    .init("lower-case method", 501, request("Host: a", line: "get / HTTP/1.1")),
    .init("CONNECT", 501, request("Host: a", line: "CONNECT / HTTP/1.1")),
    .init("absolute form", 400, request("Host: a", line: "GET http://a/ HTTP/1.1")),
    .init("asterisk", 400, request("Host: a", line: "OPTIONS * HTTP/1.1")),
    .init("fragment", 400, request("Host: a", line: "GET /#a HTTP/1.1")),
    .init("quote in the target", 400, request("Host: a", line: "GET /\"a HTTP/1.1")),
    .init("UTF-8 in the target", 400, request("Host: a", line: "GET /\u{e9} HTTP/1.1")),
    .init("UTF-8 in a value", 400, request("Host: a", "X: \u{e9}")),
    .init("underscore in a name", 400, request("Host: a", "X_Y: b")),
    .init("empty name", 400, request("Host: a", ": b")),
    .init("line without colon", 400, request("Host: a", "abc")),
    .init("two Authorizations", 400, request("Host: a", "Authorization: a", "authorization: b")),
    .init("two Content-Types", 400, request("Host: a", "Content-Type: a", "Content-Type: a")),
    .init("two Origins", 400, request("Host: a", "Origin: a", "Origin: b")),
    .init("other expectation", 417, request("Host: a", "Expect: a-miracle")),
    .init("three empty lines", 400, "\r\n\r\n\r\n" + request("Host: a")),
    .init(
        "long request line", 414,
        request("Host: a", line: "GET /\(String(repeating: "a", count: 8200)) HTTP/1.1")),
    .init("long head", 431, request("Host: a", "X: \(String(repeating: "a", count: 33_000))")),
    .init("endless line", 414, String(repeating: "a", count: 9_000)),
    .init(
        "too many fields", 431,
        "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: a\r\n", count: 100) + "\r\n"),
]

/// Paths that two readers could take for different things.
let refusedPaths = [
    "/a%", "/a%2", "/a%zz", "/a%2fb", "/a%2Fb", "/a%5cb", "/a%00", "/a%0a", "/a%7f", "/%2e%2e/b",
    "/a%2eb", "/a%252f", "//", "//a", "/a//b", "/a//", "/.", "/./a", "/a/.", "/a/./b", "/..",
    "/../a", "/a/..", "/a/../b", "/a;b", "/a;", "/a\\b",
]

/// Chunked bodies that are refused, with their statuses.
let refusedChunks: [(body: String, status: Int)] = [
    ("5\nhello\r\n0\r\n\r\n", 400), ("5\r\nhello0\r\n\r\n", 400), ("5\r\nhell\r\n0\r\n\r\n", 400),
    ("-5\r\nhello\r\n0\r\n\r\n", 400), ("0x5\r\nhello\r\n0\r\n\r\n", 400),
    (" 5\r\nhello\r\n0\r\n\r\n", 400), ("5 \r\nhello\r\n0\r\n\r\n", 400),
    ("\r\nhello\r\n0\r\n\r\n", 400), ("000000005\r\nhello\r\n0\r\n\r\n", 400),
    ("ffffffff\r\n", 413), ("5\rhello", 400), ("5;a\nhello\r\n0\r\n\r\n", 400),
    ("5;\u{1}\r\nhello\r\n0\r\n\r\n", 400), ("0\r\nno colon\r\n\r\n", 400),
    ("0\r\n: empty\r\n\r\n", 400), ("0\r\n a: b\r\n\r\n", 400), ("0\r\na: b\n\r\n", 400),
    ("0\r\n\n", 400), ("5;\(String(repeating: "e", count: 4_100))\r\nhello\r\n0\r\n\r\n", 400),
    ("0\r\na: \(String(repeating: "t", count: 8_200))\r\n\r\n", 431),
]
