import Foundation
import Host
import Primitives
import Testing
import Wire

@testable import Commands

/// Goal: `muster simulate` refuses what makes no sense, writes what it says, and ends with the
/// right status. Method: the command itself, on small files.
@Suite final class SimulateCommandTests {
    private struct Ended {
        let code: ExitCode
        let output: String
        let errors: String
    }

    private let folder: String
    private let cluster: String
    private let jobs: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/muster-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        cluster = "\(folder)/cluster.yaml"
        jobs = "\(folder)/jobs.yaml"
        try Data("nodes: [{name: n, count: 2, gpus: 4}]".utf8).write(
            to: URL(fileURLWithPath: cluster))
        try Data(
            """
            jobs:
            - {name: a, count: 20, every: exponential(10s), gpus: 2, runtime: exponential(1m),
               queue: left}
            - {name: b, count: 20, every: exponential(10s), gpus: 1, runtime: 30s, queue: right}
            """.utf8
        ).write(to: URL(fileURLWithPath: jobs))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func run(_ words: [String]) -> Ended {
        let captured = Lock(Console.Captured())
        let code = Invocation.run(["simulate"] + words, console: Console(captured: captured))
        let kept = captured.withLock { $0 }
        return Ended(
            code: code, output: String(decoding: kept.output, as: UTF8.self),
            errors: String(decoding: kept.errors, as: UTF8.self))
    }

    /// With the cluster and the jobs of this suite.
    private func simulate(_ words: String...) -> Ended {
        run(["--cluster", cluster, "--trace", jobs] + words)
    }

    private func files(_ folder: String) -> [String: Data] {
        var found: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: folder)?.allObjects ?? [] {
            guard let name = name as? String else { continue }
            found[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
        }
        return found
    }

    @Test(arguments: [
        ([], "--cluster"), (["--cluster", "c"], "--trace"), (["--trace", "t"], "--cluster"),
        (["--cluster"], "--cluster"), (["--seed", "x"], "--seed"), (["--seed", "-1"], "--seed"),
        (["--seed", "5-3"], "--seed"), (["--seed", "1-"], "--seed"),
        (["--seed", "1-2-3"], "--seed"),
        (["--seed", "0-1000"], "--seed"), (["--seed", "18446744073709551616"], "--seed"),
        (["--tau", "soon"], "--tau"), (["--tau", "-5s"], "--tau"), (["--tau", "1e400"], "--tau"),
        (["-o", "yaml"], "--output"), (["--polcy", "easy"], "--polcy"), (["word"], "word"),
        (["--compare", "only-one"], "DIR2"), (["--seed", "1", "--seed", "2"], "--seed"),
    ])
    func `words that make no sense are refused with status 2`(words: [String], place: String) {
        let complete = words.isEmpty || words.contains("--cluster") || words.contains("--trace")
        let ended = complete ? run(words) : run(["--cluster", cluster, "--trace", jobs] + words)
        #expect(ended.code == .usage && ended.output.isEmpty)
        #expect(ended.errors.contains(place), "\(ended.errors)")
    }

    @Test func `a policy that is unknown is answered with the list of those that are known`() {
        let ended = simulate("--policy", "lifo")
        #expect(ended.code == .failure && ended.output.isEmpty)
        for name in ["\"lifo\"", "muster", "fcfs", "conservative", "fgd"] {
            #expect(ended.errors.contains(name), "\(ended.errors)")
        }
    }

    @Test func `a file that is missing or wrong is refused by name with status 1`() throws {
        let missing = run(["--cluster", "\(folder)/none", "--trace", jobs])
        #expect(missing.code == .failure && missing.errors.contains("\(folder)/none"))
        let swapped = run(["--cluster", jobs, "--trace", cluster])
        #expect(swapped.code == .failure && swapped.errors.contains("jobs.yaml: line 1"))
        try Data("jobs:\n- {}\n- runtme: 5s\n".utf8).write(to: URL(fileURLWithPath: jobs))
        let wrong = simulate()
        #expect(
            wrong.code == .failure && wrong.errors.contains("jobs.yaml: line 3: jobs[1].runtme"))
    }

    @Test func `the table has a column for each policy and leaves out what is dull`() {
        let ended = simulate("--policy", "muster", "--policy", "fcfs", "--check")
        #expect(ended.code == .done && ended.errors.isEmpty, "\(ended.errors)")
        let lines = ended.output.split(separator: "\n")
        #expect(lines[0] == "jobs.yaml on cluster.yaml: 2 machines, 8 GPUs")
        #expect(lines[1].contains("muster") && lines[1].contains("fcfs"))
        #expect(lines.contains { $0.hasPrefix("mean bounded slowdown") })
        #expect(!ended.output.contains("still waiting") && !ended.output.contains("±"))
        #expect(ended.output.contains("Queue, fcfs") || ended.output.contains("QUEUE, FCFS"))
    }

    @Test func `several seeds give intervals, and the JSON lists the seeds`() throws {
        let ended = simulate("--seed", "3-6", "--policy", "easy")
        #expect(
            ended.code == .done && ended.output.contains("±") && ended.output.contains("4 seeds"))
        let json = simulate("--seed", "3-6", "-o", "json")
        let tree = try JSON(Document(json: Array(json.output.utf8), limits: .trusted))
        let one = try #require(tree["runs"]?.elements.first)
        #expect(one["seeds"]?.elements.count == 4 && one["digests"]?.elements.count == 4)
        #expect(one["figures"]?["mean wait"]?["margin95"] != nil)
        #expect(simulate("--seed", "18446744073709551615").code == .done)
    }

    @Test func `the same seed gives the same answer, another another`() {
        let (one, same) = (
            simulate("--seed", "7", "-o", "json"), simulate("--seed", "7", "-o", "json")
        )
        #expect(one.output == same.output && !one.output.isEmpty)
        #expect(one.output != simulate("--seed", "8", "-o", "json").output)
    }

    @Test func `a directory gets the report, the summary, the jobs and the decisions`() throws {
        let out = "\(folder)/deep/out"
        let ended = simulate("--out", out)
        #expect(ended.code == .done && ended.errors == "written to \(out)\n", "\(ended.errors)")
        let names: Set = [
            "report.html", "report.json", "summary.json", "jobs.csv", "jobs.json", "decisions.csv",
        ]
        let first = files(out)
        #expect(Set(first.keys) == names)
        #expect(first.values.allSatisfy { !$0.isEmpty })
        #expect(simulate("--out", out).code == .done && files(out) == first)
        for name in ["report.json", "summary.json", "jobs.json"] {
            _ = try JSONSerialization.jsonObject(with: try #require(first[name]))
        }
    }

    @Test func `several policies get a folder each, also those of one name`() throws {
        let out = "\(folder)/out"
        for place in ["x", "y"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(place)", withIntermediateDirectories: true)
            let text = "policy: \(place == "x" ? "easy" : "sjf")"
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(place)/p.yaml"))
        }
        let ended = simulate(
            "--policy", "muster", "--policy", "\(folder)/x/p.yaml", "--policy",
            "\(folder)/y/p.yaml",
            "--out", out)
        #expect(ended.code == .done)
        let names = files(out).keys.filter { $0.hasSuffix("/decisions.csv") }
        #expect(names.count == 3, "\(names)")
        #expect(names.contains("muster/decisions.csv"))
    }

    @Test func `a directory that cannot be written is refused`() throws {
        try Data().write(to: URL(fileURLWithPath: "\(folder)/file"))
        let ended = simulate("--out", "\(folder)/file/out")
        #expect(ended.code == .failure && ended.errors.contains("--out"), "\(ended.errors)")
    }

    @Test func `two directories are compared figure by figure`() throws {
        let (left, right) = ("\(folder)/left", "\(folder)/right")
        #expect(simulate("--policy", "fcfs", "--out", left).code == .done)
        #expect(simulate("--policy", "sjf", "--out", right).code == .done)
        let ended = run(["--compare", left, right, "--out", "\(folder)/both"])
        #expect(ended.code == .done, "\(ended.errors)")
        #expect(ended.output.contains("fcfs (\(left))") || ended.output.contains("FCFS"))
        #expect(ended.output.contains("mean wait"))
        let page = try #require(files("\(folder)/both")["report.html"])
        #expect(String(decoding: page, as: UTF8.self).contains("fcfs (\(left)) and sjf (\(right))"))
        let json = run(["--compare", left, right, "-o", "json"])
        let tree = try JSON(Document(json: Array(json.output.utf8), limits: .trusted))
        #expect(tree["left"]?["policy"]?.string == "fcfs")
        #expect(tree["right"]?["policy"]?.string == "sjf")
    }

    @Test func `what is no such directory is not compared`() throws {
        let out = "\(folder)/out"
        #expect(simulate("--policy", "fcfs", "--policy", "sjf", "--out", out).code == .done)
        let several = run(["--compare", out, "\(out)/sjf"])
        #expect(several.code == .failure && several.errors.contains("it holds 2 policies"))
        let missing = run(["--compare", "\(out)/sjf", "\(folder)/none"])
        #expect(missing.code == .failure && missing.errors.contains("\(folder)/none"))
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(out)/sjf/summary.json"))
        let spoilt = run(["--compare", "\(out)/fcfs", "\(out)/sjf"])
        #expect(spoilt.code == .failure && spoilt.errors.contains("sjf/summary.json"))
    }

    @Test func `notices go to the error stream and change no status`() throws {
        try Data("jobs:\n- {name: big, gpus: 8, runtime: 5s}\n- {gpus: 1, runtime: 5s}\n".utf8)
            .write(to: URL(fileURLWithPath: jobs))
        for policy in ["muster", "easy"] {
            let ended = simulate("--policy", policy)
            #expect(ended.code == .done && ended.output.contains("refused"))
            #expect(ended.errors.contains("\(policy): big was refused: "))
        }
    }
}
