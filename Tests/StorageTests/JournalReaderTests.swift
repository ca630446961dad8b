import Foundation
import Testing

@testable import Storage

/// Goal: a journal is read without a trace, whoever has it open. Method: a store that is open, one
/// that is closed, one whose log was left behind, and what is no store at all.
@Suite struct JournalReaderTests {
    private func ten(_ folder: Folder) throws -> Store {
        let store = try folder.open()
        for first in UInt64(1)...10 { try store.commit(Sample.batch(first)) }
        return store
    }

    private func sequences(
        _ reader: JournalReader, after sequence: UInt64, upTo last: UInt64
    ) throws -> [UInt64] {
        var found: [UInt64] = []
        try reader.forEachBatch(after: sequence, upTo: last) { found.append($0.firstSequence) }
        return found
    }

    private func names(_ folder: Folder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.data).sorted()
    }

    @Test func `a walk has an end of its own, and what comes later is not seen`() throws {
        let folder = try Folder()
        let store = try ten(folder)
        let reader = try JournalReader.open(folder.data)
        try store.commit(Sample.batch(11))
        #expect(reader.beginning == 0 && reader.end == 10)
        #expect(try sequences(reader, after: 3, upTo: 6) == [4, 5, 6])
        #expect(try sequences(reader, after: 10, upTo: 10) == [])
        #expect(throws: StorageFailure.self) { try sequences(reader, after: 3, upTo: 11) }
        #expect(try reader.digest(at: 6) == 6 &* 0x9e37_79b9)
        #expect(try reader.tick(notAfter: 6) == 60)
        #expect(try reader.batchEnd(of: 6) == 6)
        #expect(try reader.batchEnd(of: 11) == nil)
    }

    @Test func `a closed store without its log is read without a trace`() throws {
        let folder = try Folder()
        try ten(folder).close()
        for end in ["-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: folder.database + end)
        }
        let before = try names(folder)
        let reader = try JournalReader.open(folder.data)
        #expect(try sequences(reader, after: 0, upTo: 10).count == 10)
        try reader.confirm()
        #expect(try names(folder) == before)
        let store = try folder.open()
        #expect(throws: StorageFailure.self) { try reader.confirm() }
        store.close()
    }

    @Test func `a copy of a running store's files is read with its log`() throws {
        let folder = try Folder()
        let copy = try Folder()
        let store = try ten(folder)
        #expect(store.figures.logPages > 0)
        try FileManager.default.createDirectory(
            atPath: copy.data, withIntermediateDirectories: false)
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.database + end, toPath: copy.database + end)
        }
        let reader = try JournalReader.open(copy.data)
        #expect(try sequences(reader, after: 0, upTo: reader.end).count == 10)
    }

    @Test func `what is no data directory of this release is refused with what to do`() throws {
        let folder = try Folder()
        func finding(_ path: String) -> String {
            do throws(StorageFailure) {
                _ = try JournalReader.open(path)
                return ""
            } catch {
                #expect(!error.remedy.isEmpty)
                return error.finding
            }
        }
        #expect(finding(folder.path + "/none").hasPrefix("there is no directory"))
        #expect(finding(folder.path).hasSuffix("holds no muster.db"))
        try ten(folder).close()
        func alter(_ sql: String) throws {
            try Database(folder.database, .write(cacheBytes: 1 << 20)).execute(sql)
        }
        try alter("PRAGMA user_version=99")
        #expect(finding(folder.data).contains("has schema 99"))
        try alter("PRAGMA user_version=1")
        #expect(finding(folder.data).contains("is not migrated yet"))
        try alter("PRAGMA application_id=1")
        #expect(finding(folder.data).hasSuffix("is a database of another program"))
    }

    @Test func `a path with letters that mean something in a URI is found`() throws {
        let folder = try Folder()
        let odd = folder.path + "/a %41?b#ü"
        try Store.open(odd, options: Folder.options()).close()
        for end in ["-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: odd + "/muster.db" + end)
        }
        #expect(try JournalReader.open(odd).end == 0)
    }
}
