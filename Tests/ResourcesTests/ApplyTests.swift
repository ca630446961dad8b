import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: server-side apply does what Kubernetes documents. Method: the documented cases by hand.
@Suite struct ApplyTests {
    private static func config(_ spec: String, labels: String = "{}") throws -> JSON {
        try tree(
            """
            {"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"a","labels":\(labels)},
            "spec":\(spec)}
            """)
    }

    @Test func `applying what is not there creates it, without the server's own fields`() throws {
        var kept = Kept()
        var config = try Self.config(#"{"priority":5,"queue":null}"#, labels: #"{"team":"x"}"#)
        config["status"] = ["phase": "Running"]
        config["metadata"] = config["metadata"]?.merging(["uid": "7", "namespace": "default"])
        try kept.apply(config, by: "kubectl")
        #expect(
            kept.object?.text
                == #"{"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"a","#
                + #""namespace":"default","labels":{"team":"x"}},"spec":{"priority":5}}"#)
        #expect(
            kept.fields.paths("kubectl", .apply) == [".metadata.labels.team", ".spec.priority"])
    }

    @Test func `applying twice changes nothing, not even the time`() throws {
        var kept = Kept()
        let config = try Self.config(#"{"priority":5,"roles":[{"name":"worker","replicas":2}]}"#)
        try kept.apply(config, by: "kubectl")
        let before = (kept.object, kept.fields)
        let again = try kept.fields.applying(
            config, to: kept.object, by: author("kubectl", at: 99), force: false, kept.rules)
        #expect(!again.isChange && again.object == before.0 && again.fields == before.1)
        let other = try Self.config(#"{"priority":6,"roles":[{"name":"worker","replicas":2}]}"#)
        let changed = try kept.fields.applying(
            other, to: kept.object, by: author("kubectl", at: 99), force: false, kept.rules)
        #expect(changed.isChange && changed.fields.entries[0].time == author("", at: 99).time)
    }

    @Test func `another's field with another value is a conflict, in kubectl's words`() throws {
        var kept = Kept()
        kept.create(try Self.config(#"{"priority":5}"#), by: "kubectl-client-side-apply")
        let failure = #expect(throws: ApplyFailure.self) {
            try kept.apply(Self.config(#"{"priority":6}"#), by: "ci")
        }
        #expect(
            failure?.message == "Apply failed with 1 conflict: conflict with "
                + #""kubectl-client-side-apply" using muster.dev/v1: .spec.priority"#)
        #expect(failure?.refusal.reason == .conflict)
        let causes = try kept.conflicts(Self.config(#"{"priority":6}"#), by: "ci")
        #expect(causes.map(\.field) == [".spec.priority"])
        #expect(
            causes.first?.message
                == #"conflict with "kubectl-client-side-apply" using muster.dev/v1"#)
        #expect(FieldConflict.reason == "FieldManagerConflict")
    }

    @Test func `many conflicts are listed owner by owner`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"priority":5,"queue":"q"}"#), by: "a")
        try kept.merge(["spec": ["queue": "p"], "metadata": ["labels": ["x": "1"]]], by: "b")
        let failure = #expect(throws: ApplyFailure.self) {
            let config = #"{"priority":6,"queue":"r"}"#
            try kept.apply(Self.config(config, labels: #"{"x":"2"}"#), by: "c")
        }
        #expect(
            failure?.message == """
                Apply failed with 3 conflicts: conflicts with "a":
                - .spec.priority
                conflicts with "b" using muster.dev/v1:
                - .metadata.labels.x
                - .spec.queue
                """)
    }

    @Test func `the same value is shared, and stays while one of its owners lists it`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"priority":5,"queue":"q"}"#), by: "a")
        try kept.apply(try Self.config(#"{"priority":5}"#), by: "b")
        #expect(kept.fields.paths("b", .apply)?.contains(".spec.priority") == true)
        try kept.apply(try Self.config(#"{"queue":"q"}"#), by: "a")
        #expect(kept.object?["spec"]?["priority"] == 5, "b still lists it")
        #expect(kept.fields.paths("a", .apply)?.contains(".spec.priority") == false)
        try kept.apply(try Self.config("{}"), by: "b")
        #expect(kept.object?["spec"]?["priority"] == nil, "nobody lists it any more")
    }

    @Test func `numbers that mean the same are the same value`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"priority":5,"big":9007199254740993}"#), by: "a")
        #expect(try kept.conflicts(Self.config(#"{"priority":5.0}"#), by: "b").isEmpty)
        #expect(try kept.conflicts(Self.config(#"{"big":9007199254740992}"#), by: "b").count == 1)
    }

    @Test func `force takes fields over`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"priority":5,"queue":"q"}"#), by: "a")
        try kept.apply(try Self.config(#"{"priority":6}"#), by: "b", force: true)
        #expect(kept.object?["spec"] == ["priority": 6, "queue": "q"])
        #expect(kept.fields.paths("a", .apply)?.contains(".spec.priority") == false)
        try kept.apply(try Self.config(#"{"queue":"q"}"#), by: "a")
        #expect(kept.object?["spec"]?["priority"] == 6, "what was lost is not taken out")
    }

    @Test func `an element that nobody lists goes, with what an update wrote into it`() throws {
        var kept = Kept()
        let two = #"{"roles":[{"name":"worker","replicas":2},{"name":"ps","replicas":1}]}"#
        try kept.apply(try Self.config(two), by: "a")
        try kept.merge(
            [
                "spec": [
                    "roles": tree(#"[{"name":"worker","replicas":4},{"name":"ps","replicas":1}]"#)
                ]
            ],
            by: "scaler")
        #expect(kept.fields.paths("scaler") == [#".spec.roles[name="worker"].replicas"#])
        try kept.apply(try Self.config(#"{"roles":[{"name":"ps","replicas":1}]}"#), by: "a")
        #expect(kept.object?["spec"]?["roles"]?.text == #"[{"name":"ps","replicas":1}]"#)
        #expect(kept.fields.paths("scaler") == nil)
    }

    @Test func `an applier that leaves a field to a scaler gives it up`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"roles":[{"name":"worker","replicas":2}]}"#), by: "a")
        try kept.merge(["spec": ["roles": [["name": "worker", "replicas": 4]]]], by: "scaler")
        #expect(
            try kept.conflicts(
                Self.config(#"{"roles":[{"name":"worker","replicas":2}]}"#), by: "a"
            ).map(\.field) == [#".spec.roles[name="worker"].replicas"#])
        try kept.apply(try Self.config(#"{"roles":[{"name":"worker"}]}"#), by: "a")
        #expect(kept.object?["spec"]?["roles"]?.text == #"[{"name":"worker","replicas":4}]"#)
    }

    @Test func `appliers have elements of one list each, in the order that they give`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"roles":[{"name":"b"},{"name":"a"}]}"#), by: "one")
        try kept.apply(try Self.config(#"{"roles":[{"name":"c"},{"name":"a"}]}"#), by: "two")
        let names = { (kept: Kept) in
            (kept.object?["spec"]?["roles"]?.elements ?? []).compactMap { $0["name"]?.string }
        }
        #expect(names(kept) == ["b", "c", "a"])
        try kept.apply(try Self.config(#"{"roles":[{"name":"a"},{"name":"c"}]}"#), by: "two")
        #expect(names(kept) == ["b", "a", "c"])
        try kept.apply(try Self.config(#"{"roles":[{"name":"c"}]}"#), by: "two")
        #expect(names(kept) == ["b", "a", "c"], "one still lists a")
        try kept.apply(try Self.config(#"{"roles":[{"name":"b"}]}"#), by: "one")
        #expect(names(kept) == ["b", "c"])
    }

    @Test func `an unnamed role is the role that validation would name`() throws {
        var kept = Kept()
        kept.create(
            try Self.config(#"{"roles":[{"name":"worker","replicas":2},{"name":"role-1"}]}"#),
            by: "a")
        try kept.apply(
            try Self.config(#"{"roles":[{"queue":"x"},{"queue":"y"}]}"#), by: "ci")
        #expect(
            kept.object?["spec"]?["roles"]?.text
                == #"[{"name":"worker","replicas":2,"queue":"x"},{"name":"role-1","queue":"y"}]"#)
        var fresh = Kept()
        try fresh.apply(try Self.config(#"{"roles":[{"queue":"x"},{"queue":"y"}]}"#), by: "ci")
        #expect(
            fresh.object?["spec"]?["roles"]?.text
                == #"[{"queue":"x","name":"worker"},{"queue":"y","name":"role-1"}]"#)
    }

    @Test func `sets grow together and shrink one by one`() throws {
        var kept = Kept()
        let config = { (names: String) in
            try tree(#"{"metadata":{"name":"a","finalizers":[\#(names)]}}"#)
        }
        try kept.apply(try config(#""x","y""#), by: "a")
        try kept.apply(try config(#""y","z""#), by: "b")
        #expect(kept.object?["metadata"]?["finalizers"] == ["x", "y", "z"])
        try kept.apply(try config(#""x""#), by: "a")
        #expect(kept.object?["metadata"]?["finalizers"] == ["x", "y", "z"])
        try kept.apply(try config(#""z""#), by: "b")
        #expect(kept.object?["metadata"]?["finalizers"] == ["x", "z"])
    }

    @Test func `an atomic list has one owner and is replaced as a whole`() throws {
        var kept = Kept()
        let config = { (words: String) in
            try Self.config(#"{"roles":[{"name":"w","command":\#(words)}]}"#)
        }
        try kept.apply(try config(#"["a","b"]"#), by: "a")
        #expect(try kept.conflicts(config(#"["a"]"#), by: "b").count == 1)
        #expect(try kept.conflicts(config(#"["a","b"]"#), by: "b").isEmpty)
        try kept.apply(try config(#"["c"]"#), by: "a")
        #expect(kept.object?["spec"]?["roles"]?.elements[0]["command"] == ["c"])
    }

    @Test func `null in a configuration takes a field out, unless another owns it`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"retries":{"limit":3},"queue":"q"}"#), by: "a")
        let config = try Self.config(#"{"retries":null}"#)
        #expect(
            try kept.conflicts(config, by: "b").map(\.field) == [".spec.retries.limit"])
        try kept.apply(config, by: "b", force: true)
        #expect(kept.object?["spec"] == ["queue": "q"])
        #expect(kept.fields.paths("a", .apply) == [".metadata.labels", ".spec.queue"])
    }

    @Test func `what was there before the first apply belongs to somebody`() throws {
        var kept = Kept()
        kept.object = try Self.config(#"{"priority":5,"queue":"q"}"#)
        #expect(
            try kept.conflicts(Self.config(#"{"priority":6}"#), by: "a").map(\.owner)
                == [#""before-first-apply" using muster.dev/v1"#])
        try kept.apply(try Self.config(#"{"priority":5}"#), by: "a")
        #expect(kept.fields.paths("before-first-apply")?.contains(".spec.queue") == true)
    }

    @Test func `the status is applied through its subresource alone`() throws {
        var kept = Kept()
        kept.create(try Self.config(#"{"priority":5}"#), by: "curl")
        let config = try tree(
            #"""
            {"metadata":{"labels":{"x":"y"}},"spec":{"priority":9},
            "status":{"conditions":[{"type":"A","status":"True"}]}}
            """#)
        let applied = try kept.fields.applying(
            config, to: kept.object, by: author("op", subresource: "status"), force: false,
            kept.rules)
        #expect(applied.object["spec"] == ["priority": 5])
        #expect(applied.object["status"]?["conditions"]?.elements.count == 1)
        #expect(applied.object["metadata"]?["labels"] == .object([]))
        #expect(
            applied.fields.paths("op", .apply) == [
                #".status.conditions[type="A"]"#, #".status.conditions[type="A"].status"#,
                #".status.conditions[type="A"].type"#,
            ])
    }

    @Test func `only real differences conflict once the object is settled`() throws {
        var kept = Kept()
        try kept.apply(try Self.config(#"{"cpus":"1"}"#), by: "a")
        let applied = try kept.fields.applying(
            try Self.config(#"{"cpus":"1000m"}"#), to: kept.object, by: author("b"), force: false,
            kept.rules
        ) { merged in
            var settled = merged
            settled["spec"] = ["cpus": "1"]
            return settled
        }
        #expect(applied.object["spec"] == ["cpus": "1"])
        #expect(applied.fields.entries.count == 2)
    }

    @Test(arguments: [
        (#"{"metadata":{"managedFields":[]}}"#, "metadata.managedFields", Refusal.Reason.malformed),
        (#"[]"#, "", .malformed),
        (#"{"spec":{"roles":[{"name":"x"},{"name":"x"}]}}"#, "spec.roles", .invalid),
        (#"{"spec":{"roles":[{},{"name":"worker"}]}}"#, "spec.roles", .invalid),
        (#"{"metadata":{"finalizers":["x","y","x"]}}"#, "metadata.finalizers", .invalid),
        (#"{"spec":{"roles":[{"name":null}]}}"#, "spec.roles[0].name", .invalid),
        (#"{"spec":{"roles":[{"name":["x"]}]}}"#, "spec.roles[0].name", .invalid),
        (
            #"{"metadata":{"ownerReferences":[{"name":"x"}]}}"#, "metadata.ownerReferences[0].uid",
            .invalid
        ),
    ])
    func `what cannot be applied is refused by name`(
        text: String, field: String, reason: Refusal.Reason
    ) throws {
        let failure = #expect(throws: ApplyFailure.self) {
            var kept = Kept()
            try kept.apply(tree(text), by: "a")
        }
        guard case .refused(let refusal) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(refusal.field == field && refusal.reason == reason)
        if field == "spec.roles" { #expect(refusal.finding.contains(#"[name=""#)) }
        if reason == .malformed, !field.isEmpty {
            #expect(refusal.finding == "metadata.managedFields must be nil")
        }
    }

    @Test func `one applier too many is refused, those that are there go on`() throws {
        var kept = Kept()
        for number in 0..<ManagedFields.appliersMax {
            let label = #"{"l\#(number)":"x"}"#
            try kept.apply(try Self.config("{}", labels: label), by: "m\(number)")
        }
        #expect(throws: ApplyFailure.self) { try kept.apply(Self.config("{}"), by: "late") }
        try kept.apply(try Self.config("{}", labels: #"{"l0":"y"}"#), by: "m0")
    }
}
