public import Primitives
public import Wire

// Strategic merge patches: merge patches that know which lists have keys, with directives for what
// a plain merge cannot say. For kinds that kubectl has built in.

extension JSON {
    /// Applies a strategic merge patch to an object of a kind, by the keys that Kubernetes uses.
    ///
    /// Understands `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` and
    /// `$setElementOrder/…`; other directives are refused.
    public func applying(strategicMerge patch: JSON, kind: String) throws(Refusal) -> JSON {
        guard case .object(let changes) = patch else {
            throw malformed("the patch is not an object", "Send the fields to change")
        }
        if patch["$patch"]?.string == "delete" {
            throw malformed(
                "$patch: delete would delete the whole object", "Send a DELETE request", "$patch")
        }
        return try .object(
            StrategicPatch(changes).merged(into: members, StrategicKeys.of(kind: kind)))
    }
}

/// The keys by which lists merge under a strategic patch: not always those of server-side apply.
enum StrategicKeys {
    static func of(kind: String) -> MergeRules {
        switch kind {
        case "Node": node
        case "Pod": pod
        default: common
        }
    }

    private static func key(_ name: String) -> MergeRules.Rule {
        .map(keys: [MergeRules.Key(name)])
    }

    private static let everyKind: [(path: String, rule: MergeRules.Rule)] = [
        ("metadata.finalizers", .set),
        ("metadata.ownerReferences", key("uid")),
        ("status.conditions", key("type")),
    ]

    private static let common = MergeRules(everyKind)

    private static let node = MergeRules(
        everyKind + [
            ("spec.taints", key("key")),
            ("spec.podCIDRs", .set),
            ("status.addresses", key("type")),
        ])

    private static let pod = MergeRules(
        everyKind + [
            ("spec.volumes", key("name")),
            ("spec.imagePullSecrets", key("name")),
            ("spec.hostAliases", key("ip")),
            ("spec.topologySpreadConstraints", key("topologyKey")),
            ("status.podIPs", key("ip")),
        ]
            + ["containers", "initContainers", "ephemeralContainers"].flatMap { list in
                [
                    ("spec.\(list)", key("name")),
                    ("spec.\(list).env", key("name")),
                    ("spec.\(list).ports", key("containerPort")),
                    ("spec.\(list).volumeMounts", key("mountPath")),
                    ("spec.\(list).volumeDevices", key("devicePath")),
                ]
            })
}

/// One object of a strategic patch, its directives told from its members.
struct StrategicPatch {
    private enum Mode { case merge, replace, delete }

    private var mode = Mode.merge
    private var members: [JSON.Member] = []
    private var retained: [JSON]?
    private var deletions: [JSON.Member] = []
    private var orders: [JSON.Member] = []

    init(_ patch: [JSON.Member]) throws(Refusal) {
        for member in patch {
            guard member.key.utf8.first == UInt8(ascii: "$") else {
                members.append(member)
                continue
            }
            try readDirective(member)
        }
    }

    private mutating func readDirective(_ member: JSON.Member) throws(Refusal) {
        if member.key == "$patch" {
            mode = try Self.mode(member.value)
            return
        }
        let parts = member.key.split(separator: "/", maxSplits: 1)
        guard case .array(let list) = member.value else {
            throw malformed("the directive needs a list", "Give it a list", member.key)
        }
        switch (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil) {
        case ("$retainKeys", nil): retained = list
        case ("$deleteFromPrimitiveList", let field?):
            deletions.append(JSON.Member(field, member.value))
        case ("$setElementOrder", let field?):
            orders.append(JSON.Member(field, member.value))
        default: throw Self.unknown(member.key)
        }
    }

    private static func mode(_ value: JSON) throws(Refusal) -> Mode {
        switch value.string {
        case "merge": return .merge
        case "replace": return .replace
        case "delete": return .delete
        default:
            throw malformed(
                "$patch is neither merge, replace nor delete", "Use one of the three", "$patch")
        }
    }

    private static func unknown(_ key: String) -> Refusal {
        malformed(
            "the directive \(key.prefix(80)) is not known here",
            "Use $patch, $retainKeys, $deleteFromPrimitiveList/… or $setElementOrder/…", key)
    }

    /// What the object becomes.
    func merged(into original: [JSON.Member], _ rules: MergeRules) throws(Refusal)
        -> [JSON.Member]
    {
        var kept: [JSON.Member?]
        switch mode {
        case .merge: kept = original
        case .replace: kept = []
        case .delete: return []
        }
        if mode == .merge, let retained { kept = try retaining(retained, of: original) }
        var places = Lookup<FieldStep, Int>()
        for (place, member) in kept.enumerated() {
            if let member { places[FieldStep(text: member.key)] = place }
        }
        for member in changes() {
            let step = FieldStep(text: member.key)
            let place = places[step]
            let before = place.flatMap { kept[$0]?.value }
            let after: JSON?
            do throws(Refusal) {
                after = try value(of: member, before, rules.member(member.key))
            } catch {
                throw error.under(member.key)
            }
            switch (place, after) {
            case (let place?, let after?): kept[place] = JSON.Member(member.key, after)
            case (let place?, nil):
                kept[place] = nil
                places[step] = nil
            case (nil, let after?):
                places[step] = kept.count
                kept.append(JSON.Member(member.key, after))
            case (nil, nil): continue
            }
        }
        return kept.compactMap { $0 }
    }

    /// The members with those lists behind them that directives alone speak of.
    private func changes() -> [(key: String, patch: JSON?)] {
        var changes: [(key: String, patch: JSON?)] = members.map { ($0.key, $0.value) }
        for directive in deletions + orders
        where !changes.contains(where: { byteOrder($0.key, directive.key) == 0 }) {
            changes.append((directive.key, nil))
        }
        return changes
    }

    private func retaining(_ keys: [JSON], of original: [JSON.Member]) throws(Refusal)
        -> [JSON.Member]
    {
        var names = Lookup<FieldStep, Bool>()
        for key in keys {
            guard let name = key.string else {
                throw malformed("a name is not text", "List names", "$retainKeys")
            }
            names[FieldStep(text: name)] = true
        }
        for member in members
        where member.value != .null && names[FieldStep(text: member.key)] == nil {
            throw malformed(
                "\(member.key.prefix(80)) is given but not retained", "Add it to the list",
                "$retainKeys")
        }
        return original.filter { names[FieldStep(text: $0.key)] != nil }
    }

    /// The new value of one member; nil when it goes.
    private func value(
        of change: (key: String, patch: JSON?), _ before: JSON?, _ rules: MergeRules
    ) throws(Refusal) -> JSON? {
        let deleted = deletions.first { byteOrder($0.key, change.key) == 0 }?.value.elements
        let order = orders.first { byteOrder($0.key, change.key) == 0 }?.value.elements
        switch change.patch {
        case .null: return nil
        case .object(let inner):
            return try .object(StrategicPatch(inner).merged(into: before?.members ?? [], rules))
        case .array(let items):
            guard rules.naming != nil || deleted != nil else {
                return try .array(items.map(StrategicPatch.withoutDirectives))
            }
            let list = StrategicList(before?.elements ?? [], rules)
            return try .array(list.merged(with: items, deleting: deleted ?? [], order: order))
        case .bool, .number, .string: return change.patch
        case nil:
            guard let before else { return nil }
            guard case .array(let elements) = before else { return before }
            let list = StrategicList(elements, rules)
            return try .array(list.merged(with: [], deleting: deleted ?? [], order: order))
        }
    }

    /// A value that comes in whole, read like a patch of nothing.
    static func withoutDirectives(_ value: JSON) throws(Refusal) -> JSON {
        switch value {
        case .object(let members):
            try .object(StrategicPatch(members).merged(into: [], .plain))
        case .array(let elements): try .array(elements.map(withoutDirectives))
        case .null, .bool, .number, .string: value
        }
    }
}

func malformed(_ finding: String, _ remedy: String, _ field: String = "") -> Refusal {
    Refusal(.malformed, field: field, finding: finding, remedy: remedy)
}
