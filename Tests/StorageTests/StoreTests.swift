import Foundation
import Storage
import Testing

/// Goal: what `commit` took is there after the next open, whole and in order.
@Suite struct StoreTests {
    @Test func `a new store is empty and sound`() throws {
        let folder = try Folder()
        let store = try folder.open()
        #expect(store.lastSequence == 0)
        #expect(store.epoch == 1)
        #expect(store.health == .sound)
        #expect(try Sample.walk(store).isEmpty)
        #expect(try store.loadSnapshot() == nil)
    }

    @Test func `committed batches and documents come back after a new open`() throws {
        let folder = try Folder()
        var store = try folder.open()
        for first in stride(from: UInt64(1), to: 100, by: 3) {
            try store.commit(Sample.batch(first, count: 3))
            try store.checkpointIfNeeded()
        }
        store.close()
        store = try folder.open()
        #expect(store.lastSequence == 99)
        #expect(store.lastDigest == 97 &* 0x9e37_79b9)
        let batches = try Sample.walk(store)
        #expect(batches.count == 33)
        for batch in batches {
            #expect(batch.records == Sample.records(batch.firstSequence))
            #expect(batch.tick == Int64(batch.firstSequence) * 10)
        }
        var uids: [UInt64] = []
        try store.forEachDocument { document in
            uids.append(document.uid)
            #expect(document.key == "team/job-\(document.uid)")
            #expect(document.head == Array("phase \(document.uid)".utf8))
            #expect(document.body == Sample.records(document.uid, bytes: 1000))
        }
        #expect(uids == Array(1...99))
    }

    @Test func `a walk from the middle starts with the batch that holds the next sequence`() throws
    {
        let folder = try Folder()
        let store = try folder.open()
        for first in [UInt64(1), 4, 7] { try store.commit(Sample.batch(first, count: 3)) }
        #expect(try Sample.walk(store, after: 3).map(\.firstSequence) == [4, 7])
        #expect(try Sample.walk(store, after: 4).map(\.firstSequence) == [4, 7])
        #expect(try Sample.walk(store, after: 9).isEmpty)
        #expect(throws: StorageFailure.self) { try Sample.walk(store, after: 10) }
    }

    @Test func `a head changes alone and a deleted document is gone`() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1, count: 3))
        var change = WriteBatch(firstSequence: 4, lastSequence: 4, tick: 5, records: [1], digest: 2)
        change.documents = [.putHead(uid: 2, head: Array("done".utf8)), .delete(uid: 3)]
        try store.commit(change)
        var found: [UInt64: StoredDocument] = [:]
        try store.forEachDocument { found[$0.uid] = $0 }
        #expect(found.keys.sorted() == [1, 2])
        #expect(found[2]?.head == Array("done".utf8))
        #expect(found[2]?.body == Sample.records(2, bytes: 1000))
    }

    @Test func `empty bytes, high numbers and odd text survive`() throws {
        let folder = try Folder()
        let store = try folder.open()
        let document = StoredDocument(
            uid: .max, kind: 255, key: "a\0b/\u{1F600}", head: [], body: [])
        var batch = WriteBatch(
            firstSequence: 1, lastSequence: 1, tick: .min, records: [], digest: .max)
        batch.documents = [.put(document)]
        batch.markers = [Marker(name: "", value: []), Marker(name: "offset", value: [0, 255])]
        try store.commit(batch)
        var found: [StoredDocument] = []
        try store.forEachDocument { found.append($0) }
        #expect(found == [document])
        #expect(try store.marker("offset") == [0, 255])
        #expect(try store.marker("") == [])
        #expect(try store.marker("other") == nil)
        let row = try #require(try Sample.walk(store).first)
        #expect(row.tick == .min && row.digest == .max && row.records.isEmpty)
    }

    @Test func `a batch that does not follow is refused and leaves nothing`() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1))
        #expect(throws: StorageFailure.outOfOrder(expected: 2, found: 3)) {
            try store.commit(Sample.batch(3))
        }
        #expect(throws: StorageFailure.outOfOrder(expected: 2, found: 1)) {
            try store.commit(Sample.batch(1))
        }
        try store.commit(Sample.batch(2))
        #expect(try Sample.walk(store).count == 2)
    }

    @Test func `a batch without records stores the rest and moves no sequence`() throws {
        let folder = try Folder()
        let store = try folder.open()
        var batch = WriteBatch(firstSequence: 1, lastSequence: 0, tick: 1, records: [], digest: 0)
        batch.markers = [Marker(name: "seen", value: [7])]
        try store.commit(batch)
        #expect(store.lastSequence == 0)
        #expect(try store.marker("seen") == [7])
        try store.commit(Sample.batch(1))
    }

    @Test func `each open begins a new epoch`() throws {
        let folder = try Folder()
        for expected in UInt64(1)...3 {
            let store = try folder.open()
            #expect(store.epoch == expected)
            store.close()
        }
    }

    @Test func `a second opener is refused while the first lives and told who it is`() throws {
        let folder = try Folder()
        let store = try folder.open()
        let refusal = StorageFailure.locked(directory: folder.data, owner: getpid())
        #expect(throws: refusal) { try folder.open() }
        #expect(refusal.remedy.contains("\(getpid())"))
        store.close()
        _ = try folder.open()
    }

    @Test func `a closed store refuses every call`() throws {
        let folder = try Folder()
        let store = try folder.open()
        store.close()
        store.close()
        #expect(throws: StorageFailure.self) { try store.commit(Sample.batch(1)) }
        #expect(throws: StorageFailure.self) { try store.loadSnapshot() }
        #expect(throws: StorageFailure.self) { try store.probe() }
    }

    @Test func `closing empties the log and an idle checkpoint cuts it`() throws {
        let folder = try Folder()
        let store = try folder.open()
        for first in UInt64(1)...20 { try store.commit(Sample.batch(first)) }
        #expect(store.figures.logPages > 0)
        try store.checkpointIfNeeded(isIdle: true)
        #expect(store.figures.logPages == 0)
        #expect(try size(folder.database + "-wal") == 0)
        try store.commit(Sample.batch(21))
        store.close()
        #expect(try size(folder.database + "-wal") == 0)
    }

    private func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
    }

    @Test func `trims keep the newest and say when more is left`() throws {
        let folder = try Folder()
        let store = try folder.open()
        var batch = WriteBatch(firstSequence: 1, lastSequence: 1, tick: 1, records: [], digest: 0)
        batch.events = (1...12_000).map { Sample.event($0) }
        batch.history = (1...20).map { Sample.finished($0) }
        try store.commit(batch)
        #expect(try store.trimEvents(keeping: 100))
        #expect(try !store.trimEvents(keeping: 100))
        #expect(try !store.trimHistory(keeping: 5))
        let reader = try ReadConnection.open(folder.data)
        #expect(try reader.events(limit: 1000).rows.map(\.sequence) == (11_901...12_000).reversed())
        #expect(try reader.history(limit: 100).rows.map(\.uid) == [20, 19, 18, 17, 16])
    }
}
