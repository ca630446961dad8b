import Foundation
import Host
import Kernel
import Primitives
import Storage
import Testing
import Wire

@testable import Commands

/// Goal: `muster replay` says what it proved, and ends as it found it. Method: a small store.
@Suite struct ReplayCommandTests {
    private struct Ended {
        let code: ExitCode
        let output: String
        let errors: String
    }

    private func run(_ words: String...) -> Ended {
        let captured = Lock(Console.Captured())
        let code = Invocation.run(words, console: Console(captured: captured))
        let kept = captured.withLock { $0 }
        return Ended(
            code: code, output: String(decoding: kept.output, as: UTF8.self),
            errors: String(decoding: kept.errors, as: UTF8.self))
    }

    /// Three batches: names, a machine, a job that starts; a digest that is off where asked.
    private func withStore(isOff: Bool = false, _ body: (String, Kernel) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/muster-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = StoreOptions()
        options.allowAnyFileSystem = true
        options.ballastBytes = 0
        let store = try Store.open(folder, options: options)
        var kernel = Kernel()
        let role = JobOrder.Role(
            ranks: 1, cpuMilli: 1000, memoryBytes: 0, gpuMilli: 0, models: [])
        let terms = JobTerms(priority: 100, timeLimit: .zero, gracePeriod: .zero)
        let order = JobOrder(
            namespace: "default", name: "train", queue: "default", roles: [role], terms: terms)
        let node = NodeReport(
            name: "n1", bootID: "b", cpuMilli: 4000, memoryBytes: 1 << 30, gpus: 0, gpuModel: "")
        func commit(_ outcome: Outcome, at tick: Int64, off: UInt64 = 0) throws {
            try store.commit(
                WriteBatch(
                    firstSequence: outcome.firstSequence, lastSequence: kernel.sequence, tick: tick,
                    records: outcome.encoded.bytes, digest: kernel.digest.value &+ off))
        }
        let names = [ObjectName(.namespace, name: "default"), ObjectName(.queue, name: "default")]
        try commit(kernel.step(names.map { .create($0) }, at: Tick(0)), at: 0)
        try commit(kernel.step([.register(node)], at: Tick(1000)), at: 1000)
        try commit(
            kernel.step([.submit(order)], at: Tick(2000)), at: 2000, off: isOff ? 1 : 0)
        store.close()
        try body(folder, kernel)
    }

    @Test func `a proved history ends with its digest and with status 0`() throws {
        try withStore { folder, kernel in
            let ended = run("replay", folder, "--check")
            #expect(ended.code == .done && ended.errors.isEmpty)
            #expect(ended.output.contains("Digest:     \(kernel.digest)\n"))
            #expect(
                ended.output.contains("1970-01-01T00:00:00.000Z to 1970-01-01T00:00:02.000Z (2s)"))
            #expect(ended.output.contains("proved: the chain and the digest of 3 batches\n"))
            #expect(
                ended.output.contains("proved: the invariants of the state after every batch\n"))
            let json = try JSON(
                Document(json: Array(run("replay", folder, "-o", "json").output.utf8)))
            #expect(json["proved"] == .bool(true))
            #expect(json["digest"]?.string == "\(kernel.digest)")
        }
    }

    @Test func `records are one a line, behind --from and up to the batch of --to`() throws {
        try withStore { folder, kernel in
            let all = run("replay", folder, "--records").output.split(separator: "\n")
            #expect(all[0] == "1 1970-01-01T00:00:00.000Z namespace 1 created as default")
            #expect(all[Int(kernel.sequence) - 1].hasPrefix("\(kernel.sequence) "))
            let part = run("replay", folder, "--from", "1", "--to", "3", "--records").output
            #expect(part.hasPrefix("2 1970-01-01T00:00:00.000Z queue 2 created as default\n3 "))
            #expect(part.contains("From:       1 (replayed from the journal's beginning)\n"))
        }
    }

    @Test func `a story names the job's nodes`() throws {
        try withStore { folder, _ in
            for name in ["train", "default/train", "4", "00000000-0000-8000-8000-000000000004"] {
                let ended = run("replay", folder, "--explain", name)
                #expect(ended.code == .done)
                #expect(ended.output.contains("submitted: 1 rank, priority 100\n"), "\(name)")
                #expect(ended.output.contains("n1: rank 0\n"))
            }
            #expect(run("replay", folder, "--explain", "nobody").code == .failure)
        }
    }

    @Test func `a digest that is off ends with status 1, bad words with 2`() throws {
        try withStore(isOff: true) { folder, kernel in
            let ended = run("replay", folder)
            #expect(ended.code == .failure && ended.output.hasSuffix("Not proved.\n"))
            #expect(ended.errors.contains("digest \(Digest(kernel.digest.value &+ 1)) is stored"))
            #expect(run("replay", folder, "-o", "yaml").code == .usage)
            #expect(run("replay", folder, "--from", "soon").code == .usage)
            #expect(run("replay", folder, "--from", "9", "--to", "3").code == .usage)
            #expect(run("replay").code == .usage)
        }
    }
}
