import Client
import HTTP
import Host
import Primitives
import Testing
import Wire

/// Goal: nobody who follows misses or doubles a change because a connection ended.
/// Method: a scripted server that ends, cuts and refuses watches.
@Suite struct FeedTests {
    private static func event(_ type: String, _ name: String, _ version: Int) -> String {
        let metadata = #"{"name":"\#(name)","resourceVersion":"\#(version)"}"#
        return #"{"type":"\#(type)","object":{"metadata":\#(metadata)}}"# + "\n"
    }

    private static func list(_ version: Int) -> Reply {
        .json(200, #"{"metadata":{"resourceVersion":"\#(version)"},"items":[]}"#)
    }

    private static func words(_ change: Change) -> String {
        switch change {
        case .listed(let list): "listed \(list["metadata"]?["resourceVersion"]?.string ?? "")"
        case .added(let object): "added \(object["metadata"]?["name"]?.string ?? "")"
        case .modified(let object): "modified \(object["metadata"]?["name"]?.string ?? "")"
        case .deleted(let object): "deleted \(object["metadata"]?["name"]?.string ?? "")"
        }
    }

    private static func follow(_ server: ScriptedServer, changes: Int) throws -> [String] {
        var seen: [String] = []
        try APIClientTests.client(server).follow(Call(.get, "/jobs")) { change in
            seen.append(words(change))
            return seen.count < changes
        }
        return seen
    }

    @Test func `a watch that breaks goes on after the last change`() throws {
        let server = try ScriptedServer { seen, count in
            guard seen.query.contains("watch=true") else { return Self.list(5) }
            if seen.query.contains("resourceVersion=5&") {
                // The last line is cut in half, and comes again whole.
                let half = String(Self.event("ADDED", "b", 7).prefix(20))
                return .pieces([Self.event("ADDED", "a", 6), half], isCut: true)
            }
            return .pieces(
                [Self.event("ADDED", "b", 7), Self.event("DELETED", "a", 8)], isCut: false)
        }
        let seen = try Self.follow(server, changes: 4)
        #expect(seen == ["listed 5", "added a", "added b", "deleted a"])
        let queries = server.seen.withLock { $0.map(\.query) }
        #expect(queries.last?.contains("resourceVersion=6&") ?? false)
    }

    @Test func `a bookmark moves the version on without a change`() throws {
        let server = try ScriptedServer { seen, _ in
            guard seen.query.contains("watch=true") else { return Self.list(1) }
            if seen.query.contains("resourceVersion=1&") {
                return .pieces([Self.event("BOOKMARK", "", 40)], isCut: false)
            }
            return .pieces([Self.event("MODIFIED", "a", 41)], isCut: false)
        }
        #expect(try Self.follow(server, changes: 2) == ["listed 1", "modified a"])
        let last = server.seen.withLock { $0.last?.query ?? "" }
        #expect(last.contains("resourceVersion=40&"))
    }

    @Test(arguments: [true, false])
    func `a version that is too old brings the whole list again`(asEvent: Bool) throws {
        let server = try ScriptedServer { seen, count in
            guard seen.query.contains("watch=true") else { return Self.list(count == 1 ? 2 : 90) }
            guard seen.query.contains("resourceVersion=2&") else {
                return .pieces([Self.event("ADDED", "z", 91)], isCut: false)
            }
            let status = #"{"kind":"Status","code":410,"reason":"Expired","message":"too old"}"#
            return asEvent
                ? .pieces([#"{"type":"ERROR","object":\#(status)}"# + "\n"], isCut: false)
                : .json(410, status)
        }
        #expect(try Self.follow(server, changes: 3) == ["listed 2", "listed 90", "added z"])
    }

    @Test func `a refusal ends a feed at once`() throws {
        let server = try ScriptedServer { _, _ in
            .json(403, #"{"reason":"Forbidden","message":"agents may not list jobs"}"#)
        }
        let refusal = #expect(throws: Refusal.self) { try Self.follow(server, changes: 1) }
        #expect(refusal?.reason == .forbidden)
        #expect(server.seen.withLock { $0.count } == 1)
    }

    @Test func `a log goes on at the byte where it broke off`() throws {
        let server = try ScriptedServer { seen, count in
            count == 1
                ? .pieces(["one\ntw"], isCut: true) : .pieces(["o\nthree\n"], isCut: false)
        }
        var text: [UInt8] = []
        let request = LogRequest(namespace: "default", pod: "a-worker-0", isFollowed: true)
        try APIClientTests.client(server).readLog(request) { bytes in
            text += bytes
            return true
        }
        #expect(String(decoding: text, as: UTF8.self) == "one\ntwo\nthree\n")
        let queries = server.seen.withLock { $0.map(\.query) }
        #expect(queries == ["follow=true", "follow=true&offset=6"])
    }

    @Test func `lines are cut the same however the bytes come`() {
        let text = Array("a\n\nbc\nd".utf8)
        for size in 1...text.count {
            var buffer = LineBuffer()
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines += buffer.add(Array(text[start..<min(start + size, text.count)]))
            }
            #expect(lines == [Array("a".utf8), [], Array("bc".utf8)])
            #expect(buffer.takeRest() == Array("d".utf8))
        }
    }
}
