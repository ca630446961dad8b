import Foundation
import Host
import Primitives
import Testing

/// Goal: the exit record says truly how a rank ended. Method: real processes under the real step.
@Suite struct StepOutcomeTests {
    @Test(arguments: [Int32(0), 1, 7, 127, 255])
    func `an exit code arrives unchanged`(code: Int32) throws {
        let ending = try Rank().shell("exit \(code)")
        #expect(ending.outcome == .exited(code: code))
        #expect(ending.stop == .none)
        #expect(ending.endedAt.since(ending.startedAt).milliseconds < 10_000)
    }

    @Test(arguments: [SIGKILL, SIGSEGV, SIGTERM, SIGABRT])
    func `a signal is not an exit code and leaves no core`(number: Int32) throws {
        let ending = try Rank().shell("kill -\(number) $$")
        #expect(ending.outcome == .signalled(number: number, dumpedCore: false))
        #expect(ending.stop == .none)
    }

    @Test func `ten megabytes of output are all in the log`() throws {
        let rank = try Rank()
        let ending = try rank.shell("head -c 10485760 /dev/zero | tr '\\0' x; echo; echo last >&2")
        #expect(ending.outcome == .exited(code: 0))
        #expect(try Files.size(rank.directory.logPath) == 10_485_760 + 6)
        let tail = try rank.directory.log(at: 10_485_758, atMost: 100)
        #expect(String(decoding: tail, as: UTF8.self) == "xx\nlast\n")
    }

    @Test func `the environment is the order's and nothing else`() throws {
        setenv("MUSTER_LEAK", "1", 1)
        let rank = try Rank()
        var order = Rank.order(["env"])
        order.environment += [.init("EMPTY", ""), .init("LINES", "a\nb=c"), .init("Ü", "no")]
        #expect(throws: (any Error).self) { try order.encoded() }
        order.environment.removeLast()
        #expect(try rank.run(order).outcome == .exited(code: 0))
        let log = try rank.log()
        #expect(log == "PATH=/usr/bin:/bin\nEMPTY=\nLINES=a\nb=c\n")
    }

    @Test func `no descriptor but the three gets through`() throws {
        let null = open("/dev/null", O_RDONLY)
        defer { close(null) }
        #expect(fcntl(null, F_GETFD) == 0, "the leak must be inheritable to prove anything")
        let rank = try Rank()
        // Number 3 is the directory that ls itself reads.
        #expect(try rank.run(Rank.order(["ls", "/proc/self/fd"])).outcome == .exited(code: 0))
        let log = try rank.log()
        #expect(log == "0\n1\n2\n3\n")
    }

    @Test func `the child starts clean`() throws {
        let rank = try Rank()
        let ending = try rank.shell(
            "umask; ulimit -c; pwd; readlink /proc/self/fd/0; "
                + "grep -E '^(SigBlk|SigIgn|NoNewPrivs)' /proc/self/status")
        #expect(ending.outcome == .exited(code: 0))
        let log = try rank.log()
        #expect(
            log == """
                0022
                0
                /
                /dev/null
                SigBlk:\t0000000000000000
                SigIgn:\t0000000000000000
                NoNewPrivs:\t1

                """)
    }

    @Test func `a missing working directory is a launch failure`() throws {
        var order = Rank.order(["true"])
        order.workingDirectory = "/nowhere/at/all"
        let rank = try Rank()
        #expect(
            try rank.run(order).outcome
                == .launchFailed(
                    code: ENOENT, text: "working directory: No such file or directory"))
        #expect(try rank.directory.started() == nil)
    }

    @Test(arguments: [
        ("no-such-command", ENOENT), ("/no/such/command", ENOENT), ("/etc/passwd", EACCES),
        ("/tmp", EACCES), ("", ENOENT),
    ])
    func `a command that cannot run is a launch failure`(name: String, code: Int32) throws {
        guard case .launchFailed(let found, let text) = try Rank().run(Rank.order([name])).outcome
        else {
            Issue.record("\(name) started")
            return
        }
        #expect(found == code)
        #expect(text.hasPrefix("command: "))
    }

    @Test func `a script stops at its first failure and sees its arguments`() throws {
        let rank = try Rank()
        let ending = try rank.run(
            Rank.order(["one", "t w o"]), script: "echo $2\nfalse\necho no\n")
        #expect(ending.outcome == .exited(code: 1))
        let log = try rank.log()
        #expect(log == "t w o\n")
    }

    @Test func `work is accounted, orphans included`() throws {
        let rank = try Rank()
        let ending = try rank.shell(
            "(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done) & wait; exit 0")
        #expect(ending.userMilliseconds + ending.systemMilliseconds > 10)
        #expect(ending.peakKibibytes > 500)
        #expect(ending.runMilliseconds > 10)
    }

    @Test func `a rank directory serves only one start`() throws {
        let rank = try Rank()
        #expect(try rank.shell("echo once").outcome == .exited(code: 0))
        let second = try StepProcess(executable: Rank.stepPath()).start(rank.directory)
        #expect(try StepProcess.reap(second.pid, waiting: true) == .exited(code: 3))
        let log = try rank.log()
        #expect(log == "once\n")
    }

    @Test func `a directory open to others is unfit`() throws {
        let rank = try Rank()
        try rank.directory.create(Rank.order(["true"]))
        chmod(rank.directory.path, 0o755)
        let step = try StepProcess(executable: Rank.stepPath()).start(rank.directory)
        #expect(try StepProcess.reap(step.pid, waiting: true) == .exited(code: 2))
        #expect(try rank.directory.ending() == nil)
    }
}
