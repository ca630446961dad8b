import Foundation
import Kernel
import Primitives

@testable import Storage

/// A data directory written as the core does it: a kernel's steps, committed one by one.
final class StoredHistory {
    let directory: String
    let store: Store
    var kernel = Kernel()
    var now: Int64 = 1_700_000_000_000

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/muster-\(UUID().uuidString)"
        var options = StoreOptions()
        options.allowAnyFileSystem = true
        options.ballastBytes = 0
        store = try Store.open(directory, options: options)
    }

    deinit {
        store.close()
        do {
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            print("left \(directory) behind: \(error)")
        }
    }

    /// Steps a second later and commits; `digest` stands in for the kernel's own.
    func step(_ commands: [Command], digest: UInt64? = nil) throws {
        now += 1000
        let outcome = kernel.step(commands, at: Tick(now))
        guard !outcome.records.isEmpty else { return }
        try store.commit(
            WriteBatch(
                firstSequence: outcome.firstSequence, lastSequence: kernel.sequence, tick: now,
                records: outcome.encoded.bytes, digest: digest ?? kernel.digest.value))
    }

    /// A cluster of one machine with four CPUs.
    func begin() throws {
        try step([
            .create(ObjectName(.namespace, name: "default")),
            .create(ObjectName(.queue, name: "default")),
        ])
        try step([
            .register(
                NodeReport(
                    name: "n1", bootID: "b", cpuMilli: 4000, memoryBytes: 1 << 30, gpus: 2,
                    gpuModel: "H100"))
        ])
    }

    func submit(_ name: String, ranks: UInt32 = 1, cpus: Int64 = 4000) throws {
        let role = JobOrder.Role(
            ranks: ranks, cpuMilli: cpus, memoryBytes: 0, gpuMilli: 1000, models: [])
        try step([
            .submit(
                JobOrder(
                    namespace: "default", name: name, queue: "default", roles: [role],
                    terms: JobTerms(priority: 100, timeLimit: .zero, gracePeriod: .zero)))
        ])
    }

    /// Has the only rank of the job start and end.
    func finish(_ name: String, code: Int32 = 0) throws {
        guard let uid = kernel.uid(of: ObjectName(.job, namespace: "default", name: name)),
            let attempt = kernel.job(uid)?.attempt
        else { return }
        for news in [RankReport.News.started, .ended(RankEnd(.exited, code: code))] {
            try step([
                .report(
                    RankReport(
                        node: "n1", bootID: "b", job: uid, attempt: attempt, rank: 0, news: news,
                        at: Tick(now)))
            ])
        }
    }

    func snapshot() throws {
        try store.saveSnapshot(sequence: kernel.sequence, body: kernel.snapshot())
    }

    /// Alters the file behind the store's back.
    func alter(_ sql: String) throws {
        let database = try Database(directory + "/muster.db", .write(cacheBytes: 1 << 20))
        try database.execute(sql)
    }
}
