public import Primitives
import Scheduling

// Nodes: registering, being heard, falling silent, leaving.

extension Kernel {
    mutating func register(_ report: NodeReport, at now: Tick) throws(Refusal) -> Reply {
        try check(report)
        let known = models.firstIndex(of: report.gpuModel)
        let isNewModel = known == nil && !report.gpuModel.isEmpty
        guard !isNewModel || models.count < limits.models else {
            throw Refusal(
                .invalid, field: "gpuModel",
                finding: "the cluster already knows \(models.count) GPU models",
                remedy: "Report a model that the cluster knows")
        }
        var model = UInt8(known ?? (isNewModel ? models.count : 0))
        if report.gpus > 0, report.gpuModel.isEmpty { model = NodeSupply.noModel }
        let supply = NodeSupply(
            cpuMilli: report.cpuMilli, memoryBytes: report.memoryBytes, gpus: report.gpus,
            model: model)
        let key = EntityKey(kind: .node, scope: 0, name: report.name)
        // Everything that may refuse comes before the first record.
        if let row = byKey[key] {
            try refuseOtherAmounts(nodes[Int(entities[row].link)], report, supply)
            try refuseImpostor(Int(entities[row].link), report, at: now)
        } else {
            try refuseDuplicate(key)
        }
        if isNewModel { emit(.modelNamed(report.gpuModel), at: now) }
        if let row = byKey[key] {
            registerAgain(Int(entities[row].link), report, supply, at: now)
        } else {
            emit(
                .nodeRegistered(
                    uid: nextUID, name: report.name, bootID: report.bootID, supply: supply), at: now
            )
        }
        // A trial has registered nothing.
        guard let row = byKey[key] else { return .done(uid: nextUID, version: sequence) }
        hear(nodeAt: Int(entities[row].link), at: now)
        outcome.effects.append(.welcome(node: entities[row].uid))
        return done(row)
    }

    /// What an agent says of itself is taken for true only within reason.
    private func check(_ report: NodeReport) throws(Refusal) {
        guard report.cpuMilli > 0, report.cpuMilli <= 1 << 32, report.memoryBytes >= 0,
            report.memoryBytes <= 1 << 52, report.gpus <= 64
        else {
            throw Refusal(
                .invalid, field: "capacity", finding: "the node's amounts are out of range",
                remedy: "Report at least one CPU and at most 64 GPUs")
        }
        guard report.bootID.utf8.count <= 256, report.gpuModel.utf8.count <= 63 else {
            throw Refusal(
                .invalid, field: "gpuModel", finding: "the boot's or the model's name is too long",
                remedy: "Use at most 63 characters for the GPU model")
        }
    }

    private func refuseOtherAmounts(
        _ node: Node, _ report: NodeReport, _ supply: NodeSupply
    ) throws(Refusal) {
        // After a boot nothing runs there any more.
        guard node.supply != supply, node.liveRanks > 0, node.bootID == report.bootID else {
            return
        }
        throw Refusal(
            .conflict, field: "capacity",
            finding:
                "node \"\(report.name)\" reports other amounts while \(node.liveRanks) ranks run",
            remedy: "Start the agent as before, or drain the node first")
    }

    /// A machine that has booted again was silent for a while; one that is still heard has not.
    /// Else any agent could declare another one's ranks dead by taking its name.
    private func refuseImpostor(
        _ index: Int, _ report: NodeReport, at now: Tick
    ) throws(Refusal) {
        let node = nodes[index]
        guard node.bootID != report.bootID, node.isReady, node.liveRanks > 0,
            index < lastHeard.count, now < lastHeard[index].after(limits.nodeSilence)
        else { return }
        throw Refusal(
            .conflict, field: "bootID",
            finding: "node \"\(report.name)\" runs ranks and was heard moments ago, "
                + "from another boot",
            remedy: "Wait 15 s after a boot, or give this node a name of its own")
    }

    /// A known node is back: after a boot, whatever ran there before is proven dead.
    private mutating func registerAgain(
        _ index: Int, _ report: NodeReport, _ supply: NodeSupply, at now: Tick
    ) {
        let node = nodes[index]
        if node.bootID != report.bootID { loseRanks(onNodeAt: index, at: now) }
        guard node.bootID != report.bootID || node.supply != supply else { return }
        emit(
            .nodeRegistered(
                uid: node.uid, name: report.name, bootID: report.bootID, supply: supply), at: now)
    }

    /// Notes that a node's agent is alive; only a change of readiness becomes history.
    mutating func hear(nodeAt index: Int, at now: Tick) {
        guard !isTrial else { return }
        while lastHeard.count < nodes.count { lastHeard.append(now) }
        lastHeard[index] = now
        if !nodes[index].isReady { emit(.nodeReady(uid: nodes[index].uid, true), at: now) }
    }

    mutating func judgeSilence(of uid: UInt64, at now: Tick) {
        guard let row = byUID[uid], entities[row].kind == .node else { return }
        let index = Int(entities[row].link)
        guard nodes[index].isReady else { return }
        while lastHeard.count < nodes.count { lastHeard.append(now) }
        let deadline = lastHeard[index].after(limits.nodeSilence)
        if deadline <= now {
            emit(.nodeReady(uid: uid, false), at: now)
        } else {
            timers.push(Timer(at: deadline, cause: .silence, uid: uid, attempt: 0))
        }
    }

    /// Ends every live rank of a node whose processes are proven gone.
    private mutating func loseRanks(onNodeAt index: Int, at now: Tick) {
        let uid = nodes[index].uid
        for job in nodes[index].jobs {
            guard let found = liveJob(job) else { continue }
            for number in found.ranks.indices {
                guard let current = liveJob(job), number < current.ranks.count else { break }
                let rank = current.ranks[number]
                guard rank.node == uid, !rank.state.isEnded else { continue }
                endRank(job, UInt32(number), RankEnd(.lost), happenedAt: now, now: now)
            }
        }
    }

    /// An operator's word that the machine is gone is proof enough for its ranks, unless its agent
    /// says otherwise.
    func refuseBusyNode(_ index: Int) throws(Refusal) {
        let node = nodes[index]
        guard !node.isReady || node.liveRanks == 0 else {
            throw Refusal(
                .conflict, field: "status.conditions",
                finding: "the node's agent is heard and \(node.liveRanks) ranks run there",
                remedy: "Cordon it and end its jobs first, or switch the machine off")
        }
    }

    /// Takes the node off the books; whatever ran there is lost with it.
    mutating func deleteNode(_ uid: UInt64, at now: Tick) -> Reply {
        let index = Int(entities[row(ofUID: uid)].link)
        loseRanks(onNodeAt: index, at: now)
        emit(.removed(uid: uid), at: now)
        return .done(uid: uid, version: sequence)
    }

    /// After a time in which nobody could be heard, nobody is late yet: every node gets the full
    /// time to be heard, every gang that starts the full time to say so.
    public mutating func grantGrace(at now: Tick) {
        lastHeard = Array(repeating: now, count: nodes.count)
        var kept = Heap<Timer>()
        while let timer = timers.pop() {
            switch timer.cause {
            case .retry, .retire: kept.push(timer)
            case .silence, .startTimeout: continue
            }
        }
        timers = kept
        for row in jobs.rows where jobs[row].phase == .starting {
            timers.push(
                Timer(
                    at: now.after(limits.startTimeout), cause: .startTimeout, uid: jobs[row].uid,
                    attempt: jobs[row].attempt))
        }
        for node in nodes where node.isReady && !node.isRemoved {
            timers.push(
                Timer(
                    at: now.after(limits.nodeSilence), cause: .silence, uid: node.uid, attempt: 0))
        }
    }
}
