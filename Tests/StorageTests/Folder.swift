import Foundation
import Storage

/// A folder of a test's own on the real disk, gone when the test ends.
final class Folder {
    let path: String

    init() throws {
        path = "/tmp/muster-storage-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left \(path) behind: \(error)")
        }
    }

    var data: String { path + "/data" }
    var database: String { data + "/muster.db" }

    static func options(ballast: Int = 0) -> StoreOptions {
        var options = StoreOptions()
        options.ballastBytes = ballast
        options.checkpointPages = 50
        return options
    }

    func open(_ options: StoreOptions = Folder.options()) throws -> Store {
        try Store.open(data, options: options)
    }
}

/// Batches whose content follows from their numbers, so that any reader can check them.
enum Sample {
    static func records(_ sequence: UInt64, bytes: Int = 200) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: sequence &* 31 &+ UInt64($0)) }
    }

    static func batch(_ first: UInt64, count: UInt64 = 1, bytes: Int = 200) -> WriteBatch {
        var batch = WriteBatch(
            firstSequence: first, lastSequence: first + count - 1, tick: Int64(first) * 10,
            records: records(first, bytes: bytes), digest: first &* 0x9e37_79b9)
        for sequence in first..<first + count {
            batch.documents.append(
                .put(
                    StoredDocument(
                        uid: sequence, kind: 1, key: "team/job-\(sequence)",
                        head: Array("phase \(sequence)".utf8), body: records(sequence, bytes: 1000))
                ))
        }
        return batch
    }

    static func event(_ sequence: UInt64) -> EventRow {
        EventRow(
            sequence: sequence, tick: Int64(sequence) * 10, kind: 1, uid: sequence % 3,
            reason: "Started", json: Array("{\"message\":\"event \(sequence)\"}".utf8))
    }

    static func finished(_ uid: UInt64, user: String = "ada") -> HistoryRow {
        HistoryRow(
            uid: uid, namespace: "team", name: "job-\(uid)", queue: "research", user: user,
            phase: "Succeeded", reason: "", submittedTick: 1000, startedTick: 61_000,
            endedTick: 3_661_000 + Int64(uid), ranks: 2, gpusMilli: 8000, cpuMilli: 16_000,
            exitCode: 0)
    }

    /// The batches after `sequence`, as one walk finds them.
    static func walk(_ store: Store, after sequence: UInt64 = 0) throws -> [JournalBatch] {
        var found: [JournalBatch] = []
        try store.forEachBatch(after: sequence) { found.append($0) }
        return found
    }
}

/// A command run to its end, with what it said.
struct Outcome {
    var status: Int32
    var wasKilled: Bool
    var output: String

    static func of(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            wasKilled: process.terminationReason == .uncaughtSignal,
            output: String(decoding: output, as: UTF8.self))
    }
}
