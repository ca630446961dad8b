import Foundation
import Host
import Primitives
import Testing

/// Goal: the small powers do what their names say. Method: one call each against the live kernel.
@Suite struct MachineTests {
    @Test func `the clocks go on`() throws {
        #expect(abs(Clock.now().milliseconds - Int64(Date().timeIntervalSince1970 * 1000)) < 5000)
        let first = (
            Clock.monotonicMilliseconds(), Clock.boottimeMilliseconds(), Clock.threadNanoseconds()
        )
        usleep(20_000)
        #expect(Clock.monotonicMilliseconds() - first.0 >= 20)
        #expect(Clock.boottimeMilliseconds() - first.1 >= 20)
        #expect(Clock.threadNanoseconds() > first.2)
        #expect(Clock.processNanoseconds() > 0)
    }

    @Test func `the system says what it is`() throws {
        let facts = SystemFacts.current()
        let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        #expect(facts.kernel + "\n" == release)
        #expect(["amd64", "arm64"].contains(facts.architecture))
        let words = try String(contentsOfFile: "/etc/os-release", encoding: .utf8)
        #expect(words.contains("\"\(facts.distribution)\"\n"))
    }

    @Test func `tokens are long, plain and never the same`() throws {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let hex = try Entropy.hexToken()
            let base62 = try Entropy.base62Token()
            #expect(hex.utf8.count == 64 && base62.utf8.count == 43)
            #expect(
                base62.utf8.allSatisfy {
                    UnicodeScalar($0).properties.isAlphabetic || (48...57).contains($0)
                })
            #expect(seen.insert(hex).inserted && seen.insert(base62).inserted)
        }
        #expect(try Entropy.bytes(0).isEmpty)
        #expect(Set(try Entropy.bytes(4096)).count > 200)
    }

    @Test func `an error names the call, the file and the cause`() throws {
        let error = try #require(throws: SystemError.self) { try Files.read("/nowhere", limit: 1) }
        #expect(error.description == "open /nowhere: no such file or directory")
        #expect(error.refusal(remedy: "Make it").reason == .notFound)
        #expect(SystemError("x", code: 99_999).text == "error 99999")
    }

    @Test func `a file is replaced at once with the given mode`() throws {
        let base = try temporary()
        defer { try? FileManager.default.removeItem(atPath: base) }
        try Files.makeDirectories("\(base)/a/b", mode: 0o700)
        try Files.makeDirectories("\(base)/a/b", mode: 0o755)
        let path = "\(base)/a/b/f"
        try Files.write([1, 2, 3], to: path, mode: 0o640)
        try Files.write([4], to: path, mode: 0o604, durable: false)
        #expect(try Files.read(path, limit: 1) == [4])
        #expect(try Files.list("\(base)/a/b") == ["f"])
        var facts = stat()
        #expect(lstat(path, &facts) == 0 && facts.st_mode & 0o7777 == 0o604)
        try Files.remove(path)
        try Files.remove(path)
        #expect(!Files.exists(path))
        #expect(throws: SystemError.self) { try Files.makeDirectories("/dev/null/x", mode: 0o700) }
    }

    @Test func `reads are bounded and follow no links`() throws {
        let base = try temporary()
        defer { try? FileManager.default.removeItem(atPath: base) }
        try Files.makeDirectories(base, mode: 0o700)
        try Files.write([1, 2, 3], to: "\(base)/f", mode: 0o600)
        symlink("\(base)/f", "\(base)/l")
        #expect(throws: SystemError("read", on: "\(base)/f", code: EFBIG)) {
            try Files.read("\(base)/f", limit: 2)
        }
        #expect(throws: SystemError("open", on: "\(base)/l", code: ELOOP)) {
            try Files.read("\(base)/l", limit: 9)
        }
        #expect(try Files.read("\(base)/f", at: 2, atMost: 10) == [3])
        #expect(try Files.read("\(base)/f", at: 99, atMost: 10).isEmpty)
        try Files.removeFlatDirectory(base)
        #expect(!Files.exists(base))
    }

    @Test func `a lock keeps threads apart and a wait sees changes`() throws {
        let sum = Lock(0)
        let threads = try (0..<4).map { number in
            try Thread.spawn(name: "count-\(number)-with-a-long-name") {
                for _ in 0..<10_000 { sum.change { $0 += 1 } }
            }
        }
        let seen = sum.wait(atMostMilliseconds: 20_000, until: { $0 == 40_000 }) { $0 }
        for thread in threads { thread.join() }
        threads.first?.join()
        #expect(seen == 40_000)
        #expect(!sum.wait(atMostMilliseconds: 10, until: { $0 < 0 }) { $0 < 0 })
    }

    @Test func `a process is not mistaken for another with its number`() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sleep")
        process.arguments = ["100"]
        try process.run()
        let identity = try #require(try ProcessIdentity.of(process.processIdentifier))
        #expect(try identity.isAlive())
        let other = ProcessIdentity(
            pid: identity.pid, startTime: identity.startTime - 1, boot: identity.boot)
        let earlier = ProcessIdentity(
            pid: identity.pid, startTime: identity.startTime, boot: BootIdentity("another"))
        for stranger in [other, earlier] {
            #expect(try !stranger.isAlive())
            #expect(try !stranger.send(SIGKILL))
            #expect(try stranger.open() == nil)
        }
        #expect(process.isRunning)
        #expect(try identity.send(SIGKILL))
        process.waitUntilExit()
        #expect(try !identity.isAlive())
        #expect(try !identity.send(SIGKILL))
    }

    @Test func `a pidfd tells the end of a process that is no child`() throws {
        let rank = try Rank()
        try rank.start(Rank.order(["sleep", "0.3"]))
        #expect(try eventually { try rank.directory.started() != nil })
        let leader = try #require(try rank.directory.started()).leader
        guard let handle = try leader.open() else {
            Issue.record("the leader is gone")
            return
        }
        var poll = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        #expect(Foundation.poll(&poll, 1, 10_000) == 1)
        #expect(try rank.end().outcome == .exited(code: 0))
    }

    @Test func `the service manager is told`() throws {
        let path = try temporary()
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let socket = Descriptor(owning: number)
        defer { unlink(path) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let notify = ServiceNotify(socketPath: path)
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(notify.send(.ready))
        #expect(recv(socket.number, &buffer, 100, 0) == 7)
        #expect(notify.send(.status("one\nREADY=1")))
        let count = recv(socket.number, &buffer, 100, 0)
        #expect(String(decoding: buffer[..<count], as: UTF8.self) == "STATUS=one READY=1")
        #expect(!ServiceNotify(socketPath: nil).send(.stopping))
    }

    @Test func `signals are read instead of suffered`() throws {
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let signals = try Signals()
        #expect(try signals.next(withinMilliseconds: 0) == nil)
        // To this thread only: the others of the test process do not block them.
        pthread_kill(pthread_self(), SIGHUP)
        #expect(try signals.next(withinMilliseconds: 1000) == .reload)
        pthread_kill(pthread_self(), SIGTERM)
        #expect(try signals.next(withinMilliseconds: 1000) == .terminate)
    }

    @Test func `machine and boot have names`() throws {
        #expect(try BootIdentity.current().text.utf8.count == 36)
        #expect(try !HostName.current().isEmpty)
        #expect(
            try HostName.current() == ProcessInfo.processInfo.hostName
                || ProcessInfo.processInfo.hostName == "localhost")
    }

    private func temporary() throws -> String {
        "/tmp/muster-host-\(try Entropy.hexToken().prefix(16))"
    }
}
