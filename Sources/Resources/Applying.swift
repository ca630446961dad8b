public import Primitives
public import Wire

// Server-side apply: a configuration says which fields its author has an opinion on. They are
// merged in and become the author's; what the author no longer lists is taken out.

/// What an apply came to: the object as it should be stored, and who owns what of it.
public struct Applied: Hashable, Sendable {
    /// Without `metadata.managedFields`; the server's own metadata is as it was.
    public var object: JSON
    public var fields: ManagedFields
    /// False when the object and who owns it are as they were: then there is nothing to write.
    public var isChange: Bool
}

extension ManagedFields {
    /// Applies a configuration to the object that these fields are about, or makes a new one.
    ///
    /// Of `config`, only what users write is read: not the status (unless it is the subresource),
    /// and no metadata of the server's. `settle` brings the merged object into the form in which it
    /// would be stored (defaults, quantities), so that only real differences make conflicts.
    public func applying(
        _ config: JSON, to live: JSON?, by author: FieldAuthor, force: Bool, _ rules: MergeRules,
        settle: (JSON) throws(Refusal) -> JSON = { $0 }
    ) throws(ApplyFailure) -> Applied {
        let run = try ApplyRun(config, live, self, author, rules)
        let settled = try run.outcome(settle)
        var conflicts = settled.disputes
        if !conflicts.isEmpty, !force, author.manager == LastApplied.manager, let live {
            // What client-side apply wrote last is this user's own.
            let own = LastApplied.fields(of: live, author, rules)
            conflicts = conflicts.compactMap { $0.without(own) }
        }
        guard conflicts.isEmpty || force else {
            throw .conflicts(conflicts.flatMap(\.causes))
        }
        let object = LastApplied.refreshed(settled.object, config, author)
        let isSame = live?.withoutManagedFields.means(object) ?? false
        return Applied(
            object: object, fields: settled.fields, isChange: !isSame || settled.fields != self)
    }
}

extension JSON {
    fileprivate var withoutManagedFields: JSON {
        guard var metadata = self["metadata"], metadata["managedFields"] != nil else { return self }
        var bare = self
        metadata["managedFields"] = nil
        bare["metadata"] = metadata
        return bare
    }
}

/// The fields of one other owner that an apply would change.
private struct Dispute {
    let entry: ManagedFields.Entry
    var fields: FieldSet

    func without(_ own: FieldSet) -> Dispute? {
        let rest = fields.subtracting(own)
        return rest.isEmpty ? nil : Dispute(entry: entry, fields: rest)
    }

    var causes: [FieldConflict] {
        fields.paths.map { FieldConflict(owner: entry.words, field: $0) }
    }
}

/// One apply, from the configuration to who owns what.
private struct ApplyRun {
    private let config: JSON
    private let live: JSON
    private let before: ManagedFields
    /// `before` with every entry spelled out.
    private let owners: ManagedFields
    private let author: FieldAuthor
    private let rules: MergeRules
    private let scope: FieldScope
    private let applied: AppliedFields

    init(
        _ config: JSON, _ live: JSON?, _ before: ManagedFields, _ author: FieldAuthor,
        _ rules: MergeRules
    ) throws(ApplyFailure) {
        do throws(Refusal) {
            guard case .object = config else {
                throw Refusal(
                    .malformed, finding: "the configuration is not an object",
                    remedy: "Send the object's apiVersion, kind, metadata and fields")
            }
            if let sent = config["metadata"]?["managedFields"], sent != .null {
                throw Refusal(
                    .malformed, field: "metadata.managedFields",
                    finding: "metadata.managedFields must be nil", remedy: "Leave it out")
            }
            scope = FieldScope(subresource: author.subresource)
            self.config = scope.part(of: config)
            applied = try AppliedFields(self.config, rules)
            try Self.checkRoom(before, author)
        } catch {
            throw .refused(error)
        }
        self.live = live?.withoutManagedFields ?? Self.identity(config)
        self.before = before
        self.author = author
        self.rules = rules
        var owners = before
        if before.isEmpty, live != nil {
            // Whatever was there belongs to somebody whose name nobody took down.
            owners = ManagedFields(
                createdBy: FieldAuthor(
                    manager: "before-first-apply", apiVersion: author.apiVersion, at: author.time))
        }
        self.owners = live == nil ? ManagedFields() : owners.expanded(over: live, rules)
    }

    private static func checkRoom(
        _ fields: ManagedFields, _ author: FieldAuthor
    ) throws(Refusal) {
        let appliers = fields.entries.filter { $0.operation == .apply }
        let isKnown = appliers.contains { $0.belongs(to: author, .apply) }
        guard isKnown || appliers.count < ManagedFields.appliersMax else {
            throw Refusal(
                .invalid, field: "fieldManager",
                finding: "\(appliers.count) others have applied to this object",
                remedy: "Use one of the field managers that are there already")
        }
    }

    /// What a new object starts from: its type and its name.
    private static func identity(_ config: JSON) -> JSON {
        var members: [JSON.Member] = []
        for member in config.members {
            switch member.key {
            case "apiVersion", "kind": members.append(member)
            case "metadata":
                let names = member.value.members.filter {
                    $0.key == "name" || $0.key == "namespace"
                }
                members.append(JSON.Member("metadata", .object(names)))
            default: continue
            }
        }
        return .object(members)
    }

    struct Outcome {
        let object: JSON
        let fields: ManagedFields
        let disputes: [Dispute]
    }

    func outcome(
        _ settle: (JSON) throws(Refusal) -> JSON
    ) throws(ApplyFailure) -> Outcome {
        let last = owners.entries.first { $0.belongs(to: author, .apply) }
        let others = owners.entries.filter { !$0.belongs(to: author, .apply) }
        var object = live.merged(with: config, rules)
        if let last = last?.fields {
            let owned = others.reduce(applied.set) { $0.union($1.fields ?? FieldSet()) }
            object = object.pruned(of: last, keeping: owned, rules)
        }
        do throws(Refusal) {
            object = try settle(object)
        } catch {
            throw .refused(error)
        }
        let change = FieldComparison(
            of: scope.part(of: live), with: scope.part(of: object), rules)
        let touched = change.added.union(change.modified)
        let disputed = touched.union(change.removed.within(applied.erased))
        let disputes = others.compactMap { entry -> Dispute? in
            let fields = (entry.fields ?? FieldSet()).intersection(disputed)
            return fields.isEmpty ? nil : Dispute(entry: entry, fields: fields)
        }
        if change.isEmpty, (last?.fields ?? FieldSet()) == applied.set {
            return Outcome(object: object, fields: before, disputes: disputes)
        }
        let lost = touched.union(change.removed)
        var entries = others.compactMap { entry -> ManagedFields.Entry? in
            var rest = entry
            rest.fields = entry.fields?.subtracting(lost)
            return rest.fields?.isEmpty == false ? rest : nil
        }
        if !applied.set.isEmpty {
            entries.append(ManagedFields.Entry(author, .apply, applied.set))
        }
        let fields = ManagedFields(entries: entries).capped()
        return Outcome(object: object, fields: fields, disputes: disputes)
    }
}

extension FieldSet {
    /// The fields that are among `roots` or below one of them.
    fileprivate func within(_ roots: FieldSet) -> FieldSet {
        FieldSet(nodes: Self.within(nodes, roots.nodes))
    }

    private static func within(_ nodes: [Node], _ roots: [Node]) -> [Node] {
        if roots.isEmpty { return [] }
        return nodes.compactMap { node in
            guard let root = roots.node(of: node.step) else { return nil }
            if root.isMember { return node }
            let children = within(node.children, root.children)
            return children.isEmpty
                ? nil : Node(step: node.step, isMember: false, children: children)
        }
    }
}
