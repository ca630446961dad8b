import Testing
import Wire

@testable import Commands

/// Goal: apply changes what the file changed, and leaves alone what it never named.
@Suite struct ApplyTests {
    private let file: JSON = [
        "kind": "Job", "metadata": ["name": "a"],
        "spec": ["priority": 5, "roles": [["command": ["x"]]]],
    ]

    /// What the server makes of the file: defaults and fields of its own are added.
    private func kept(_ object: JSON) -> JSON {
        var kept = ApplyPlan.marked(object)
        kept["status"] = ["phase": "Pending"]
        var spec = kept["spec"] ?? [:]
        spec["queue"] = "default"
        spec["roles"] = [["command": ["x"], "name": "worker", "replicas": 1]]
        kept["spec"] = spec
        return kept
    }

    @Test func `the same file again changes nothing`() {
        #expect(ApplyPlan.patch(from: kept(file), to: file) == nil)
    }

    @Test func `a changed field is sent alone, with the new record`() {
        var wanted = file
        wanted["spec"] = ["priority": 9, "roles": [["command": ["x"]]]]
        let patch = ApplyPlan.patch(from: kept(file), to: wanted)
        #expect(patch?["spec"] == ["priority": 9])
        let record = patch?["metadata"]?["annotations"]?[ApplyPlan.annotation]?.string
        #expect(record == String(decoding: wanted.encode(), as: UTF8.self) + "\n")
    }

    @Test func `a field taken out of the file is taken out of the object`() {
        var wanted = file
        wanted["spec"] = ["roles": [["command": ["x"]]]]
        #expect(ApplyPlan.patch(from: kept(file), to: wanted)?["spec"] == ["priority": nil])
    }

    @Test func `a field that others set stays`() {
        var server = kept(file)
        var spec = server["spec"] ?? [:]
        spec["gracePeriod"] = "30s"
        server["spec"] = spec
        #expect(ApplyPlan.patch(from: server, to: file) == nil)
    }

    @Test func `a foreign record is no reason to remove anything`() {
        var server = kept(file)
        server["metadata"] = ["name": "a", "annotations": [:]]
        var metadata = server["metadata"] ?? [:]
        metadata["annotations"] = .object([.init(ApplyPlan.annotation, "not json")])
        server["metadata"] = metadata
        #expect(ApplyPlan.patch(from: server, to: file) == nil)
    }
}
