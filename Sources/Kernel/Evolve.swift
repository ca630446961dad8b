import Primitives
import Scheduling

// Evolve: what each record does to the state. Total: what the journal holds cannot be refused.

extension Kernel {
    /// Applies the record that has just been given the number `sequence`.
    mutating func evolve(_ record: Record, at now: Tick) {
        switch record {
        case .created(let kind, let uid, let name, let namespace):
            _ = addEntity(
                Entity(
                    kind: kind, uid: uid, scope: namespace, name: name, createdAt: now,
                    version: sequence))
            touch(.object(uid: uid))
        case .revised(let uid, let specChanged, let terms):
            let row = row(ofUID: uid)
            entities[row].revision &+= 1
            if specChanged { entities[row].generation += 1 }
            if let terms { jobs[Row(entities[row].link)].terms = terms }
            touch(.object(uid: uid))
            if terms != nil { refile(uid) }
        case .deletionMarked(let uid):
            let row = row(ofUID: uid)
            entities[row].deletedAt = now
            if entities[row].kind == .job { jobs[Row(entities[row].link)].isDeleting = true }
            if entities[row].kind == .namespace { leaving.append(LeavingNamespace(uid: uid)) }
            touch(.object(uid: uid))
        case .removed(let uid): remove(uid)
        case .modelNamed(let name): models.append(name)
        case .submitted(let job): enter(job, at: now)
        case .attemptStarted(let uid): startAttempt(uid, at: now)
        case .rankPlaced(let job, let node, let devices): place(job, on: node, devices)
        case .rankStarted(let job, let rank, let at):
            changeRank(job, rank) { rank in
                rank.state = .running
                rank.startedAt = at
            }
        case .rankEnded(let job, let rank, let end, let at): endRank(job, rank, end, at)
        case .rankForgotten(let uid):
            let row = jobRow(uid)
            let last = jobs[row].ranks.removeLast()
            let number = UInt32(jobs[row].ranks.count)
            if !last.isHidden { touch(.rankRemoved(job: uid, rank: number)) }
        case .moved(let uid, let phase, let cause, let fate, let culprit, let notBefore):
            move(uid, to: phase, cause, fate, culprit, notBefore, at: now)
        case .nodeRegistered(let uid, let name, let bootID, let supply):
            enroll(uid, name, bootID, supply, at: now)
        case .nodeReady(let uid, let ready):
            changeNode(uid) { node in
                node.isReady = ready
                node.changedAt = now
            }
            if ready { armSilence(of: uid, at: now) }
        case .nodeCordoned(let uid, let on): changeNode(uid) { $0.isCordoned = on }
        case .nodeTainted(let uid, let on): changeNode(uid) { $0.isTainted = on }
        case .held(let uid, let on):
            entities[row(ofUID: uid)].isHeld = on
            touch(.object(uid: uid))
        case .rankRelabelled(let uid, let number): changeRank(uid, number) { _ in }
        case .rankHidden(let uid, let number):
            jobs[jobRow(uid)].ranks[Int(number)].isHidden = true
            touch(.rankRemoved(job: uid, rank: number))
            touch(.object(uid: uid))
        }
    }

    /// Gives the subject the record's number as its version and notes it for the watchers.
    private mutating func touch(_ subject: Change.Subject) {
        if case .object(let uid) = subject { entities[row(ofUID: uid)].version = sequence }
        outcome.changes.append(Change(subject: subject, version: sequence))
    }

    mutating func addEntity(_ entity: Entity) -> Row<Entity> {
        let row = entities.insert(entity)
        byKey[entity.key] = row
        byUID[entity.uid] = row
        nextUID = max(nextUID, entity.uid + 1)
        if entity.scope != 0 { entities[self.row(ofUID: entity.scope)].dependents += 1 }
        return row
    }

    private mutating func remove(_ uid: UInt64) {
        let row = row(ofUID: uid)
        let entity = entities[row]
        switch entity.kind {
        case .job:
            let job = jobs[Row(entity.link)]
            entities[self.row(ofUID: job.queue)].dependents -= 1
            release(Row(job.shape.number))
            jobs.remove(Row(entity.link))
        case .node:
            let index = Int(entity.link)
            nodes[index].isRemoved = true
            nodes[index].isReady = false
            capacity.set(
                Row(entity.link), supply: NodeSupply(cpuMilli: 0, memoryBytes: 0, gpus: 0, model: 0)
            )
            openOrClose(nodeAt: index)
        case .namespace: leaving.removeAll { $0.uid == uid }
        case .queue, .token, .nodePool, .lease, .configMap, .secret: break
        }
        if entity.scope != 0 { entities[self.row(ofUID: entity.scope)].dependents -= 1 }
        byKey[entity.key] = nil
        byUID[uid] = nil
        entities.remove(row)
        outcome.changes.append(
            Change(subject: .removed(entity.kind, uid: uid), version: sequence))
    }

    private mutating func enter(_ submission: Submission, at now: Tick) {
        let shape = use(submission.shape)
        let job = Job(
            uid: submission.uid, namespace: submission.namespace, queue: submission.queue,
            shape: Row(shape.number), terms: submission.terms, success: submission.success,
            retryLimit: submission.retryLimit, backoff: submission.backoff, submittedAt: now,
            changedAt: now)
        let link = jobs.insert(job).number
        _ = addEntity(
            Entity(
                kind: .job, uid: submission.uid, scope: submission.namespace, name: submission.name,
                createdAt: now, version: sequence, link: link))
        entities[row(ofUID: submission.queue)].dependents += 1
        if !submission.idempotencyKey.isEmpty {
            idempotency.remember(
                submission.idempotencyKey, uid: submission.uid, bodyDigest: submission.bodyDigest,
                at: now, limits)
        }
        touch(.object(uid: submission.uid))
        file(job)
    }

    private mutating func startAttempt(_ uid: UInt64, at now: Tick) {
        // Here and not where it was decided: after a replay a running job must not wait any more.
        pending.forget(uid)
        let row = jobRow(uid)
        jobs[row].attempt += 1
        jobs[row].phase = .starting
        jobs[row].cause = .none
        jobs[row].culprit = nil
        jobs[row].startedAt = now
        jobs[row].changedAt = now
        timers.push(
            Timer(
                at: now.after(limits.startTimeout), cause: .startTimeout, uid: uid,
                attempt: jobs[row].attempt))
        touch(.object(uid: uid))
    }

    private mutating func place(_ uid: UInt64, on node: UInt64, _ devices: DeviceSet) {
        let row = jobRow(uid)
        let number = jobs[row].ranks.count
        let demand = demand(of: jobs[row], rank: number)
        let link = entities[self.row(ofUID: node)].link
        jobs[row].ranks.append(Rank(node: node, devices: devices, version: sequence))
        capacity.take(demand, devices, on: Row(link))
        nodes[Int(link)].liveRanks += 1
        if nodes[Int(link)].jobs.last != uid, !nodes[Int(link)].jobs.contains(uid) {
            nodes[Int(link)].jobs.append(uid)
        }
        touch(.rank(job: uid, rank: UInt32(number)))
        touch(.object(uid: uid))
        touch(.object(uid: node))
    }

    private mutating func endRank(_ uid: UInt64, _ number: UInt32, _ end: RankEnd, _ at: Tick) {
        changeRank(uid, number) { rank in
            rank.state = .ended
            rank.end = end
            rank.endedAt = at
        }
        let job = jobs[jobRow(uid)]
        let rank = job.ranks[Int(number)]
        let link = entities[row(ofUID: rank.node)].link
        capacity.give(demand(of: job, rank: Int(number)), rank.devices, on: Row(link))
        nodes[Int(link)].liveRanks -= 1
        if !job.ranks.contains(where: { $0.node == rank.node && !$0.state.isEnded }) {
            nodes[Int(link)].jobs.removeAll { $0 == uid }
        }
        touch(.object(uid: rank.node))
        capacityGrew()
    }

    func demand(of job: Job, rank: Int) -> Demand {
        let shape = shapes[Row(job.shape.number)].shape
        return shape.roles[shape.role(ofRank: rank)].demand
    }

    private mutating func changeRank(
        _ uid: UInt64, _ number: UInt32, _ change: (inout Rank) -> Void
    ) {
        let row = jobRow(uid)
        change(&jobs[row].ranks[Int(number)])
        jobs[row].ranks[Int(number)].version = sequence
        touch(.rank(job: uid, rank: number))
        touch(.object(uid: uid))
    }

    private mutating func move(
        _ uid: UInt64, to phase: Phase, _ cause: Cause, _ fate: Phase, _ culprit: Culprit?,
        _ notBefore: Tick, at now: Tick
    ) {
        let row = jobRow(uid)
        if phase == .pending, jobs[row].cause == .evicted { jobs[row].evictions += 1 }
        jobs[row].phase = phase
        jobs[row].cause = cause
        jobs[row].fate = fate
        jobs[row].culprit = culprit
        jobs[row].notBefore = notBefore
        jobs[row].changedAt = now
        if phase.isFinal {
            jobs[row].endedAt = now
            retired.append(uid, at: now)
            // The class must not keep a place for a job that ended while it waited.
            pending.forget(uid)
        }
        touch(.object(uid: uid))
        if phase == .pending { file(jobs[row]) }
    }

    private mutating func changeNode(_ uid: UInt64, _ change: (inout Node) -> Void) {
        let index = Int(entities[row(ofUID: uid)].link)
        change(&nodes[index])
        openOrClose(nodeAt: index)
        touch(.object(uid: uid))
    }

    private mutating func openOrClose(nodeAt index: Int) {
        let isOpen = nodes[index].isOpen
        capacity.open(Row(UInt32(index)), isOpen)
        if isOpen { capacityGrew() }
        capacityStamp += 1
    }

    private mutating func enroll(
        _ uid: UInt64, _ name: String, _ bootID: String, _ supply: NodeSupply, at now: Tick
    ) {
        if let row = byUID[uid] {
            let index = Int(entities[row].link)
            let wasReady = nodes[index].isReady
            nodes[index].bootID = bootID
            nodes[index].isReady = true
            nodes[index].changedAt = now
            if nodes[index].supply != supply {
                nodes[index].supply = supply
                capacity.set(Row(UInt32(index)), supply: supply)
            }
            openOrClose(nodeAt: index)
            if !wasReady { armSilence(of: uid, at: now) }
            touch(.object(uid: uid))
            return
        }
        let index = nodes.firstIndex { $0.isRemoved } ?? nodes.count
        let node = Node(
            uid: uid, bootID: bootID, isReady: true, registeredAt: now, changedAt: now,
            supply: supply)
        if index == nodes.count { nodes.append(node) } else { nodes[index] = node }
        _ = addEntity(
            Entity(
                kind: .node, uid: uid, scope: 0, name: name, createdAt: now, version: sequence,
                link: UInt32(index)))
        capacity.set(Row(UInt32(index)), supply: supply)
        openOrClose(nodeAt: index)
        armSilence(of: uid, at: now)
        touch(.object(uid: uid))
    }

    private mutating func armSilence(of uid: UInt64, at now: Tick) {
        timers.push(
            Timer(at: now.after(limits.nodeSilence), cause: .silence, uid: uid, attempt: 0))
    }
}
