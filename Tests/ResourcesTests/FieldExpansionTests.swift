import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: short entries are spelled out the same way however it is done, and nothing takes long.
/// Method: random objects through both ways; objects as large and as odd as requests may be.
@Suite struct FieldExpansionTests {
    @Test(arguments: UInt64(0)..<100)
    func `text is spelled out as the tree is`(seed: UInt64) throws {
        var world = RandomWrites(seed: seed)
        var object = world.object()
        object["status"] = ["phase": "Running"]
        object["data"] = ["b": [["z": 1, "a": 2]], "a": nil]
        let rules = MergeRules.of(kind: "Job")
        var fields = ManagedFields(createdBy: author("curl"))
        let expected = fields.json(over: object, rules).text
        #expect(try spelled(fields, object, rules) == expected, "seed \(seed)")
        fields = fields.updated(
            from: object, to: world.object(), by: author("b", at: 1), rules)
        #expect(try spelled(fields, object, rules) == fields.json(over: object, rules).text)
        var stored = JSONWriter()
        fields.writeStored(into: &stored)
        #expect(stored.bytes == fields.storedJSON.encode())
    }

    private func spelled(
        _ fields: ManagedFields, _ object: JSON, _ rules: MergeRules
    ) throws -> String {
        let document = try Document(object)
        var json = JSONWriter()
        fields.write(over: document.root, rules, into: &json)
        var pieces = JSONWriter()
        let head = document.root["metadata"]
        let rest = document.root.members.filter { $0.key != "metadata" }
            .map { (name: $0.key, value: $0.value) }
        fields.write(metadata: head, members: rest.reversed(), rules, into: &pieces)
        #expect(json.bytes == pieces.bytes)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test func `owners of references and taints are told apart by their keys`() throws {
        let node = try tree(
            """
            {"metadata":{"ownerReferences":[{"uid":"u","kind":"NodePool"}]},"spec":{"taints":[
            {"key":"a","effect":"NoSchedule"},{"key":"a","effect":"NoExecute"}]}}
            """)
        let set = FieldSet(everythingIn: node, MergeRules.of(kind: "Node"))
        #expect(
            set.paths == [
                ".spec", ".metadata.ownerReferences", #".metadata.ownerReferences[uid="u"]"#,
                ".spec.taints", #".spec.taints[effect="NoExecute",key="a"]"#,
                #".spec.taints[effect="NoSchedule",key="a"]"#,
                #".spec.taints[effect="NoExecute",key="a"].effect"#,
                #".spec.taints[effect="NoExecute",key="a"].key"#,
                #".spec.taints[effect="NoSchedule",key="a"].effect"#,
                #".spec.taints[effect="NoSchedule",key="a"].key"#,
            ])
    }

    @Test func `elements that share a key are owned together, those without make one value`() throws
    {
        let rules = MergeRules.of(kind: "Job")
        let twice = try tree(#"{"spec":{"roles":[{"name":"a","x":1},{"name":"a","x":2}]}}"#)
        let once = try tree(#"{"spec":{"roles":[{"name":"a","x":1}]}}"#)
        let odd = try tree(#"{"spec":{"roles":[{"name":[],"x":1}]}}"#)
        #expect(
            FieldSet(everythingIn: twice, rules).paths == [
                ".spec", ".spec.roles", #".spec.roles[name="a"]"#,
            ])
        #expect(FieldSet(everythingIn: odd, rules).paths == [".spec", ".spec.roles"])
        let fields = ManagedFields(createdBy: author("curl"))
        for object in [twice, once, odd] {
            #expect(try spelled(fields, object, rules) == fields.json(over: object, rules).text)
        }
        for (old, new) in [(twice, once), (once, twice), (twice, odd), (odd, once), (once, odd)] {
            let change = FieldComparison(of: old, with: new, rules)
            let after = FieldSet(everythingIn: old, rules).subtracting(change.removed)
                .union(change.added)
            #expect(after == FieldSet(everythingIn: new, rules), "\(old.text) → \(new.text)")
            #expect(!change.isEmpty)
            #expect(FieldComparison(of: old, with: old, rules).isEmpty)
        }
    }

    @Test(arguments: UInt64(0)..<100)
    func `a comparison leads from one object's fields to the other's`(seed: UInt64) {
        var world = RandomWrites(seed: seed)
        let old = FieldScope.object.part(of: world.object())
        let new = FieldScope.object.part(of: world.object())
        let rules = MergeRules.of(kind: "Job")
        let there = FieldComparison(of: old, with: new, rules)
        let back = FieldComparison(of: new, with: old, rules)
        #expect(there.added == back.removed && there.modified == back.modified, "seed \(seed)")
        let before = FieldSet(everythingIn: old, rules)
        #expect(
            before.subtracting(there.removed).union(there.added)
                == FieldSet(everythingIn: new, rules), "seed \(seed)")
        #expect(before.intersection(there.added).isEmpty, "seed \(seed)")
    }

    @Test func `the largest requests are done in little time`() throws {
        let labels = JSON.object((0..<9000).map { JSON.Member("k\($0)", .string("v\($0)")) })
        let roles = JSON.array(
            (0..<3000).map { ["name": .string("r\($0)"), "replicas": .number("\($0)")] })
        let config: JSON = [
            "kind": "Job", "metadata": ["name": "a", "labels": labels], "spec": ["roles": roles],
        ]
        let reversed: JSON = [
            "spec": ["roles": .array(roles.elements.reversed())],
            "metadata": ["labels": .object(labels.members.reversed()), "name": "a"],
        ]
        let clock = ContinuousClock()
        let time = try clock.measure {
            var kept = Kept()
            try kept.apply(config, by: "a")
            try kept.apply(reversed, by: "b")
            try kept.update(config, by: "c")
            #expect(kept.fields.entries.count == 2)
            try kept.update(["metadata": ["name": "a"]], by: "c")
            #expect(kept.fields.isEmpty)
        }
        #expect(time < .seconds(20), "\(time)")
    }

    @Test func `a long strategic patch is done in little time`() throws {
        let taints = JSON.array((0..<4000).map { ["key": .string("k\($0)"), "effect": "x"] })
        let order = JSON.array((0..<4000).reversed().map { ["key": .string("k\($0)")] })
        let time = try ContinuousClock().measure {
            let patched = try JSON.object([]).applying(
                strategicMerge: ["spec": ["taints": taints, "$setElementOrder/taints": order]],
                kind: "Node")
            #expect(patched["spec"]?["taints"]?.elements.first?["key"] == "k3999")
        }
        #expect(time < .seconds(10), "\(time)")
    }
}
