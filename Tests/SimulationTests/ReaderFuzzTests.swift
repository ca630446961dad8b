import Primitives
import Testing

@testable import Simulation

/// Goal: no file can stop the simulator. Method: good files, each spoilt at random hundreds of
/// times; they are read or refused, and what is read is run now and then.
@Suite struct ReaderFuzzTests {
    /// Mutations of each form. By hand it was run with 20,000.
    static let rounds = 200

    static let forms: [(name: String, text: String)] = [
        ("swf", TraceTests.swf), ("philly", TraceTests.philly), ("pods", TraceTests.pods),
        ("nodes", TraceTests.nodes), ("jobs", ExportedListTests.jobs()),
        (
            "node list", ExportedListTests.nodes(#"{"cpu":"16","memory":"64Gi","gpus":"0"}"#)
        ),
        (
            "cluster",
            """
            kind: Cluster
            nodes: [{name: a, count: 2, cpus: 8, memory: 1Gi, gpus: 2, gpuModel: T4}, {gpus: 8}]
            launch: 5s
            outages: [{node: a-0, at: 1h, for: 5m}, {node: a-0, at: 2h, for: 9s}]
            """
        ),
        (
            "workload",
            """
            jobs:
            - {name: p, cpus: 4, runtime: "lognormal(20m, 1.5)",
               arrival: "uniform(1m, 2m)", size: 2}
            - {name: t, every: exponential(30s), count: 3, ranks: "choice(1:60, 2:5)", gpus: 250m,
               estimate: exact x 1.5, after: [p], retries: 3, fails: {at: 5m, code: 9, times: 2}}
            """
        ),
        ("policy", "kind: Policy\nname: x\norder: sjf\nbackfill: easy-sjbf\nevents: one-by-one\n"),
    ]

    private static let pieces: [String] = [
        "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e400", "-1", "0",
        "nan", "inf", ".", "-", ",", "\n", "\r\n", "\t", "\"", "{", "}", "[", "]", ":", "1e18", "½",
        "\u{0}", "4503599627370496", "999999999999999999", "0.00000000000001", "&a", "*a", "!!int",
    ]

    private func spoil(_ text: String, _ dice: inout Dice) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...dice.below(3) {
            let place = dice.below(bytes.count + 1)
            switch dice.below(8) {
            case 0 where place < bytes.count: bytes[place] = UInt8(dice.below(256))
            case 1 where place < bytes.count:
                bytes.removeSubrange(place..<min(bytes.count, place + 1 + dice.below(12)))
            case 2 where place < bytes.count:
                let end = min(bytes.count, place + 1 + dice.below(40))
                bytes.insert(contentsOf: bytes[place..<end], at: dice.below(bytes.count))
            case 3: bytes.removeSubrange(place...)
            case 4, 5, 6:
                let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
                if let digit = bytes[place...].firstIndex(where: digits.contains) {
                    bytes[digit] = digits.lowerBound + UInt8(dice.below(10))
                }
            default:
                let piece = Self.pieces[dice.below(Self.pieces.count)]
                let end = min(bytes.count, place + dice.below(6))
                bytes.replaceSubrange(place..<end, with: piece.utf8)
            }
        }
        return bytes
    }

    /// A large count is right and slow; nothing is learnt from it here.
    private func isLarge(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.firstMatch(of: /count: *[+_0-9.xo]{4,}/) != nil
    }

    @Test(arguments: forms.indices)
    func `a spoilt file is read or refused`(form: Int) throws {
        let shelf = try Shelf()
        let (name, text) = Self.forms[form]
        let fixed = try Shelf.cluster("nodes: [{name: n, count: 3, cpus: 16, gpus: 8}]")
        let easy = try InputFiles.policy("easy")
        let jobs = try Shelf.workload("jobs: [{count: 3, gpus: 1, runtime: 5m}]", on: fixed)
        var dice = Dice(seed: UInt64(form))
        var reads = 0
        for round in 0..<Self.rounds {
            let bytes = round == 0 ? Array(text.utf8) : spoil(text, &dice)
            guard !isLarge(bytes) else { continue }
            let file = try shelf.put(bytes, as: "file")
            let found = refusal {
                switch name {
                case "nodes", "node list", "cluster":
                    let cluster = try InputFiles.cluster(file)
                    if round % 20 == 0, cluster.machines.count < 100 {
                        _ = Simulator.run(jobs.workload, on: cluster, under: easy)
                    }
                case "policy": _ = try InputFiles.policy(file)
                default:
                    let loaded = try InputFiles.workload(file, for: fixed, seed: 1)
                    if round % 20 == 0, loaded.workload.count < 100 {
                        let result = Simulator.run(loaded.workload, on: fixed, under: easy)
                        _ = Measures(result, tau: 10_000)
                    }
                }
                reads += 1
            }
            if round == 0 { #expect(found == nil, "\(name) is no good file") }
            #expect(found?.reason != .internalFailure, "\(name), \(round): \(bytes)")
            #expect(found?.field.hasPrefix(file) ?? true, "\(name), \(round): \(bytes)")
        }
        // Enough must pass for the depths to be reached, and enough must not.
        #expect(reads > Self.rounds / 100 && reads < Self.rounds * 95 / 100, "\(name): \(reads)")
    }
}
