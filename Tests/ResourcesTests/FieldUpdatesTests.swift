import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: after PUT and PATCH everybody owns what they wrote last. Method: cases by hand, the laws
/// of ownership over random writes.
@Suite struct FieldUpdatesTests {
    private static let job = """
        {"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"a","namespace":"default",
        "uid":"1","labels":{"team":"x"}},"spec":{"priority":5,"roles":[
        {"name":"worker","replicas":2,"command":["true"]}]},"status":{"phase":"Pending"}}
        """

    @Test func `an object of one writer is stored in the short form and shown in full`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        #expect(
            kept.fields.storedJSON.text
                == #"[{"manager":"curl","operation":"Update","apiVersion":"muster.dev/v1","#
                + #""time":"2023-11-14T22:13:21Z","fieldsType":"FieldsV1"}]"#)
        #expect(
            kept.fields.json(over: try tree(Self.job), kept.rules).text
                == #"[{"manager":"curl","operation":"Update","apiVersion":"muster.dev/v1","#
                + #""time":"2023-11-14T22:13:21Z","fieldsType":"FieldsV1","fieldsV1":"#
                + #"{"f:metadata":{"f:labels":{".":{},"f:team":{}}},"f:spec":{".":{},"#
                + #""f:priority":{},"f:roles":{".":{},"k:{\"name\":\"worker\"}":{".":{},"#
                + #""f:command":{},"f:name":{},"f:replicas":{}}}}}}]"#)
    }

    @Test func `the same writer goes on in the short form`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        let before = kept.fields
        try kept.merge(["spec": ["priority": 5]], by: "curl")
        #expect(kept.fields == before, "nothing changed, so nothing is noted")
        try kept.merge(["spec": ["priority": 6]], by: "curl")
        #expect(kept.fields.isCompact && kept.fields.entries.count == 1)
        #expect(kept.fields.entries[0].time == author("curl", at: 3).time)
    }

    @Test func `a changed field goes over to who changed it`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        try kept.merge(["spec": ["priority": 6, "queue": "q"]], by: "kubectl-edit")
        #expect(kept.fields.paths("kubectl-edit") == [".spec.priority", ".spec.queue"])
        let first = try #require(kept.fields.paths("curl"))
        #expect(!first.contains(".spec.priority") && first.contains(".spec"))
        #expect(first.contains(#".spec.roles[name="worker"].replicas"#))
        try kept.merge(["spec": ["priority": 6]], by: "third")
        #expect(kept.fields.entries.count == 2, "the same value again changes nothing")
    }

    @Test func `a removed field leaves everybody`() throws {
        var kept = Kept()
        try kept.apply(try tree(Self.job), by: "ci")
        try kept.merge(["metadata": ["labels": ["team": nil]]], by: "kubectl-edit")
        #expect(kept.fields.paths("ci", .apply)?.contains(".metadata.labels.team") == false)
        #expect(kept.fields.paths("kubectl-edit") == nil, "removing owns nothing")
    }

    @Test func `the time is that of the last field written, not of one taken away`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        try kept.merge(["spec": ["priority": 6, "queue": "q"]], by: "edit")
        try kept.merge(["spec": ["queue": nil]], by: "edit")
        #expect(kept.fields.paths("edit") == [".spec.priority"])
        #expect(kept.fields.entries.last?.time == author("", at: 2).time)
        try kept.merge(["spec": ["priority": 7]], by: "edit")
        #expect(kept.fields.entries.last?.time == author("", at: 4).time)
    }

    @Test func `what was applied can be taken over by an update`() throws {
        var kept = Kept()
        try kept.apply(try tree(Self.job), by: "ci")
        try kept.merge(["spec": ["priority": 9]], by: "kubectl-edit")
        #expect(kept.fields.paths("ci", .apply)?.contains(".spec.priority") == false)
        #expect(kept.fields.paths("kubectl-edit") == [".spec.priority"])
    }

    @Test func `elements of lists are owned by key and not by place`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        var object = try tree(Self.job)
        var spec = try #require(object["spec"])
        spec["roles"] = try tree(
            #"[{"name":"ps","command":["x"]},{"command":["true"],"replicas":2,"name":"worker"}]"#)
        object["spec"] = spec
        try kept.update(object, by: "kubectl-replace")
        #expect(
            kept.fields.paths("kubectl-replace") == [
                #".spec.roles[name="ps"]"#, #".spec.roles[name="ps"].command"#,
                #".spec.roles[name="ps"].name"#,
            ])
    }

    @Test func `what is the server's own is never owned`() throws {
        var kept = Kept()
        kept.create(["kind": "Job", "metadata": ["name": "a"], "spec": [:]], by: "curl")
        try kept.merge(
            [
                "apiVersion": "x", "kind": "y", "status": ["phase": "Running"],
                "metadata": [
                    "name": "b", "namespace": "c", "uid": "d", "resourceVersion": "1",
                    "generation": 4, "creationTimestamp": "e", "deletionTimestamp": "f",
                    "selfLink": "g", "managedFields": [],
                ],
            ], by: "eve")
        #expect(kept.fields.entries.map(\.manager) == ["curl"])
        #expect(kept.fields.isCompact)
    }

    @Test func `the status is owned through its subresource alone`() throws {
        let rules = MergeRules.of(kind: "Node")
        let live = try tree(#"{"spec":{},"status":{"conditions":[{"type":"Ready","status":"x"}]}}"#)
        var new = live
        new["status"] = try tree(#"{"conditions":[{"type":"Ready","status":"y"}]}"#)
        new["spec"] = ["unschedulable": true]
        let fields = ManagedFields(createdBy: author("curl")).updated(
            from: live, to: new, by: author("agent", at: 1, subresource: "status"), rules)
        #expect(fields.paths("agent") == [#".status.conditions[type="Ready"].status"#])
        #expect(fields.entries.last?.subresource == "status")
        #expect(
            fields.storedJSON.text.hasSuffix(
                #""k:{\"type\":\"Ready\"}":{"f:status":{}}}}},"subresource":"status"}]"#))
    }

    @Test func `a list with one empty entry forgets all owners`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        try kept.merge(["metadata": ["managedFields": [[:]]]], by: "kubectl-patch")
        #expect(kept.fields.isEmpty)
        try kept.merge(["spec": ["priority": 1], "metadata": ["managedFields": nil]], by: "late")
        #expect(kept.fields.paths("late") == [".spec.priority"])
    }

    @Test func `what clients send back as they read it changes nothing`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        let before = kept.fields
        for list in [
            before.json(over: try tree(Self.job), kept.rules), before.storedJSON, [], nil,
        ] as [JSON] {
            try kept.merge(["metadata": ["managedFields": list]], by: "kubectl-replace")
            #expect(kept.fields == before, "after \(list.text)")
        }
    }

    @Test func `a list that a client rewrote is taken for what it says`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        let list = try tree(
            """
            [{"manager":"kubectl","operation":"Apply","apiVersion":"muster.dev/v1","fieldsType":
            "FieldsV1","time":"2024-01-01T00:00:00.123Z","fieldsV1":{"f:spec":{"f:priority":{}}}},
            {"manager":"nothing","operation":"Update"}]
            """)
        try kept.merge(["metadata": ["managedFields": list]], by: "kubectl")
        #expect(kept.fields.entries.count == 1)
        #expect(kept.fields.paths("kubectl", .apply) == [".spec.priority"])
        #expect(kept.fields.storedJSON.text.contains(#""time":"2024-01-01T00:00:00Z""#))
    }

    @Test(arguments: [
        #"[{"manager":"a","operation":"Steal"}]"#, #"[{"manager":"a"}]"#, #"{}"#, #"[1]"#,
        #"[{"operation":"Apply","fieldsType":"V2"}]"#,
        #"[{"operation":"Apply","time":"noon"}]"#, #"[{"operation":"Apply","time":3}]"#,
        #"[{"operation":"Apply","manager":4}]"#, #"[{"operation":"Apply","fieldsV1":{"x":{}}}]"#,
        #"[{},{}]"#,
    ])
    func `a list that cannot be read is refused`(text: String) throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        let refusal = #expect(throws: Refusal.self) {
            try kept.merge(["metadata": ["managedFields": tree(text)]], by: "eve")
        }
        #expect(refusal?.field.hasPrefix("metadata.managedFields") == true)
    }

    @Test func `the oldest updates are merged when there are too many`() throws {
        var kept = Kept()
        kept.create(["metadata": ["name": "a"], "spec": [:]], by: "w0")
        for number in 1...14 {
            try kept.merge(["spec": .object([JSON.Member("f\(number)", 1)])], by: "w\(number)")
        }
        #expect(kept.fields.entries.count == ManagedFields.updatesMax)
        #expect(kept.fields.entries.first?.manager == "ancient-changes")
        #expect(
            kept.fields.paths("ancient-changes") == [
                ".spec", ".spec.f1", ".spec.f2", ".spec.f3", ".spec.f4", ".spec.f5",
            ])
        #expect(kept.fields.entries.last?.manager == "w14")
        let again = try ManagedFields(stored: tree(kept.fields.storedJSON.text))
        #expect(again == kept.fields)
    }

    @Test func `a program is called by its name`() throws {
        let name = { (field: String?, agent: String?) throws in
            try FieldAuthor.manager(fieldManager: field, userAgent: agent)
        }
        #expect(try name("me", "curl/8") == "me")
        #expect(try name("", "kubectl/v1.33.0 (linux/amd64)") == "kubectl")
        #expect(try name(nil, "OpenAPI-Generator/35.0.0/python") == "OpenAPI-Generator")
        #expect(try name(nil, nil) == "unknown")
        #expect(throws: Refusal.self) { _ = try name(String(repeating: "x", count: 129), nil) }
        #expect(throws: Refusal.self) { _ = try name("a\nb", nil) }
    }

    @Test(arguments: UInt64(0)..<60)
    func `after any writes every field has one owner who wrote it last`(seed: UInt64) throws {
        var world = RandomWrites(seed: seed)
        var kept = Kept()
        kept.create(world.object(), by: "w0")
        for _ in 0..<12 {
            try kept.update(world.object(), by: "w\(world.dice.below(4))")
            let object = try #require(kept.object)
            #expect(defects(of: kept.fields, over: object, kept.rules) == [], "seed \(seed)")
            let sets = kept.spelledOut.entries.compactMap(\.fields)
            let total = sets.reduce(0) { $0 + $1.count }
            #expect(total == sets.reduce(FieldSet()) { $0.union($1) }.count, "shared, seed \(seed)")
            let again = try ManagedFields(stored: tree(kept.fields.storedJSON.text))
            #expect(again == kept.fields, "seed \(seed)")
        }
    }

    @Test func `the check of ownership finds ghosts and orphans`() throws {
        var kept = Kept()
        kept.create(try tree(Self.job), by: "curl")
        try kept.merge(["spec": ["priority": 6]], by: "edit")
        let object = try #require(kept.object)
        #expect(defects(of: kept.fields, over: object, kept.rules).isEmpty)
        var forged = kept.fields
        forged.entries[1].fields = FieldSet()
        #expect(defects(of: forged, over: object, kept.rules).count == 2)
        forged.entries[1].fields?.insert([.field("spec"), .field("queue")])
        #expect(defects(of: forged, over: object, kept.rules).count == 2)
    }
}
