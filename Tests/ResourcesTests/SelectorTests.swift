import Primitives
import Resources
import Testing
import Wire

/// Goal: selectors mean what Kubernetes says. Method: each form against a table of labels.
@Suite struct SelectorTests {
    private func matches(_ selector: String, _ labels: StringMap) throws -> Bool {
        try Selector(parsing: selector).matches(labels)
    }

    @Test(arguments: [
        ("", true), (" ", true), ("team=red", true), ("team==red", true), ("team = red", true),
        ("team=blue", false), ("team!=blue", true), ("team != red", false), ("other!=x", true),
        ("team in (red,blue)", true), ("team in ( blue , red )", true), ("team in (blue)", false),
        ("team notin (blue)", true), ("team notin (red)", false), ("other notin (red)", true),
        ("team", true), ("other", false), ("!other", true), ("! other", true), ("!team", false),
        ("empty=", true), ("empty==", true), ("empty!=", false), ("empty", true),
        ("empty in ()", true),
        ("empty in (,a)", true), ("team in ()", false), ("team=", false), ("team=red,empty", true),
        ("team=red, !other ,empty=", true), ("team=red,team=blue", false),
        ("example.com/key=v.1_2-3", true), ("team in(red),empty=", true),
        ("in=1", true), ("notin in (2)", true), ("in in (1)", true), ("in", true), ("!in", false),
    ])
    func `each form selects what it should`(selector: String, isMatch: Bool) throws {
        let labels: StringMap = [
            "team": "red", "empty": "", "example.com/key": "v.1_2-3", "in": "1", "notin": "2",
        ]
        #expect(try matches(selector, labels) == isMatch, "\(selector)")
    }

    @Test(arguments: [
        "=", "=a", "a=b=c", "a,,b", "a,", ",a", "a in", "a in b", "a in (b", "a in b)", "a (b)",
        "a notin", "!", "!!a", "!a=b", "a!b", "a b", "a=b c", "a=\"b\"", "a='b'", "a in (\"b\")",
        "a/b/c", "/a", "a/", "-a", "a-", "a=-b", "a=b-", "(a)", "a>1", "a<1", "ä=b", "a=ä",
        String(repeating: "k", count: 64), "a=" + String(repeating: "v", count: 64),
        String(repeating: "p", count: 254) + "/a",
    ])
    func `what is no selector is refused with the place`(selector: String) throws {
        let refusal = #expect(throws: Refusal.self, "\(selector)") {
            try Selector(parsing: selector)
        }
        #expect(refusal?.reason == .malformed)
        #expect(refusal?.field == "labelSelector")
    }

    @Test func `there is a bound on requirements`() throws {
        let most = (0..<Selector.requirementsMax).map { "k\($0)" }.joined(separator: ",")
        #expect(try Selector(parsing: most).requirements.count == Selector.requirementsMax)
        #expect(throws: Refusal.self) { try Selector(parsing: most + ",more") }
        #expect(throws: Refusal.self) {
            try Selector(
                fields: (0...Selector.requirementsMax).map { "k\($0)=" }.joined(separator: ","))
        }
    }

    @Test(arguments: [
        ("metadata.name=a", true), ("metadata.name==a", true), ("metadata.name = a", true),
        ("metadata.name!=a", false), ("metadata.name=a,phase!=Failed", true), ("", true),
        ("note=x\\,y\\=z\\\\", true), ("phase=", true), ("phase!=", false),
        ("metadata.name=a,", true),
    ])
    func `fields are equal or are not`(selector: String, isMatch: Bool) throws {
        let fields: StringMap = ["metadata.name": "a", "phase": "", "note": "x,y=z\\"]
        #expect(try Selector(fields: selector).matches(fields) == isMatch, "\(selector)")
    }

    @Test(arguments: [
        "a", "=a", "!=a", "a in (b)", "a=b=c", "a=b\\", "a=\\b", "a!b", "!a",
    ])
    func `what is no field selector is refused`(selector: String) throws {
        let refusal = #expect(throws: Refusal.self, "\(selector)") {
            try Selector(fields: selector)
        }
        #expect(refusal?.field == "fieldSelector")
    }

    @Test func `an index finds the values that are demanded`() throws {
        func equalities(_ text: String) throws -> [String] {
            try Selector(parsing: text).equalities.map { "\($0.key)=\($0.value)" }
        }
        #expect(try equalities("a!=b,c,d=e,f in (g)") == ["d=e", "f=g"])
        #expect(try equalities("a in (b,c),!d,e notin (f)") == [])
    }

    @Test func `random text never does harm`() throws {
        var dice = Dice(seed: 5)
        let alphabet = Array("ab=!,() in notin./\\\"ä".unicodeScalars)
        for _ in 0..<20_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<dice.below(24) {
                text.append(alphabet[dice.below(alphabet.count)])
            }
            _ = try? Selector(parsing: String(text)).matches(["a": "b"])
            _ = try? Selector(fields: String(text)).matches(["a": "b"])
        }
    }
}
