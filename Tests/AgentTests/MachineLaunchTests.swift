import Agent
import Primitives
import Resources
import Testing

/// What the machine starts and what it refuses to start.
@Suite struct MachineLaunchTests {
    @Test func `a launched rank is started once and told as started`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7, ranks: [0, 1]))
        #expect(machine.startAll() == [name(7), name(7, 1, 1)])
        #expect(said(machine.news()) == [Said(name(7), .started), Said(name(7, 1, 1), .started)])
        #expect(machine.liveRanks == 2)
    }

    @Test func `the same launch again starts nothing and says nothing new`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7))
        machine.launch(order(7))
        #expect(machine.startAll() == [name(7)])
        machine.launch(order(7))
        #expect(machine.startAll() == [])
        #expect(machine.news().count == 1)
    }

    @Test func `a running rank whose start was acknowledged is told again when it is asked for`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7))
        _ = machine.startAll(at: 55)
        _ = machine.newsAcknowledged()
        machine.launch(order(7))
        let again = machine.news()
        #expect(said(again) == [Said(name(7), .started)])
        #expect(again.first?.at == 55)
        machine.launch(order(7, started: true))
        #expect(machine.news() == [])
    }

    @Test func `an ended rank that is asked for again is told as ended and not started`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7))
        _ = machine.startAll()
        machine.ended(name(7), RankEnd(.exited, code: 3, at: 9))
        _ = machine.newsAcknowledged()
        machine.launch(order(7))
        #expect(machine.startAll() == [])
        #expect(said(machine.news()) == [Said(name(7), .exited, 3)])
    }

    @Test func `a rank found on disk is never started again`() {
        var machine = AgentMachine()
        machine.adopt([
            FoundRank(name: name(1), end: nil, isDelivered: false, startedAt: 4),
            FoundRank(
                name: name(2), end: RankEnd(.exited, code: 0, at: 5), isDelivered: true,
                startedAt: 4),
        ])
        machine.welcome([order(1), order(2)])
        #expect(machine.startAll() == [])
        #expect(said(machine.news()) == [Said(name(1), .started), Said(name(2), .exited, 0)])
    }

    @Test func `an attempt below the highest seen is refused`() {
        var machine = AgentMachine()
        machine.adopt([
            FoundRank(
                name: name(7, 3), end: RankEnd(.lost, at: 1), isDelivered: true, startedAt: 0)
        ])
        machine.welcome()
        machine.launch(order(7, attempt: 2))
        machine.launch(order(7, attempt: 4))
        #expect(machine.startAll() == [name(7, 4)])
        let reports = said(machine.news())
        #expect(reports.contains(Said(name(7, 2), .launchFailed, 116)))
        #expect(
            machine.takeActions() == [
                .complain("rank 0 of job 7, attempt 2 is not started: attempt 3 was seen here")
            ])
    }

    @Test func `another rank of the same attempt may start later`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7, ranks: [0]))
        machine.launch(order(7, ranks: [1]))
        #expect(machine.startAll().count == 2)
    }

    @Test func `a rank that had started and is not here is lost and never started`() {
        var machine = AgentMachine()
        machine.welcome([order(7, started: true)])
        #expect(machine.startAll() == [])
        #expect(said(machine.newsAcknowledged()) == [Said(name(7), .lost)])
        // There never was a directory, so there is nothing to mark or to remove.
        #expect(machine.takeActions() == [])
        #expect(machine.isLive(name(7)) == nil)
    }

    @Test func `a program that does not exist is a failed launch`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7, program: 1))
        machine.launch(order(8, program: -1))
        #expect(machine.startAll() == [])
        #expect(
            said(machine.news()) == [
                Said(name(7), .launchFailed, 22), Said(name(8), .launchFailed, 22),
            ])
    }

    @Test func `more ranks than the limit are refused until others have ended`() {
        var limits = AgentMachine.Limits()
        limits.liveRanks = 2
        var machine = AgentMachine(limits: limits)
        machine.welcome()
        machine.launch(order(7, ranks: [0, 1, 2]))
        #expect(machine.startAll() == [name(7), name(7, 1, 1)])
        #expect(said(machine.news()).contains(Said(name(7, 1, 2), .launchFailed, 11)))
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 1))
        machine.launch(order(8))
        #expect(machine.startAll() == [name(8)])
    }
}
