import Testing

/// Goal: no rule is asleep. Method: each forbidden thing, small, with the line it must be found on.
@Suite struct RulesBiteTests {
    /// A bad source, the file it pretends to be, and a part of the finding it must give.
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let text: String
        let finding: String

        init(_ path: String, _ text: String, _ finding: String) {
            self.path = path
            self.text = text
            self.finding = finding
        }

        var testDescription: String { "\(finding) in \(path)" }
    }

    private static let manifest = Manifest(
        """
        let package = Package(
            name: "muster",
            targets: [
                .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
                .target(name: "Primitives", swiftSettings: pure),
                .target(name: "Scheduling", dependencies: ["Primitives"], swiftSettings: pure),
                .target(
                    name: "Kernel", dependencies: ["Primitives", "Scheduling"],
                    swiftSettings: pure),
                .target(name: "Storage", dependencies: ["Primitives", "CSQLite"]),
            ])
        """)

    private func expect(_ rules: [Rule], toFind bad: Case) {
        let findings = rules.flatMap { $0(File(path: bad.path, text: bad.text)) }
        #expect(
            findings.contains { $0.what.contains(bad.finding) },
            "found only \(findings.map(\.description)) in:\n\(bad.text)")
        #expect(findings.allSatisfy { $0.line > 0 && !$0.remedy.isEmpty })
    }

    @Test(arguments: [
        Case("Sources/Kernel/A.swift", "import Control", "not below it"),
        Case("Sources/Scheduling/A.swift", "public import Kernel", "not below it"),
        Case("Sources/Storage/A.swift", "import Network", "not below it"),
        Case("Sources/Kernel/A.swift", "import Wire", "undeclared"),
        Case("Sources/Storage/A.swift", "import struct HTTP.Head", "undeclared"),
        Case("Sources/Kernel/A.swift", "import Glibc", "imports Glibc"),
        Case("Sources/Kernel/A.swift", "import Synchronization", "imports Synchronization"),
        Case("Sources/Kernel/A.swift", "import Dispatch", "imports Dispatch"),
        Case("Sources/Kernel/A.swift", "import CSQLite", "the C module"),
        Case("Sources/Storage/A.swift", "import Foundation", "imports Foundation"),
        Case("Sources/Storage/A.swift", "@preconcurrency import Dispatch", "imports Dispatch"),
        Case("Sources/Commands/A.swift", "import FoundationEssentials", "imports Foundation"),
        Case("Sources/Newcomer/A.swift", "import Primitives", "has no layer"),
        Case("Tests/KernelTests/A.swift", "@testable import Service", "not at or below"),
        Case("Tests/KernelTests/A.swift", "import XCTest", "not at or below"),
    ])
    func `an import that breaks the layers is found`(bad: Case) {
        expect([Imports.rule(Self.manifest)], toFind: bad)
    }

    @Test(arguments: [
        Case(
            "Package.swift", ".target(name: \"Wire\", dependencies: [\"Kernel\"])",
            "Wire may not depend on Kernel"),
        Case("Package.swift", ".target(name: \"Stray\")", "Stray has no layer"),
        Case(
            "Package.swift", ".executableTarget(name: \"muster\", dependencies: [\"Later\"])",
            "muster may not depend on Later"),
    ])
    func `a manifest that points upwards is found`(bad: Case) {
        expect([Imports.manifestRule], toFind: bad)
    }

    @Test(arguments: [
        "let start = ContinuousClock().now", "let start: SuspendingClock.Instant",
        "clock_gettime(0, &span)", "gettimeofday(&now, nil)", "let now = Date()",
        "let now = time(nil)", "let text = \"at \\(Date())\"", "let name = UUID()",
        "let side = Int.random(in: 1...6)", "var dice = SystemRandomNumberGenerator()",
        "let one = names.randomElement()", "let mixed = names.shuffled()",
        "for (name, job) in Dictionary(grouping: jobs, by: \\.name) {}",
        "let seen = Set<Int>()", "let seen: Set = [1]", "let jobs: [String: Int]",
        "func find(_ jobs: [Row<Job>: Job]) {}", "let jobs: Box<[Int: [Int]]>",
        "let jobs = [\n\"a\": 1,\n]", "let jobs = [flag ? 1 : 2: 3]",
        "var hasher = Hasher()", "let value = job.hashValue",
        "let mark = ObjectIdentifier(job)", "print(job)", "let shape = Mirror(reflecting: job)",
        "actor Queue {}", "func load() async {}", "let job = await load()", "Task { run() }",
        "@MainActor func show() {}", "let start: UnsafePointer<Int>", "let job: OpaquePointer",
        "bytes.withUnsafeBytes { _ in }", "let sum = unsafe total", "let held: Unmanaged<Job>",
    ])
    func `a clock, chance, thread, hash order or raw memory in the kernel is found`(text: String) {
        expect([Purity.rule], toFind: Case("Sources/Kernel/A.swift", text, ""))
        expect([Purity.rule], toFind: Case("Sources/Wire/A.swift", text, ""))
    }

    @Test(arguments: ["let share: Double", "let share = 0.5", "let share = Float(jobs)", "1.5e3"])
    func `floating point among the decisions is found, and nowhere else`(text: String) {
        let what = "floating point"
        expect([Purity.rule], toFind: Case("Sources/Scheduling/A.swift", text, what))
        #expect(Purity.rule(File(path: "Sources/Wire/A.swift", text: text)).isEmpty)
    }

    @Test func `a second dictionary in Lookup is found`() {
        let path = "Sources/Primitives/Lookup.swift"
        let first = "private var storage: [Key: Value] = [:]\n"
        #expect(Purity.rule(File(path: path, text: first)).isEmpty)
        #expect(Purity.rule(File(path: path, text: first + "var more: [Int: Int]")).count == 1)
    }

    @Test(arguments: ["actor Store {}", "func save() async {}", "Task { save() }"])
    func `concurrency below the services is found`(text: String) {
        expect([Purity.rule], toFind: Case("Sources/Storage/A.swift", text, "concurrency"))
    }

    @Test(arguments: [
        Case("Sources/Storage/A.swift", "let row = try! read()", "try!"),
        Case("Sources/Storage/A.swift", "let row = any as! Row", "as!"),
        Case("Sources/Storage/A.swift", "fatalError(\"no\")", "fatalError"),
        Case("Sources/Storage/A.swift", "do { try save() } catch {}", "empty catch"),
        Case("Sources/Storage/A.swift", "do {\n} catch is Full {\n// why\n}", "empty catch"),
        Case("Sources/Storage/A.swift", "// TO" + "DO: later", "in a comment"),
        Case("Sources/CLinux/a.c", "/* FIX" + "ME */", "in a comment"),
        Case("Scripts/run", "run # HA" + "CK", "in a comment"),
        Case("Sources/Storage/A.swift", "// let row = read()", "code in a comment"),
        Case("Sources/Storage/A.swift", "    // save(row)", "code in a comment"),
        Case("Sources/Storage/A.swift", "// if row == nil {", "code in a comment"),
        Case("Sources/Storage/A.swift", "// import Glibc", "code in a comment"),
        Case("Tests/KernelTests/A.swift", "// #expect(true)\n// return.zero", "code in a comment"),
        Case("Sources/CLinux/a.c", "// close(fd);", "code in a comment"),
        Case(
            "Sources/Storage/A.swift", "final class Store: @unchecked Sendable {}",
            "an unchecked escape"),
        Case(
            "Sources/Storage/A.swift", "// Owned by main.\n\nnonisolated(unsafe) var count = 0",
            "an unchecked escape"),
        Case(
            "Sources/Storage/A.swift", "// Owned by main.\nnonisolated(unsafe) var count = 0",
            "1 unchecked escapes where"),
        Case("Sources/muster/main.swift", "", "main.swift"),
        Case("Sources/Storage/A.swift", "struct JobManager {}", "ends with Manager"),
        Case("Tests/KernelTests/A.swift", "enum TestUtils {}", "ends with Utils"),
    ])
    func `a hidden failure, a mark, dead code or a nameless owner is found`(bad: Case) {
        expect(Conduct.rules, toFind: bad)
    }

    @Test func `a file, a function, a line and a script that are too long are found`() {
        let filler = String(repeating: "x\n", count: 60)
        let long = "func run() {\n\(filler)}\n"
        let script = "#!/usr/bin/env bash\nset -o errexit -o nounset -o pipefail\n"
        let cases = [
            Case("Sources/Wire/A.swift", String(repeating: "\n", count: 451), "a file of 451"),
            Case("Sources/Wire/A.swift", long, "a function of 62"),
            Case(
                "Sources/Wire/A.swift", "struct A {\ninit?(a: [Int]) {\n\(filler)}\n}", "of 62"),
            Case("Sources/Wire/A.swift", String(repeating: "x", count: 101), "a line of 101"),
            Case("Sources/CLinux/a.h", String(repeating: "x", count: 101), "a line of 101"),
            Case("Scripts/run", script + String(repeating: "\n", count: 119), "a script of 121"),
            Case("Scripts/run", "#!/bin/sh", "no bash line"),
            Case("Scripts/run", "#!/usr/bin/env bash\nset -e", "goes on after a failure"),
        ]
        for bad in cases { expect(Size.rules, toFind: bad) }
    }

    @Test func `a path of one machine is found in any file`() {
        for word in Place.words {
            expect([Place.rule], toFind: Case("Docs/A.md", "see\n\(word)a", "one machine"))
        }
    }
}

/// Goal: good code passes. Method: what looks like a breach but is none must give no finding.
@Suite struct RulesSpareTests {
    @Test(arguments: [
        "// Date() and print() are only words here.", "let text = \"Set<Int>() and 0.5\"",
        "let text = #\"a \"quoted\" \\(Date()) part\"#",
        "let text = \"\"\"\n  [a: 1] \"Task\"\n  \"\"\"",
        "/* a /* nested */ Date() */ let a = 1", "let one = flag ? 1 : 2",
        "let both = [flag ? 1 : 2, 3]", "let value = jobs[key, default: 0]",
        "let found = jobs.sorted { $0 < $1 }", "func plan(at time: Tick) {}",
        "for index in 0..<5 { total += pair.0 }", "let pairs: [(name: String, count: Int)]",
        "let each = list.map { [weak self] in $0 }", "queue.print(job)", "let actor = user.name",
        "switch pair { case (_, [let a]): a }", "struct BitSet {}",
        "func add(_ labels: StringMap = [:]) {}",
        "func hash(into hasher: inout Hasher) { hasher.combine(name) }",
        "var info: [CodingUserInfoKey: Any]",
        "let nested = a.0.1",
    ])
    func `what only looks impure is spared`(text: String) {
        let file = File(path: "Sources/Kernel/A.swift", text: text)
        #expect(Purity.rule(file) == [])
    }

    @Test(arguments: [
        "// If the queue is full, the caller hears of it.", "// Read in this order: A → B.",
        "// The cap (in bytes) is what the kernel allows.", "/// let row = store.read()",
        "// Owned by the writer thread.", "// The first is kept;",
        "// return early: nothing changed",
        "do { try save() } catch { count += 1 }", "if !flag != true { a }", "let a = b!",
    ])
    func `what only looks careless is spared`(text: String) {
        let file = File(path: "Sources/Storage/A.swift", text: text)
        #expect(Conduct.rules.flatMap { $0(file) } == [])
    }

    @Test func `requirements without a body and initialiser calls are no functions`() {
        let body = String(repeating: "    case .a: .init(x)\n", count: 70)
        let text = "protocol P {\n    func run() throws(E)\n    init()\n}\nenum E {\n\(body)}\n"
        #expect(Size.functions(File(path: "Sources/Wire/A.swift", text: text)) == [])
    }

    @Test func `lines are counted through strings and comments of many lines`() {
        let text = "/*\n\n*/\nlet a = \"\"\"\n\\(b)\n\n\"\"\"\nlet c = Date()"
        let findings = Purity.rule(File(path: "Sources/Kernel/A.swift", text: text))
        #expect(findings.map(\.line) == [8])
    }

    @Test func `hostile text ends`() {
        for text in ["\"", "\"\"\"", "/*", "#\"", "\"\\(", "`", "\"\\", "0.", "[", "}", "import"] {
            let file = File(path: "Sources/Kernel/A.swift", text: text)
            let rules = Conduct.rules + Size.rules + [Purity.rule]
            #expect(rules.flatMap { $0(file) }.allSatisfy { $0.line >= 1 })
        }
    }
}
