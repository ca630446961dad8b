import HTTP
import Primitives
import Testing

/// Goal: frames survive any cut, and what RFC 6455 forbids ends with the close code it names.
@Suite struct WebSocketTests {
    private func run(
        _ bytes: [UInt8], piece: Int = 1 << 20, role: WebSocketCodec.Role = .server,
        limit: Int = 1 << 20
    ) -> (events: [WebSocketCodec.Event], failure: UInt16?) {
        var codec = WebSocketCodec(role: role, maxMessageBytes: limit)
        var events: [WebSocketCodec.Event] = []
        do throws(WebSocketFailure) {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                let part = Array(bytes[start..<min(start + piece, bytes.count)])
                var position = 0
                while true {
                    let event = try codec.consume(part.span, from: &position)
                    if event == .needsMore { break }
                    events.append(event)
                }
            }
        } catch {
            return (events, error.code)
        }
        return (events, nil)
    }

    @Test func `the accept key is the one of the RFC`() {
        let accept = WebSocketHandshake.accept(key: "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(
            WebSocketHandshake.key(from: Array("the sample nonce".utf8))
                == "dGhlIHNhbXBsZSBub25jZQ==")
    }

    @Test(arguments: [1, 2, 5, 1 << 20])
    func `messages of every length class survive any cut`(piece: Int) {
        var bytes: [UInt8] = []
        let sizes = [0, 1, 125, 126, 65_535, 65_536]
        for size in sizes {
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            WebSocketCodec.write(.binary, payload, mask: 0x1234_5678, into: &bytes)
        }
        WebSocketCodec.write(.text, Array("grüße".utf8), mask: 7, into: &bytes)
        let (events, failure) = run(bytes, piece: piece)
        #expect(failure == nil)
        #expect(events.count == sizes.count + 1)
        for (event, size) in zip(events, sizes) {
            #expect(event == .binary((0..<size).map { UInt8(truncatingIfNeeded: $0) }))
        }
        #expect(events.last == .text("grüße"))
    }

    @Test func `control frames may come between fragments`() {
        let bytes: [UInt8] = [0x01, 2, 104, 101, 0x89, 1, 9, 0x80, 1, 121, 0x88, 2, 3, 232]
        let (events, failure) = run(bytes, role: .client)
        #expect(failure == nil)
        #expect(events == [.ping([9]), .text("hey"), .close(1000)])
    }

    @Test(
        arguments: [
            ([0x81, 0x01, 97], 1002), ([0xc1, 0x80, 0, 0, 0, 0], 1002),
            ([0x83, 0x80, 0, 0, 0, 0], 1002),
            ([0x09, 0x80, 0, 0, 0, 0], 1002), ([0x89, 0xfe, 0, 126, 0, 0, 0, 0], 1002),
            ([0x80, 0x80, 0, 0, 0, 0], 1002), ([0x81, 0xfe, 0, 5, 0, 0, 0, 0], 1002),
            ([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
            ([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], 1009),
            ([0x81, 0x81, 0, 0, 0, 0, 0xff], 1007), ([0x88, 0x81, 0, 0, 0, 0, 3], 1002),
            ([0x88, 0x82, 0, 0, 0, 0, 3, 237], 1002),
            ([0x88, 0x83, 0, 0, 0, 0, 3, 232, 0xff], 1007),
            ([0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], 1002),
        ] as [([UInt8], UInt16)])
    func `forbidden frames end with their close code`(bytes: [UInt8], code: UInt16) {
        #expect(run(bytes, limit: 1_000).failure == code)
        #expect(run(bytes, piece: 1, limit: 1_000).failure == code)
    }

    @Test func `fragments may not add up to more than the limit`() {
        let bytes: [UInt8] = [0x01, 3, 97, 97, 97, 0x80, 3, 97, 97, 97]
        #expect(run(bytes, role: .client, limit: 6).events == [.text("aaaaaa")])
        #expect(run(bytes, role: .client, limit: 5).failure == 1009)
    }

    @Test(arguments: [11, 12] as [UInt64])
    func `random frames never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<3_000 {
            var bytes = (0..<dice.below(60)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            if !bytes.isEmpty { bytes[0] &= 0x8f }
            let whole = run(bytes, limit: 40)
            let cut = run(bytes, piece: 1, limit: 40)
            #expect(whole.events == cut.events && whole.failure == cut.failure, "seed \(seed)")
        }
    }

    @Test func `an upgrade needs version, key and an offered subprotocol`() throws {
        func head(_ extra: [(String, String)]) -> RequestHead {
            let base = [("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade")]
            return RequestHead(
                method: .get, path: "/", headers: Headers((base + extra).map { ($0.0, $0.1) }))
        }
        let key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        let version = ("Sec-WebSocket-Version", "13")
        let offer = ("Sec-WebSocket-Protocol", "v5.channel.k8s.io, v4.channel.k8s.io")
        let good = head([key, version, offer])
        #expect(WebSocketHandshake.offers(good) == ["v5.channel.k8s.io", "v4.channel.k8s.io"])
        let fields = try WebSocketHandshake.answer(to: good, subprotocol: "v4.channel.k8s.io")
        #expect(fields["sec-websocket-protocol"] == "v4.channel.k8s.io")
        for bad in [head([version]), head([("Sec-WebSocket-Key", "short"), version])] {
            #expect(throws: FramingFailure.self) {
                try WebSocketHandshake.answer(to: bad, subprotocol: nil)
            }
        }
        let old = head([key, ("Sec-WebSocket-Version", "8")])
        #expect(throws: FramingFailure(426, "WebSocket version other than 13")) {
            try WebSocketHandshake.answer(to: old, subprotocol: nil)
        }
        #expect(throws: FramingFailure.self) {
            try WebSocketHandshake.answer(to: good, subprotocol: "unoffered")
        }
    }
}
