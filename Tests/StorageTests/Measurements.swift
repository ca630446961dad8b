import Foundation
import Storage
import Testing

/// Figures, not verdicts: run with `MUSTER_MEASURE=1 swift test -c release --filter Measurements`.
@Suite(
    .serialized, .enabled(if: ProcessInfo.processInfo.environment["MUSTER_MEASURE"] != nil))
struct Measurements {
    @Test(arguments: [UInt64(1), 64, 256])
    func `cost of durable submits`(jobsPerBatch: UInt64) throws {
        let folder = try Folder()
        let store = try folder.open(StoreOptions())
        let jobs = jobsPerBatch == 1 ? UInt64(5000) : 50_000
        let batches = (0..<jobs / jobsPerBatch).map { number in
            Sample.batch(
                number * jobsPerBatch + 1, count: jobsPerBatch, bytes: 200 * Int(jobsPerBatch))
        }
        let cpu = clock()
        let start = Date()
        for batch in batches {
            try store.commit(batch)
            try store.checkpointIfNeeded()
        }
        let seconds = Date().timeIntervalSince(start)
        let microseconds = Double(clock() - cpu) / Double(CLOCKS_PER_SEC) * 1e6
        let count = Double(batches.count) * Double(jobsPerBatch)
        store.close()
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.database)
        let bytes = Double(attributes[.size] as? Int ?? 0) / count
        print(
            "batch \(jobsPerBatch): \(Int(count / seconds)) jobs/s, "
                + "\((microseconds / count * 10).rounded() / 10) us CPU/job, "
                + "\(Int(bytes)) B on disk per job, \(Int(bytes) - 1000) beside the document")
    }

    @Test func `cost of loading a hundred thousand documents`() throws {
        let folder = try Folder()
        var store = try folder.open(StoreOptions())
        for number in UInt64(0)..<400 {
            try store.commit(Sample.batch(number * 250 + 1, count: 250, bytes: 50_000))
            try store.checkpointIfNeeded()
        }
        let path = folder.data
        let clock = ContinuousClock()
        print("close \(clock.measure { store.close() })")
        for check in [StoreOptions.Check.never, .always] {
            var options = StoreOptions()
            options.check = check
            let opening = try clock.measure { store = try Store.open(path, options: options) }
            var documents: [StoredDocument] = []
            documents.reserveCapacity(100_000)
            let loading = try clock.measure { try store.forEachDocument { documents.append($0) } }
            let walking = try clock.measure { try store.forEachBatch(after: 0) { _ in } }
            print(
                "check \(check): open \(opening), \(documents.count) documents \(loading), "
                    + "journal \(walking)")
            store.close()
        }
        store = try Store.open(path, options: StoreOptions())
        let body = [UInt8](repeating: 7, count: 15 << 20)
        let saving = try clock.measure {
            try store.saveSnapshot(sequence: store.lastSequence, body: body)
        }
        print("a snapshot of 15 MiB \(saving)")
    }
}
