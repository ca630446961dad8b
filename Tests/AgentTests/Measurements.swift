import Foundation
import Host
import Resources
import Testing

@testable import Agent

/// Figures, not judgements: run with MUSTER_MEASURE=1 on a quiet machine, built for release.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["MUSTER_MEASURE"] != nil))
struct Measurements {
    @Test func `one-rank jobs of bin true per second, 64 in flight`() throws {
        let ground = try Ground()
        let controller = try FakeController(in: ground.folder)
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let total: UInt64 = 4_000
        let inFlight: UInt64 = 64
        let began = Clock.monotonicNanoseconds()
        let spent = Clock.processNanoseconds()
        var sent: UInt64 = 0
        while true {
            let target = sent
            let ended = controller.wait { record in
                record.ends >= min(total, (target + 1) - min(target + 1, inFlight))
            }.ends
            while sent < min(total, ended + inFlight) {
                sent += 1
                let job = sent
                controller.send {
                    var order = shell("", job: job)
                    order.programs[0].command = ["/bin/true"]
                    $0.launch = order
                }
            }
            if ended >= total { break }
            if sent == total { _ = controller.wait { $0.ends >= total } }
        }
        let seconds = Double(Clock.monotonicNanoseconds() - began) / 1e9
        let cpu = Double(Clock.processNanoseconds() - spent) / 1e3 / Double(total)
        let record = controller.record.withLock { $0 }
        #expect(record.reports.filter { $0.how == .exited && $0.code == 0 }.count == Int(total))
        print(
            "\(total) jobs in \(seconds) s: \(Int(Double(total) / seconds)) a second, "
                + "\(Int(cpu)) us of this process each, agent and controller together, "
                + "\(record.reportMessages) report messages")
        agent.stop()
    }

    @Test func `reading 1,000 processes of 1,000 ranks`() throws {
        var children: [Process] = []
        defer { for child in children { child.terminate() } }
        for _ in 0..<1_000 {
            let child = Process()
            child.executableURL = URL(filePath: "/bin/sleep")
            child.arguments = ["600"]
            try child.run()
            children.append(child)
        }
        var steps: [RankName: ProcessIdentity] = [:]
        for (number, child) in children.enumerated() {
            steps[name(1, 1, UInt32(number))] = try ProcessIdentity.of(child.processIdentifier)
        }
        var meter = UsageMeter()
        _ = try meter.measure(steps)
        var table = ProcessTable()
        try table.read()
        let rounds = 20
        var spent = Clock.threadNanoseconds()
        for _ in 0..<rounds { _ = try meter.measure(steps) }
        let whole = (Clock.threadNanoseconds() - spent) / Int64(rounds) / 1_000
        spent = Clock.threadNanoseconds()
        for _ in 0..<rounds { try table.read() }
        let pass = (Clock.threadNanoseconds() - spent) / Int64(rounds) / 1_000
        print("\(table.processes.count) processes: \(whole) us a sample, \(pass) us of it in /proc")
    }
}
