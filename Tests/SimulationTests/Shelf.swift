import Foundation
import Primitives

@testable import Simulation

/// Files of one test, in a folder that goes with it.
final class Shelf {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/muster-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and says where it lies.
    func put(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    func put(_ text: String, as name: String) throws -> String {
        try put(Array(text.utf8), as: name)
    }

    static func cluster(_ text: String) throws -> Cluster {
        let shelf = try Shelf()
        return try InputFiles.cluster(shelf.put(text, as: "cluster.yaml"))
    }

    static func workload(
        _ text: String, on cluster: Cluster, seed: UInt64 = 1
    ) throws -> InputFiles.Loaded {
        let shelf = try Shelf()
        return try InputFiles.workload(shelf.put(text, as: "jobs"), for: cluster, seed: seed)
    }

    static func policy(_ text: String) throws -> SimulationPolicy {
        let shelf = try Shelf()
        return try InputFiles.policy(shelf.put(text, as: "policy.yaml"))
    }

    /// As `gzip` packs it.
    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let shelf = try Shelf()
        let file = try shelf.put(bytes, as: "file")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", file]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(fileURLWithPath: file + ".gz")))
    }
}

/// What the work was refused with; nil where it was done.
func refusal(_ work: () throws -> Void) -> Refusal? {
    do {
        try work()
        return nil
    } catch {
        return error as? Refusal ?? Refusal(.internalFailure, finding: "\(error)", remedy: "Look")
    }
}
