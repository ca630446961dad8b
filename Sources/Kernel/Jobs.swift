import Primitives
import Scheduling

// Jobs: submitting, cancelling, deleting, and what the news of their ranks means.

extension Kernel {
    func jobRow(_ uid: UInt64) -> Row<Job> { Row(entities[row(ofUID: uid)].link) }

    /// The job of that uid, if there is one.
    func liveJob(_ uid: UInt64) -> Job? {
        guard let row = byUID[uid], entities[row].kind == .job else { return nil }
        return jobs[Row(entities[row].link)]
    }

    mutating func submit(_ order: JobOrder, at now: Tick) throws(Refusal) -> Reply {
        if !order.idempotencyKey.isEmpty, let known = idempotency[order.idempotencyKey] {
            guard known.bodyDigest == order.bodyDigest else {
                throw Refusal(
                    .invalid, field: "Idempotency-Key",
                    finding: "this key was used for another job",
                    remedy: "Use a new key for a new job")
            }
            guard let row = byUID[known.uid] else {
                return .existing(uid: known.uid, version: sequence)
            }
            return .existing(uid: known.uid, version: entities[row].version)
        }
        let name = ObjectName(.job, namespace: order.namespace, name: order.name)
        guard let scope = scope(of: name) else {
            throw Refusal(
                .notFound, field: "metadata.namespace",
                finding: "namespaces \"\(order.namespace)\" not found",
                remedy: "Create the namespace first, or use one that exists")
        }
        try refuseLeaving(scope)
        try refuseDuplicate(key(name, scope))
        guard jobs.count < limits.jobs else {
            throw Refusal(
                .tooManyRequests, finding: "the cluster holds its limit of \(limits.jobs) jobs",
                remedy: "Wait for jobs to end, or delete finished ones")
        }
        let queueKey = EntityKey(kind: .queue, scope: 0, name: order.queue)
        guard let queue = byKey[queueKey] else {
            throw Refusal(
                .invalid, field: "spec.queue", finding: "queue \"\(order.queue)\" does not exist",
                remedy: "Use a queue that exists; list them with: muster get queues")
        }
        try refuseLeaving(queue: entities[queue])
        let (shape, newModels) = try shape(of: order)
        if !order.allowUnplaceable, let misfit = misfit(of: shape) {
            throw refusal(for: misfit, order)
        }
        for model in newModels { emit(.modelNamed(model), at: now) }
        let uid = nextUID
        emit(
            .submitted(
                Submission(
                    uid: uid, namespace: scope, queue: entities[queue].uid, name: order.name,
                    shape: shape, terms: order.terms, success: order.success,
                    retryLimit: order.retryLimit, backoff: order.backoff,
                    idempotencyKey: order.idempotencyKey, bodyDigest: order.bodyDigest)), at: now)
        if order.isHeld { emit(.held(uid: uid, true), at: now) }
        return .done(uid: uid, version: sequence)
    }

    /// Turns the order's roles into a shape, and says which models it names for the first time.
    private func shape(of order: JobOrder) throws(Refusal) -> (Shape, newModels: [String]) {
        let ranks = order.roles.reduce(UInt64(0)) { $0 + UInt64($1.ranks) }
        guard !order.roles.isEmpty, order.roles.count <= limits.rolesPerJob, ranks > 0,
            ranks <= UInt64(limits.ranksPerJob)
        else {
            throw Refusal(
                .invalid, field: "spec.roles",
                finding: "the gang has \(order.roles.count) roles and \(ranks) ranks",
                remedy: "Use 1 to \(limits.rolesPerJob) roles and 1 to \(limits.ranksPerJob) ranks")
        }
        let wanted = order.roles.flatMap(\.models)
        let unknown = wanted.indices.filter { index in
            !models.contains(wanted[index]) && !wanted[..<index].contains(wanted[index])
        }.map { wanted[$0] }
        // Names are never forgotten: half of the room is kept for those that nodes bring.
        guard unknown.isEmpty || models.count + unknown.count <= limits.models / 2 else {
            throw Refusal(
                .invalid, field: "spec.roles",
                finding: "the cluster already knows \(models.count) GPU models",
                remedy: "Name models that nodes have; see: muster get nodes")
        }
        let names = models + unknown
        let shape = Shape(
            roles: order.roles.map { role in
                var mask: UInt64 = 0
                for (bit, model) in names.enumerated() where role.models.contains(model) {
                    mask |= 1 << UInt64(bit)
                }
                return RoleShape(
                    ranks: role.ranks,
                    demand: Demand(
                        cpuMilli: role.cpuMilli, memoryBytes: role.memoryBytes,
                        gpuMilli: role.gpuMilli, models: mask))
            })
        return (shape, unknown)
    }

    mutating func cancel(
        _ name: ObjectName, _ condition: Precondition, at now: Tick
    ) throws(Refusal) -> Reply {
        let row = try find(name, condition)
        let uid = entities[row].uid
        let job = jobs[jobRow(uid)]
        guard !job.phase.isFinal else {
            throw Refusal(
                .conflict, field: "status.phase",
                finding: "the job has already ended as \(job.phase.word)",
                remedy: "Nothing is left to cancel; submit it again under a new name to rerun it")
        }
        stop(uid, fate: .cancelled, cause: .cancelled, culprit: nil, at: now)
        return done(row)
    }

    /// Ends the job and takes it off the books, as far as its ranks and finalizers let it go.
    mutating func deleteJob(_ uid: UInt64, isHeld: Bool, at now: Tick) -> Reply {
        // All is read before the first record: in a trial none of them changes anything.
        let job = jobs[jobRow(uid)]
        let stays = isHeld || job.hasLiveRanks
        if !job.isDeleting, isHeld || !job.phase.isFinal {
            emit(.deletionMarked(uid: uid), at: now)
        }
        if !job.phase.isFinal {
            stop(uid, fate: .cancelled, cause: .deleted, culprit: nil, at: now)
        } else if !isHeld {
            removeJob(uid, at: now)
        }
        let version = sequence
        return stays ? .accepted(uid: uid, version: version) : .done(uid: uid, version: version)
    }

    /// Takes a finished job off the books, ranks first.
    mutating func removeJob(_ uid: UInt64, at now: Tick) {
        let ranks = jobs[jobRow(uid)].ranks
        for node in distinctNodes(of: ranks) {
            outcome.effects.append(.forget(node: node, job: uid))
        }
        for _ in ranks { emit(.rankForgotten(job: uid), at: now) }
        emit(.removed(uid: uid), at: now)
    }

    /// Leads a job to its end: at once if nothing runs, else by way of stopping its ranks.
    mutating func stop(
        _ uid: UInt64, fate: Phase, cause: Cause, culprit: Culprit?, at now: Tick
    ) {
        let job = jobs[jobRow(uid)]
        switch job.phase {
        case .succeeded, .failed, .cancelled: return
        case .stopping:
            // Only a person's wish overrides what is already under way.
            guard fate == .cancelled, job.fate != .cancelled else { return }
            emit(
                .moved(
                    job: uid, to: .stopping, cause: cause, fate: fate, culprit: culprit,
                    notBefore: job.notBefore), at: now)
        case .pending, .starting, .running:
            guard job.hasLiveRanks else {
                settle(uid, fate: fate, cause: cause, culprit: culprit, at: now)
                return
            }
            emit(
                .moved(
                    job: uid, to: .stopping, cause: cause, fate: fate, culprit: culprit,
                    notBefore: job.notBefore), at: now)
            for node in distinctNodes(of: job.ranks.filter { !$0.state.isEnded }) {
                outcome.effects.append(.stop(node: node, job: uid, attempt: job.attempt))
            }
        }
    }

    /// The last process is gone: the job ends, or is tried again.
    mutating func settle(
        _ uid: UInt64, fate: Phase, cause: Cause, culprit: Culprit?, at now: Tick
    ) {
        let job = jobs[jobRow(uid)]
        if fate == .pending {
            for _ in job.ranks { emit(.rankForgotten(job: uid), at: now) }
            emit(
                .moved(
                    job: uid, to: .pending, cause: .waitingForResources, fate: .pending,
                    culprit: nil, notBefore: now), at: now)
            return
        }
        let mayRetry =
            fate == .failed && cause != .timeLimit && failures(of: job) <= job.retryLimit
        if mayRetry, job.attempt > 0 {
            for _ in job.ranks { emit(.rankForgotten(job: uid), at: now) }
            let wait = backoff(of: job)
            emit(
                .moved(
                    job: uid, to: .pending,
                    cause: wait == .zero ? .waitingForResources : .backingOff, fate: .pending,
                    culprit: culprit, notBefore: now.after(wait)), at: now)
            return
        }
        emit(
            .moved(
                job: uid, to: fate, cause: cause, fate: fate, culprit: culprit,
                notBefore: job.notBefore), at: now)
        if jobs[jobRow(uid)].isDeleting, !entities[row(ofUID: uid)].isHeld {
            removeJob(uid, at: now)
        }
    }

    /// Attempts that the job itself ended, or is about to.
    private func failures(of job: Job) -> UInt32 {
        job.attempt - min(job.attempt, job.evictions)
    }

    /// Doubles with each failure, up to an hour.
    private func backoff(of job: Job) -> Duration64 {
        let failures = failures(of: job)
        let doublings = min(failures > 0 ? failures - 1 : 0, 12)
        let (span, overflow) = job.backoff.milliseconds
            .multipliedReportingOverflow(by: 1 << Int64(doublings))
        return Duration64(milliseconds: overflow ? 3_600_000 : min(span, 3_600_000))
    }

    func distinctNodes(of ranks: [Rank]) -> [UInt64] {
        var found: [UInt64] = []
        for rank in ranks where !found.contains(rank.node) { found.append(rank.node) }
        return found
    }

    /// A retry's waiting time is over: the job joins its class again.
    mutating func endBackOff(of uid: UInt64, attempt: UInt32, at now: Tick) {
        guard let job = liveJob(uid), job.phase == .pending, job.attempt == attempt,
            job.cause == .backingOff
        else { return }
        emit(
            .moved(
                job: uid, to: .pending, cause: .waitingForResources, fate: .pending,
                culprit: job.culprit, notBefore: job.notBefore), at: now)
    }

    mutating func giveUpStart(of uid: UInt64, attempt: UInt32, at now: Tick) {
        guard let job = liveJob(uid), job.phase == .starting, job.attempt == attempt else { return }
        stop(uid, fate: .failed, cause: .startTimedOut, culprit: nil, at: now)
    }
}
