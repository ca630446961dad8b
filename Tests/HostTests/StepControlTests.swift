import Foundation
import Host
import Testing

/// Goal: nothing of a rank outlives its exit record, and nothing ends it but what should.
/// Method: ranks that resist, hide, or lose their keepers.
@Suite struct StepControlTests {
    private func stopped(_ rank: Rank) throws -> RankEnding {
        let step = try #require(rank.step)
        #expect(try step.send(SIGTERM))
        return try rank.end()
    }

    @Test func `a stop lets the rank end in its own way`() throws {
        let rank = try Rank()
        try rank.start(
            Rank.order([
                "sh", "-c", "trap 'echo saved; exit 3' TERM; echo up; while :; do sleep 0.1; done",
            ])
        )
        try rank.waitForLog("up")
        let ending = try stopped(rank)
        #expect(ending.outcome == .exited(code: 3))
        #expect(ending.stop == .request)
        let log = try rank.log()
        #expect(log.hasSuffix("saved\n"))
    }

    @Test func `a rank deaf to TERM is killed after its grace`() throws {
        let rank = try Rank()
        try rank.start(
            Rank.order(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"]))
        try rank.waitForLog("up")
        let began = Clock.monotonicMilliseconds()
        let ending = try stopped(rank)
        let took = Clock.monotonicMilliseconds() - began
        #expect(ending.outcome == .signalled(number: SIGKILL, dumpedCore: false))
        #expect(ending.stop == .request)
        #expect(took >= 990 && took < 8000, "\(took) ms")
    }

    @Test func `workers keep their grace when the shell dies first`() throws {
        let rank = try Rank()
        let worker =
            "trap 'sleep 0.3; echo saved; exit 0' TERM; echo up; while :; do sleep 0.1; done"
        var order = Rank.order([])
        order.graceSeconds = 20
        try rank.start(order, script: "(\(worker)) &\nwait\n")
        try rank.waitForLog("up")
        let ending = try stopped(rank)
        #expect(ending.outcome == .signalled(number: SIGTERM, dumpedCore: false))
        #expect(ending.runMilliseconds < 10_000)
        let log = try rank.log()
        #expect(log.hasSuffix("saved\n"))
    }

    @Test func `a stopped rank can be told to end`() throws {
        let rank = try Rank()
        var order = Rank.order(["sh", "-c", "echo up; kill -STOP $$; sleep 100"])
        order.graceSeconds = 60
        try rank.start(order)
        try rank.waitForLog("up")
        #expect(try stopped(rank).runMilliseconds < 30_000)
    }

    @Test func `QUIT kills at once`() throws {
        let rank = try Rank()
        var order = Rank.order(["sh", "-c", "trap '' TERM; echo up; sleep 100"])
        order.graceSeconds = 60
        try rank.start(order)
        try rank.waitForLog("up")
        #expect(try #require(rank.step).send(SIGQUIT))
        let ending = try rank.end()
        #expect(ending.stop == .request)
        #expect(ending.runMilliseconds < 30_000)
    }

    @Test func `grandchildren in sessions of their own die with the rank`() throws {
        let rank = try Rank()
        let ending = try rank.shell(
            "for i in 1 2 3; do setsid sh -c "
                + "'echo $$; trap \"\" TERM HUP; sleep 1000 & sleep 1000' & done; "
                + "(setsid sh -c 'sleep 1000 & echo $!' &) ; sleep 0.5; exit 4")
        #expect(ending.outcome == .exited(code: 4))
        #expect(ending.stop == .none)
        let pids = try rank.log().split(separator: "\n").compactMap { Int32($0) }
        #expect(pids.count == 4)
        for pid in pids { #expect(try ProcessIdentity.of(pid) == nil, "\(pid) lives") }
    }

    @Test func `a time limit asks first and is told apart`() throws {
        let rank = try Rank()
        var order = Rank.order(["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.1; done"])
        order.timeLimitSeconds = 1
        let ending = try rank.run(order)
        #expect(ending.outcome == .exited(code: 9))
        #expect(ending.stop == .limit)
        #expect(ending.runMilliseconds >= 1000)
    }

    @Test func `user signals reach the rank`() throws {
        let rank = try Rank()
        try rank.start(
            Rank.order([
                "sh", "-c", "trap 'echo saw; exit 0' USR1; echo up; while :; do sleep 0.1; done",
            ]))
        try rank.waitForLog("up")
        #expect(try #require(rank.step).send(SIGUSR1))
        #expect(try rank.end().stop == .none)
        let log = try rank.log()
        #expect(log.hasSuffix("saw\n"))
    }

    @Test func `a lease that nobody renews ends the rank without grace`() throws {
        let rank = try Rank()
        var order = Rank.order(["sh", "-c", "trap '' TERM; sleep 100"])
        order.leaseSeconds = 1
        order.graceSeconds = 60
        try rank.start(order)
        try rank.directory.renewLease(until: Clock.boottimeMilliseconds() + 2000)
        let ending = try rank.end()
        #expect(ending.stop == .lease)
        #expect(ending.outcome == .signalled(number: SIGKILL, dumpedCore: false))
        #expect((1900..<20_000).contains(ending.runMilliseconds), "\(ending.runMilliseconds) ms")
    }

    @Test func `the step outlives the one who started it`() throws {
        let rank = try Rank()
        try rank.directory.create(Rank.order(["sh", "-c", "echo up; sleep 1; echo done"]))
        let parent = Process()
        parent.executableURL = URL(filePath: "/bin/sh")
        parent.arguments = ["-c", "\(try Rank.stepPath()) \(rank.directory.path) & wait"]
        try parent.run()
        try rank.waitForLog("up")
        kill(parent.processIdentifier, SIGKILL)
        parent.waitUntilExit()
        #expect(try rank.directory.ending() == nil)
        #expect(try eventually { try rank.directory.ending() != nil })
        #expect(try rank.directory.ending()?.outcome == .exited(code: 0))
        let log = try rank.log()
        #expect(log == "up\ndone\n")
    }

    @Test func `the leader dies with a murdered step`() throws {
        let rank = try Rank()
        try rank.start(Rank.order(["sh", "-c", "echo up; exec sleep 1000"]))
        try rank.waitForLog("up")
        #expect(try eventually { try rank.directory.started() != nil })
        let start = try #require(try rank.directory.started())
        #expect(try start.leader.isAlive())
        #expect(try start.step.send(SIGKILL))
        #expect(try StepProcess.reap(start.step.pid, waiting: true) == .signalled(number: SIGKILL))
        #expect(try eventually { try !start.leader.isAlive() })
        #expect(try rank.directory.ending() == nil)
    }
}
