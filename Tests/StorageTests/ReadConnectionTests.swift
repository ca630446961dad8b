import Testing

@testable import Storage

/// Goal: readers see what is durable, page by page, within their time, and change nothing.
@Suite struct ReadConnectionTests {
    @Test func `a reader sees each commit and pages through events newest first`() throws {
        let folder = try Folder()
        let store = try folder.open()
        let reader = try ReadConnection.open(folder.data)
        var batch = Sample.batch(1, count: 9)
        batch.events = (1...9).map { Sample.event($0) }
        try store.commit(batch)
        let page = try reader.events(limit: 4)
        #expect(page.rows.map(\.sequence) == [9, 8, 7, 6])
        #expect(page.rows.first == Sample.event(9))
        let rest = try reader.events(before: page.next, limit: 100)
        #expect(rest.rows.map(\.sequence) == [5, 4, 3, 2, 1])
        #expect(rest.next == nil)
        #expect(try reader.events(uid: 1, limit: 100).rows.map(\.sequence) == [7, 4, 1])
        #expect(try reader.document(uid: 4)?.key == "team/job-4")
        #expect(try reader.document(uid: 40) == nil)
    }

    @Test func `history is filtered by every column and by time`() throws {
        let folder = try Folder()
        let store = try folder.open()
        var batch = Sample.batch(1)
        batch.history = [Sample.finished(1), Sample.finished(2, user: "bob"), Sample.finished(3)]
        try store.commit(batch)
        let reader = try ReadConnection.open(folder.data)
        #expect(try reader.history(limit: 10).rows.map(\.uid) == [3, 2, 1])
        #expect(try reader.history(limit: 10).rows.last == Sample.finished(1))
        func uids(_ change: (inout HistoryFilter) -> Void) throws -> [UInt64] {
            var filter = HistoryFilter()
            change(&filter)
            return try reader.history(filter, limit: 10).rows.map(\.uid)
        }
        #expect(try uids { $0.user = "bob" } == [2])
        #expect(try uids { $0.namespace = "other" } == [])
        #expect(try uids { $0.queue = "research" } == [3, 2, 1])
        #expect(try uids { $0.name = "job-3" } == [3])
        #expect(try uids { $0.uid = 1 } == [1])
        #expect(try uids { $0.endedFrom = 3_661_002 } == [3, 2])
        #expect(try uids { $0.endedBefore = 3_661_002 } == [1])
    }

    @Test func `the operators' views give whole units and readable times`() throws {
        let folder = try Folder()
        let store = try folder.open()
        var batch = Sample.batch(1)
        batch.history = [Sample.finished(1)]
        batch.events = [Sample.event(1)]
        try store.commit(batch)
        let database = try Database(folder.database, .read)
        #expect(try database.text("SELECT submitted FROM finished_jobs") == "1970-01-01 00:00:01")
        #expect(try database.integer("SELECT waited_seconds FROM finished_jobs") == 60)
        #expect(try database.integer("SELECT gpu_hours FROM finished_jobs") == 8)
        let message = "SELECT json_extract(json, '$.message') FROM recent_events"
        #expect(try database.text(message) == "event 1")
    }

    @Test func `a reader cannot write`() throws {
        let folder = try Folder()
        let store = try folder.open()
        let database = try Database(folder.database, .read)
        #expect(throws: StorageFailure.self) { try database.execute("DELETE FROM epochs") }
        #expect(store.epoch == 1)
    }

    @Test func `a read past its time is cut`() throws {
        let folder = try Folder()
        let store = try folder.open()
        let database = try Database(folder.database, .read)
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        database.limitReads(to: monotonicMilliseconds() + 50)
        let failure = #expect(throws: StorageFailure.self) {
            try database.integer(endless + "SELECT count(*) FROM n")
        }
        guard case .tooSlow = failure else {
            Issue.record("expected tooSlow, got \(String(describing: failure))")
            return
        }
        store.close()
    }

    @Test func `a reader in the way only delays the checkpoint`() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1))
        let database = try Database(folder.database, .read)
        try database.execute("BEGIN")
        #expect(try database.integer("SELECT count(*) FROM journal") == 1)
        for first in UInt64(2)...40 { try store.commit(Sample.batch(first)) }
        let start = monotonicMilliseconds()
        try store.checkpointIfNeeded(isIdle: true)
        #expect(monotonicMilliseconds() - start < 1000)
        #expect(store.figures.heldCheckpoints == 1)
        try database.execute("COMMIT")
        try store.checkpointIfNeeded(isIdle: true)
        #expect(store.figures.logPages == 0)
    }
}
