import Foundation
import Host
import Primitives
import Resources
import Testing
import Wire

@testable import Agent

/// Goal: times and moments of logs as readers ask for them. Method: real ranks and agents.
@Suite(.serialized) struct LogWishTests {
    let ground: Ground
    let controller: FakeController

    init() throws {
        ground = try Ground()
        controller = try FakeController(in: ground.folder)
    }

    private func read(
        _ stream: UInt64, attempt: UInt32 = 1, _ change: (inout LogRequest) -> Void = { _ in }
    ) throws -> (text: String, end: LogEnd) {
        var request = LogRequest(stream: stream, job: 5, attempt: attempt, rank: 0, follow: false)
        change(&request)
        let wanted = request
        controller.send { $0.readLog = wanted }
        let record = controller.wait { $0.logEnds.contains { $0.stream == stream } }
        let end = try #require(record.logEnds.first { $0.stream == stream })
        return (String(decoding: record.logs[stream] ?? [], as: UTF8.self), end)
    }

    /// The times in front of lines, and the lines.
    private func parts(_ text: String) throws -> [(time: Int64, line: String)] {
        try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 1)
            let time = try Timestamp(String(try #require(words.first))).milliseconds
            return (time, words.count > 1 ? String(words[1]) : "")
        }
    }

    @Test func `each line has the time at which it was written, within a second`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line = "for i in 1 2 3 4; do date +%s%3N; sleep 0.7; done; printf rest"
        controller.send { $0.launch = shell(line, job: 5) }
        _ = try controller.waitForEnd(RankNumbers(job: 5))
        let lines = try parts(try read(1) { $0.timestamps = true }.text)
        #expect(lines.count == 5 && lines.last?.line == "rest")
        for (time, line) in lines.dropLast() {
            let written = try #require(Int64(line))
            #expect((written...written + 1_000).contains(time), "\(written) has \(time)")
        }
        #expect(
            try parts(try read(2) { $0.timestamps = true }.text).map(\.time) == lines.map(\.time))
        agent.stop()
    }

    @Test func `since a moment, and the last lines since then`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line = "echo old; sleep 2; date +%s%3N; seq 1 3; exec sleep 60"
        controller.send { $0.launch = shell(line, job: 5) }
        #expect(eventually { ground.log(name(5)).hasSuffix("3\n") })
        let fresh = ground.log(name(5)).dropFirst(4)
        let written = try #require(Int64(fresh.prefix { $0 != "\n" }))
        #expect(try read(1) { $0.sinceMilliseconds = 1_000 }.text == fresh)
        #expect(try read(2) { $0.sinceTime = written }.text == fresh)
        #expect(try read(3) { $0.sinceTime = written - 60_000 }.text == "old\n" + fresh)
        #expect(try read(4) { $0.sinceTime = written + 60_000 }.text == "")
        #expect(try read(5) { ($0.sinceTime, $0.tailLines) = (written, 2) }.text == "2\n3\n")
        #expect(try read(6) { ($0.sinceTime, $0.tailLines) = (written, 50) }.text == fresh)
        #expect(try read(7) { ($0.sinceMilliseconds, $0.limitBytes) = (1_500, 5) }.text.count == 5)
        #expect(try read(8) { ($0.timestamps, $0.limitBytes) = (true, 34) }.text.hasSuffix(" old"))
        #expect(try read(9) { $0.sinceMilliseconds = .max }.text == "old\n" + fresh)
        agent.stop()
        controller.send { $0.stop = AttemptName(job: 5, attempt: 1) }
    }

    @Test func `a followed log has the same times as one that is read later`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line = "for i in 1 2 3 4 5 6; do printf 'li'; sleep 0.1; echo ne $i; sleep 0.15; done"
        controller.send { $0.launch = shell(line, job: 5) }
        _ = controller.wait { !$0.reports.isEmpty }
        let followed = try read(1) { ($0.timestamps, $0.follow) = (true, true) }.text
        let later = try read(2) { $0.timestamps = true }.text
        #expect(try parts(followed).map(\.line) == (1...6).map { "line \($0)" })
        let (early, late) = (try parts(followed).map(\.time), try parts(later).map(\.time))
        #expect(early.sorted() == early)
        #expect(early.dropLast() == late.dropLast())
        agent.stop()
    }

    @Test func `what came while no agent was there has the time of its return`() throws {
        let first = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line =
            "echo before; sleep 1.5; echo between; while ! test -e go; do sleep 0.05; done"
            + "; echo after; exec sleep 60"
        controller.send { $0.launch = shell(line, job: 5) }
        #expect(eventually { ground.log(name(5)) == "before\n" })
        usleep(600_000)
        first.stop()
        #expect(eventually { ground.log(name(5)).contains("between") })
        // A mark that the first agent had not finished.
        let times = try Descriptor.open(
            "\(ground.rank(name(5)).path)/times", O_WRONLY | O_APPEND)
        try times.write([1, 2, 3, 4, 5])
        let back = Clock.now().milliseconds
        let wanted = Welcome(epoch: 1, launches: [shell(line, job: 5, started: true)], stops: [])
        controller.record.withLock { $0.welcome = wanted }
        let second = try AgentRun(ground, controller)
        controller.waitForWelcomed(2)
        try Files.write([], to: "\(ground.work(name(5)))/go", mode: 0o600)
        #expect(eventually { ground.log(name(5)).contains("after") })
        usleep(600_000)
        let lines = try parts(try read(1) { $0.timestamps = true }.text)
        #expect(lines.map(\.line) == ["before", "between", "after"])
        #expect(lines[0].time < back)
        #expect((back...back + 3_000).contains(lines[1].time))
        #expect(lines[2].time >= lines[1].time)
        second.stop()
    }

    @Test func `a silent log is found to grow by its first byte`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line = "echo a; sleep 1.6; date +%s%3N; exec sleep 60"
        controller.send { $0.launch = shell(line, job: 5) }
        #expect(eventually { ground.log(name(5)).utf8.count > 5 })
        usleep(300_000)
        let lines = try parts(try read(1) { $0.timestamps = true }.text)
        let last = try #require(lines.last)
        let written = try #require(Int64(last.line))
        let late = last.time - written
        #expect((0...200).contains(late), "the kernel's word took \(late) ms")
        agent.stop()
    }

    @Test func `failures say of what kind they are`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        #expect(try read(1).end.reason == .unknown)
        controller.send { $0.launch = shell("true", job: 5) }
        _ = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(try read(2, attempt: 2).end.reason == .unknown)
        let path = "\(ground.rank(name(5)).path)/log"
        try Files.remove(path)
        #expect(try read(3) { $0.sinceTime = 1 }.end.reason == .unknown)
        try Files.makeDirectory(path, mode: 0o700)
        #expect(try read(4).end.reason == .unreadable)
        agent.stop()
    }
}

/// Goal: the log of the attempt before stays while its job runs here. Method: the machine alone.
@Suite struct SparedLogTests {
    private func machine(kept: Int) -> AgentMachine {
        var limits = AgentMachine.Limits()
        limits.keptRanks = kept
        limits.keptMilliseconds = 1_000
        var machine = AgentMachine(limits: limits)
        machine.welcome()
        return machine
    }

    private func run(_ machine: inout AgentMachine, _ job: UInt64, attempt: UInt32, end: Int64?) {
        machine.launch(order(job, attempt: attempt))
        _ = machine.startAll()
        if let end { machine.ended(name(job, attempt), RankEnd(.exited, code: 0, at: end)) }
        _ = machine.newsAcknowledged()
    }

    private func removed(_ machine: inout AgentMachine) -> [RankName] {
        machine.takeActions().compactMap { if case .remove(let name) = $0 { name } else { nil } }
    }

    @Test func `age takes the attempts before the last, and the last after the job`() {
        var machine = machine(kept: 100)
        run(&machine, 1, attempt: 1, end: 10)
        run(&machine, 1, attempt: 2, end: 20)
        run(&machine, 1, attempt: 3, end: nil)
        machine.tick(at: Tick(9_000))
        #expect(removed(&machine) == [name(1, 1)])
        // One more attempt: what was the last but one goes.
        machine.ended(name(1, 3), RankEnd(.exited, code: 1, at: 9_000))
        _ = machine.newsAcknowledged()
        run(&machine, 1, attempt: 4, end: nil)
        machine.tick(at: Tick(9_500))
        #expect(removed(&machine) == [name(1, 2)])
        machine.ended(name(1, 4), RankEnd(.exited, code: 0, at: 9_600))
        _ = machine.newsAcknowledged()
        machine.tick(at: Tick(20_000))
        #expect(removed(&machine) == [name(1, 3), name(1, 4)])
    }

    @Test func `a crowd of other ends does not push it out`() {
        var machine = machine(kept: 3)
        run(&machine, 1, attempt: 1, end: 10)
        run(&machine, 1, attempt: 2, end: nil)
        for job in UInt64(2)...20 { run(&machine, job, attempt: 1, end: 100 + Int64(job)) }
        let gone = removed(&machine)
        #expect(!gone.contains(name(1, 1)))
        #expect(gone.count == 16)
        machine.hear { $0.forget = 1 }
        #expect(removed(&machine) == [name(1, 1)])
        machine.ended(name(1, 2), RankEnd(.exited, code: 0, at: 500))
        _ = machine.newsAcknowledged()
        #expect(removed(&machine) == [name(1, 2)])
    }

    @Test(arguments: UInt64(1)...10)
    func `the counts hold over any course of events`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var machine = machine(kept: 5)
        var attempts: [UInt64: UInt32] = [:]
        for step in 0..<2_000 {
            let job = dice.next() % 8
            let attempt = attempts[job] ?? 0
            switch dice.next() % 5 {
            case 0:
                attempts[job] = attempt + 1
                run(&machine, job, attempt: attempt + 1, end: nil)
            case 1, 2:
                machine.ended(name(job, attempt), RankEnd(.exited, code: 0, at: Int64(step)))
                _ = machine.newsAcknowledged()
            case 3: machine.tick(at: Tick(Int64(step) + Int64(dice.next() % 2_000)))
            default: if dice.next() % 10 == 0 { machine.hear { $0.forget = job } }
            }
            let kept = machine.ranks.values.filter { $0.isDelivered && !$0.isSpared }.count
            #expect(machine.deliveredCount == kept, "seed \(seed), step \(step)")
            let live = machine.ranks.values.filter { $0.phase != .ended }.count
            #expect(machine.liveRanks == live)
            #expect(machine.jobs.values.reduce(0) { $0 + $1.liveCount } == live)
        }
    }
}
