import Foundation
import HTTP
import Network
import Primitives
import Testing

/// Goal: our client, curl and WebSockets reach the server over real TLS, and only the right one.
@Suite struct TLSTests {
    @Test func `the client speaks to the server over TLS and keeps the connection`() throws {
        let server = try Server()
        let client = try server.client()
        let echo = try client.send(.post, "/a", body: Array("hello".utf8))
        #expect(echo.status == 200)
        #expect(echo.body == Array("POST /a hello".utf8))
        #expect(echo.headers["strict-transport-security"] != nil)
        #expect(try client.send(.get, "/principal").body == Array("1".utf8))
        #expect(try client.send(.get, "/principal").body == Array("2".utf8))
        #expect(try client.send(.get, "/stream").body == Array("one two".utf8))
        #expect(try client.send(.get, "/parts").body == Array("abc".utf8))
        #expect(try client.send(.head, "/parts").body.isEmpty)
        #expect(try client.send(.get, "/big").body.count == 3 << 20)
        let large = [UInt8](repeating: 98, count: 1 << 20)
        #expect(try client.send(.put, "/a", body: large).body.count == 7 + large.count)
        #expect(server.connectionCount == 1)
    }

    @Test func `a refused large body is reported to the client, not lost`() throws {
        let server = try Server()
        let client = try server.client()
        let answer = try client.send(
            .post, "/small", body: [UInt8](repeating: 98, count: 150_000))
        #expect(answer.status == 413)
        #expect(try client.send(.get, "/principal").body == Array("1".utf8))
    }

    @Test func `a server with another CA or name is refused`() throws {
        let server = try Server()
        let other = try Server()
        let foreign = try TLSContext.client(authority: other.certificates.authorityPath)
        let stranger = ClientConnection(
            to: .tls(host: "localhost", port: server.tlsPort), tls: foreign)
        #expect(throws: Refusal.self) { try stranger.send(.get, "/a") }
        let own = try TLSContext.client(authority: server.certificates.authorityPath)
        let wrongName = ClientConnection(
            to: .tls(host: "127.0.0.2", port: server.tlsPort), tls: own)
        #expect(throws: Refusal.self) { try wrongName.send(.get, "/a") }
        let byAddress = ClientConnection(
            to: .tls(host: "127.0.0.1", port: server.tlsPort), tls: own)
        #expect(try byAddress.send(.get, "/a").status == 200)
    }

    @Test func `a dead keep-alive connection is replaced for what may be repeated`() throws {
        var limits = NetworkLimits()
        limits.requestsPerConnection = 10_000
        limits.idleMilliseconds = 60
        let server = try Server(limits)
        let client = try server.client()
        #expect(try client.send(.get, "/a").status == 200)
        usleep(300_000)
        #expect(try client.send(.get, "/a").status == 200)
    }

    @Test func `the Unix socket answers and names its user`() throws {
        let server = try Server()
        let client = ClientConnection(to: .unix(path: server.socketPath), tls: nil)
        let answer = try client.send(.get, "/peer")
        #expect(answer.body == Array("unix(user: \(getuid())) false".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: server.socketPath)
        #expect(mode[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a socket file in use is not taken over, a stale one is`() throws {
        let server = try Server()
        let second = try Reactor()
        #expect(throws: Refusal.self) {
            try second.listen(unix: server.socketPath, handler: server.echo)
        }
        let stale = server.folder + "/stale.sock"
        let script = "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\(stale)')"
        #expect(try execute("/usr/bin/env", ["python3", "-c", script]).status == 0)
        try second.listen(unix: stale, handler: server.echo)
    }

    @Test func `curl is served and verifies the CA`() throws {
        let server = try Server()
        let url = "https://localhost:\(server.tlsPort)"
        let pin = ["-sS", "--max-time", "5", "--cacert", server.certificates.authorityPath]
        let twice = try execute("/usr/bin/curl", pin + ["-d", "hi", "\(url)/a", "\(url)/b"])
        #expect(twice.output == "POST /a hiPOST /b hi")
        let chunked = try execute(
            "/usr/bin/curl",
            pin + ["-H", "Transfer-Encoding: chunked", "-d", "hi", "\(url)/a"])
        #expect(chunked.output == "POST /a hi")
        let packed = try execute(
            "/usr/bin/curl",
            pin + [
                "--compressed", "-o", "/dev/null", "-D", "-", "-w", "%{size_download}",
                "\(url)/big",
            ])
        #expect(packed.output.contains("Content-Encoding: gzip"))
        let sent = Int(packed.output.split(whereSeparator: \.isNewline).last ?? "") ?? .max
        #expect(sent < 100_000)
        let whole = try execute(
            "/bin/bash",
            [
                "-c",
                "curl -sS --compressed --cacert \(server.certificates.authorityPath) "
                    + "\(url)/big | tr -d a | wc -c",
            ])
        #expect(whole.output.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        let unpinned = try execute("/usr/bin/curl", ["-sS", "--max-time", "5", "\(url)/a"])
        #expect(unpinned.status == 60)
        let old = try execute("/usr/bin/curl", pin + ["--tls-max", "1.1", "\(url)/a"])
        #expect(old.status == 35)
        let twelve = try execute("/usr/bin/curl", pin + ["--tls-max", "1.2", "\(url)/a"])
        #expect(twelve.output == "GET /a ")
    }

    @Test func `certificates are made once, privately, and tell their end`() throws {
        let server = try Server()
        let key = try FileManager.default.attributesOfItem(atPath: server.certificates.keyPath)
        #expect(key[.posixPermissions] as? Int == 0o600)
        let before = try Data(contentsOf: URL(fileURLWithPath: server.certificates.keyPath))
        _ = try Certificates.prepare(in: server.folder, names: ["other"], addresses: [])
        let after = try Data(contentsOf: URL(fileURLWithPath: server.certificates.keyPath))
        #expect(before == after)
        let expiry = try Certificates.expiry(of: server.certificates.certificatePath)
        let days = (Double(expiry) - Date().timeIntervalSince1970) / 86_400
        #expect((729...731).contains(days))
        let verified = try execute(
            "/usr/bin/openssl",
            [
                "verify", "-x509_strict", "-CAfile", server.certificates.authorityPath,
                server.certificates.certificatePath,
            ])
        #expect(verified.status == 0, "\(verified.output)")
        chmod(server.certificates.keyPath, 0o644)
        #expect(throws: Refusal.self) {
            try TLSContext.server(
                certificate: server.certificates.certificatePath, key: server.certificates.keyPath)
        }
    }

    @Test func `certificates that a crash left out are made from the keys that exist`() throws {
        let server = try Server()
        let files = FileManager.default
        try files.removeItem(atPath: server.certificates.certificatePath)
        try files.removeItem(atPath: server.certificates.authorityPath)
        let again = try Certificates.prepare(
            in: server.folder, names: ["localhost"], addresses: [])
        _ = try TLSContext.server(certificate: again.certificatePath, key: again.keyPath)
        #expect(
            try files.contentsOfDirectory(atPath: server.folder).sorted() == [
                "ca.key", "ca.pem", "muster.sock", "server.key", "server.pem",
            ])
    }

    @Test func `a name that would reach into the extension text is refused`() {
        #expect(throws: Refusal.self) {
            try Certificates.prepare(in: "/tmp", names: ["a,IP:1.2.3.4"], addresses: [])
        }
    }

    @Test func `a WebSocket echoes over TLS and closes in good order`() throws {
        let server = try Server()
        let tls = try TLSContext.client(authority: server.certificates.authorityPath)
        let reactor = server.reactor
        let got = Carried(value: Slot<[WebSocket.Message]>())
        let closed = Carried(value: Slot<UInt16>())
        let done = DispatchSemaphore(value: 0)
        let port = server.tlsPort
        let large = [UInt8](repeating: 7, count: 300_000)
        reactor.post {
            reactor.connectWebSocket(
                to: .tls(host: "localhost", port: port), tls: tls, path: "/socket",
                headers: Headers()
            ) { outcome in
                guard case .success(let socket) = outcome else {
                    Issue.record("no WebSocket: \(outcome)")
                    done.signal()
                    return
                }
                socket.onMessage { [unowned socket] message in
                    got.value.value = (got.value.value ?? []) + [message]
                    if got.value.value?.count == 2 { socket.close(1000) }
                }
                socket.onClosed { code in
                    closed.value.value = code
                    done.signal()
                }
                socket.send(text: "grüße")
                socket.send(binary: large)
            }
        }
        #expect(done.wait(timeout: .now() + 5) == .success)
        #expect(got.value.value == [.text("grüße"), .binary(large)])
        #expect(closed.value.value == 1000)
    }

    @Test func `a refused upgrade is reported with its status`() throws {
        let server = try Server()
        let reactor = server.reactor
        let path = server.socketPath
        let result = Carried(value: Slot<String>())
        let done = DispatchSemaphore(value: 0)
        reactor.post {
            reactor.connectWebSocket(
                to: .unix(path: path), tls: nil, path: "/a", headers: Headers()
            ) { outcome in
                if case .failure(let refusal) = outcome { result.value.value = refusal.finding }
                done.signal()
            }
        }
        #expect(done.wait(timeout: .now() + 5) == .success)
        #expect(result.value.value == "the upgrade was answered with 200 OK")
        let plain = try server.client(tls: false).send(.get, "/socket")
        #expect(plain.status == 400)
    }

    @Test func `new certificates are used after a reload`() throws {
        let server = try Server()
        let context = try TLSContext.server(
            certificate: server.certificates.certificatePath, key: server.certificates.keyPath)
        try context.reload()
        try FileManager.default.removeItem(atPath: server.certificates.certificatePath)
        #expect(throws: Refusal.self) { try context.reload() }
    }
}
