import Foundation
import Host
import Primitives
import Resources
import Testing
import Wire

@testable import Agent

/// Logs as the controller reads them.
@Suite(.serialized) struct LogTests {
    let ground: Ground
    let controller: FakeController

    init() throws {
        ground = try Ground()
        controller = try FakeController(in: ground.folder)
    }

    /// Runs one shell line to its end.
    private func ended(_ line: String) throws -> AgentRun {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell(line, job: 5) }
        _ = try controller.waitForEnd(RankNumbers(job: 5))
        return agent
    }

    /// Asks for a log and waits for its end.
    private func read(
        _ stream: UInt64, job: UInt64 = 5, _ change: (inout LogRequest) -> Void = { _ in }
    ) throws -> (text: String, failure: String?) {
        var request = LogRequest(stream: stream, job: job, attempt: 1, rank: 0, follow: false)
        change(&request)
        let wanted = request
        controller.send { $0.readLog = wanted }
        let record = controller.wait { $0.logEnds.contains { $0.stream == stream } }
        let end = try #require(record.logEnds.first { $0.stream == stream })
        return (String(decoding: record.logs[stream] ?? [], as: UTF8.self), end.failure)
    }

    @Test func `a log is read whole, from an offset, by its last lines, and up to a limit`() throws
    {
        let agent = try ended("seq 1 2000")
        let all = (1...2000).map { "\($0)\n" }.joined()
        #expect(try read(1).text == all)
        #expect(try read(2) { $0.offset = 4 }.text == String(all.dropFirst(4)))
        #expect(try read(3) { $0.tailLines = 2 }.text == "1999\n2000\n")
        #expect(try read(4) { $0.limitBytes = 5 }.text == "1\n2\n3")
        #expect(try read(5) { $0.tailLines = 0 }.text == "")
        #expect(try read(6) { $0.tailLines = 5000 }.text == all)
        #expect(try read(7) { $0.offset = 1 << 40 }.text == "")
        #expect(try read(8) { $0.offset = -1 }.text == all)
        #expect(try read(9) { $0.follow = true }.text == all)
        agent.stop()
    }

    @Test func `a log that is followed arrives line by line until its rank has ended`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send {
            $0.launch = shell("for i in 1 2 3; do echo $i; sleep 0.3; done", job: 5)
        }
        _ = controller.wait { !$0.reports.isEmpty }
        let (text, failure) = try read(1) { $0.follow = true }
        #expect(text == "1\n2\n3\n")
        #expect(failure == nil)
        #expect(controller.record.withLock { $0.frames[1] ?? 0 } >= 2)
        agent.stop()
    }

    @Test func `one frame is under way at a time`() throws {
        let agent = try ended("head -c 600000 /dev/zero")
        controller.record.withLock { $0.continues = false }
        controller.send {
            $0.readLog = LogRequest(stream: 1, job: 5, attempt: 1, rank: 0, follow: false)
        }
        _ = controller.wait { $0.frames[1] == 1 }
        usleep(300_000)
        #expect(controller.record.withLock { $0.logs[1]?.count } == AgentProtocol.logChunkBytes)
        controller.record.withLock { $0.continues = true }
        controller.send { $0.continueLog = 1 }
        let record = controller.wait { !$0.logEnds.isEmpty }
        #expect(record.logs[1]?.count == 600_000)
        #expect(record.frames[1] == 3)
        agent.stop()
    }

    @Test func `a closed log says no more`() throws {
        let agent = try ended("head -c 600000 /dev/zero")
        controller.record.withLock { $0.continues = false }
        controller.send {
            $0.readLog = LogRequest(stream: 1, job: 5, attempt: 1, rank: 0, follow: false)
        }
        _ = controller.wait { $0.frames[1] == 1 }
        controller.send { $0.closeLog = 1 }
        controller.send { $0.continueLog = 1 }
        #expect(try read(2) { $0.limitBytes = 1 }.text.utf8.count == 1)
        #expect(controller.record.withLock { $0.frames[1] } == 1)
        agent.stop()
    }

    @Test func `a log that is not there is refused with what and where`() throws {
        let agent = try ended("true")
        let path = ground.rank(name(9)).path
        #expect(
            try read(1, job: 9).failure
                == "node n1 knows no rank 0 of job 9, attempt 1; there is no \(path)/log")
        let own = ground.rank(name(5)).path
        try Files.remove("\(own)/log")
        #expect(
            try read(2).failure
                == "the log of rank 0 of job 5, attempt 1 on node n1: open \(own)/log: "
                + "no such file or directory")
        agent.stop()
    }

    @Test func `more than 256 logs at once are refused`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("exec sleep 60", job: 5) }
        _ = controller.wait { !$0.reports.isEmpty }
        for stream in UInt64(1)...257 {
            controller.send {
                $0.readLog = LogRequest(stream: stream, job: 5, attempt: 1, rank: 0, follow: true)
            }
        }
        let record = controller.wait { !$0.logEnds.isEmpty }
        #expect(record.logEnds.map(\.stream) == [257])
        #expect(
            record.logEnds.first?.failure
                == "256 logs of node n1 are being read; try again later")
        agent.stop()
    }
}
