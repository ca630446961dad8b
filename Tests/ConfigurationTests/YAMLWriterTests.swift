import Configuration
import Primitives
import Testing
import Wire

/// Goal: what is written is readable and reads back the same. Method: a golden text, random trees.
@Suite struct YAMLWriterTests {
    @Test func `objects are written as kubectl writes them`() {
        let job: JSON = [
            "apiVersion": "muster.dev/v1",
            "metadata": [
                "name": "train-42", "labels": ["muster.dev/team": "a b"], "annotations": [:],
            ],
            "spec": [
                "priority": 500, "preemptible": true, "note": nil, "memory": "64Gi",
                "limit": "4h30m",
                "roles": [
                    ["name": "worker", "command": ["sh", "-c", "echo hi\nexit 0\n"]],
                    ["name": "no", "version": "1.10", "at": "2026-11-20T10:00:00Z", "ports": []],
                ],
                "matrix": [[1, 2], [], ["x"]],
            ],
        ]
        #expect(
            YAMLWriter.text(job) == """
                apiVersion: muster.dev/v1
                metadata:
                  name: train-42
                  labels:
                    muster.dev/team: a b
                  annotations: {}
                spec:
                  priority: 500
                  preemptible: true
                  note: null
                  memory: 64Gi
                  limit: 4h30m
                  roles:
                  - name: worker
                    command:
                    - sh
                    - "-c"
                    - |
                      echo hi
                      exit 0
                  - name: "no"
                    version: "1.10"
                    at: "2026-11-20T10:00:00Z"
                    ports: []
                  matrix:
                  - - 1
                    - 2
                  - []
                  - - x

                """)
    }

    @Test(arguments: [
        "", " ", "a ", " a", "null", "Null", "~", "true", "False", "yes", "NO", "on", "y", "n", "1",
        "-1", "1.5",
        "1e3", "0x1f", "0o7", "012", "1_000", "12:30", "2026-11-20", ".5", ".inf", "nan", "-",
        "- a", "? a", "a: b",
        "a:", ":a", "a #b", "#a", "[a]", "{a}", "a, b", "&a", "*a", "!a", "|", ">", "%a", "@a",
        "`a", "'a'", "\"a\"",
        "a\tb", "a\r\nb", "\n", "a\n", "a\nb", "a\n\n", "\na", " a\nb", "a\n b\n", "a\n\nb",
        "a \nb", "---", "...", "---\na",
        "a\n---\nb", "a\u{85}b", "a\u{2028}b", "\u{feff}", "\u{7f}", "\u{1}", "é", "😀",
        "\u{10ffff}", "\u{ffff}", "<<", "=",
        "a\u{2028}\nb", "\\", "\\n", "a\n\t\nb", "\ta\nb", "a\n   \n\n", "0b1", "0e", "1.2.3",
        "64Gi", "/path/to:8",
    ])
    func `any text survives as a value, an element and a key`(text: String) throws {
        let tree: JSON = .object([
            JSON.Member("value", .string(text)),
            JSON.Member("list", [.string(text), [.string(text)]]),
            JSON.Member("k" + text, .object([JSON.Member(text, .string(text))])),
        ])
        let written = YAMLWriter.text(tree)
        #expect(JSON(try YAMLReader.document(Array(written.utf8))) == tree, "\(written)")
        let alone = YAMLWriter.text(.string(text))
        #expect(JSON(try YAMLReader.document(Array(alone.utf8))) == .string(text), "\(alone)")
    }

    @Test(arguments: UInt64(0)..<48)
    func `a random tree survives writing and reading`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<20 {
            let tree = JSON.array([dice.tree(depth: 5)])
            let written = YAMLWriter.text(tree)
            #expect(
                JSON(try YAMLReader.document(Array(written.utf8))) == tree,
                "seed \(seed)\n\(written)")
        }
    }

    @Test func `long keys and several documents survive`() throws {
        let long = String(repeating: "k", count: 3000)
        let trees: [JSON] = [
            .object([
                JSON.Member(long, ["a": [1, 2]]), JSON.Member(long + "2", [1]),
                JSON.Member(long + "3", "x"),
            ]), ["x"], "y",
        ]
        let found = try YAMLReader.documents(Array(YAMLWriter.text(trees).utf8))
        #expect(found.map { JSON($0) } == trees)
    }
}

extension Dice {
    fileprivate mutating func tree(depth: Int) -> JSON {
        switch below(depth > 0 ? 7 : 5) {
        case 0: return .null
        case 1: return .bool(hits(1, outOf: 2))
        case 2: return .number("\(Int64(bitPattern: next()) >> Int64(below(60)))")
        case 3: return .number("\(below(1000)).\(below(1000))e\(below(20) - 10)")
        case 4: return .string(text())
        case 5: return .array((0..<below(5)).map { _ in tree(depth: depth - 1) })
        default:
            return .object(
                (0..<below(8)).map { JSON.Member("\($0)\(text())", tree(depth: depth - 1)) })
        }
    }

    private mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "n", "o", "0", "1", " ", " ", "\n", "\n", "\t", ":", "-", "#", "\"", "'", "\\",
            "|", "é", "😀", "\u{2028}", "\u{1}",
        ]
        var text = ""
        for _ in 0..<below(12) { text.unicodeScalars.append(scalars[below(scalars.count)]) }
        return text
    }
}
