import Foundation
import Primitives
import Testing
import Wire

/// Goal: JSON is read as RFC 8259 writes it and in no other way. Method: tables of texts that must
/// be accepted or refused, and Foundation as a second opinion where it is strict itself.
@Suite struct JSONGrammarTests {
    static let accepted: [String] = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "123456789", "1.5", "-1.5", "0.1",
        "1e3", "1E3", "1e+3", "1e-3", "1.5e10", "-0.0", "0e1", "0E+1", "12345678901234567890",
        "\"\"", "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"/\"", "\"\\b\\f\\n\\r\\t\"",
        "\"\\u0041\"", "\"\\u00e9\"", "\"\\u20AC\"", "\"\\ud83d\\ude00\"", "\"\\uDBFF\\uDFFF\"",
        "\"\\u0001\"", "\"\\u001f\"", "\"\\u007f\"", "\"é\"", "\"€\"", "\"😀\"", "\"\u{10ffff}\"",
        "\"\u{7f}\"", "\"\u{80}\"", "\"\u{7ff}\"", "\"\u{800}\"", "\"\u{ffff}\"", "\"\u{10000}\"",
        "\"\\\\u0000\"", "\"\u{2028}\u{2029}\"", "\"\\ufffe\"", "\"a b\"", "\"[{,:}]\"",
        "[]", "[ ]", "[\n]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[]]", "[null]", "[\"a\"]",
        "[1,\"a\",true,false,null,{},[]]", "[1\t]", "[\r\n1]", "[0,-0,0.0]", "[1e1,2E2]",
        "{}", "{ }", "{\"a\":1}", "{ \"a\" : 1 }", "{\"a\":1,\"b\":2}", "{\"\":0}", "{\"a\":{}}",
        "{\"a\":[]}", "{\"a\":null}", "{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":1,\"A\":2}",
        "{\"\\u0061\":1,\"b\":2}", "{\"é\":1,\"e\u{301}\":2}", "{\"a\\nb\":1}", "{\"a b\":1}",
        " 1", "1 ", "\t1", "\n1\n", "\r1", " [1] ", " {} \n", "{\"a\":\"\\ud83d\\ude00\"}",
        "{\"0\":0}", "{\"x\":[{\"y\":1},{\"y\":2}]}", "[true]", "[false]", "-1e-9", "9.99",
    ]

    static let refused: [String] = [
        "", " ", "\n", "nul", "nulll", "Null", "NULL", "tru", "truee", "True", "fals", "False",
        "nan", "NaN", "Infinity", "-Infinity", "inf", "undefined", "a", "'a'", "+1", "++1", "--1",
        "-", "-a", "01", "-01", "00", "0x10", "0b1", "0o7", "1.", ".5", "-.5", "1.e1", "1e", "1e+",
        "1e-", "1ee1", "1e1.5", "1.2.3", "1 2", "1,2", "1_000", "1f", "0e", "0.", "2.e3", "1e+-1",
        "123456789012345678901", "0.1234567890123456789012", "1e12345", "١",
        "\"", "\"a", "a\"", "\"\\\"", "\"\\", "\"\\a\"", "\"\\x41\"", "\"\\0\"", "\"\\'\"",
        "\"\\u\"", "\"\\u0\"", "\"\\u00\"", "\"\\u004\"", "\"\\u004g\"", "\"\\U0041\"",
        "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"",
        "\"\\ud800a\"", "\"\\ud83d\\u0041\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\\"",
        "\"\\ud83d\\u\"",
        "\"\n\"", "\"\t\"", "\"\r\"", "\"\u{0}\"", "\"\u{1f}\"", "\"a\" \"b\"", "\"\\ud83d",
        "[", "]", "[1", "[1,", "[1,]", "[,]", "[,1]", "[1,,2]", "[1 2]", "[1:2]", "[1}", "[[]",
        "[]]", "[\"a\"", "[\"a\",", "[1]]", "[1]x", "[x]", "[1,\n1\n,1", "[\u{0c}]", "[\u{a0}]",
        "[\u{feff}]", "[a]", "['a']", "[-]", "[nul]", "[1 true]", "[(1)]",
        "{", "}", "{]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}",
        "{,\"a\":1}", "{\"a\" 1}", "{\"a\",1}", "{\"a\":}", "{a:1}", "{'a':1}", "{1:1}",
        "{null:1}", "{true:1}", "{[]:1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}",
        "{\"a\":1,,\"b\":2}", "{\"a\":1}}", "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":1]", "{\"a\":'b'}",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"\\u0061\":2}",
        "{\"x\":{\"a\":1,\"a\":1}}", "[{\"a\":1,\"a\":1}]", "{\"\":1,\"\":2}",
        "// a\n1", "/* a */ 1", "1 // a", "# a\n1", "[1]#", "{\"a\":1/**/}", "*", ",", ":", "<a>",
        "\u{feff}1", "\u{feff}{}", "1\u{0}", "[1\u{0}]", "&a", "--- 1",
    ]

    @Test(arguments: accepted)
    func `valid text is accepted`(text: String) throws {
        let document = try Document(json: Array(text.utf8))
        let ours = JSON(document).encode()
        let again = try Document(json: ours)
        #expect(JSON(again).encode() == ours)
        let theirs = try JSONSerialization.jsonObject(
            with: Data(text.utf8), options: .fragmentsAllowed)
        let oursByThem = try JSONSerialization.jsonObject(
            with: Data(ours), options: .fragmentsAllowed)
        let left = try #require(theirs as? NSObject)
        let right = try #require(oursByThem as? NSObject)
        #expect(left == right)
    }

    @Test(arguments: refused)
    func `invalid text is refused as malformed`(text: String) {
        let refusal = #expect(throws: Refusal.self) { try Document(json: Array(text.utf8)) }
        #expect(refusal?.reason == .malformed)
        #expect(
            refusal?.finding.contains("line") == true || refusal?.finding.contains("whole") == true)
    }

    @Test func `the tables hold more than 250 texts`() {
        #expect(Self.accepted.count >= 90)
        #expect(Self.refused.count >= 150)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xbf, 0x22], [0x22, 0xc0, 0x80, 0x22],
            [0x22, 0xc1, 0xbf, 0x22],
            [0x22, 0xc3, 0x22], [0x22, 0xe0, 0x80, 0x80, 0x22], [0x22, 0xe0, 0x9f, 0xbf, 0x22],
            [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xed, 0xbf, 0xbf, 0x22],
            [0x22, 0xe2, 0x82, 0x22],
            [0x22, 0xf0, 0x80, 0x80, 0x80, 0x22], [0x22, 0xf0, 0x8f, 0xbf, 0xbf, 0x22],
            [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0xf8, 0x88, 0x80, 0x80, 0x80, 0x22], [0x22, 0xff, 0x22], [0x22, 0xfe, 0x22],
            [0x22, 0xf0, 0x9f, 0x98], [0x22, 0xe2], [0x22, 0xc3], [0xff], [0xfe, 0xff, 0, 0x31],
            [0x31, 0, 0, 0], [0x22, 0x5c, 0x6e, 0xff, 0x22], [0x22, 0x5c, 0x6e, 0xc3, 0x28, 0x22],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: Refusal.self) { try Document(json: bytes) }
    }

    @Test func `nesting is accepted to 64 levels and refused at 65`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try Document(json: nested(64))
        let refusal = #expect(throws: Refusal.self) { try Document(json: nested(65)) }
        #expect(refusal?.finding.contains("64 levels") == true)
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
    func `a hundred thousand brackets are refused at once`(bracket: String) {
        let bomb = Array(String(repeating: bracket, count: 100_000).utf8)
        let elapsed = ContinuousClock().measure {
            _ = #expect(throws: Refusal.self) { try Document(json: bomb) }
        }
        #expect(elapsed < .milliseconds(200))
    }

    @Test func `limits on keys, strings, digits and size hold`() {
        func refusal(_ text: String, _ limits: WireLimits) -> Refusal? {
            #expect(throws: Refusal.self) { try Document(json: Array(text.utf8), limits: limits) }
        }
        #expect(refusal("{\"a\":{\"b\":1},\"c\":2}", WireLimits(keys: 2))?.reason == .tooLarge)
        #expect(refusal("{\"a\":[\"12345\"]}", WireLimits(stringBytes: 4))?.field == "a[0]")
        #expect(refusal("\"\\n2345\"", WireLimits(stringBytes: 4))?.reason == .tooLarge)
        #expect(refusal("12345", WireLimits(numberDigits: 4))?.reason == .malformed)
        #expect(refusal("[1,2]", WireLimits(documentBytes: 4))?.reason == .tooLarge)
    }

    @Test func `ten thousand keys are compared quickly and one repetition is found`() throws {
        let prefix = String(repeating: "x", count: 60)
        var members = (0..<9_999).map { "\"\(prefix)\($0)\":0" }
        let elapsed = try ContinuousClock().measure {
            _ = try Document(json: Array("{\(members.joined(separator: ","))}".utf8))
        }
        #expect(elapsed < .seconds(2))
        members.append("\"\(prefix)1234\":1")
        let refusal = #expect(throws: Refusal.self) {
            try Document(json: Array("{\"a\":[{\(members.joined(separator: ","))}]}".utf8))
        }
        #expect(refusal?.reason == .tooLarge || refusal?.finding.contains("twice") == true)
    }

    @Test func `errors say line, column and path`() {
        func refusal(_ text: String) -> Refusal? {
            #expect(throws: Refusal.self) { try Document(json: Array(text.utf8)) }
        }
        let comma = refusal("{\n  \"spec\": {\n    \"roles\": [1, 2,]\n  }\n}")
        #expect(comma?.field == "spec.roles[2]")
        #expect(comma?.finding == "expected a value, found \"]\", at line 3, column 20")
        let twice = refusal("{\"spec\": [{\"é\": 1, \"replicas\": 1,\n \"replicas\": 2}]}")
        #expect(twice?.field == "spec[0].replicas")
        #expect(twice?.finding == "the key \"replicas\" is given twice, again at line 2, column 2")
        #expect(refusal("[0, [{\"a\": [x]}]]")?.field == "[1][0].a[0]")
        #expect(refusal("{\"a b\": nope}")?.field == "[\"a b\"]")
        #expect(refusal("{\"a\": 01}")?.remedy == "Drop the leading zero")
    }
}
