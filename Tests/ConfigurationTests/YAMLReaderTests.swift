import Configuration
import Primitives
import Testing
import Wire

/// Goal: YAML is read with one meaning, and hostile YAML costs nothing. Method: tables of texts,
/// and bombs with a clock.
@Suite struct YAMLReaderTests {
    private func read(_ text: String) throws(Refusal) -> JSON {
        JSON(try YAMLReader.document(Array(text.utf8)))
    }

    private func refusal(_ text: String) throws -> Refusal {
        try #require(throws: Refusal.self) { try YAMLReader.document(Array(text.utf8)) }
    }

    struct Job: Codable, Equatable {
        var country: String
        var version: String
        var mode: String
        var enabled: Bool
        var replicas: Int
        var ratio: Double?
        var memory: Quantity
        var note: String?
        var command: [String]
        var labels: StringMap
    }

    @Test func `the type decides what an unquoted scalar is`() throws {
        let text = """
            country: no
            version: 1.10
            mode: 0644
            enabled: true
            replicas: 16
            ratio: 0.5
            memory: 64Gi
            note: ~
            command: [echo, yes, 12:30, null-ish]
            labels: {a: on, b: 1e3}
            """
        let job = try WireDecoder.decode(
            Job.self, from: YAMLReader.document(Array(text.utf8)))
        #expect(job.country == "no" && job.version == "1.10" && job.mode == "0644")
        #expect(job.enabled && job.replicas == 16 && job.ratio == 0.5 && job.note == nil)
        #expect(job.command == ["echo", "yes", "12:30", "null-ish"])
        #expect(job.labels == ["a": "on", "b": "1e3"])
    }

    @Test(arguments: ["yes", "no", "on", "off", "True", "TRUE", "y", "\"true\"", "1"])
    func `only true and false are booleans`(word: String) throws {
        let document = try YAMLReader.document(Array("[\(word)]".utf8))
        #expect(throws: Refusal.self) { try WireDecoder.decode([Bool].self, from: document) }
    }

    @Test(arguments: ["012", "0x1f", "0o17", "1_000", "1:30", "+1", "\"1\"", "1.", ".inf"])
    func `only JSON numbers are numbers`(word: String) throws {
        let document = try YAMLReader.document(Array("[\(word)]".utf8))
        #expect(throws: Refusal.self) { try WireDecoder.decode([Int].self, from: document) }
    }

    @Test(arguments: [
        ("a: 1", #"{"a":1}"#), ("a: [1, 'x', \"y\"]", #"{"a":[1,"x","y"]}"#),
        ("- a\n- - b\n  - c\n", #"["a",["b","c"]]"#),
        ("a:\n- 1\n- b: 2\n  c: 3\n", #"{"a":[1,{"b":2,"c":3}]}"#),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", #"{"a":"x\ny\n","b":"x y"}"#),
        ("a:\nb: null\nc: ~\nd: ''\n", #"{"a":null,"b":null,"c":null,"d":""}"#),
        ("# note\na: b # more\n", #"{"a":"b"}"#),
        ("{\"a\": {\"b\": [true, null, 1.5]}}", #"{"a":{"b":[true,null,1.5]}}"#),
        ("%YAML 1.2\n---\na: 1\n", #"{"a":1}"#), ("%YAML 1.1\n---\na: 1\n...\n", #"{"a":1}"#),
        ("? a\n: 1\n", #"{"a":1}"#), ("a: \"\\u00e9\\x41\\n\"", #"{"a":"éA\n"}"#),
        ("---\n---\na: 1\n---\n", #"{"a":1}"#),
        ("é: ü", #"{"é":"ü"}"#), ("a: http://x:80/y", #"{"a":"http://x:80/y"}"#),
        ("1: 2", #"{"1":2}"#),
    ])
    func `YAML means the same as the JSON beside it`(text: String, json: String) throws {
        #expect(String(decoding: try read(text).encode(), as: UTF8.self) == json)
    }

    @Test(arguments: [
        ("a: &x 1\nb: *x\n", "anchor", "line 1, column 4"),
        ("a: *x\n", "alias", "line 1, column 4"),
        ("a: !!str 1\n", "tag", "line 1, column 4"), ("- !x [1]\n", "tag", "line 1, column 3"),
        ("- &x {a: 1}\n", "anchor", "line 1"), ("a: ! 1\n", "tag", "line 1"),
        ("%YAML 2.0\n---\na: 1\n", "incompatible YAML document", "line 1"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "%TAG", "line 1"),
        ("a: 1\nb: 2\na: 3\n", "given twice", "line 3, column 1"),
        ("x:\n  - a: 1\n    \"a\": 2\n", "given twice", "line 3, column 5"),
        ("{a: 1, a: 2}", "given twice", "line 1, column 8"),
        ("a: 1\n---\nb: 2\n", "2 documents", ""), ("", "no document", ""),
        ("# only a note\n", "no document", ""),
        ("a: [1, 2\n", "cannot be read", "line 2"),
        ("a: b: c\n", "mapping values", "line 1, column 5"),
        ("a:\n\t- b\n", "cannot be read", "line 2"), ("a: 'x\n", "cannot be read", "line"),
        ("a: \"\\0\"", "NUL", "line 1, column 4"),
        ("[a]: 1", "a key is not a text", "line 1, column 1"),
        ("{{a: 1}: 2}", "a key is not a text", "line 1, column 2"),
        ("?\n: 1", "a key is empty", "line 1"), ("<<: {a: 1}", "merge keys", "line 1"),
        ("a: @x", "cannot be read", "line 1"),
        ("a: \u{1}", "cannot be read", ""), ("\u{feff}a: 1", "byte order mark", ""),
        ("a: \"\\ud800\"", "cannot be read", "line 1"),
    ])
    func `what has two meanings is refused with its place`(
        text: String, finding: String, place: String
    ) throws {
        let refusal = try refusal(text)
        #expect(refusal.reason == .malformed)
        #expect(refusal.finding.contains(finding), "\(refusal)")
        #expect(refusal.finding.contains(place), "\(refusal)")
    }

    @Test func `a refusal names the path`() throws {
        #expect(
            try refusal("spec:\n  roles:\n  - name: a\n  - name: *x\n").field
                == "spec.roles[1].name")
        #expect(try refusal("spec:\n  a: 1\n  a: 2\n").field == "spec.a")
    }

    @Test func `a stream is split into its documents`() throws {
        let text = "a: 1\n---\n# nothing\n---\nb: 2\n---\n- c\n"
        let found = try YAMLReader.documents(Array(text.utf8)).map { JSON($0) }
        #expect(found == [["a": 1], ["b": 2], ["c"]])
        #expect(try YAMLReader.documents([]).isEmpty)
        #expect(try YAMLReader.documents(Array("--- 'x'\n--- {}\n--- ''\n".utf8)).count == 3)
    }

    @Test(arguments: [
        String(repeating: "[", count: 200_000), String(repeating: "{a: ", count: 60_000),
        String(repeating: "- ", count: 100_000), String(repeating: "? ", count: 100_000),
        (0..<300).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        "[" + String(repeating: "a,", count: 100_000) + "]",
        String(repeating: "a\n---\n", count: 40_000),
        "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", (0..<20_000).map { "- &a\($0) x\n" }.joined(),
        String(repeating: "x", count: 300_000), "a: \"" + String(repeating: "\\\n", count: 100_000),
        String(repeating: "\n", count: 250_000) + "[",
        String(repeating: "#\n", count: 120_000) + "&",
        String(repeating: "%YAML 1.2\n", count: 20_000), String(repeating: "!", count: 200_000),
        String(repeating: "a:", count: 100_000), "'" + String(repeating: "''", count: 120_000),
    ])
    func `bombs are refused within milliseconds`(bomb: String) throws {
        let bytes = Array(bomb.utf8)
        let elapsed = ContinuousClock().measure {
            _ = #expect(throws: Refusal.self) { try YAMLReader.documents(bytes) }
        }
        // They take 20 ms or less; the rest is for a busy machine and a debug build.
        #expect(elapsed < .milliseconds(800), "\(bomb.prefix(20))")
    }

    @Test(arguments: UInt64(0)..<32)
    func `damaged YAML is read or refused but never traps`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let source = Array(
            "spec:\n  roles:\n  - name: \"a\\n\"\n    list: [1, {b: 'c'}]\n    text: |-\n      x\n"
                .utf8)
        let alphabet = Array("\n :-[]{},'\"|>&*!%#?~\t\\a0\0\u{e9}".utf8)
        for _ in 0..<300 {
            var bytes = source
            for _ in 0...dice.below(3) {
                let place = dice.below(bytes.count)
                if dice.hits(1, outOf: 3) { bytes.remove(at: place) }
                bytes.insert(alphabet[dice.below(alphabet.count)], at: min(place, bytes.count))
            }
            do throws(Refusal) {
                for document in try YAMLReader.documents(bytes) { _ = JSON(document).encode() }
            } catch {
                #expect(!error.remedy.isEmpty, "seed \(seed)")
            }
        }
    }
}
