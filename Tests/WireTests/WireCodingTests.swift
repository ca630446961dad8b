import Foundation
import Primitives
import Testing
import Wire

/// Goal: one declaration decodes, encodes and refuses with exact paths. Method: a realistic object,
/// changed in one place at a time.
@Suite struct WireCodingTests {
    private func decode(_ text: String) throws -> JobObject {
        try WireDecoder.decode(JobObject.self, json: Array(text.utf8))
    }

    private func refusal(_ old: String, _ new: String) throws -> Refusal {
        let text = JobObject.text.replacingOccurrences(of: old, with: new)
        try #require(text != JobObject.text)
        return try #require(throws: Refusal.self) { try decode(text) }
    }

    @Test func `an object is decoded and encodes to the same bytes`() throws {
        let job = try decode(JobObject.text)
        #expect(job.metadata.labels?["muster.dev/team"] == "foundation")
        #expect(job.spec.roles[0].resources.memory.whole == 1 << 40)
        #expect(job.spec.timeLimit?.seconds == 129_600)
        #expect(job.spec.roles[1].step.environment == nil)
        #expect(job.spec.extra?["a"]?.elements.count == 3)
        #expect(String(decoding: WireEncoder.encode(job), as: UTF8.self) == JobObject.text)
    }

    @Test func `keys in any order and null for absent options are fine`() throws {
        let job = try decode(
            """
            {"spec":{"roles":[],"weight":null,"preemptible":false,"priority":1.0,"queue":"q"},
             "kind":"Job","metadata":{"labels":null,"name":"n"},"apiVersion":"v1"}
            """)
        #expect(job.spec.priority == 1)
        #expect(job.metadata.labels == nil)
    }

    @Test func `type errors name the path, what was wanted and what was found`() throws {
        let text = try refusal("\"cpus\":16", "\"cpus\":\"abc\"")
        #expect(text.reason == .malformed)
        #expect(text.field == "spec.roles[1].resources.cpus")
        #expect(text.finding == "expected a whole number, found \"abc\"")
        #expect(try refusal("\"cpus\":16", "\"cpus\":\"16\"").remedy == "Remove the quotes")
        #expect(
            try refusal("\"cpus\":16", "\"cpus\":1.5").finding
                == "expected a whole number, found 1.5")
        #expect(
            try refusal("\"replicas\":1,", "\"replicas\":-1,").finding
                == "expected a whole number from 0 to 4294967295, found -1")
        #expect(
            try refusal("\"gpus\":1,", "\"gpus\":3000000000,").finding
                == "expected a whole number from -2147483648 to 2147483647, found 3000000000")
        #expect(
            try refusal("\"gpus\":1,", "\"gpus\":1e300,").finding.hasPrefix(
                "expected a whole number from"))
        #expect(
            try refusal("\"preemptible\":true", "\"preemptible\":1").finding
                == "expected true or false, found 1")
        #expect(try refusal("\"weight\":1.5", "\"weight\":1e999").field == "spec.weight")
        #expect(
            try refusal("\"weight\":1.5", "\"weight\":true").finding
                == "expected a number, found true")
        #expect(
            try refusal("[\"python\",\"evaluate.py\"]", "[\"python\",7]").field
                == "spec.roles[1].step.command[1]")
        #expect(
            try refusal("[\"python\",\"evaluate.py\"]", "\"x\"").finding
                == "expected a list of strings, found \"x\"")
        #expect(try refusal("\"WARN\"", "4").field == "spec.roles[0].step.environment.NCCL_DEBUG")
        #expect(try refusal("\"foundation\"", "4").field == "metadata.labels[\"muster.dev/team\"]")
        #expect(
            try refusal("{\"cpus\":16,\"gpus\":1,\"memory\":\"128Gi\"}", "[]").finding
                == "expected an object, found a list")
    }

    @Test func `scalars keep their own wording under the right path`() throws {
        let memory = try refusal("\"128Gi\"", "\"128Gb\"")
        #expect(memory.field == "spec.roles[1].resources.memory")
        #expect(memory.finding == "expected an amount, found \"128Gb\"")
        #expect(try refusal("\"1d12h\"", "\"soon\"").field == "spec.timeLimit")
        #expect(try refusal("2026-11-20T", "2026-11-31T").field == "metadata.creationTimestamp")
        let word = try refusal("\"onFailure\"", "\"onfailure\"")
        #expect(word.field == "spec.roles[0].restart")
        #expect(word.finding == "expected one of never, onFailure, always, found \"onfailure\"")
        #expect(word.remedy == "Write \"onFailure\"")
    }

    @Test func `missing fields are named, with the likely misspelling`() throws {
        let missing = try refusal("\"queue\":\"research/foundation\",", "")
        #expect(missing.field == "spec.queue")
        #expect(missing.finding == "the field is required but missing")
        let typo = try refusal("\"queue\"", "\"qeue\"")
        #expect(typo.remedy == "Rename \"qeue\" to \"queue\", or add it")
    }

    @Test func `unknown fields are refused with the nearest known name`() throws {
        let typo = try refusal("\"restart\":", "\"restrat\":")
        #expect(typo.field == "spec.roles[0].restrat")
        #expect(typo.finding == "unknown field \"spec.roles[0].restrat\"")
        #expect(typo.remedy == "Rename it to \"restart\"")
        let other = try refusal("\"weight\":1.5", "\"zzz\":{\"a\":1}")
        #expect(other.remedy.hasPrefix("Remove it; known here: queue, priority"))
    }

    @Test func `unknown fields can be ignored or listed`() throws {
        let text = JobObject.text.replacingOccurrences(of: "\"restart\":", with: "\"restrat\":")
            .replacingOccurrences(of: "\"kind\":", with: "\"x\":[{\"y\":1}],\"kind\":")
        let document = try Document(json: Array(text.utf8))
        _ = try WireDecoder.decode(JobObject.self, from: document, unknown: .ignore)
        let listed = try WireDecoder.decodeListingUnknown(JobObject.self, at: document.root)
        #expect(listed.unknown.map(\.field) == ["x", "spec.roles[0].restrat"])
        #expect(listed.value.spec.roles[0].restart == nil)
    }

    @Test func `one value of a document is decoded where it stands`() throws {
        let text = "{\"type\":\"ADDED\",\"objects\":[{\"a\":1},{\"a\":2,\"b\":3}]}"
        let document = try Document(json: Array(text.utf8))
        let objects = try #require(document.root["objects"]?.elements)
        #expect(try WireDecoder.decode([String: Int].self, at: objects[0]) == ["a": 1])
        struct Strict: Codable { var a: Int }
        #expect(try WireDecoder.decode(Strict.self, at: objects[0]).a == 1)
        let refusal = #expect(throws: Refusal.self) {
            try WireDecoder.decode(Strict.self, at: objects[1])
        }
        #expect(refusal?.field == "objects[1].b")
        #expect(document.root["type"]?.string == "ADDED" && document.root["x"] == nil)
    }

    @Test func `a hostile heap of unknown fields is refused quickly`() throws {
        let role = "{\"name\":\"a\",\"x\":1,\"y\":2}"
        let list = Array(repeating: role, count: 3000).joined(separator: ",")
        let document = try Document(json: Array("[\(list)]".utf8))
        struct Role: Codable { var name: String }
        let elapsed = ContinuousClock().measure {
            _ = #expect(throws: Refusal.self) {
                try WireDecoder.decode([Role].self, from: document)
            }
        }
        #expect(elapsed < .seconds(2))
        #expect(
            try WireDecoder.decodeListingUnknown([Role].self, at: document.root).unknown.count == 20
        )
    }

    @Test func `numbers are exact at every edge`() throws {
        func read<T: Decodable>(_ type: T.Type, _ text: String) -> T? {
            try? WireDecoder.decode(type, json: Array(text.utf8))
        }
        #expect(read(UInt64.self, "18446744073709551615") == .max)
        #expect(read(UInt64.self, "18446744073709551616") == nil)
        #expect(read(Int64.self, "-9223372036854775808") == .min)
        #expect(read(Int64.self, "9223372036854775808") == nil)
        #expect(read(Int8.self, "-128") == -128 && read(Int8.self, "128") == nil)
        #expect(read(Int.self, "1e3") == 1000 && read(Int.self, "-0") == 0)
        #expect(read(Int.self, "100e-2") == 1 && read(Int.self, "1e-1") == nil)
        #expect(read(Int.self, "1e9999") == nil && read(Int.self, "0e9999") == nil)
        #expect(read(UInt8.self, "2.50e2") == 250)
        #expect(read(Double.self, "0.1") == 0.1 && read(Double.self, "-0")?.sign == .minus)
        #expect(read([Int?].self, "[1,null,2]") == [1, nil, 2])
        #expect(read([String: Int].self, "{\"a\":1,\"b\":2}") == ["a": 1, "b": 2])
    }

    @Test func `plain scalars follow the schema and never YAML folklore`() throws {
        struct Mixed: Codable { var text: String, flag: Bool?, count: Int?, ratio: Double? }
        func mixed(_ name: String, _ plain: String) -> Mixed? {
            var builder = Document.Builder()
            do {
                try builder.openObject()
                try builder.key(Array("text".utf8), at: .init(line: 1, column: 1))
                try builder.scalar(.plain, Array("no".utf8))
                try builder.key(Array(name.utf8), at: .init(line: 2, column: 1))
                try builder.scalar(.plain, Array(plain.utf8))
                try builder.close()
                return try WireDecoder.decode(Mixed.self, from: builder.finish())
            } catch {
                return nil
            }
        }
        #expect(mixed("flag", "true")?.flag == true && mixed("flag", "true")?.text == "no")
        for word in ["yes", "no", "on", "True", "TRUE", "y", "1"] {
            #expect(mixed("flag", word) == nil)
        }
        #expect(mixed("count", "12")?.count == 12 && mixed("ratio", "1e3")?.ratio == 1000)
        for text in ["012", "0x1f", "0o7", "1_000", "+1", "1:30", ".5", "1.", "", "-"] {
            #expect(mixed("count", text) == nil && mixed("ratio", text) == nil, "\(text)")
        }
    }

    @Test func `Foundation reads what is written`() throws {
        struct Odd: Codable, Equatable {
            var text = "a\"\\/\n\u{1}\u{7f}é😀\u{2028}"
            var small = Int64.min, large = UInt64.max, ratio = 0.1,
                tiny = Double.leastNonzeroMagnitude, huge = 1.7e308
            var none: Int?
            var nested = [["a"], []]
            var map = ["k": [1, 2]]
        }
        let bytes = WireEncoder.encode(Odd())
        #expect(try JSONDecoder().decode(Odd.self, from: Data(bytes)) == Odd())
        #expect(try WireDecoder.decode(Odd.self, json: bytes) == Odd())
        #expect(String(decoding: WireEncoder.encode(["a/b"]), as: UTF8.self) == "[\"a/b\"]")
        #expect(WireEncoder.encode(Double.infinity) == Array("null".utf8))
    }

    @Test func `nested and shared containers close where they should`() throws {
        struct Manual: Encodable {
            enum Key: String, CodingKey { case a, b, c, d }
            func encode(to encoder: any Encoder) throws {
                var top = encoder.container(keyedBy: Key.self)
                var inner = top.nestedContainer(keyedBy: Key.self, forKey: .a)
                try inner.encode(1, forKey: .b)
                var list = inner.nestedUnkeyedContainer(forKey: .c)
                try list.encode("x")
                var again = encoder.container(keyedBy: Key.self)
                try again.encode(2, forKey: .d)
            }
        }
        struct Nothing: Codable {}
        #expect(
            String(decoding: WireEncoder.encode([Manual()]), as: UTF8.self)
                == #"[{"a":{"b":1,"c":["x"]},"d":2}]"#)
        #expect(WireEncoder.encode(Nothing()) == Array("{}".utf8))
        #expect(throws: Refusal.self) {
            try WireDecoder.decode(Nothing.self, json: Array("{\"a\":1}".utf8))
        }
        var buffer = Array("data: ".utf8)
        WireEncoder.encode([1, 2], into: &buffer)
        #expect(buffer == Array("data: [1,2]".utf8))
    }
}
