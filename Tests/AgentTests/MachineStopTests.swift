import Agent
import Primitives
import Resources
import Testing

/// Whom the machine stops, and whom it leaves alone.
@Suite struct MachineStopTests {
    private func running(_ jobs: [UInt64]) -> AgentMachine {
        var machine = AgentMachine()
        machine.adopt(
            jobs.map {
                FoundRank(name: name($0), end: nil, isDelivered: false, startedAt: 0)
            })
        return machine
    }

    @Test func `a stop reaches every rank of its attempt and no other`() {
        var machine = AgentMachine()
        machine.adopt(
            [name(7, 1, 0), name(7, 1, 1), name(7, 2, 0), name(8, 1, 0)].map {
                FoundRank(name: $0, end: nil, isDelivered: false, startedAt: 0)
            })
        machine.hear { $0.stop = AttemptName(job: 7, attempt: 1) }
        #expect(machine.takeActions() == [.stop(name(7, 1, 0)), .stop(name(7, 1, 1))])
    }

    @Test func `a stop of what is not known or has ended does nothing`() {
        var machine = running([7])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 1))
        machine.hear { $0.stop = AttemptName(job: 7, attempt: 1) }
        machine.hear { $0.stop = AttemptName(job: 9, attempt: 1) }
        #expect(machine.takeActions() == [])
    }

    @Test func `a rank that still waits for its start ends without one`() {
        var machine = AgentMachine()
        machine.welcome()
        machine.launch(order(7))
        machine.hear { $0.stop = AttemptName(job: 7, attempt: 1) }
        #expect(machine.nextStart() == nil)
        #expect(said(machine.newsAcknowledged()) == [Said(name(7), .signalled, 15)])
        #expect(machine.takeActions() == [])
    }

    @Test func `after a welcome only what the controller names runs on`() {
        var machine = running([1, 2, 3])
        machine.welcome(
            [order(1, started: true)], stops: [AttemptName(job: 2, attempt: 1)])
        #expect(machine.takeActions() == [.stop(name(2)), .stop(name(3))])
    }

    @Test func `a rank that the launch of its attempt leaves out is stopped`() {
        var machine = AgentMachine()
        machine.adopt(
            [name(7, 1, 0), name(7, 1, 1)].map {
                FoundRank(name: $0, end: nil, isDelivered: false, startedAt: 0)
            })
        machine.welcome([order(7, ranks: [1], started: true)])
        #expect(machine.takeActions() == [.stop(name(7, 1, 0))])
    }

    @Test func `without a welcome nothing is stopped`() {
        var machine = running([1, 2])
        machine.connect()
        machine.disconnect()
        machine.connect()
        machine.tick(at: Tick(1))
        #expect(machine.takeActions() == [])
        #expect(machine.liveRanks == 2)
    }

    @Test func `a rank to launch and to stop at once is not started`() {
        var machine = running([1])
        machine.welcome(
            [order(1, started: true), order(2), order(3, started: true)],
            stops: [1, 2, 3].map { AttemptName(job: $0, attempt: 1) })
        #expect(machine.nextStart() == nil)
        #expect(machine.takeActions() == [.stop(name(1))])
        #expect(said(machine.news()) == [Said(name(2), .signalled, 15), Said(name(3), .lost)])
    }
}
