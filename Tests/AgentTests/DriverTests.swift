import Foundation
import Host
import Primitives
import Resources
import Testing
import Wire

@testable import Agent

/// The whole agent against real steps and a controller that is not one.
@Suite(.serialized) struct DriverTests {
    let ground: Ground
    let controller: FakeController

    init() throws {
        ground = try Ground()
        controller = try FakeController(in: ground.folder)
    }

    @Test func `an agent says who it is and keeps saying that it lives`() throws {
        controller.record.withLock { $0.welcome.heartbeatMilliseconds = 200 }
        let agent = try AgentRun(ground, controller, labels: ["rack": "r1"])
        let record = controller.wait { $0.heartbeats >= 3 }
        agent.stop()
        let hello = try #require(record.hellos.first)
        #expect(record.heartbeats >= 3)
        #expect(hello.name == "n1")
        #expect(hello.bootID == (try BootIdentity.current().text))
        #expect(hello.address == "127.0.0.1")
        #expect(hello.cpuMilli >= 1000 && hello.memoryBytes > 0)
        #expect(hello.gpus == 4 && hello.gpuModel == "H200")
        #expect(hello.labels["rack"] == "r1")
        #expect(try #require(hello.topology).threads > 0)
    }

    @Test func `a gang of four starts, and each rank's exit code arrives`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("echo $GREETING $RANK; exit $RANK", job: 5, ranks: 4) }
        for rank in UInt32(0)..<4 {
            let end = try controller.waitForEnd(RankNumbers(job: 5, rank: rank))
            #expect(end.how == .exited && end.code == Int32(rank))
            #expect(ground.log(name(5, 1, rank)) == "hello \(rank)\n")
        }
        let started = controller.record.withLock { $0.reports.filter { $0.how == .started } }
        #expect(Set(started.map(\.rank)) == [0, 1, 2, 3])
        #expect(eventually { Files.exists("\(ground.rank(name(5)).path)/delivered") })
        agent.stop()
    }

    @Test func `a rank sees its own words, the defaults, and a folder of its own`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        let line = "pwd; echo $MUSTER_SCRATCH $LANG $TMPDIR $USER; test -n \"$HOME\"; env | wc -l"
        controller.send { $0.launch = shell(line, job: 5) }
        #expect(try controller.waitForEnd(RankNumbers(job: 5)).code == 0)
        let work = "\(ground.rank(name(5)).path)/work"
        let lines = ground.log(name(5)).split(separator: "\n")
        #expect(lines.count == 3 && lines[0] == work)
        #expect(lines[1].hasPrefix("\(work) C.UTF-8 /tmp "))
        agent.stop()
    }

    @Test func `a script is run by bash that stops at the first failure`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        var order = shell("", job: 5)
        order.programs[0].script = "[[ $1 == one ]]\nfalse\necho never"
        order.programs[0].command = ["one"]
        let script = order
        controller.send { $0.launch = script }
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .exited && end.code == 1)
        #expect(ground.log(name(5)) == "")
        agent.stop()
    }

    @Test func `what cannot start is told with its errno and explained in the log`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        var missing = shell("", job: 5)
        missing.programs[0].command = ["/no/such/program"]
        var relative = shell("", job: 6)
        relative.programs[0].workingDirectory = "here"
        let orders = [missing, relative]
        for order in orders { controller.send { $0.launch = order } }
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .launchFailed && end.code == ENOENT)
        #expect(
            ground.log(name(5))
                == "muster: could not start: command: No such file or directory\n")
        let other = try controller.waitForEnd(RankNumbers(job: 6))
        #expect(other.how == .launchFailed && other.code == EINVAL)
        #expect(ground.log(name(6)).contains("workingDirectory: “here” is not absolute"))
        agent.stop()
    }

    @Test func `a stop gives the rank its grace, and its own ending counts`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send {
            $0.launch = shell(
                "trap 'echo saved; exit 3' TERM; echo up; while :; do sleep 0.05; done", job: 5)
        }
        #expect(eventually { ground.log(name(5)).contains("up") })
        controller.send { $0.stop = AttemptName(job: 5, attempt: 1) }
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .exited && end.code == 3)
        #expect(ground.log(name(5)).contains("saved"))
        agent.stop()
    }

    @Test func `a time limit ends the rank and is told as such`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send { $0.launch = shell("exec sleep 60", job: 5, grace: 1, limit: 1) }
        let end = try controller.waitForEnd(RankNumbers(job: 5))
        #expect(end.how == .signalled && end.code == SIGTERM && end.timedOut == true)
        agent.stop()
    }

    @Test func `a forgotten job leaves nothing on disk, whatever it wrote there`() throws {
        let agent = try AgentRun(ground, controller)
        controller.waitForWelcomed()
        controller.send {
            $0.launch = shell("mkdir -p a/b; ln -s / root; touch a/b/c; chmod 0 a/b", job: 5)
        }
        _ = try controller.waitForEnd(RankNumbers(job: 5))
        controller.send { $0.forget = 5 }
        let data = ground.data
        #expect(eventually { ground.rankPaths.isEmpty })
        #expect(try eventually { try Files.list("\(data)/trash").isEmpty })
        agent.stop()
    }

    @Test func `a second agent on the same directory is refused`() throws {
        let agent = try AgentRun(ground, controller)
        let refusal = #expect(throws: Refusal.self) { _ = try AgentRun(ground, controller) }
        #expect(refusal?.finding == "another agent is running on \(ground.data)")
        agent.stop()
    }
}
