import Foundation
import Storage
import Testing

/// Goal: an acknowledged batch survives whatever stops the process, and a failed disk stops it.
///
/// Method: a child process writes and notes what it was promised; it is killed from outside at
/// random, or by strace at one exact system call, or strace makes that call fail.
@Suite(.serialized) struct CrashTests {
    @Test func `nothing acknowledged is lost when the writer is killed at random`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("kill seed \(seed)")
        var state = seed
        var acknowledged = 0
        let folder = try Folder()
        for round in 0..<8 {
            let child = Process()
            child.executableURL = URL(fileURLWithPath: try ChildWriter.executable)
            child.arguments = ChildWriter.arguments
            child.environment = ProcessInfo.processInfo.environment
                .merging([ChildWriter.variable: folder.path]) { $1 }
            child.standardOutput = FileHandle.nullDevice
            child.standardError = FileHandle.nullDevice
            let before = try ChildWriter.acknowledgements(in: folder).count
            try child.run()
            let patience = Date().addingTimeInterval(20)
            while try ChildWriter.acknowledgements(in: folder).count == before, Date() < patience {
                usleep(2000)
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            usleep(UInt32(state >> 48) % 50_000)
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
            #expect(child.terminationReason == .uncaughtSignal)
            acknowledged = try ChildWriter.check(folder, "seed \(seed) round \(round)")
        }
        #expect(acknowledged > 8)
    }

    private static let tracer = "/usr/bin/strace"
    private static let canTrace = access(tracer, X_OK) == 0

    private static func traced(_ folder: Folder, _ calls: String, _ fault: String) throws -> Outcome
    {
        try Outcome.of(
            tracer,
            [
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(calls)", "-e",
                "inject=\(calls):\(fault)",
            ]
                + [try ChildWriter.executable] + ChildWriter.arguments,
            environment: [ChildWriter.variable: folder.path])
    }

    @Test(
        .enabled(if: canTrace, "strace is not installed"),
        arguments: [
            ("pwrite64", [1, 2, 3, 5, 9, 17, 31, 63, 80, 150]),
            ("fdatasync", [1, 2, 3, 5, 9, 17, 31, 63, 80, 150]),
            ("ftruncate,unlink,fsync", [1, 2, 3, 5, 9, 17]),
        ])
    func `nothing acknowledged is lost when the writer dies at an exact call`(
        calls: String, points: [Int]
    ) throws {
        // Opening takes some thirty writes; the later points lie in commits and checkpoints.
        for point in points {
            let folder = try Folder()
            let outcome = try Self.traced(folder, calls, "signal=KILL:when=\(point)")
            #expect(outcome.wasKilled, "\(calls) \(point): \(outcome.output)")
            try ChildWriter.check(folder, "\(calls) \(point)")
        }
    }

    @Test(
        .enabled(if: canTrace, "strace is not installed"),
        arguments: [
            ("fdatasync", 12), ("fdatasync", 20), ("fdatasync", 90), ("pwrite64", 90),
            ("pwrite64", 121), ("pwrite64", 300),
        ])
    func `a disk error stops the writer and loses nothing acknowledged`(
        call: String, point: Int
    ) throws {
        let folder = try Folder()
        let outcome = try Self.traced(folder, call, "error=EIO:when=\(point)")
        #expect(outcome.status == ChildWriter.brokenStatus, "\(outcome.output)")
        #expect(try !ChildWriter.acknowledgements(in: folder).isEmpty)
        try ChildWriter.check(folder, "\(call) \(point)")
    }

    @Test(
        .enabled(if: canTrace, "strace is not installed"),
        arguments: [
            ("fdatasync", 1), ("fdatasync", 4), ("fsync", 3), ("pwrite64", 12), ("pwrite64", 20),
        ])
    func `a disk error while opening leaves a directory that opens again`(
        call: String, point: Int
    ) throws {
        let folder = try Folder()
        let outcome = try Self.traced(folder, call, "error=EIO:when=\(point)")
        #expect(outcome.output.contains("the disk failed"), "\(outcome.output)")
        try ChildWriter.check(folder, "\(call) \(point)")
    }

    @Test(.enabled(if: canTrace, "strace is not installed"))
    func `a full disk is told apart from a broken one`() throws {
        let folder = try Folder()
        let outcome = try Self.traced(folder, "pwrite64", "error=ENOSPC:when=90")
        #expect(outcome.status == ChildWriter.fullStatus, "\(outcome.output)")
        try ChildWriter.check(folder, "ENOSPC")
    }
}
