import Foundation
import Kernel
import Primitives
import Storage
import Telemetry
import Testing
import Wire

@testable import Control

/// Goal: what was accepted is there again. Method: a data directory that is opened twice.
@Suite struct RecoveryTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/muster-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// Opens the directory, has the commands carried out, and closes it in order.
    private func serve(_ folder: String, _ requests: [CoreRequest]) throws -> Catalog {
        var options = StoreOptions()
        options.allowAnyFileSystem = true
        options.ballastBytes = 0
        let core = try Recovery.open(
            folder, store: options, log: Log(minimum: .error), counters: Counters()
        ) {
            Issue.record("\($0)")
        }
        #expect(core.mailbox.post(requests))
        core.mailbox.close()
        core.loop.run()
        return core.catalog
    }

    @Test func `an object with more labels than a request may have is read back`() throws {
        try withFolder { folder in
            var labels: [String] = []
            for number in 0..<20_000 { labels.append("\"k\(number)\":\"v\"") }
            let head = #"{"name":"team","labels":{\#(labels.joined(separator: ","))}}"#
            let draft = DocumentDraft(
                head: Array(head.utf8), body: Array("{}".utf8), labels: [:], user: "")
            let request = CoreRequest(
                .create(ObjectName(.namespace, name: "team")), draft: draft)
            let before = try serve(folder, [request])
            #expect(before.object(.namespace, "team") != nil)
            let after = try serve(folder, [])
            #expect(after.object(.namespace, "team")?.labels.count == 20_000)
        }
    }
}

/// Goal: a watcher hears everything or is told to list. Method: positions around a start.
@Suite struct PositionTests {
    @Test func `positions from before the floor and from another history are refused`() {
        let catalog = Catalog(bodies: BodyCache(nil))
        catalog.open(at: 10, epoch: 1, events: []) { _ in 5 }
        #expect(catalog.changes(of: .jobs, after: 4, limit: 10) == nil)
        #expect(catalog.changes(of: .jobs, after: 7, limit: 10)?.upTo == 10)
        #expect(catalog.changes(of: .jobs, after: 11, limit: 10) == nil)
        // Replaying tells of no events.
        #expect(catalog.changes(of: .events, after: 7, limit: 10) == nil)
    }
}
