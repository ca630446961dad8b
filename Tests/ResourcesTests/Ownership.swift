import Primitives
import Testing
import Wire

@testable import Resources

/// Text as a tree, for tests.
func tree(_ text: String) throws -> JSON {
    JSON(try Document(json: Array(text.utf8), limits: .trusted))
}

extension JSON {
    /// Compact text, for comparing and for messages.
    var text: String { String(decoding: encode(), as: UTF8.self) }
}

func author(_ name: String, at second: Int64 = 0, subresource: String = "") -> FieldAuthor {
    FieldAuthor(
        manager: name, apiVersion: "muster.dev/v1", subresource: subresource,
        at: Timestamp(milliseconds: 1_700_000_000_000 + second * 1000))
}

extension ManagedFields {
    /// What one manager owns, as paths; nil when it has no entry.
    func paths(_ manager: String, _ operation: Operation = .update) -> [String]? {
        entries.first { $0.manager == manager && $0.operation == operation }?.fields?.paths
    }
}

/// An object and who owns it: what a server would keep between two requests.
struct Kept {
    var object: JSON?
    var fields = ManagedFields()
    var rules = MergeRules.of(kind: "Job")
    private var second: Int64 = 0

    mutating func create(_ object: JSON, by name: String) {
        second += 1
        self.object = object
        fields = ManagedFields(createdBy: author(name, at: second))
    }

    mutating func update(_ object: JSON, by name: String) throws {
        second += 1
        let live = try #require(self.object)
        fields = try fields.revised(
            from: live, to: object, by: author(name, at: second), rules)
        self.object = object
    }

    mutating func merge(_ patch: JSON, by name: String) throws {
        try update(try #require(object).merging(patch), by: name)
    }

    mutating func apply(_ config: JSON, by name: String, force: Bool = false) throws {
        second += 1
        let applied = try fields.applying(
            config, to: object, by: author(name, at: second), force: force, rules)
        object = applied.object
        fields = applied.fields
    }

    /// The causes of the conflict that applying meets; empty when it goes through.
    func conflicts(_ config: JSON, by name: String) throws -> [FieldConflict] {
        do throws(ApplyFailure) {
            _ = try fields.applying(
                config, to: object, by: author(name, at: second), force: false, rules)
            return []
        } catch {
            guard case .conflicts(let conflicts) = error else { throw error }
            return conflicts
        }
    }

    var spelledOut: ManagedFields { fields.expanded(over: object, rules) }
}

/// What is wrong with who owns what of an object; empty when all is well.
func defects(of fields: ManagedFields, over object: JSON, _ rules: MergeRules) -> [String] {
    var found: [String] = []
    let there = FieldSet(everythingIn: FieldScope.object.part(of: object), rules)
    var owned = FieldSet()
    for entry in fields.expanded(over: object, rules).entries {
        let set = entry.fields ?? FieldSet()
        if set.isEmpty { found.append("\(entry.manager) has an empty entry") }
        let ghosts = set.subtracting(there)
        if !ghosts.isEmpty { found.append("\(entry.manager) owns what is not there: \(ghosts)") }
        owned = owned.union(set)
    }
    let leaves = FieldSet(leavesOf: there)
    let orphans = leaves.subtracting(owned)
    if !orphans.isEmpty { found.append("nobody owns \(orphans)") }
    return found
}

extension FieldSet {
    /// The fields that have none below them.
    init(leavesOf set: FieldSet) { self.init(nodes: Self.leaves(set.nodes)) }

    private static func leaves(_ nodes: [Node]) -> [Node] {
        nodes.map { node in
            var node = node
            node.isMember = node.children.isEmpty
            node.children = leaves(node.children)
            return node
        }
    }
}
