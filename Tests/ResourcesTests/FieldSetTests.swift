import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: sets of fields behave as sets and speak FieldsV1. Method: texts by hand, and laws against
/// a plain list of paths as the model, over seeds.
@Suite struct FieldSetTests {
    @Test func `a set is written as Kubernetes writes it`() throws {
        var set = FieldSet()
        set.insert([.field("spec"), .field("roles"), .item([JSON.Member("name", "worker")])])
        set.insert([
            .field("spec"), .field("roles"), .item([JSON.Member("name", "worker")]),
            .field("replicas"),
        ])
        set.insert([.field("metadata"), .field("labels"), .field("team")])
        set.insert([.field("metadata"), .field("labels")])
        set.insert([.field("metadata"), .field("finalizers"), .value("muster.dev/hold")])
        #expect(
            set.fieldsV1.text
                == #"{"f:metadata":{"f:finalizers":{"v:\"muster.dev/hold\"":{}},"#
                + #""f:labels":{".":{},"f:team":{}}},"#
                + #""f:spec":{"f:roles":{"k:{\"name\":\"worker\"}":{".":{},"f:replicas":{}}}}}"#)
        var writer = JSONWriter()
        set.write(into: &writer)
        #expect(writer.bytes == set.fieldsV1.encode())
    }

    @Test func `paths are worded as Kubernetes words them`() throws {
        let set = try FieldSet(
            fieldsV1: tree(
                #"""
                {"f:spec":{"f:roles":{"k:{\"name\":\"worker\"}":{"f:replicas":{}}},"f:priority":{},
                "f:ports":{"k:{\"protocol\":\"TCP\",\"port\":80}":{".":{}}},
                "f:tags":{"v:\"a b\"":{},"v:7":{},"i:3":{}}}}
                """#))
        #expect(
            set.paths == [
                ".spec.priority", #".spec.ports[port=80,protocol="TCP"]"#,
                #".spec.roles[name="worker"].replicas"#, ".spec.tags[3]", #".spec.tags[="a b"]"#,
                ".spec.tags[=7]",
            ])
    }

    @Test func `differently written keys of one element are one step`() throws {
        let set = try FieldSet(
            fieldsV1: tree(
                #"""
                {"f:a":{"k:{\"x\": 1, \"b\": 2}":{"f:one":{}},
                "k:{\"b\":2,\"x\":1}":{"f:two":{}}}}
                """#))
        #expect(set.fieldsV1.text == #"{"f:a":{"k:{\"b\":2,\"x\":1}":{"f:one":{},"f:two":{}}}}"#)
    }

    @Test func `differently written accents are different fields`() {
        var set = FieldSet()
        set.insert([.field("caf\u{e9}")])
        #expect(!set.contains([.field("cafe\u{301}")]))
        set.insert([.field("cafe\u{301}")])
        #expect(set.count == 2)
    }

    @Test(arguments: [
        #"{"spec":{}}"#, #"{"f:a":1}"#, #"{"f:a":[]}"#, #"[]"#, #"{"k:name":{}}"#, #"{"k:{}":{}}"#,
        #"{"k:{\"a\":{}}":{}}"#, #"{"v:":{}}"#, #"{"v:x":{}}"#, #"{"i:-1":{}}"#, #"{"i:":{}}"#,
        #"{"":{}}"#, #"{"f:a":{"..":{}}}"#, #"{"f:a":{"f:b":null}}"#,
    ])
    func `bad text is refused`(text: String) throws {
        #expect(throws: Refusal.self) { _ = try FieldSet(fieldsV1: tree(text)) }
    }

    @Test func `a set that is too deep or too large is refused`() throws {
        func nested(_ levels: Int) throws -> JSON {
            (0..<levels).reduce(JSON.object([])) { inner, _ in .object([JSON.Member("f:a", inner)])
            }
        }
        #expect(try FieldSet(fieldsV1: nested(64)).count == 1)
        #expect(throws: Refusal.self) { _ = try FieldSet(fieldsV1: nested(65)) }
        func wide(_ steps: Int) -> JSON {
            .object((0..<steps).map { JSON.Member("f:\($0)", .object([])) })
        }
        #expect(try FieldSet(fieldsV1: wide(20_000)).count == 20_000)
        #expect(throws: Refusal.self) { _ = try FieldSet(fieldsV1: wide(20_001)) }
    }

    @Test(arguments: UInt64(0)..<100)
    func `sets obey the laws of sets`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let a = Sample(&dice)
        let b = Sample(&dice)
        let c = Sample(&dice)
        #expect(a.set.union(b.set) == Sample(a.paths + b.paths).set, "seed \(seed)")
        #expect(a.set.subtracting(b.set) == Sample(a.paths.filter { !b.holds($0) }).set)
        #expect(a.set.intersection(b.set) == Sample(a.paths.filter(b.holds)).set)
        #expect(a.set.union(b.set) == b.set.union(a.set))
        #expect(a.set.union(b.set.union(c.set)) == a.set.union(b.set).union(c.set))
        #expect(
            a.set.intersection(b.set.union(c.set))
                == a.set.intersection(b.set).union(a.set.intersection(c.set)))
        #expect(a.set.subtracting(b.set).union(a.set.intersection(b.set)) == a.set)
        #expect(a.set.union(FieldSet()) == a.set && a.set.subtracting(a.set).isEmpty)
        #expect(a.set.count == Set(a.paths).count)
        for path in a.paths + b.paths { #expect(a.set.contains(path) == a.holds(path)) }
        #expect(try FieldSet(fieldsV1: a.set.fieldsV1) == a.set)
        #expect(try FieldSet(fieldsV1: tree(a.set.fieldsV1.text)) == a.set)
    }

    /// A set beside the plain list of its paths.
    private struct Sample {
        let paths: [[FieldStep]]
        let set: FieldSet

        init(_ paths: [[FieldStep]]) {
            self.paths = paths
            set = paths.reduce(into: FieldSet()) { $0.insert($1) }
        }

        init(_ dice: inout Dice) {
            let steps: [FieldStep] = [
                .field("a"), .field("b"), .field(""), .value("a"), .value(1),
                .item([JSON.Member("name", "a")]), .field("a/b.c"),
            ]
            var paths: [[FieldStep]] = []
            for _ in 0..<dice.below(12) {
                paths.append((0...dice.below(4)).map { _ in steps[dice.below(steps.count)] })
            }
            self.init(paths)
        }

        func holds(_ path: [FieldStep]) -> Bool { paths.contains(path) }
    }
}

/// Goal: one table of how lists merge. Method: look-ups, and the roles' names against validation.
@Suite struct MergeRulesTests {
    @Test func `rules are found by path`() {
        let job = MergeRules.of(kind: "Job")
        #expect(job.rule(at: ["metadata", "finalizers"]) == .set)
        #expect(
            job.rule(at: ["spec", "roles"])
                == .map(keys: [MergeRules.Key("name", default: "worker", numbered: "role-")]))
        #expect(job.rule(at: ["spec"]) == nil)
        #expect(job.rule(at: ["spec", "roles", "command"]) == nil)
        #expect(job.rule(at: ["nowhere", "at", "all"]) == nil)
        #expect(
            MergeRules.of(kind: "Pod").rule(at: ["spec", "containers", "env"])
                == .map(keys: [MergeRules.Key("name")]))
        #expect(
            MergeRules.of(kind: "Node").rule(at: ["spec", "taints"])
                == .map(keys: [MergeRules.Key("effect"), MergeRules.Key("key")]))
        #expect(MergeRules.of(kind: "Unknown").rule(at: ["metadata", "finalizers"]) == .set)
    }

    @Test(arguments: UInt64(0)..<50)
    func `an unnamed role has the name that validation gives it`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var spec = JobSpec(roles: [])
        for number in 0...dice.below(5) {
            var role = RoleSpec()
            role.name = dice.hits(1, outOf: 2) ? "named-\(number)" : nil
            role.command = ["true"]
            spec.roles.append(role)
        }
        let sent = JSON(try Document(json: WireEncoder.encode(spec)))
        let checked = JSON(try Document(json: WireEncoder.encode(spec.validated())))
        let naming = try #require(MergeRules.of(kind: "Job").member("spec").member("roles").naming)
        for (index, role) in (sent["roles"]?.elements ?? []).enumerated() {
            let step = try MergeRules.step(of: role, at: index, naming).get()
            let name = try #require(checked["roles"]?.elements[index]["name"])
            #expect(step == .item([JSON.Member("name", name)]), "seed \(seed)")
        }
    }
}
