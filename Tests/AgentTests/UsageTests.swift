import Foundation
import Host
import Primitives
import Resources
import Testing
import Wire

@testable import Agent

/// Goal: figures are those of the rank, all of it and nothing else. Method: processes that burn.
@Suite(.serialized) struct UsageTests {
    private func facts(_ line: String) -> ProcessFacts? {
        Array(line.utf8).withUnsafeBytes { ProcessFacts(stat: $0) }
    }

    @Test func `a process's line is read whatever its name is`() {
        let rest = "S 7 2 3 0 -1 4 5 6 7 8 100 20 3 4 20 0 1 0 99 1000 55 18446744073709551615"
        let wanted = ProcessFacts(
            pid: 42, parent: 7, startTime: 99, ticks: 127, residentPages: 55)
        for name in ["sh", "a b", "x) R 1 (", "", ")))"] {
            #expect(facts("42 (\(name)) \(rest)\n") == wanted, "\(name)")
        }
        for broken in ["", "42", "42 (sh", "42 (sh) S 7 2", "x (sh) \(rest)", "42 (sh) S"] {
            #expect(facts(broken) == nil, "\(broken)")
        }
    }

    @Test func `the machine's files are read, and others are refused`() throws {
        let memory = "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n"
        let usage = MachineUsage(stat: "cpu  1 2 3 1000 500 4 5 6 1 1\ncpu0 1", memory: memory)
        #expect(usage?.busyTicks == 21)
        #expect(usage?.memoryBytes == Int64(614_400))
        #expect(MachineUsage(stat: "intr 5", memory: memory) == nil)
        #expect(MachineUsage(stat: "cpu 1 2 3 4 5 6 7 8", memory: "") == nil)
        #expect(try MachineUsage.read() != nil)
    }

    @Test func `the table holds this process and knows who is below it`() throws {
        var table = ProcessTable()
        try table.read()
        let own = try #require(table.process(getpid()))
        #expect(own.parent == getppid())
        #expect(own.residentPages > 100)
        #expect(try own.startTime == ProcessIdentity.of(getpid())?.startTime)
        var below: [Int32] = []
        table.eachBelow([getpid()]) { place, process in
            #expect(place == 0)
            below.append(process.pid)
        }
        #expect(below.contains(getpid()) && !below.contains(getppid()))
    }

    @Test func `a rank's figures hold its children, also those with sessions of their own`() throws
    {
        let ground = try Ground()
        let controller = try FakeController(in: ground.folder)
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let burn = "while :; do :; done"
        // One burns in a session of its own whose parent is gone; one holds memory and sleeps;
        // the last spends its time in children that are gone when somebody looks.
        controller.send {
            $0.launch = shell("setsid sh -c '(\(burn)) & exit' ; exec sleep 60", job: 5)
        }
        controller.send {
            $0.launch = shell(
                "exec python3 -c 'import time; b = bytearray(200 << 20); time.sleep(60)'", job: 6)
        }
        controller.send {
            $0.launch = shell("while :; do timeout 0.1 sh -c '\(burn)'; done", job: 7)
        }
        for job in UInt64(5)...7 {
            #expect(try eventually { try ground.rank(name(job)).started() != nil })
        }
        var steps: [RankName: ProcessIdentity] = [:]
        for job in UInt64(5)...7 { steps[name(job)] = try ground.rank(name(job)).started()?.step }
        usleep(700_000)
        var meter = UsageMeter()
        _ = try meter.measure(steps)
        usleep(2_000_000)
        let reports = try meter.measure(steps)
        let node = try #require(reports.first?.node)
        #expect(node.cpuNano > 0 && node.memoryBytes > 0)
        #expect((1_900...4_000).contains(node.windowMilliseconds))
        let used = try #require(reports.first).ranks.sorted { $0.job < $1.job }.map(\.used)
        #expect(used.count == 3)
        // The machine is shared with other tests, so the lower bounds are modest.
        #expect((150_000_000...1_100_000_000).contains(used[0].cpuNano), "\(used[0])")
        #expect(used[1].cpuNano < 150_000_000, "\(used[1])")
        #expect((200 << 20...300 << 20).contains(used[1].memoryBytes), "\(used[1])")
        #expect((150_000_000...1_100_000_000).contains(used[2].cpuNano), "\(used[2])")
        for job in UInt64(5)...7 {
            controller.send { $0.stop = AttemptName(job: job, attempt: 1) }
        }
        agent.stop()
    }

    @Test func `figures come with the first seconds, and not of ranks that are gone`() throws {
        let ground = try Ground()
        let controller = try FakeController(in: ground.folder)
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("exec sleep 60", job: 5) }
        let record = controller.wait(seconds: 20) { $0.usage.contains { !$0.ranks.isEmpty } }
        let report = try #require(record.usage.last)
        #expect(report.version == UsageReport.version)
        #expect(report.ranks.map(\.job) == [5])
        controller.send { $0.stop = AttemptName(job: 5, attempt: 1) }
        _ = try controller.waitForEnd(RankNumbers(job: 5))
        let count = record.usage.count
        let later = controller.wait(seconds: 20) { $0.usage.count > count }
        #expect(later.usage.last?.ranks.isEmpty ?? false)
        #expect(later.usage.last?.node != nil)
        agent.stop()
    }

    @Test func `another process under a step's number is none of the rank`() throws {
        let own = try #require(try ProcessIdentity.of(getpid()))
        let other = ProcessIdentity(pid: own.pid, startTime: own.startTime + 1, boot: own.boot)
        var meter = UsageMeter()
        _ = try meter.measure([name(5): other, name(6): own])
        let ranks = try meter.measure([name(5): other, name(6): own]).flatMap(\.ranks)
        #expect(ranks.map(\.job) == [6])
    }
}
