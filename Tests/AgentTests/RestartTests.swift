import Foundation
import Host
import Primitives
import Resources
import Testing
import Wire

@testable import Agent

/// Agents and controllers that go away while ranks run.
@Suite(.serialized) struct RestartTests {
    let ground: Ground
    let controller: FakeController

    init() throws {
        ground = try Ground()
        controller = try FakeController(in: ground.folder)
    }

    private func welcome(_ launches: [LaunchOrder], stops: [AttemptName] = []) -> Welcome {
        Welcome(epoch: 1, launches: launches, stops: stops)
    }

    @Test func `a rank outlives its agent, and the next agent tells its end`() throws {
        let first = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let order = shell("echo up; while ! test -e stop; do sleep 0.02; done; exit 7", job: 5)
        controller.send { $0.launch = order }
        #expect(eventually { ground.log(name(5)) == "up\n" })
        first.stop()
        let start = try #require(try ground.rank(name(5)).started())
        #expect(try start.step.isAlive())

        let wanted = welcome([
            shell(
                "echo up; while ! test -e stop; do sleep 0.02; done; exit 7", job: 5, started: true)
        ])
        controller.record.withLock { $0.welcome = wanted }
        let second = try AgentRun(ground, controller)
        controller.waitForWelcomed(2)
        try Files.write([], to: "\(ground.work(name(5)))/stop", mode: 0o600)
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .exited && end.code == 7)
        #expect(ground.log(name(5)) == "up\n")
        second.stop()
    }

    @Test func `an end that happened while no agent ran is told once, then remembered`() throws {
        let first = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("echo up; sleep 0.3; exit 4", job: 5) }
        #expect(eventually { ground.log(name(5)) == "up\n" })
        first.stop()
        let directory = ground.rank(name(5))
        #expect(try eventually { try directory.ending() != nil })
        let second = try AgentRun(ground, controller)
        #expect(try controller.waitForEnd(RankNumbers(job: 5)).code == 4)
        #expect(eventually { Files.exists("\(directory.path)/delivered") })
        second.stop()
        let before = controller.record.withLock { $0.reports.count }
        let third = try AgentRun(ground, controller)
        controller.waitForWelcomed(3)
        third.stop()
        #expect(controller.record.withLock { $0.reports.count } == before)
    }

    @Test func `a step that was killed is told as signalled`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("echo up; exec sleep 60", job: 5) }
        let directory = ground.rank(name(5))
        #expect(try eventually { try directory.started() != nil })
        try #require(try directory.started()).step.send(SIGKILL)
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .signalled && end.code == SIGKILL)
        agent.stop()
    }

    @Test func `directories without a living step are told by what their records prove`() throws {
        let boot = try BootIdentity.current().text
        for (job, boot) in [(UInt64(5), boot), (6, "another-boot"), (7, nil)] {
            let directory = ground.rank(name(job))
            try Files.makeDirectories(directory.path, mode: 0o700)
            guard let boot else { continue }
            let record = """
                muster-step-started 1
                boot \(boot)
                step 999999 1
                leader 999998 1
                wall 5
                boottime 5
                end

                """
            try Files.write(Array(record.utf8), to: "\(directory.path)/started", mode: 0o600)
        }
        let agent = try AgentRun(ground, controller)
        let killed = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(killed.how == .signalled && killed.code == SIGKILL)
        #expect(try controller.waitForEnd(RankNumbers(job: 6)).how == .lost)
        #expect(try controller.waitForEnd(RankNumbers(job: 7)).how == .lost)
        // The claim that keeps a late step away.
        #expect(Files.exists(ground.rank(name(7)).logPath))
        agent.stop()
    }

    @Test func `a step that has left no record is found by its command line`() throws {
        let first = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line = "echo up; while ! test -e stop; do sleep 0.02; done; exit 7"
        controller.send { $0.launch = shell(line, job: 5) }
        let directory = ground.rank(name(5))
        #expect(try eventually { try directory.started() != nil })
        first.stop()
        try Files.remove("\(directory.path)/started")
        let wanted = welcome([shell(line, job: 5, started: true)])
        controller.record.withLock { $0.welcome = wanted }
        let second = try AgentRun(ground, controller)
        controller.waitForWelcomed(2)
        try Files.write([], to: "\(ground.work(name(5)))/stop", mode: 0o600)
        #expect(try controller.waitForEnd(RankNumbers(job: 5)).code == 7)
        second.stop()
    }

    @Test func `an orphan is stopped after the welcome, a wanted rank is not`() throws {
        let first = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("exec sleep 60", job: 5) }
        controller.send { $0.launch = shell("exec sleep 60", job: 6) }
        _ = controller.wait { $0.reports.count >= 2 }
        first.stop()
        let wanted = welcome([shell("exec sleep 60", job: 6, started: true)])
        controller.record.withLock { $0.welcome = wanted }
        let second = try AgentRun(ground, controller)
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .signalled && end.code == SIGTERM)
        #expect(
            controller.record.withLock {
                $0.reports.allSatisfy { $0.how == .started || $0.job == 5 }
            })
        second.stop()
    }

    @Test func `while the controller is away ranks go on and their news is kept`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("echo up; sleep 0.5; exit 9", job: 5) }
        #expect(eventually { ground.log(name(5)) == "up\n" })
        controller.stop()
        let directory = ground.rank(name(5))
        #expect(try eventually { try directory.ending() != nil })
        let next = try FakeController(in: ground.folder, port: controller.port)
        #expect(try next.waitForEnd(RankNumbers(job: 5)).code == 9)
        agent.stop()
    }

    @Test func `reports that were not acknowledged come again on the next connection`() throws {
        controller.record.withLock { $0.acknowledges = false }
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("exit 0", job: 5) }
        let first = try controller.waitForEnd(RankNumbers(job: 5))
        let wanted = welcome([shell("exit 0", job: 5, started: true)])
        controller.record.withLock { $0.welcome = wanted }
        controller.cut()
        let record = controller.wait { record in
            record.reports.filter { $0.number == first.number }.count == 2
        }
        #expect(record.reports.filter { $0.number == first.number }.count == 2)
        #expect(!Files.exists("\(ground.rank(name(5)).path)/delivered"))
        agent.stop()
    }
}
