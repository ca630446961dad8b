import Foundation
import Storage
import Testing

/// A second process that writes until something stops it, and notes each batch once it is durable.
///
/// It is this very test binary, told by the environment to run the one test below.
enum ChildWriter {
    static let variable = "MUSTER_STORAGE_CHILD"
    static let brokenStatus: Int32 = 70
    static let fullStatus: Int32 = 71

    static var executable: String {
        get throws { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }
    }

    static let arguments = [
        "--testing-library", "swift-testing", "--filter", "the child writes until it is stopped",
    ]

    static func acknowledgements(in folder: Folder) throws -> [UInt64] {
        let path = folder.path + "/acknowledged"
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap {
            UInt64($0)
        }
    }

    /// Appends one line; the file outlives a killed process, which is all that these tests need.
    static func note(_ sequence: UInt64, in path: String) throws {
        let notes = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(notes) }
        let line = Array("\(sequence)\n".utf8)
        try #require(write(notes, line, line.count) == line.count)
    }

    /// Proves that everything acknowledged is there and at most one batch more.
    @discardableResult
    static func check(_ folder: Folder, _ context: String) throws -> Int {
        let last = try acknowledgements(in: folder).last ?? 0
        let store = try folder.open()
        let kept = store.lastSequence
        #expect(kept == last || kept == last + 1, "\(context): kept \(kept), said \(last)")
        let snapshot = try store.loadSnapshot()
        for batch in try Sample.walk(store, after: snapshot?.sequence ?? 0) {
            #expect(batch.records == Sample.records(batch.firstSequence), "\(context)")
        }
        var documents: UInt64 = 0
        try store.forEachDocument { document in
            documents += 1
            #expect(document.uid == documents, "\(context)")
            #expect(document.body == Sample.records(documents, bytes: 1000), "\(context)")
        }
        #expect(documents == kept, "\(context)")
        // What was found must also be writable again.
        try store.commit(Sample.batch(kept + 1))
        try note(kept + 1, in: folder.path)
        return Int(last)
    }
}

@Suite struct ChildWriterTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment[ChildWriter.variable] != nil))
    func `the child writes until it is stopped`() throws {
        let path = try #require(ProcessInfo.processInfo.environment[ChildWriter.variable])
        let store = try Store.open(path + "/data", options: Folder.options())
        let limit = store.lastSequence + 2000
        while store.lastSequence < limit {
            let next = store.lastSequence + 1
            do {
                try store.commit(Sample.batch(next))
                try ChildWriter.note(next, in: path)
                if next % 7 == 0 { try store.saveSnapshot(sequence: next, body: [1]) }
                try store.checkpointIfNeeded()
            } catch StorageFailure.broken {
                // After one failure every later call must fail too, or the promise is void.
                do {
                    try store.commit(Sample.batch(next))
                    exit(1)
                } catch {
                    exit(ChildWriter.brokenStatus)
                }
            } catch StorageFailure.full {
                exit(ChildWriter.fullStatus)
            }
        }
    }
}
