import Primitives

// Revising and deleting: what is written over an object, and how it goes.

extension Kernel {
    mutating func revise(
        _ name: ObjectName, _ condition: Precondition, _ specChanged: Bool, _ terms: JobTerms?,
        _ isHeld: Bool, _ relabels: Bool, at now: Tick
    ) throws(Refusal) -> Reply {
        let row = try find(name, condition)
        let uid = entities[row].uid
        // With its last finalizer what was to go goes at once, if it may: else the change waits.
        let departs = entities[row].deletedAt != nil && entities[row].isHeld && !isHeld
        if departs { try refuseDeparture(of: entities[row], isHeld: false) }
        if name.kind == .job, specChanged {
            let job = jobs[jobRow(uid)]
            guard !job.phase.isFinal else {
                throw Refusal(
                    .conflict, field: "status.phase", finding: "the job has already ended",
                    remedy: "Submit it again under a new name")
            }
        }
        emit(.revised(uid: uid, specChanged: specChanged, terms: terms), at: now)
        if relabels, name.kind == .job {
            for (number, rank) in jobs[jobRow(uid)].ranks.enumerated() where !rank.isHidden {
                emit(.rankRelabelled(job: uid, rank: UInt32(number)), at: now)
            }
        }
        guard isHeld != entities[row].isHeld else { return done(row) }
        emit(.held(uid: uid, isHeld), at: now)
        guard departs else { return done(row) }
        return leave(name.kind, uid, isHeld: false, at: now)
    }

    mutating func delete(
        _ name: ObjectName, _ condition: Precondition, at now: Tick
    ) throws(Refusal) -> Reply {
        let row = try find(name, condition)
        let entity = entities[row]
        if name.kind == .namespace, name.name == Self.lastingNamespace {
            throw Refusal(
                .forbidden, field: "metadata.name",
                finding: "namespace \"\(name.name)\" is always there",
                remedy: "Delete what is in it instead")
        }
        try refuseDeparture(of: entity, isHeld: entity.isHeld)
        return leave(entity.kind, entity.uid, isHeld: entity.isHeld, at: now)
    }

    /// Clients that name no namespace mean this one.
    static let lastingNamespace = "default"

    /// What others still use is not taken from under them; says so before anything is recorded.
    private func refuseDeparture(of entity: Entity, isHeld: Bool) throws(Refusal) {
        switch entity.kind {
        case .node where !isHeld: try refuseBusyNode(Int(entity.link))
        case .queue where entity.dependents > 0:
            throw Refusal(
                .conflict, field: "metadata.name",
                finding: "queue \"\(entity.name)\" still has \(entity.dependents) jobs",
                remedy: "Delete those jobs first")
        case .namespace, .queue, .node, .job, .token, .nodePool, .lease, .configMap, .secret: break
        }
    }

    /// Removes an object, or marks it where something still keeps it. The caller says whether
    /// finalizers do: in a trial the state does not know yet that they are gone.
    private mutating func leave(
        _ kind: Kind, _ uid: UInt64, isHeld: Bool, at now: Tick
    ) -> Reply {
        let entity = entities[row(ofUID: uid)]
        switch kind {
        case .job: return deleteJob(uid, isHeld: isHeld, at: now)
        case .node where !isHeld: return deleteNode(uid, at: now)
        case .namespace, .queue, .node, .token, .nodePool, .lease, .configMap, .secret: break
        }
        guard !isHeld, kind != .namespace || entity.dependents == 0 else {
            if entity.deletedAt == nil { emit(.deletionMarked(uid: uid), at: now) }
            return .accepted(uid: uid, version: entities[row(ofUID: uid)].version)
        }
        emit(.removed(uid: uid), at: now)
        return .done(uid: uid, version: sequence)
    }

    /// A queue that waits for its finalizers takes no jobs: they would keep it for ever.
    func refuseLeaving(queue: Entity) throws(Refusal) {
        guard queue.deletedAt != nil else { return }
        throw Refusal(
            .conflict, field: "spec.queue", finding: "queue \"\(queue.name)\" is being deleted",
            remedy: "Use another queue, or wait until it is gone and create it again")
    }

    /// Nothing new comes into a namespace that is going.
    func refuseLeaving(_ scope: UInt64) throws(Refusal) {
        guard scope != 0 else { return }
        let namespace = entities[row(ofUID: scope)]
        guard namespace.deletedAt != nil else { return }
        throw Refusal(
            .forbidden, field: "metadata.namespace",
            finding: "namespace \"\(namespace.name)\" is being deleted",
            remedy: "Use another namespace, or wait until it is gone and create it again")
    }
}

/// A namespace on its way out, and how far its content has been told to go.
struct LeavingNamespace: Sendable {
    let uid: UInt64
    /// The next row of `entities` to look at. Nothing comes in behind it: creation is refused.
    var cursor: UInt32 = 0
    var isScanned = false
}

extension Kernel {
    /// Deletes what is in the namespaces that are going, a bounded number a step, and then them.
    mutating func emptyNamespaces(at now: Tick) {
        guard !leaving.isEmpty else { return }
        var budget = limits.departuresPerPass
        for index in leaving.indices where !leaving[index].isScanned {
            let uid = leaving[index].uid
            while budget > 0, Int(leaving[index].cursor) < entities.capacity {
                budget -= 1
                let row = Row<Entity>(leaving[index].cursor)
                leaving[index].cursor += 1
                guard entities.contains(row), entities[row].scope == uid,
                    entities[row].deletedAt == nil
                else { continue }
                budget -= send(away: entities[row], at: now)
            }
            leaving[index].isScanned = Int(leaving[index].cursor) >= entities.capacity
        }
        // From a copy: a removal takes the namespace off the list.
        for namespace in leaving {
            let entity = entities[row(ofUID: namespace.uid)]
            guard entity.dependents == 0, !entity.isHeld else { continue }
            emit(.removed(uid: namespace.uid), at: now)
        }
    }

    /// Says how many ranks it took off the books, which is work too.
    private mutating func send(away entity: Entity, at now: Tick) -> Int {
        guard entity.kind != .job else {
            let ranks = jobs[Row(entity.link)].ranks.count
            _ = deleteJob(entity.uid, isHeld: entity.isHeld, at: now)
            return ranks
        }
        emit(entity.isHeld ? .deletionMarked(uid: entity.uid) : .removed(uid: entity.uid), at: now)
        return 0
    }
}
