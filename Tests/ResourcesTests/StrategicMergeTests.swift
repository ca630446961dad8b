import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: strategic merge patches do on nodes and pods what Kubernetes does. Method: the patches
/// that kubectl sends, then each directive, then what must be refused.
@Suite struct StrategicMergeTests {
    private static let node = """
        {"metadata":{"name":"n","labels":{"x":"1","y":"2"},"finalizers":["a","b"]},"spec":{
        "taints":[{"key":"one","effect":"NoSchedule"},
        {"key":"two","value":"v","effect":"NoExecute"}]},
        "status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Disk","status":"False"}]}}
        """

    private func patched(
        _ patch: String, _ object: String = node, kind: String = "Node"
    ) throws -> JSON {
        try tree(object).applying(strategicMerge: tree(patch), kind: kind)
    }

    private func taints(_ patch: String) throws -> String? {
        try patched(patch)["spec"]?["taints"]?.text
    }

    @Test func `cordon and uncordon`() throws {
        let cordoned = try patched(#"{"spec":{"unschedulable":true}}"#)
        #expect(cordoned["spec"]?["unschedulable"] == true)
        let spec = try patched(#"{"spec":{"unschedulable":null}}"#, cordoned.text)["spec"]
        #expect(spec == (try tree(Self.node)["spec"]))
    }

    @Test func `a taint is added before the others, as Kubernetes does without an order`() throws {
        #expect(
            try taints(#"{"spec":{"taints":[{"key":"new","effect":"NoSchedule"}]}}"#)
                == #"[{"key":"new","effect":"NoSchedule"},{"key":"one","effect":"NoSchedule"},"#
                + #"{"key":"two","value":"v","effect":"NoExecute"}]"#)
    }

    @Test func `kubectl's taint with an order of elements`() throws {
        #expect(
            try taints(
                #"""
                {"spec":{"$setElementOrder/taints":[{"key":"one"},{"key":"two"},{"key":"new"}],
                "taints":[{"key":"new","effect":"NoSchedule"},{"key":"two","value":"w"}]}}
                """#)
                == #"[{"key":"one","effect":"NoSchedule"},{"key":"two","value":"w","#
                + #""effect":"NoExecute"},{"key":"new","effect":"NoSchedule"}]"#)
    }

    @Test func `kubectl's removal of a taint, and of the last one`() throws {
        #expect(
            try taints(
                #"""
                {"spec":{"$setElementOrder/taints":[{"key":"two"}],
                "taints":[{"$patch":"delete","key":"one"}]}}
                """#) == #"[{"key":"two","value":"v","effect":"NoExecute"}]"#)
        #expect(try taints(#"{"spec":{"taints":null}}"#) == nil)
    }

    @Test func `a condition is merged by its type`() throws {
        #expect(
            try patched(#"{"status":{"conditions":[{"type":"Disk","reason":"Full"}]}}"#)["status"]?
                .text == #"{"conditions":[{"type":"Ready","status":"True"},"#
                + #"{"type":"Disk","status":"False","reason":"Full"}]}"#)
    }

    @Test func `maps are merged, replaced or emptied`() throws {
        let labels = { (patch: String) in
            try self.patched(#"{"metadata":{"labels":\#(patch)}}"#)["metadata"]?["labels"]?.text
        }
        #expect(try labels(#"{"x":null,"z":"3"}"#) == #"{"y":"2","z":"3"}"#)
        #expect(try labels(#"{"$patch":"merge","z":"3"}"#) == #"{"x":"1","y":"2","z":"3"}"#)
        #expect(try labels(#"{"$patch":"replace","z":"3","w":null}"#) == #"{"z":"3"}"#)
        #expect(try labels(#"{"$patch":"delete"}"#) == "{}")
        #expect(try labels(#"{"$retainKeys":["x","z"],"z":"3"}"#) == #"{"x":"1","z":"3"}"#)
        #expect(try labels(#"{"$retainKeys":["x"],"y":null}"#) == #"{"x":"1"}"#)
    }

    @Test func `lists are replaced by directive`() throws {
        #expect(
            try taints(#"{"spec":{"taints":[{"$patch":"replace"},{"key":"new"}]}}"#)
                == #"[{"key":"new"}]"#)
        #expect(try taints(#"{"spec":{"taints":[{"$patch":"replace"}]}}"#) == "[]")
    }

    @Test func `lists of plain values grow, shrink and take an order`() throws {
        let names = { (patch: String) in
            try self.patched(#"{"metadata":{\#(patch)}}"#)["metadata"]?["finalizers"]?.text
        }
        #expect(try names(#""finalizers":["c","a"]"#) == #"["c","a","b"]"#)
        #expect(try names(#""$deleteFromPrimitiveList/finalizers":["a","q"]"#) == #"["b"]"#)
        #expect(
            try names(
                #""$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"],"#
                    + #""$setElementOrder/finalizers":["b","c"]"#) == #"["b","c"]"#)
        #expect(try names(#""$setElementOrder/finalizers":["b","a"]"#) == #"["b","a"]"#)
        #expect(try names(#""$deleteFromPrimitiveList/nothing":["a"]"#) == #"["a","b"]"#)
    }

    @Test func `elements that the order does not name keep their place`() throws {
        let pod =
            #"{"spec":{"containers":[{"name":"s1"},{"name":"a"},{"name":"s2"},{"name":"b"}]}}"#
        let order = #""$setElementOrder/containers":[{"name":"b"},{"name":"a"},{"name":"new"}]"#
        let patch = #"{"spec":{\#(order),"containers":[{"name":"new","image":"i"}]}}"#
        let names = try patched(patch, pod, kind: "Pod")["spec"]?["containers"]?.elements
            .compactMap { $0["name"]?.string }
        #expect(names == ["s1", "s2", "b", "a", "new"])
    }

    @Test func `lists within elements follow their own keys`() throws {
        let pod = """
            {"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"},{"name":"B"}],
            "command":["x","y"]}]}}
            """
        let patch = """
            {"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"2"},
            {"name":"B","$patch":"delete"}],"command":["z"]}]}}
            """
        #expect(
            try patched(patch, pod, kind: "Pod").text
                == #"{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"2"}],"#
                + #""command":["z"]}]}}"#)
    }

    @Test func `what comes in whole leaves no directive and no null behind`() throws {
        let patch = #"{"spec":{"new":{"a":null,"b":{"$patch":"merge","c":[{"d":null}]}}}}"#
        #expect(try patched(patch)["spec"]?["new"]?.text == #"{"b":{"c":[{}]}}"#)
    }

    @Test(arguments: [
        (#"[]"#, "", "not an object"),
        (#"{"$patch":"delete"}"#, "$patch", "whole object"),
        (#"{"spec":{"$patch":"steal"}}"#, "spec.$patch", "merge, replace nor delete"),
        (#"{"spec":{"$invent":1}}"#, "spec.$invent", "needs a list"),
        (#"{"spec":{"$invent":[]}}"#, "spec.$invent", "$invent"),
        (#"{"spec":{"$setElementOrder":[]}}"#, "spec.$setElementOrder", "not known"),
        (#"{"spec":{"taints":[{"key":"a","$huh/x":[]}]}}"#, "spec.taints[0].$huh/x", "$huh/x"),
        (#"{"spec":{"taints":[{"effect":"x"}]}}"#, "spec.taints[0]", "no key"),
        (#"{"spec":{"taints":[{"$patch":"delete"}]}}"#, "spec.taints[0]", "no key"),
        (#"{"spec":{"taints":["x"]}}"#, "spec.taints[0]", "no key"),
        (#"{"spec":{"taints":[{"key":"a","$patch":"x"}]}}"#, "spec.taints[0].$patch", "neither"),
        (
            #"{"spec":{"$setElementOrder/taints":[{"key":"a"}],"taints":[{"key":"b"}]}}"#,
            "spec.taints", "leaves out"
        ),
        (#"{"spec":{"$setElementOrder/taints":[{}]}}"#, "spec.taints", "no key"),
        (
            #"{"metadata":{"labels":{"$retainKeys":["x"],"z":"1"}}}"#,
            "metadata.labels.$retainKeys", "not retained"
        ),
        (
            #"{"metadata":{"$deleteFromPrimitiveList/finalizers":"a"}}"#,
            "metadata.$deleteFromPrimitiveList/finalizers", "needs a list"
        ),
    ])
    func `what is not understood is refused by name`(
        patch: String, field: String, words: String
    ) throws {
        let refusal = #expect(throws: Refusal.self) { _ = try patched(patch) }
        #expect(refusal?.reason == .malformed)
        #expect(refusal?.field == field)
        #expect(refusal?.finding.contains(words) == true, "\(refusal?.finding ?? "")")
    }
}

/// Goal: kubectl's ways between client-side and server-side apply. Method: its requests in order.
@Suite struct KubectlMigrationTests {
    private static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    private static func config(priority: Int) -> JSON {
        [
            "apiVersion": "muster.dev/v1", "kind": "Job",
            "metadata": ["name": "a", "namespace": "default", "labels": ["team": "x"]],
            "spec": ["priority": .number("\(priority)"), "queue": "q"],
        ]
    }

    /// An object as `kubectl apply` without `--server-side` leaves it.
    private static func clientSide() -> Kept {
        var object = config(priority: 5)
        object["metadata"]?["annotations"] = .object([
            JSON.Member(annotation, .string(config(priority: 5).text))
        ])
        var kept = Kept()
        kept.create(object, by: "kubectl-client-side-apply")
        return kept
    }

    @Test func `going over does not conflict with one's former self`() throws {
        var kept = Self.clientSide()
        try kept.apply(Self.config(priority: 6), by: "kubectl")
        #expect(kept.object?["spec"]?["priority"] == 6)
        let noted = kept.object?["metadata"]?["annotations"]?[Self.annotation]?.string
        #expect(
            noted == #"{"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"labels":"#
                + #"{"team":"x"},"name":"a","namespace":"default"},"#
                + #""spec":{"priority":6,"queue":"q"}}"# + "\n")
        let annotations = kept.object?["metadata"]?["annotations"]
        try kept.apply(
            ["metadata": ["name": "a", "annotations": try #require(annotations)]],
            by: "kubectl-last-applied")
        #expect(
            kept.fields.paths("kubectl-last-applied", .apply)
                == [".metadata.annotations.\(Self.annotation)"])
        let before = kept
        try kept.apply(Self.config(priority: 6), by: "kubectl")
        #expect(kept.fields == before.fields && kept.object == before.object)
        try kept.apply(["metadata": ["name": "a"], "spec": ["priority": 6]], by: "kubectl")
        #expect(kept.object?["metadata"]?["annotations"]?[Self.annotation] != nil)
    }

    @Test func `others still conflict, and so do fields changed since`() throws {
        var kept = Self.clientSide()
        #expect(try kept.conflicts(Self.config(priority: 6), by: "ci").count == 1)
        try kept.merge(["spec": ["queue": "edited"]], by: "kubectl-edit")
        #expect(
            try kept.conflicts(Self.config(priority: 6), by: "kubectl").map(\.field)
                == [".spec.queue"])
    }

    @Test func `managed fields that kubectl rewrites hand its former share to apply`() throws {
        var kept = Self.clientSide()
        try kept.apply(Self.config(priority: 5), by: "kubectl")
        var list = kept.fields.json(over: try #require(kept.object), kept.rules).elements
        let former = try #require(list.firstIndex { $0["operation"] == "Update" })
        list[former]["operation"] = "Apply"
        list[former]["manager"] = "kubectl"
        var patched = try #require(kept.object)
        patched["metadata"]?["managedFields"] = .array(list)
        try kept.update(patched, by: "kubectl")
        #expect(kept.fields.entries.map(\.manager) == ["kubectl"])
        try kept.apply(["metadata": ["name": "a"], "spec": ["queue": "q"]], by: "kubectl")
        #expect(kept.object?["spec"] == ["queue": "q"], "its former fields are its own to drop")
        #expect(kept.object?["metadata"]?["labels"] == nil)
    }
}
