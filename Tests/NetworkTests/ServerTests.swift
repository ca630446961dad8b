import Foundation
import Glibc
import HTTP
import Network
import Primitives
import Testing

/// Goal: the reactor answers, refuses and cuts as promised. Method: raw bytes over loopback TCP.
@Suite struct ServerTests {
    private let get = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
    private let last = "GET /z HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    @Test func `pipelined requests are answered in order on one connection`() throws {
        let server = try Server()
        let text = server.raw(String(repeating: get, count: 50) + last)
        #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 52)
        #expect(text.hasSuffix("GET /z "))
        #expect(text.contains("Connection: close"))
    }

    @Test func `a request that waits holds back those behind it`() throws {
        let server = try Server()
        let arrived = server.expectWaiting()
        let descriptor = server.connectRaw()
        let later = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n" + last
        _ = later.withCString { send(descriptor, $0, strlen($0), 0) }
        #expect(arrived.wait(timeout: .now() + 3) == .success)
        let id = server.firstWaiting
        let reactor = server.reactor
        reactor.post {
            reactor.exchange(id)?.reply(200, Headers(), body: Array("late".utf8))
        }
        let text = server.readAll(descriptor)
        close(descriptor)
        #expect(text.contains("late"))
        #expect(text.hasSuffix("GET /z "))
        #expect(server.inside { reactor.exchange(id) == nil })
    }

    @Test func `an exchange is gone once its peer is`() throws {
        let server = try Server()
        let descriptor = server.connectRaw()
        let later = "GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n"
        _ = later.withCString { send(descriptor, $0, strlen($0), 0) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !String(decoding: buffer, as: UTF8.self).contains("first") {
            guard recv(descriptor, &buffer, buffer.count, 0) > 0 else { break }
        }
        close(descriptor)
        let deadline = Date().addingTimeInterval(3)
        while server.closedCount == 0, Date() < deadline {
            usleep(1_000)
        }
        #expect(server.closedCount == 1)
        #expect(server.connectionCount == 0)
    }

    @Test func `a slow reader who has half-closed still gets the whole answer`() throws {
        let server = try Server()
        let descriptor = server.connectRaw()
        defer { close(descriptor) }
        _ = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n".withCString {
            send(descriptor, $0, strlen($0), 0)
        }
        shutdown(descriptor, Int32(SHUT_WR))
        usleep(100_000)
        #expect(body(server.readAll(descriptor)).utf8.count == 3 << 20)
    }

    @Test func `four hundred waiting peers are served by one thread`() throws {
        let server = try Server()
        var held: [Int32] = []
        defer { for descriptor in held { close(descriptor) } }
        for _ in 0..<400 {
            let descriptor = server.connectRaw()
            held.append(descriptor)
            _ = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n".withCString {
                send(descriptor, $0, strlen($0), 0)
            }
        }
        let echo = server.echo
        let deadline = Date().addingTimeInterval(5)
        while server.inside({ echo.waiting.count }) < 400, Date() < deadline { usleep(1_000) }
        let reactor = server.reactor
        server.inside {
            for id in echo.waiting {
                reactor.exchange(id)?.reply(
                    200, Headers([("Connection", "close")]), body: Array("go".utf8))
            }
        }
        for descriptor in held {
            var buffer = [UInt8](repeating: 0, count: 1_024)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).hasSuffix("go"))
        }
    }

    @Test func `the date is now`() throws {
        let server = try Server()
        let answer = try server.client(tls: false).send(.get, "/a")
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        format.timeZone = TimeZone(identifier: "UTC")
        let date = try #require(format.date(from: answer.headers["date"] ?? ""))
        #expect(abs(date.timeIntervalSinceNow) < 3)
        #expect(format.string(from: date) == answer.headers["date"])
    }

    @Test func `HEAD gets the length and no body`() throws {
        let server = try Server()
        let text = server.raw(
            "HEAD /parts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(text.contains("Content-Length: 3"))
        #expect(body(text).isEmpty)
    }

    @Test func `100-continue is sent only where the body is awaited`() throws {
        let server = try Server()
        let head =
            "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
            + "Expect: 100-continue\r\nConnection: close\r\n\r\n"
        #expect(!server.raw(head + "hi").contains("100 Continue"))
        let descriptor = server.connectRaw()
        defer { close(descriptor) }
        _ = head.withCString { send(descriptor, $0, strlen($0), 0) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        #expect(count == 25)
        _ = send(descriptor, "hi", 2, 0)
        #expect(server.readAll(descriptor).hasSuffix("POST /a hi"))
    }

    @Test func `bad framing is answered and then closed`() throws {
        let server = try Server()
        let text = server.raw("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + get)
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(text.contains("Connection: close"))
        #expect(body(text).contains("\"code\":400"))
        #expect(!text.contains("200 OK"))
    }

    @Test func `413 reaches a client that keeps sending`() throws {
        let server = try Server()
        let head = "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
        let text = server.raw(Array(head.utf8) + [UInt8](repeating: 120, count: 200_000))
        #expect(text.hasPrefix("HTTP/1.1 413 "))
        #expect(body(text).contains("\"code\":413"))
    }

    @Test func `HTTP 1.0 gets a stream that ends with the connection`() throws {
        let server = try Server()
        let text = server.raw("GET /stream HTTP/1.0\r\nHost: localhost\r\n\r\n")
        #expect(!text.contains("chunked"))
        #expect(body(text) == "one two")
    }

    @Test func `a head that drips is cut by the total time`() throws {
        var limits = NetworkLimits()
        limits.headMilliseconds = 200
        let server = try Server(limits)
        let descriptor = server.connectRaw()
        defer { close(descriptor) }
        let start = Date()
        var alive = true
        for byte in Array("GET /a HTTP/1.1\r\nHost: localhost\r\nX: aaaaaaaaaaaaaaa".utf8)
        where alive {
            alive = send(descriptor, [byte], 1, 0x4000) == 1
            usleep(20_000)
        }
        let text = server.readAll(descriptor)
        #expect(text.hasPrefix("HTTP/1.1 408 "))
        #expect(Date().timeIntervalSince(start) < 2)
    }

    @Test func `an idle connection and a silent handshake are closed`() throws {
        var limits = NetworkLimits()
        limits.idleMilliseconds = 100
        limits.handshakeMilliseconds = 100
        let server = try Server(limits)
        #expect(server.raw("").isEmpty)
        let descriptor = server.connectRaw()
        close(descriptor)
        let silent = try execute(
            "/bin/bash",
            ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(server.tlsPort); timeout 3 cat <&3 | wc -c"])
        #expect(silent.output.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
    }

    @Test func `a slow body is cut by rate`() throws {
        var limits = NetworkLimits()
        limits.slowBodyMilliseconds = 100
        limits.idleMilliseconds = 400
        let server = try Server(limits)
        let head = "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nx"
        #expect(server.raw(head).hasPrefix("HTTP/1.1 408 "))
    }

    @Test func `the limit of connections per address holds`() throws {
        var limits = NetworkLimits()
        limits.connectionsPerAddress = 2
        limits.isLoopbackExempt = false
        let server = try Server(limits)
        let held = [server.connectRaw(), server.connectRaw()]
        defer { for descriptor in held { close(descriptor) } }
        let deadline = Date().addingTimeInterval(3)
        while server.connectionCount < 2,
            Date() < deadline
        {}
        #expect(server.raw(last).isEmpty)
        _ = last.withCString { send(held[0], $0, strlen($0), 0) }
        #expect(server.readAll(held[0]).hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test func `a connection is closed after its share of requests`() throws {
        var limits = NetworkLimits()
        limits.requestsPerConnection = 3
        let server = try Server(limits)
        let text = server.raw(String(repeating: get, count: 5))
        #expect(text.components(separatedBy: "200 OK").count == 4)
    }

    @Test func `a graceful stop finishes the answer in hand`() throws {
        let server = try Server()
        let arrived = server.expectWaiting()
        let waiting = server.connectRaw()
        let watching = server.connectRaw()
        let idle = server.connectRaw()
        _ = "GET /watch HTTP/1.1\r\nHost: a\r\n\r\n".withCString {
            send(watching, $0, strlen($0), 0)
        }
        _ = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n".withCString {
            send(waiting, $0, strlen($0), 0)
        }
        #expect(arrived.wait(timeout: .now() + 3) == .success)
        let id = server.firstWaiting
        let reactor = server.reactor
        reactor.stop(withinMilliseconds: 3_000)
        #expect(server.readAll(idle).isEmpty)
        #expect(server.readAll(watching).hasSuffix("0\r\n\r\n"))
        reactor.post { reactor.exchange(id)?.reply(200, Headers(), body: Array("done".utf8)) }
        #expect(server.readAll(waiting).hasSuffix("done"))
        for descriptor in [waiting, watching, idle] { close(descriptor) }
        server.stop()
    }

    @Test func `timers run in order and cancelled ones do not`() throws {
        let server = try Server()
        let order = Carried(value: Slot<[Int]>())
        let done = DispatchSemaphore(value: 0)
        let reactor = server.reactor
        reactor.post {
            order.value.value = []
            _ = reactor.after(milliseconds: 30) {
                order.value.value?.append(3)
                done.signal()
            }
            _ = reactor.after(milliseconds: 10) { order.value.value?.append(1) }
            let cancelled = reactor.after(milliseconds: 20) { order.value.value?.append(2) }
            reactor.cancel(cancelled)
        }
        #expect(done.wait(timeout: .now() + 3) == .success)
        #expect(order.value.value == [1, 3])
    }

    @Test func `a foreign descriptor is watched until it is not`() throws {
        let server = try Server()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let reactor = server.reactor
        let seen = DispatchSemaphore(value: 0)
        let held = Carried(value: Slot<WatchID>())
        let count = Carried(value: Slot<Int>())
        let problem = server.inside { () -> Refusal? in
            do throws(Refusal) {
                held.value.value = try reactor.watch(descriptor: reading, for: .readable) {
                    #expect($0.contains(.readable))
                    count.value.value = (count.value.value ?? 0) + 1
                    if let watch = held.value.value { reactor.unwatch(watch) }
                    seen.signal()
                }
                return nil
            } catch {
                return error
            }
        }
        #expect(problem == nil)
        _ = write(writing, "x", 1)
        #expect(seen.wait(timeout: .now() + 3) == .success)
        server.inside {}
        #expect(server.inside { count.value.value ?? 0 } == 1)
        close(reading)
        close(writing)
    }
}
