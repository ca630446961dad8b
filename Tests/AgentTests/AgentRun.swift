import Foundation
import Host
import Network
import Primitives
import Resources
import Telemetry
import Testing
import Wire

import class Host.Thread

@testable import Agent

/// A temporary folder with the agent's directory and the controller's certificates in it.
final class Ground {
    let folder: String
    var data: String { "\(folder)/agent" }

    init() throws {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        folder = "\(base)/muster-agent-\(try Entropy.hexToken().prefix(16))"
        try Files.makeDirectory(folder, mode: 0o700)
    }

    deinit {
        // SIGQUIT ends what a failed test left behind; gone steps need nothing.
        for path in rankPaths {
            let start = try? RankDirectory(path).started()
            guard let step = start?.step, (try? step.send(SIGQUIT)) == true else { continue }
            _ = eventually { (try? step.isAlive()) != true }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Every rank directory there is.
    var rankPaths: [String] {
        let ranks = "\(data)/ranks"
        return ((try? Files.list(ranks)) ?? []).flatMap { shelf in
            ((try? Files.list("\(ranks)/\(shelf)")) ?? []).map { "\(ranks)/\(shelf)/\($0)" }
        }
    }

    func rank(_ name: RankName) -> RankDirectory {
        RankDirectory("\(data)/ranks/\(name.place)")
    }

    /// The folder that a rank starts in.
    func work(_ name: RankName) -> String { "\(rank(name).path)/work" }

    func log(_ name: RankName) -> String {
        let bytes = (try? rank(name).log(at: 0, atMost: 1 << 20)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// An agent in a thread of this process; stopped without cleaning up, as if it had been killed.
final class AgentRun {
    private let thread: Thread
    private let reactor: Reactor

    init(_ ground: Ground, _ controller: FakeController, labels: StringMap = [:]) throws {
        var options = AgentOptions(
            server: "https://127.0.0.1:\(controller.port)", token: FakeController.token,
            dataDirectory: ground.data)
        options.authorityPath = controller.authorityPath
        options.name = "n1"
        options.gpus = 4
        options.gpuModel = "H200"
        options.labels = labels
        options.stepPath = try AgentRun.stepPath()
        (thread, reactor) = try AgentRun.start(options)
    }

    private nonisolated static func start(
        _ options: AgentOptions
    ) throws -> (Thread, Reactor) {
        let outcome = Lock<Result<Reactor, Refusal>?>(nil)
        let thread = try Thread.spawn(name: "agent") {
            do throws(Refusal) {
                let driver = try AgentDriver(options, log: Log(minimum: .error))
                outcome.change { $0 = .success(driver.reactor) }
                driver.run()
            } catch {
                let refusal = error
                outcome.change { $0 = .failure(refusal) }
            }
        }
        let answer = outcome.wait(atMostMilliseconds: 10_000, until: { $0 != nil }) { $0 }
        guard case .success(let reactor)? = answer else {
            thread.join()
            if case .failure(let refusal)? = answer { throw refusal }
            throw Refusal(.timeout, finding: "the agent did not start", remedy: "Wait longer")
        }
        return (thread, reactor)
    }

    deinit { stop() }

    func stop() {
        reactor.stop(withinMilliseconds: 0)
        thread.join()
    }

    /// MUSTER_STEP, or the product that was built along with these tests.
    static func stepPath() throws -> String {
        if let given = ProcessInfo.processInfo.environment["MUSTER_STEP"] { return given }
        let bundles = CommandLine.arguments.compactMap { argument -> String? in
            guard let end = argument.range(of: ".xctest") else { return nil }
            return URL(filePath: String(argument[..<end.upperBound]))
                .deletingLastPathComponent().path
        }
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let places = bundles + ["\(root)/.build/debug", "\(root)/.build/release"]
        return try #require(
            places.map { "\($0)/muster-step" }.first { Files.exists($0) },
            "muster-step is not in \(places)")
    }
}

/// An order for ranks that run one shell line.
func shell(
    _ line: String, job: UInt64, attempt: UInt32 = 1, ranks: UInt32 = 1, grace: UInt32 = 5,
    limit: UInt32 = 0, started: Bool = false
) -> LaunchOrder {
    LaunchOrder(
        job: job, attempt: attempt, graceSeconds: grace, timeLimitSeconds: limit,
        programs: [
            Program(
                command: ["/bin/sh", "-c", line], script: nil,
                environment: ["GREETING": "hello", "RANK": "none"], workingDirectory: "")
        ],
        ranks: (0..<ranks).map {
            RankLaunch(
                rank: $0, program: 0, environment: ["RANK": "\($0)"], hasStarted: started)
        })
}

/// True as soon as `condition` holds, false when it does not within ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}
