import Foundation
import Host
import Testing

/// One rank in a temporary directory, run by the real step; removed with the value.
final class Rank {
    let directory: RankDirectory
    private(set) var step: ProcessIdentity?

    init() throws {
        let base = "/tmp/muster-host-\(try Entropy.hexToken().prefix(16))"
        directory = RankDirectory(base)
    }

    deinit {
        // SIGQUIT ends the rank without grace; a step that is gone needs nothing.
        if let step, (try? step.send(SIGQUIT)) == true {
            _ = try? StepProcess.reap(step.pid, waiting: true)
        }
        try? FileManager.default.removeItem(atPath: directory.path)
    }

    static func order(_ arguments: [String]) -> RankOrder {
        RankOrder(
            arguments: arguments, environment: [.init("PATH", "/usr/bin:/bin")],
            workingDirectory: "/", graceSeconds: 1)
    }

    func start(_ order: RankOrder, script: String? = nil) throws {
        try directory.create(order, script: script.map { Array($0.utf8) })
        try startStep()
    }

    func startStep() throws {
        step = try StepProcess(executable: Self.stepPath()).start(directory)
    }

    /// Waits for the step and reads what it left.
    @discardableResult
    func end() throws -> RankEnding {
        let pid = try #require(step?.pid)
        #expect(try StepProcess.reap(pid, waiting: true) == .exited(code: 0))
        step = nil
        return try #require(try directory.ending())
    }

    /// Starts and waits in one go.
    func run(_ order: RankOrder, script: String? = nil) throws -> RankEnding {
        try start(order, script: script)
        return try end()
    }

    func shell(_ script: String) throws -> RankEnding {
        try run(Self.order(["sh", "-c", script]))
    }

    func log() throws -> String {
        String(decoding: try directory.log(at: 0, atMost: 1 << 24), as: UTF8.self)
    }

    /// Waits until the log holds `text`, at most ten seconds.
    func waitForLog(_ text: String) throws {
        #expect(try eventually { try self.log().contains(text) }, "the log never said \(text)")
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

/// True as soon as `condition` holds, false when it does not within ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}
