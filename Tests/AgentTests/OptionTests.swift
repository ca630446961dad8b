import Foundation
import Host
import Network
import Primitives
import Testing

@testable import Agent

/// What an operator tells the agent, and the names it gives to directories.
@Suite struct OptionTests {
    private func options(_ server: String) -> AgentOptions {
        AgentOptions(server: server, token: "t", dataDirectory: "/tmp/none")
    }

    @Test(arguments: [
        ("https://head:8443", "head", 8443), ("wss://10.0.0.1:1/", "10.0.0.1", 1),
        ("https://[::1]:99", "::1", 99), ("https://head", "head", 443),
    ])
    func `a controller's address is a host and a port`(
        text: String, host: String, port: UInt16
    ) throws {
        #expect(try options(text).endpoint() == .tls(host: host, port: port))
    }

    @Test(arguments: [
        "head:8443", "http://head:1", "https://", "https://:1", "https://head:0",
        "https://head:99999", "https://head:1/path", "https://[::1", "https://a b:1",
    ])
    func `anything else is refused`(text: String) {
        let refusal = #expect(throws: Refusal.self) { _ = try options(text).endpoint() }
        #expect(refusal?.field == "server")
    }

    @Test func `a token file that others may read is refused`() throws {
        let ground = try Ground()
        let path = "\(ground.folder)/token"
        try Files.write(Array("secret\n".utf8), to: path, mode: 0o600)
        #expect(try AgentOptions.readToken(path) == "secret")
        try Files.write(Array("secret\n".utf8), to: path, mode: 0o640)
        #expect(throws: Refusal.self) { _ = try AgentOptions.readToken(path) }
        for text in ["", "\n", "two words", "caf\u{e9}"] {
            try Files.write(Array(text.utf8), to: path, mode: 0o600)
            #expect(throws: Refusal.self) { _ = try AgentOptions.readToken(path) }
        }
        #expect(throws: Refusal.self) { _ = try AgentOptions.readToken("\(path).missing") }
    }

    @Test(arguments: [
        "1-2", "1-2-3-4", "01-2-3", "1-2-+3", "-1-2-3", "1-2-x", "1--3", "1-2-99999999999",
    ])
    func `only our own directory names are ranks`(text: String) {
        #expect(RankName(directoryName: text) == nil)
    }

    @Test func `a rank's directory name can be read back`() {
        let name = RankName(job: .max, attempt: 3, rank: .max)
        #expect(RankName(directoryName: name.directoryName) == name)
    }

    @Test func `pauses grow to five seconds and their half, and start over`() {
        var backoff = Backoff(seed: 1)
        let pauses = (0..<20).map { _ in backoff.pauseMilliseconds() }
        #expect((200..<300).contains(pauses[0]))
        #expect(pauses.suffix(10).allSatisfy { (5_000..<7_500).contains($0) })
        backoff.reset()
        #expect(backoff.pauseMilliseconds() < 300)
    }

    @Test func `a tail longer than the search limit starts at the limit`() throws {
        let ground = try Ground()
        let path = "\(ground.folder)/log"
        let bytes = [UInt8](repeating: 120, count: Int(LogStart.tailBytesMax) + 1000)
        try Files.write(bytes, to: path, mode: 0o600)
        #expect(try LogStart.ofLast(3, in: path) == 1000)
    }
}
