import Primitives

// Objects: names, versions, creation and removal, whatever the kind.

extension Kernel {
    /// Finds an object by name and holds it against what the caller believes of it.
    func find(_ name: ObjectName, _ condition: Precondition) throws(Refusal) -> Row<Entity> {
        guard let scope = scope(of: name), let row = byKey[key(name, scope)] else {
            throw Refusal(
                .notFound, field: "metadata.name",
                finding: "\(name.kind.plural) \"\(name.name)\" not found",
                remedy: "List the \(name.kind.plural) to see which exist")
        }
        let entity = entities[row]
        if let uid = condition.uid, uid != entity.uid {
            throw Refusal(
                .conflict, field: "metadata.uid",
                finding: "\(name.kind.plural) \"\(name.name)\" is another object than expected",
                remedy: "Read it again; it was deleted and created anew")
        }
        if let version = condition.version, version != entity.version {
            throw Refusal(
                .conflict, field: "metadata.resourceVersion",
                finding:
                    "\(name.kind.plural) \"\(name.name)\" has changed since version \(version)",
                remedy: "Read it again, apply your change to version \(entity.version), and retry")
        }
        if let revision = condition.revision, revision != entity.revision {
            throw Refusal(
                .conflict, field: "metadata.resourceVersion",
                finding: "\(name.kind.plural) \"\(name.name)\" has just been changed by others",
                remedy: "Read it again, apply your change to version \(entity.version), and retry")
        }
        return row
    }

    /// The uid of the namespace that a name lives in: zero for cluster kinds, nil if it is missing.
    func scope(of name: ObjectName) -> UInt64? {
        guard name.kind.isNamespaced else { return 0 }
        let key = EntityKey(kind: .namespace, scope: 0, name: name.namespace)
        guard let row = byKey[key] else { return nil }
        return entities[row].uid
    }

    func key(_ name: ObjectName, _ scope: UInt64) -> EntityKey {
        EntityKey(kind: name.kind, scope: scope, name: name.name)
    }

    func row(ofUID uid: UInt64) -> Row<Entity> {
        guard let row = byUID[uid] else { preconditionFailure("object \(uid) does not exist") }
        return row
    }

    /// Creates an object that the kernel knows by name only.
    mutating func create(
        _ name: ObjectName, _ isHeld: Bool, at now: Tick
    ) throws(Refusal) -> Reply {
        // Their entities lead to rows of their own, which only a submission or an agent can fill.
        guard name.kind != .job, name.kind != .node else {
            throw Refusal(
                .invalid, field: "kind",
                finding: "a \(name.kind.word) is more than a name",
                remedy: "Submit jobs as such; start an agent to add a node")
        }
        guard let scope = scope(of: name) else {
            throw Refusal(
                .notFound, field: "metadata.namespace",
                finding: "namespaces \"\(name.namespace)\" not found",
                remedy: "Create the namespace first, or use one that exists")
        }
        try refuseLeaving(scope)
        try refuseDuplicate(key(name, scope))
        let uid = nextUID
        emit(.created(name.kind, uid: uid, name: name.name, namespace: scope), at: now)
        if isHeld { emit(.held(uid: uid, true), at: now) }
        return .done(uid: uid, version: sequence)
    }

    func refuseDuplicate(_ key: EntityKey) throws(Refusal) {
        guard byKey[key] == nil else {
            throw Refusal(
                .alreadyExists, field: "metadata.name",
                finding: "\(key.kind.plural) \"\(key.name)\" already exists",
                remedy: "Choose another name, or delete it first")
        }
        guard key.kind == .job || entities.count - jobs.count < limits.entities else {
            throw Refusal(
                .tooManyRequests,
                finding: "the cluster holds its limit of \(limits.entities) objects",
                remedy: "Delete objects that are no longer used")
        }
    }
}
