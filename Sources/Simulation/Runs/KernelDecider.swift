import Kernel
import Primitives
import Scheduling

/// The daemon's own kernel, told what the API and the agents would tell it.
struct KernelDecider: Decider {
    private var kernel: Kernel
    private let cluster: Cluster
    private let workload: Workload
    private var nodeUIDs: [UInt64] = []
    private var machineOfNode = Lookup<UInt64, UInt32>()
    private var bootIDs: [String]
    /// Added to the run's clock: the kernel's own began earlier.
    private let epoch: Int64
    private var isAway: [Bool]
    /// Rows by uid and uids by row; `UInt32.max` and zero where there is none.
    private var rowOfUID: [UInt32] = []
    private var uidOfRow: [UInt64]
    /// The newest attempt that was started, and whether it is still on.
    private var attempts: [UInt32]
    private var isActive: [Bool]
    private(set) var nextWake: Int64?
    /// What the kernel said of jobs that it refused.
    private(set) var refusals: [(job: UInt32, refusal: Refusal)] = []
    /// Invariants that did not hold, walked every so many batches.
    private(set) var findings: [String] = []
    private let batchesPerCheck: Int
    private var batches = 0

    /// What the simulated daemon may not do as the real one: it is told when nodes fall silent, and
    /// finished jobs leave early, which no decision depends on.
    static func limits(gangsPerPass: Int?) -> Limits {
        var limits = Limits()
        limits.nodeSilence = Duration64(milliseconds: .max)
        limits.finishedJobs = 1000
        limits.jobs = SimulationLimits.jobs
        limits.entities = SimulationLimits.jobs + SimulationLimits.machines
        if let gangsPerPass { limits.gangsPerPass = gangsPerPass }
        return limits
    }

    /// An empty cluster whose nodes have just registered.
    init(_ cluster: Cluster, _ workload: Workload, limits: Limits, batchesPerCheck: Int) {
        self.cluster = cluster
        self.workload = workload
        self.batchesPerCheck = batchesPerCheck
        kernel = Kernel(limits: limits)
        bootIDs = Array(repeating: "boot-1", count: cluster.machines.count)
        epoch = 0
        isAway = Array(repeating: false, count: cluster.machines.count)
        uidOfRow = Array(repeating: 0, count: workload.count)
        attempts = Array(repeating: 0, count: workload.count)
        isActive = Array(repeating: false, count: workload.count)
        var setup = [Command.create(ObjectName(.namespace, name: "default"))]
        for queue in workload.queues {
            setup.append(.create(ObjectName(.queue, name: queue)))
        }
        _ = kernel.step(setup, at: Tick(0))
        let outcome = kernel.step(
            cluster.machines.indices.map { .register(report(of: $0)) }, at: Tick(0))
        for (machine, reply) in outcome.replies.enumerated() {
            guard case .done(let uid, _) = reply else {
                findings.append("machine \(cluster.machines[machine].name) was refused")
                continue
            }
            nodeUIDs.append(uid)
            machineOfNode[uid] = UInt32(machine)
        }
    }

    /// A cluster in the middle of its work.
    init(_ live: LiveQueue, batchesPerCheck: Int) {
        cluster = live.cluster
        workload = live.workload
        self.batchesPerCheck = batchesPerCheck
        kernel = live.kernel
        epoch = live.epoch
        nodeUIDs = live.nodeUIDs
        bootIDs = live.bootIDs
        isAway = Array(repeating: false, count: cluster.machines.count)
        uidOfRow = live.uids
        attempts = live.uids.map { live.kernel.job($0)?.attempt ?? 0 }
        isActive = live.uids.map { live.kernel.job($0)?.hasLiveRanks ?? false }
        known = live.uids.count
        active = isActive.count { $0 }
        for (machine, uid) in nodeUIDs.enumerated() { machineOfNode[uid] = UInt32(machine) }
        for (row, uid) in live.uids.enumerated() { remember(uid, UInt32(row)) }
    }

    /// Jobs that were taken in and have not ended, and how many of them hold places.
    private var known = 0
    private var active = 0

    var waiting: Int { known - active }

    /// The kernel's digest over all that it recorded.
    var digest: Digest { kernel.digest }

    mutating func decide(_ news: [News], at now: Int64) -> [Deed] {
        var deeds: [Deed] = []
        var commands: [Command] = []
        var asked: [UInt32] = []
        for item in news { translate(item, at: now, &commands, &asked) }
        // Agents obey at once, so what a step has them do is told in the next, until all is quiet.
        while true {
            let outcome = kernel.step(commands, at: Tick(now + epoch))
            note(outcome, asked, &deeds)
            commands = []
            asked = []
            for effect in outcome.effects { obey(effect, at: now, &commands, &deeds) }
            check()
            nextWake = outcome.nextTimer.flatMap { $0 == .never ? nil : $0.milliseconds - epoch }
            let isDue = nextWake.map { $0 <= now } ?? false
            guard !commands.isEmpty || isDue else { break }
        }
        return deeds
    }

    // MARK: What happened, in the words of the API and the agents

    private mutating func translate(
        _ news: News, at now: Int64, _ commands: inout [Command], _ asked: inout [UInt32]
    ) {
        switch news {
        case .arrived(let row):
            // Replies come in the order of the commands, so orders come first in every batch.
            commands.insert(.submit(order(of: row)), at: asked.count)
            asked.append(row)
        case .launched(let row, let attempt):
            forEachRank(of: row, attempt) { number, rank in
                guard rank.state == .placed, let machine = machineOfNode[rank.node],
                    !isAway[Int(machine)]
                else { return }
                commands.append(
                    .report(report(row, attempt, number, on: machine, .started, at: now)))
            }
        case .ended(let row, let attempt, let code):
            endRanks(of: row, attempt, code, at: now, &commands)
        case .silent(let machine):
            isAway[Int(machine)] = true
            commands.append(.silence(node: cluster.machines[Int(machine)].name))
        case .booted(let machine):
            isAway[Int(machine)] = false
            bootIDs[Int(machine)] += "+"
            commands.append(.register(report(of: Int(machine))))
        }
    }

    private func order(of row: UInt32) -> JobOrder {
        let job = workload.jobs[Int(row)]
        let shape = workload.shapes[Int(job.shape)]
        return JobOrder(
            namespace: "default", name: "job-\(row)", queue: workload.queues[Int(job.queue)],
            roles: shape.roles.map { role in
                JobOrder.Role(
                    ranks: role.ranks, cpuMilli: role.demand.cpuMilli,
                    memoryBytes: role.demand.memoryBytes, gpuMilli: role.demand.gpuMilli,
                    models: models(role.demand.models))
            },
            terms: JobTerms(
                priority: job.priority, timeLimit: Duration64(milliseconds: job.estimate),
                gracePeriod: .zero),
            retryLimit: job.retries, backoff: Duration64(seconds: 30))
    }

    private func models(_ mask: UInt64) -> [String] {
        guard mask != 0 else { return [] }
        let named = cluster.models.enumerated().filter { mask & (1 << UInt64($0.offset)) != 0 }
        return named.isEmpty ? ["no such model"] : named.map(\.element)
    }

    private func report(of machine: Int) -> NodeReport {
        let spec = cluster.machines[machine]
        let isNamed = spec.gpus > 0 && Int(spec.model) < cluster.models.count
        return NodeReport(
            name: spec.name, bootID: bootIDs[machine], cpuMilli: max(1, spec.cpuMilli),
            memoryBytes: spec.memoryBytes, gpus: spec.gpus,
            gpuModel: isNamed ? cluster.models[Int(spec.model)] : "")
    }

    private func report(
        _ row: UInt32, _ attempt: UInt32, _ rank: UInt32, on machine: UInt32,
        _ news: RankReport.News, at now: Int64
    ) -> RankReport {
        RankReport(
            node: cluster.machines[Int(machine)].name, bootID: bootIDs[Int(machine)],
            job: uidOfRow[Int(row)], attempt: attempt, rank: rank, news: news,
            at: Tick(now + epoch))
    }

    private func forEachRank(
        of row: UInt32, _ attempt: UInt32, _ body: (UInt32, Rank) -> Void
    ) {
        guard let job = kernel.job(uidOfRow[Int(row)]), job.attempt == attempt else { return }
        for (number, rank) in job.ranks.enumerated() where !rank.state.isEnded {
            body(UInt32(number), rank)
        }
    }

    /// A failing gang's first rank tells, and the others are stopped as the kernel will ask.
    private func endRanks(
        of row: UInt32, _ attempt: UInt32, _ code: Int32, at now: Int64,
        _ commands: inout [Command]
    ) {
        var end = RankEnd(.exited, code: code)
        forEachRank(of: row, attempt) { number, rank in
            guard let machine = machineOfNode[rank.node], !isAway[Int(machine)] else { return }
            commands.append(
                .report(report(row, attempt, number, on: machine, .ended(end), at: now)))
            if code != 0 { end = RankEnd(.signalled, code: 15) }
        }
    }

    // MARK: What the kernel decided

    private mutating func note(_ outcome: Outcome, _ asked: [UInt32], _ deeds: inout [Deed]) {
        for (row, reply) in zip(asked, outcome.replies) {
            switch reply {
            case .done(let uid, _), .existing(let uid, _), .accepted(let uid, _):
                remember(uid, row)
                known += 1
            case .refused(let refusal):
                refusals.append((row, refusal))
                deeds.append(.finish(job: row, .refused))
            }
        }
        for record in outcome.records {
            switch record {
            case .attemptStarted(let uid):
                guard let row = row(of: uid) else { continue }
                attempts[Int(row)] += 1
                isActive[Int(row)] = true
                active += 1
            case .moved(let uid, let phase, _, _, _, _):
                guard let row = row(of: uid), phase == .pending || phase.isFinal else { continue }
                if isActive[Int(row)] {
                    isActive[Int(row)] = false
                    active -= 1
                    deeds.append(.stop(job: row, attempt: attempts[Int(row)]))
                }
                guard phase.isFinal else { continue }
                known -= 1
                deeds.append(.finish(job: row, phase == .succeeded ? .succeeded : .failed))
            default: continue
            }
        }
    }

    private mutating func remember(_ uid: UInt64, _ row: UInt32) {
        while rowOfUID.count <= Int(uid) { rowOfUID.append(.max) }
        rowOfUID[Int(uid)] = row
        uidOfRow[Int(row)] = uid
    }

    private func row(of uid: UInt64) -> UInt32? {
        guard uid < UInt64(rowOfUID.count), rowOfUID[Int(uid)] != .max else { return nil }
        return rowOfUID[Int(uid)]
    }

    private mutating func obey(
        _ effect: Effect, at now: Int64, _ commands: inout [Command], _ deeds: inout [Deed]
    ) {
        switch effect {
        case .launch(_, let uid, let attempt, let ranks):
            // One deed a gang, though every node of it is told: that of its first rank.
            guard ranks.first == 0, let row = row(of: uid), let job = kernel.job(uid),
                job.attempt == attempt
            else { return }
            deeds.append(
                .start(
                    job: row, attempt: attempt,
                    spots: job.ranks.map {
                        Spot(machine: machineOfNode[$0.node] ?? .max, devices: $0.devices)
                    }))
        case .stop(let node, let uid, let attempt):
            guard let row = row(of: uid), let machine = machineOfNode[node],
                !isAway[Int(machine)]
            else { return }
            forEachRank(of: row, attempt) { number, rank in
                guard rank.node == node else { return }
                let end = RankReport.News.ended(RankEnd(.signalled, code: 15))
                commands.append(.report(report(row, attempt, number, on: machine, end, at: now)))
            }
        case .welcome, .forget: return
        }
    }

    private mutating func check() {
        batches += 1
        guard batchesPerCheck > 0, batches % batchesPerCheck == 0, findings.count < 100 else {
            return
        }
        findings += kernel.check()
    }
}
