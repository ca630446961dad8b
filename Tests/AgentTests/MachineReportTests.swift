import Agent
import Primitives
import Resources
import Testing

/// How news reaches the controller, also across broken connections, and when it is let go.
@Suite struct MachineReportTests {
    private func machine(running jobs: [UInt64]) -> AgentMachine {
        var machine = AgentMachine()
        machine.welcome()
        for job in jobs { machine.launch(order(job)) }
        _ = machine.startAll()
        return machine
    }

    @Test func `start and end of a short rank travel together`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        let reports = machine.news()
        #expect(said(reports) == [Said(name(7), .started), Said(name(7), .exited, 0)])
        #expect(reports.map(\.number) == [1, 2])
    }

    @Test func `nothing is told before the welcome`() {
        var machine = machine(running: [7])
        machine.disconnect()
        machine.connect()
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        #expect(!machine.hasNews)
        #expect(machine.news() == [])
        machine.welcome()
        #expect(machine.news().count == 2)
    }

    @Test func `news is told once on a connection and again on the next until acknowledged`() {
        var machine = machine(running: [7, 8])
        let first = machine.news()
        #expect(machine.news() == [])
        machine.hear { $0.acknowledged = [first[0].number] }
        machine.disconnect()
        machine.ended(name(8), RankEnd(.signalled, code: 9, at: 3))
        machine.welcome([order(7, started: true)])
        let second = machine.news()
        #expect(said(second) == [Said(name(8), .started), Said(name(8), .signalled, 9)])
        #expect(second[0].number == first[1].number)
        #expect(second[1].number > second[0].number)
    }

    @Test func `batches are bounded`() {
        var machine = machine(running: Array(1...10))
        #expect(machine.takeReports(atMost: 4).count == 4)
        #expect(machine.takeReports(atMost: 4).count == 4)
        #expect(machine.takeReports(atMost: 4).map(\.number) == [9, 10])
        #expect(!machine.hasNews)
    }

    @Test func `an acknowledged end is marked on disk once`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        let reports = machine.newsAcknowledged()
        #expect(machine.takeActions() == [.markDelivered(name(7))])
        machine.hear { $0.acknowledged = reports.map(\.number) }
        #expect(machine.takeActions() == [])
        machine.welcome()
        #expect(machine.news() == [])
    }

    @Test func `who acknowledges the end need not hear of the start again`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        let end = machine.news()[1].number
        machine.hear { $0.acknowledged = [end, 999] }
        machine.welcome()
        #expect(machine.news() == [])
    }

    @Test func `a launch that fails after its start was told is told as its end`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.launchFailed, code: 2, at: 3))
        #expect(
            said(machine.news()) == [Said(name(7), .started), Said(name(7), .launchFailed, 2)])
    }

    @Test func `a time limit is told with the end`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.signalled, code: 15, timedOut: true, at: 3))
        #expect(machine.news().map(\.timedOut) == [nil, true])
    }

    @Test func `an end is taken in once`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        machine.ended(name(7), RankEnd(.exited, code: 1, at: 4))
        machine.ended(name(9), RankEnd(.exited, code: 1, at: 4))
        #expect(said(machine.news()).last == Said(name(7), .exited, 0))
        #expect(machine.liveRanks == 0)
    }

    @Test func `an undelivered end found on disk is told after the welcome`() {
        var machine = AgentMachine()
        machine.adopt([
            FoundRank(
                name: name(7), end: RankEnd(.exited, code: 4, at: 2), isDelivered: false,
                startedAt: 1),
            FoundRank(
                name: name(8), end: RankEnd(.exited, code: 0, at: 2), isDelivered: true,
                startedAt: 1),
        ])
        machine.welcome()
        #expect(said(machine.news()) == [Said(name(7), .exited, 4)])
    }

    @Test func `a forgotten job loses its directories, a living rank only after its end`() {
        var machine = machine(running: [7, 8])
        machine.launch(order(7, ranks: [1]))
        _ = machine.startAll()
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        _ = machine.newsAcknowledged()
        _ = machine.takeActions()
        machine.hear { $0.forget = 7 }
        #expect(machine.takeActions() == [.remove(name(7))])
        #expect(machine.isLive(name(7, 1, 1)) == true)
        machine.ended(name(7, 1, 1), RankEnd(.exited, code: 0, at: 4))
        #expect(said(machine.newsAcknowledged()) == [Said(name(7, 1, 1), .exited, 0)])
        #expect(machine.takeActions() == [.remove(name(7, 1, 1))])
        #expect(machine.isLive(name(8)) == true)
    }

    @Test func `an end that nobody acknowledged is not told once its job is forgotten`() {
        var machine = machine(running: [7])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 3))
        machine.hear { $0.forget = 7 }
        #expect(machine.news() == [])
        #expect(machine.takeActions() == [.remove(name(7))])
    }

    @Test func `delivered ends go after seven days, others stay`() {
        let week: Int64 = 7 * 86_400_000
        var machine = machine(running: [7, 8])
        machine.ended(name(7), RankEnd(.exited, code: 0, at: 1_000))
        _ = machine.newsAcknowledged()
        machine.ended(name(8), RankEnd(.exited, code: 0, at: 1_000))
        _ = machine.takeActions()
        machine.tick(at: Tick(week + 1_000))
        #expect(machine.takeActions() == [])
        machine.tick(at: Tick(week + 1_001))
        #expect(machine.takeActions() == [.remove(name(7))])
        #expect(machine.isLive(name(8)) == false)
    }

    @Test func `beyond the limit the oldest delivered ends go first`() {
        var limits = AgentMachine.Limits()
        limits.keptRanks = 2
        var machine = AgentMachine(limits: limits)
        machine.adopt(
            [(1, 30), (2, 10), (3, 20), (4, 40)].map { job, at in
                FoundRank(
                    name: name(job), end: RankEnd(.exited, code: 0, at: at), isDelivered: true,
                    startedAt: 0)
            })
        #expect(machine.takeActions() == [.remove(name(2)), .remove(name(3))])
    }

    @Test func `words about logs and refusals are handed on`() {
        var machine = AgentMachine()
        let request = LogRequest(stream: 5, job: 7, attempt: 1, rank: 0, follow: true)
        machine.hear { $0.readLog = request }
        machine.hear { $0.continueLog = 5 }
        machine.hear { $0.closeLog = 5 }
        machine.hear { $0.refused = "name taken" }
        #expect(
            machine.takeActions() == [
                .readLog(request), .continueLog(5), .closeLog(5), .refused("name taken"),
            ])
    }
}
