import Kernel
public import Primitives

/// A small cluster with everything going wrong now and then, all of it decided by one seed.
public struct World: Sendable {
    /// A broken promise, and when it was seen.
    public struct Finding: Sendable {
        public let at: Tick
        public let text: String
    }

    var kernel: Kernel
    var dice: Dice
    var nodes: [SimulatedNode] = []
    private var heap = Heap<Happening>()
    private var order: UInt64 = 0
    var now = Tick(1_700_000_000_000)
    private var journal: [(tick: Tick, body: [UInt8])] = []
    private var jobs: [ObjectName] = []
    var unrest = Unrest()
    private var isFaulty = true
    public private(set) var findings: [Finding] = []

    public init(seed: UInt64) {
        dice = Dice(seed: seed)
        var limits = Limits()
        limits.gangsPerPass = 4
        limits.finishedJobs = 40
        limits.departuresPerPass = 16
        kernel = Kernel(limits: limits)
        feed([
            .create(ObjectName(.namespace, name: "default")),
            .create(ObjectName(.queue, name: "default")),
        ])
        for index in 0..<(2 + dice.below(6)) {
            nodes.append(
                SimulatedNode(
                    name: "n\(index)", cpuMilli: Int64(1 + dice.below(8)) * 1000,
                    gpus: UInt8(dice.below(9))))
            reconnect(index)
            schedule(.heartbeat(node: index), after: 5000)
        }
    }

    /// The kernel's digest and the digest of its whole state.
    public var digest: Digest {
        var digest = kernel.digest
        digest.mix(kernel.snapshot())
        return digest
    }

    public var jobCount: Int { jobs.count }
    /// How often each of the rarer things was done with success.
    public var deeds: Deeds { unrest.deeds }
    public var sequence: UInt64 { kernel.sequence }

    /// Runs the faulty phase for `steps` events, then heals the world and lets it drain.
    public mutating func run(steps: Int) {
        for _ in 0..<steps where findings.isEmpty { act() }
        compareReplay()
        isFaulty = false
        releaseAll()
        for index in nodes.indices {
            let name = ObjectName(.node, name: nodes[index].name)
            if nodes[index].isCutOff || kernel.uid(of: name) == nil { reconnect(index) }
            feed([.cordon(name: nodes[index].name, false, Precondition())])
            feed([.taint(name: nodes[index].name, false, evicting: false)])
        }
        var budget = 200_000
        while budget > 0, findings.isEmpty, hasUnfinishedJobs, let next = heap.pop() {
            budget -= 1
            happen(next)
        }
        if findings.isEmpty, hasUnfinishedJobs {
            note("jobs are left that nobody will ever finish")
        }
        releaseAll()
        checkRest()
        compareReplay()
    }

    private var hasUnfinishedJobs: Bool {
        (1..<kernel.nextUID).contains { kernel.job($0).map { !$0.phase.isFinal } ?? false }
    }

    private mutating func act() {
        if dice.hits(2, outOf: 5), let next = heap.pop() {
            happen(next)
            return
        }
        now = now.after(Duration64(milliseconds: Int64(dice.below(400))))
        switch dice.below(28) {
        case 0..<9: submit()
        case 9..<11: feed([.cancel(anyJob(), Precondition())])
        case 11: feed([.delete(anyJob(), Precondition())])
        case 12: reprioritise(anyJob())
        case 13: nodes[dice.below(nodes.count)].isCutOff = true
        case 14: reboot(dice.below(nodes.count))
        case 15: reconnect(dice.below(nodes.count))
        case 16:
            feed([
                .cordon(
                    name: nodes[dice.below(nodes.count)].name, dice.hits(1, outOf: 3),
                    Precondition())
            ])
        case 17:
            now = now.after(Duration64(seconds: Int64(dice.below(40))))
            feed([.tick])
        case 18..<26: disturb()
        default: feed([.tick])
        }
    }

    private mutating func reprioritise(_ name: ObjectName) {
        let isHeld = kernel.uid(of: name).flatMap { kernel.object($0) }?.isHeld ?? false
        let terms = JobTerms(
            priority: Int32(dice.below(10)), timeLimit: .zero, gracePeriod: .zero)
        feed([.revise(name, Precondition(), specChanged: true, terms: terms, isHeld: isHeld)])
    }

    private mutating func submit() {
        let name = ObjectName(.job, namespace: anyNamespace(), name: "job-\(jobs.count + 1)")
        jobs.append(name)
        let roles = (0..<(1 + dice.below(2))).map { _ in
            JobOrder.Role(
                ranks: UInt32(1 + dice.below(4)), cpuMilli: Int64(dice.below(3000)),
                memoryBytes: Int64(dice.below(8)) << 30,
                gpuMilli: dice.hits(1, outOf: 3) ? 250 : Int64(dice.below(4)) * 1000, models: [])
        }
        let order = JobOrder(
            namespace: name.namespace, name: name.name, queue: "default", roles: roles,
            terms: JobTerms(
                priority: Int32(dice.below(3)), timeLimit: .zero,
                gracePeriod: Duration64(seconds: 1)),
            success: dice.hits(1, outOf: 4) ? .role(0) : .allRanks,
            retryLimit: UInt32(dice.below(3)), backoff: Duration64(milliseconds: 500),
            idempotencyKey: dice.hits(1, outOf: 4) ? "key-\(jobs.count)" : "",
            isHeld: dice.hits(1, outOf: 10))
        feed(dice.hits(1, outOf: 8) ? [.submit(order), .submit(order)] : [.submit(order)])
        if order.isHeld { noteHeld(name) }
    }

    /// One of the jobs of late, most of which still live, or one that never was.
    mutating func anyJob() -> ObjectName {
        let place = jobs.count - dice.below(min(jobs.count, 60) + 1)
        guard place < jobs.count else {
            return ObjectName(.job, namespace: "default", name: "nobody")
        }
        return jobs[place]
    }

    /// The machine starts again: its processes are gone, its agent says so once that is believed.
    private mutating func reboot(_ index: Int) {
        fell(index)
        now = now.after(Duration64(seconds: 16))
        reconnect(index)
    }

    /// Whatever ran there is gone.
    mutating func fell(_ index: Int) {
        nodes[index].boot += 1
        nodes[index].alive = []
    }

    private mutating func reconnect(_ index: Int) {
        nodes[index].isCutOff = false
        feed([.register(nodes[index].report)])
    }

    private mutating func happen(_ next: Happening) {
        now = max(now, next.at)
        switch next.what {
        case .report(let report):
            guard let index = nodes.firstIndex(where: { $0.name == report.node }) else { return }
            guard nodes[index].bootID == report.bootID else { return }
            if nodes[index].isCutOff {
                schedule(.report(report), after: 1000)
                if isFaulty, dice.hits(1, outOf: 20) { reconnect(index) }
                return
            }
            if case .ended = report.news {
                nodes[index].alive.removeAll {
                    $0.job == report.job && $0.attempt == report.attempt && $0.rank == report.rank
                }
            }
            // Agents repeat what was not acknowledged: a repetition must change nothing.
            feed(dice.hits(1, outOf: 6) ? [.report(report), .report(report)] : [.report(report)])
        case .heartbeat(let index):
            if !nodes[index].isCutOff { feed([.heartbeat(node: nodes[index].name)]) }
            schedule(.heartbeat(node: index), after: 5000)
        }
    }

    /// Hands commands to the kernel, does its effects, and holds it to its promises.
    @discardableResult mutating func feed(_ commands: [Command]) -> Reply? {
        var batch = commands
        // Before some commands it is asked what would come of them.
        let isTried = commands.count == 1 && dice.hits(1, outOf: 4)
        if isTried { batch.insert(.trial(commands[0]), at: 0) }
        var reply: Reply?
        repeat {
            let outcome = kernel.step(batch, at: now)
            if !batch.isEmpty {
                if isTried { compareTrial(outcome.replies) }
                reply = outcome.replies.last
            }
            batch = []
            if !outcome.records.isEmpty { journal.append((now, outcome.encoded.bytes)) }
            for text in kernel.check() { note(text) }
            checkHeld()
            for effect in outcome.effects { perform(effect) }
            guard let timer = outcome.nextTimer, timer <= now else { break }
        } while findings.isEmpty
        return reply
    }

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .launch(let node, let job, let attempt, let ranks):
            for rank in ranks {
                launch(
                    Assignment(
                        job: job, attempt: attempt, rank: rank, hasStarted: false, isStopping: false
                    ),
                    on: node)
            }
        case .stop(let node, let job, let attempt): stop(job, attempt, on: node)
        case .welcome(let node):
            for assignment in kernel.assignments(of: node) { reconcile(assignment, on: node) }
        case .forget: break
        }
    }

    private func simulatedIndex(of node: UInt64) -> Int? {
        guard let name = kernel.object(node)?.name else { return nil }
        return nodes.firstIndex { $0.name == name }
    }

    private mutating func launch(_ rank: Assignment, on node: UInt64) {
        guard let index = simulatedIndex(of: node), !nodes[index].isCutOff else { return }
        guard !nodes[index].alive.contains(where: { isSame($0, rank) }) else { return }
        if nodes[index].alive.contains(where: { $0.job == rank.job && $0.attempt != rank.attempt })
        {
            note("job \(rank.job) runs two attempts at once on \(nodes[index].name)")
        }
        nodes[index].alive.append(rank)
        report(.started, of: rank, on: index, after: 1 + dice.below(50))
        let code: Int32 = isFaulty && dice.hits(1, outOf: 6) ? 1 : 0
        let end = RankEnd(.exited, code: code, timedOut: false)
        report(.ended(end), of: rank, on: index, after: 60 + dice.below(5000))
    }

    private mutating func stop(_ job: UInt64, _ attempt: UInt32, on node: UInt64) {
        guard let index = simulatedIndex(of: node), !nodes[index].isCutOff else { return }
        for rank in nodes[index].alive where rank.job == job && rank.attempt == attempt {
            let end = RankEnd(.signalled, code: 15)
            report(.ended(end), of: rank, on: index, after: 1 + dice.below(30))
        }
    }

    private mutating func reconcile(_ rank: Assignment, on node: UInt64) {
        guard let index = simulatedIndex(of: node) else { return }
        let known = nodes[index].alive.contains { isSame($0, rank) }
        if rank.isStopping, known {
            stop(rank.job, rank.attempt, on: node)
        } else if !known, rank.hasStarted || rank.isStopping {
            report(.ended(RankEnd(.lost)), of: rank, on: index, after: 1)
        } else if !known {
            launch(rank, on: node)
        }
    }

    private func isSame(_ left: Assignment, _ right: Assignment) -> Bool {
        left.job == right.job && left.attempt == right.attempt && left.rank == right.rank
    }

    private mutating func report(
        _ news: RankReport.News, of rank: Assignment, on index: Int, after milliseconds: Int
    ) {
        let node = nodes[index]
        schedule(
            .report(
                RankReport(
                    node: node.name, bootID: node.bootID, job: rank.job, attempt: rank.attempt,
                    rank: rank.rank, news: news,
                    at: now.after(Duration64(milliseconds: Int64(milliseconds))))),
            after: milliseconds)
    }

    private mutating func schedule(_ what: Happening.What, after milliseconds: Int) {
        order += 1
        heap.push(
            Happening(
                at: now.after(Duration64(milliseconds: Int64(milliseconds))), order: order,
                what: what))
    }

    mutating func note(_ text: String) { findings.append(Finding(at: now, text: text)) }

    /// The journal alone, and a snapshot plus its tail, must both arrive at the same state.
    private mutating func compareReplay() {
        do {
            var replayed = Kernel(limits: kernel.limits)
            var middle: Kernel?
            for (index, entry) in journal.enumerated() {
                _ = try replayed.replay(entry.body, at: entry.tick)
                if index == journal.count / 2 {
                    middle = try Kernel(snapshot: replayed.snapshot(), limits: kernel.limits)
                } else {
                    _ = try middle?.replay(entry.body, at: entry.tick)
                }
            }
            if replayed.snapshot() != kernel.snapshot() { note("the journal gives another state") }
            if let middle, middle.snapshot() != kernel.snapshot() {
                note("snapshot and tail give another state")
            }
            // Whoever takes over goes on: it must not decide anew what was decided.
            replayed.grantGrace(at: now)
            _ = replayed.step([], at: now)
            for text in replayed.check() + (middle?.check() ?? []) { note("after replay: \(text)") }
        } catch {
            note("the journal cannot be read back: \(error)")
        }
    }
}
