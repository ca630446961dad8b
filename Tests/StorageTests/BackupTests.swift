import Foundation
import Storage
import Testing

/// Goal: a copy made under load is one consistent moment, and a start from it reuses no epoch.
@Suite struct BackupTests {
    @Test func `a backup restores to the moment it was made`() throws {
        let folder = try Folder()
        let store = try folder.open()
        for first in UInt64(1)...30 { try store.commit(Sample.batch(first)) }
        let reader = try ReadConnection.open(folder.data)
        let copy = folder.path + "/backup.db"
        try reader.backUp(to: copy)
        for first in UInt64(31)...40 { try store.commit(Sample.batch(first)) }
        #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))

        let restored = try Folder()
        mkdir(restored.data, 0o700)
        try FileManager.default.copyItem(atPath: copy, toPath: restored.database)
        let second = try restored.open()
        #expect(second.lastSequence == 30)
        #expect(second.epoch > store.epoch + 1000)
        #expect(try Sample.walk(second).map(\.firstSequence) == Array(1...30))
        try second.commit(Sample.batch(31))
    }

    @Test func `a backup never writes over a file`() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1))
        let reader = try ReadConnection.open(folder.data)
        #expect(throws: StorageFailure.self) { try reader.backUp(to: folder.database) }
        #expect(throws: StorageFailure.self) { try reader.backUp(to: folder.path + "/none/b.db") }
        try store.commit(Sample.batch(2))
        #expect(try Sample.walk(store).count == 2)
    }

    @Test func `each of many backups under load is a whole prefix`() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1))
        let path = folder.path
        let data = folder.data
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            defer { done.signal() }
            do {
                let reader = try ReadConnection.open(data)
                for number in 0..<10 { try reader.backUp(to: "\(path)/copy-\(number).db") }
            } catch {
                Issue.record("\(error)")
            }
        }
        var next: UInt64 = 2
        while done.wait(timeout: .now()) == .timedOut {
            try store.commit(Sample.batch(next))
            try store.checkpointIfNeeded()
            next += 1
        }
        for number in 0..<10 {
            let restored = try Folder()
            mkdir(restored.data, 0o700)
            try FileManager.default.moveItem(
                atPath: "\(path)/copy-\(number).db", toPath: restored.database)
            let second = try restored.open()
            #expect(try Sample.walk(second).count == Int(second.lastSequence))
            #expect(second.lastSequence >= 1 && second.lastSequence < next)
        }
    }
}
