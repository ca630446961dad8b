import Foundation
import Testing

@testable import Storage

/// Goal: what was changed behind the store's back is found, named, and never served as good.
@Suite struct DamageTests {
    private func tampered(_ sql: String, after prepare: (Store) throws -> Void) throws -> Folder {
        let folder = try Folder()
        let store = try folder.open()
        try prepare(store)
        store.close()
        let database = try Database(folder.database, .write(cacheBytes: 1 << 20))
        try database.execute(sql)
        return folder
    }

    private func ten(_ store: Store) throws {
        for first in UInt64(1)...10 { try store.commit(Sample.batch(first)) }
    }

    @Test(arguments: [
        "UPDATE journal SET body = x'00' WHERE first = 5",
        "UPDATE journal SET tick = tick + 1 WHERE first = 5",
        "UPDATE journal SET digest = digest - 1 WHERE first = 5",
        "UPDATE journal SET chain = chain + 1 WHERE first = 5",
        "UPDATE journal SET body = (SELECT body FROM journal WHERE first = 6) WHERE first = 5",
    ])
    func `a changed row breaks the chain at its sequence`(sql: String) throws {
        let store = try tampered(sql, after: ten).open()
        let expected = StorageFailure.corrupt(detail: "the journal's chain breaks at sequence 5")
        #expect(throws: expected) { try Sample.walk(store) }
    }

    @Test func `a missing row is a gap`() throws {
        let store = try tampered("DELETE FROM journal WHERE first = 5", after: ten).open()
        let expected = StorageFailure.corrupt(
            detail: "the journal has a gap between sequences 4 and 6")
        #expect(throws: expected) { try Sample.walk(store) }
    }

    @Test func `a missing first row is a gap`() throws {
        let store = try tampered("DELETE FROM journal WHERE first = 1", after: ten).open()
        #expect(throws: StorageFailure.self) { try Sample.walk(store) }
    }

    @Test func `two snapshots are kept and the journal is trimmed to the older`() throws {
        let folder = try Folder()
        var store = try folder.open()
        for first in UInt64(1)...9 {
            try store.commit(Sample.batch(first))
            if first % 3 == 0 { try store.saveSnapshot(sequence: first, body: [UInt8(first)]) }
        }
        store.close()
        store = try folder.open()
        let newest = try #require(try store.loadSnapshot())
        #expect(newest.sequence == 9 && newest.body == [9])
        #expect(try Sample.walk(store, after: 6).map(\.firstSequence) == [7, 8, 9])
        #expect(throws: StorageFailure.self) { try Sample.walk(store, after: 3) }
        try store.commit(Sample.batch(10))
        #expect(try Sample.walk(store, after: 9).map(\.firstSequence) == [10])
    }

    @Test func `sequences kept on request stay behind the older snapshot`() throws {
        let folder = try Folder()
        var options = Folder.options()
        options.keptSequences = 2
        let store = try folder.open(options)
        for first in UInt64(1)...9 {
            try store.commit(Sample.batch(first))
            if first % 3 == 0 { try store.saveSnapshot(sequence: first, body: [UInt8(first)]) }
        }
        #expect(try Sample.walk(store, after: 4).map(\.firstSequence) == [5, 6, 7, 8, 9])
        #expect(throws: StorageFailure.self) { try Sample.walk(store, after: 3) }
    }

    @Test func `a snapshot between two ends of batches is refused`() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1, count: 5))
        for sequence in [UInt64(3), 6] {
            #expect(throws: StorageFailure.outOfOrder(expected: 5, found: sequence)) {
                try store.saveSnapshot(sequence: sequence, body: [])
            }
        }
        try store.saveSnapshot(sequence: 5, body: [])
    }

    private func twoSnapshots(_ store: Store) throws {
        for first in UInt64(1)...4 {
            try store.commit(Sample.batch(first))
            if first % 2 == 0 { try store.saveSnapshot(sequence: first, body: [UInt8(first)]) }
        }
    }

    @Test func `a damaged snapshot is passed over for the one before`() throws {
        let sql = "UPDATE snapshots SET body = x'ff' WHERE sequence = 4"
        let store = try tampered(sql, after: twoSnapshots).open()
        let found = try #require(try store.loadSnapshot())
        #expect(found.sequence == 2)
        #expect(store.notices.contains { $0.contains("sequence 4 is damaged") })
        #expect(try Sample.walk(store, after: 2).count == 2)
    }

    @Test func `with every snapshot damaged nothing is served as good`() throws {
        let store = try tampered("UPDATE snapshots SET body = x'ff'", after: twoSnapshots).open()
        #expect(throws: StorageFailure.self) { try store.loadSnapshot() }
    }

    @Test func `a journal that ends before the newest snapshot is refused at open`() throws {
        let folder = try tampered("DELETE FROM journal WHERE first > 3", after: twoSnapshots)
        #expect(throws: StorageFailure.self) { try folder.open() }
    }

    @Test func `a page of noise is found at the next start after a crash`() throws {
        let folder = try tampered("UPDATE epochs SET closed_tick = NULL", after: ten)
        let file = try #require(FileHandle(forUpdatingAtPath: folder.database))
        let size = try file.seekToEnd()
        // The last page holds documents: nothing but a look at the whole file would notice.
        try file.seek(toOffset: size - 4096)
        try file.write(contentsOf: [UInt8](repeating: 0xa5, count: 4096))
        try file.close()
        #expect(throws: StorageFailure.self) { try folder.open() }
    }
}
