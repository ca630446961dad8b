import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: server-side apply keeps its promises whatever is applied. Method: random configurations
/// and updates against a model that keeps every leaf's value and owners in plain tables.
@Suite struct ApplyPropertyTests {
    @Test(arguments: UInt64(0)..<80)
    func `after any applies and updates every field is owned and every owner has a field`(
        seed: UInt64
    ) throws {
        var world = RandomWrites(seed: seed)
        var kept = Kept()
        for _ in 0..<14 {
            let config = world.object()
            let name = "m\(world.dice.below(3))"
            if kept.object != nil, world.dice.hits(1, outOf: 4) {
                try kept.merge(config, by: name)
            } else {
                try kept.apply(config, by: name, force: true)
                let again = try kept.fields.applying(
                    config, to: kept.object, by: author(name, at: 1000), force: false, kept.rules)
                #expect(
                    !again.isChange,
                    "twice, seed \(seed): \(again.object.text) \(kept.object?.text ?? "")")
            }
            let object = try #require(kept.object)
            #expect(ghosts(kept.fields, object) == [], "seed \(seed)")
            #expect(try ManagedFields(stored: kept.fields.storedJSON) == kept.fields)
        }
    }

    /// Owners of what is not there. (After null or an emptied list, some fields have no owner.)
    private func ghosts(_ fields: ManagedFields, _ object: JSON) -> [String] {
        defects(of: fields, over: object, MergeRules.of(kind: "Job"))
            .filter { !$0.hasPrefix("nobody") }
    }

    @Test(arguments: UInt64(0)..<150)
    func `apply does what the model does`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var kept = Kept()
        var model = Model()
        for step in 0..<16 {
            let leaves = Model.throwLeaves(&dice)
            let name = "m\(dice.below(3))"
            let config = Model.object(leaves)
            let expected = model.conflicts(leaves, name)
            let note: Comment = "seed \(seed), step \(step), \(name) applies \(config.text)"
            if kept.object != nil {
                let found = try kept.conflicts(config, by: name).map { "\($0.owner) \($0.field)" }
                #expect(found.sorted() == expected.sorted(), note)
            }
            guard expected.isEmpty || dice.hits(1, outOf: 2) else { continue }
            try kept.apply(config, by: name, force: true)
            model.apply(leaves, name)
            let object = try #require(kept.object)
            #expect(Model.leaves(of: object) == model.values, note)
            for (path, owners) in model.owners {
                for manager in ["m0", "m1", "m2"] {
                    let isListed = kept.fields.paths(manager, .apply)?.contains(path) ?? false
                    #expect(isListed == owners.contains(manager), note)
                }
            }
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func `a field that one leaves out stays exactly while another lists it`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let one = Model.throwLeaves(&dice)
        let two = Model.throwLeaves(&dice)
        let less = one.filter { _ in dice.hits(1, outOf: 2) }
        var kept = Kept()
        try kept.apply(Model.object(one), by: "a")
        try kept.apply(Model.object(two), by: "b", force: true)
        try kept.apply(Model.object(less), by: "a", force: true)
        let expected = two.merging(less) { _, new in new }
        #expect(Model.leaves(of: try #require(kept.object)) == expected, "seed \(seed)")
    }
}

/// Server-side apply over paths of leaves, without trees.
private struct Model {
    var values: [String: String] = [:]
    var owners: [String: Set<String>] = [:]

    /// The leaves that configurations are made of, with what may stand in them.
    static let paths = [
        ".metadata.labels.x", ".metadata.labels.y", ".spec.priority", ".spec.retries.limit",
        ".spec.retries.backoff", #".spec.roles[name="a"].replicas"#,
        #".spec.roles[name="a"].env.K"#, #".spec.roles[name="b"].replicas"#,
        #".metadata.finalizers[="f"]"#, #".metadata.finalizers[="g"]"#,
    ]

    static func throwLeaves(_ dice: inout Dice) -> [String: String] {
        var leaves: [String: String] = [:]
        for path in paths where dice.hits(1, outOf: 2) {
            leaves[path] = path.hasSuffix("]") ? "there" : "\(dice.below(2))"
        }
        return leaves
    }

    func conflicts(_ leaves: [String: String], _ name: String) -> [String] {
        leaves.flatMap { path, value -> [String] in
            guard let held = values[path], held != value else { return [] }
            return (owners[path] ?? []).filter { $0 != name }.map { "\"\($0)\" \(path)" }
        }
    }

    mutating func apply(_ leaves: [String: String], _ name: String) {
        for (path, value) in leaves {
            owners[path] = values[path] == value ? (owners[path] ?? []).union([name]) : [name]
            values[path] = value
        }
        for (path, names) in owners where leaves[path] == nil && names.contains(name) {
            owners[path]?.remove(name)
            guard names == [name] else { continue }
            owners[path] = nil
            values[path] = nil
        }
    }

    static func object(_ leaves: [String: String]) -> JSON {
        var object: JSON = ["kind": "Job", "metadata": ["name": "a"]]
        func number(_ path: String) -> JSON? { leaves[path].map { JSON.number($0) } }
        func members(_ names: [(String, JSON?)]) -> JSON? {
            let kept = names.compactMap { name, value in value.map { JSON.Member(name, $0) } }
            if kept.isEmpty { return nil }
            return JSON.object(kept)
        }
        let finalizers = ["f", "g"].filter { leaves[".metadata.finalizers[=\"\($0)\"]"] != nil }
        object["metadata"]?["labels"] = members([
            ("x", number(paths[0])), ("y", number(paths[1])),
        ])
        if !finalizers.isEmpty {
            object["metadata"]?["finalizers"] = .array(finalizers.map { .string($0) })
        }
        let roles = ["a", "b"].compactMap { name -> JSON? in
            let path = ".spec.roles[name=\"\(name)\"]"
            let env = members([("K", number("\(path).env.K"))])
            guard
                let rest = members([("replicas", number("\(path).replicas")), ("env", env)])
            else { return nil }
            return JSON.object([JSON.Member("name", .string(name))] + rest.members)
        }
        var list: JSON?
        if !roles.isEmpty { list = JSON.array(roles) }
        object["spec"] = members([
            ("priority", number(paths[2])),
            ("retries", members([("limit", number(paths[3])), ("backoff", number(paths[4]))])),
            ("roles", list),
        ])
        return object
    }

    /// The leaves of an object, but for the names of roles.
    static func leaves(of object: JSON) -> [String: String] {
        var found: [String: String] = [:]
        for path in FieldSet(
            leavesOf: FieldSet(everythingIn: object, MergeRules.of(kind: "Job"))
        ).paths where paths.contains(path) {
            found[path] = path.hasSuffix("]") ? "there" : value(at: path, in: object)
        }
        return found
    }

    private static func value(at path: String, in object: JSON) -> String? {
        var value: JSON? = object
        for part in path.split(separator: ".") {
            let pieces = part.split(separator: "[")
            value = value?[String(pieces[0])]
            guard pieces.count > 1 else { continue }
            let name = pieces[1].split(separator: "\"")[1]
            value = value?.elements.first { $0["name"]?.string == String(name) }
        }
        return value?.text
    }
}
