import Primitives

// Revising and deleting: what is written over an object, and how it goes.

extension Kernel {
    mutating func revise(
        _ name: ObjectName, _ condition: Precondition, _ specChanged: Bool, _ terms: JobTerms?,
        _ isHeld: Bool, _ relabels: Bool, at now: Tick
    ) throws(Refusal) -> Reply {
        let row = try find(name, condition)
        let uid = entities[row].uid
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
        guard !isHeld, !isTrial, entities[row].deletedAt != nil else { return done(row) }
        // The last finalizer has gone from what was to go: it goes now, if nothing else keeps it.
        let reply = try? leave(name.kind, uid, at: now)
        return reply ?? done(row)
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
        return try leave(entity.kind, entity.uid, at: now)
    }

    /// Clients that name no namespace mean this one.
    static let lastingNamespace = "default"

    /// Removes an object, or marks it where something still keeps it.
    private mutating func leave(
        _ kind: Kind, _ uid: UInt64, at now: Tick
    ) throws(Refusal) -> Reply {
        let entity = entities[row(ofUID: uid)]
        switch kind {
        case .job: return deleteJob(uid, at: now)
        case .node where !entity.isHeld: return try deleteNode(uid, at: now)
        case .queue where entity.dependents > 0:
            throw Refusal(
                .conflict, field: "metadata.name",
                finding: "queue \"\(entity.name)\" still has \(entity.dependents) jobs",
                remedy: "Delete those jobs first")
        case .namespace, .queue, .node, .token, .nodePool, .lease, .configMap, .secret: break
        }
        guard !entity.isHeld, kind != .namespace || entity.dependents == 0 else {
            if entity.deletedAt == nil { emit(.deletionMarked(uid: uid), at: now) }
            return .accepted(uid: uid, version: entities[row(ofUID: uid)].version)
        }
        emit(.removed(uid: uid), at: now)
        return .done(uid: uid, version: sequence)
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
                send(away: entities[row], at: now)
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

    private mutating func send(away entity: Entity, at now: Tick) {
        guard entity.kind != .job else {
            _ = deleteJob(entity.uid, at: now)
            return
        }
        emit(entity.isHeld ? .deletionMarked(uid: entity.uid) : .removed(uid: entity.uid), at: now)
    }
}
