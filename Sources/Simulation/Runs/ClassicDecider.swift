import Primitives

/// A classic policy, told the same news as the kernel.
struct ClassicDecider<Chooser: SpotChooser>: Decider {
    private var scheduler: ClassicScheduler<Chooser>
    private let workload: Workload
    private let turnsAway: Bool
    private var attempts: [UInt32]
    /// Where each job runs; empty while it does not.
    private var spots: [[Spot]]
    private(set) var nextWake: Int64?
    /// Every machine as it is when nothing runs, and what is known of each shape there.
    private var idle: Machines
    private var fitsIdle: [Bool?]

    init(
        _ policy: ClassicPolicy, _ cluster: Cluster, _ workload: Workload, chooser: Chooser,
        turnsAway: Bool
    ) {
        idle = Machines(cluster.machines)
        fitsIdle = Array(repeating: nil, count: workload.shapes.count)
        scheduler = ClassicScheduler(
            policy, machines: idle, shapes: workload.shapes, chooser: chooser)
        self.workload = workload
        self.turnsAway = turnsAway
        attempts = Array(repeating: 0, count: workload.count)
        spots = Array(repeating: [], count: workload.count)
    }

    /// What runs already keeps its places; what waits joins in the order of its submission.
    mutating func adopt(_ live: LiveQueue) {
        for (machine, isClosed) in live.closed.enumerated() where isClosed {
            scheduler.open(machine, false)
        }
        for one in live.standing {
            attempts[Int(one.job)] = one.attempt
            spots[Int(one.job)] = one.spots
            scheduler.adopt(one.job, facts(of: one.job), one.spots, since: one.began)
        }
        for job in workload.jobs.indices where spots[job].isEmpty {
            scheduler.arrive(UInt32(job), facts(of: UInt32(job)), at: live.start)
        }
    }

    var waiting: Int { scheduler.waiting }

    mutating func decide(_ news: [News], at now: Int64) -> [Deed] {
        var deeds: [Deed] = []
        var arrivals: [UInt32] = []
        for item in news {
            switch item {
            case .arrived(let job):
                if canEverRun(job) {
                    arrive(job, at: now)
                    arrivals.append(job)
                } else {
                    deeds.append(.finish(job: job, .refused))
                }
            case .launched: continue
            case .ended(let job, let attempt, let code):
                release(job, at: now)
                deeds.append(.stop(job: job, attempt: attempt))
                let mayRetry = code != 0 && attempt <= workload.jobs[Int(job)].retries
                if mayRetry {
                    arrive(job, at: now)
                } else {
                    deeds.append(.finish(job: job, code == 0 ? .succeeded : .failed))
                }
            case .silent(let machine): scheduler.open(Int(machine), false)
            case .booted(let machine): boot(machine, at: now, &deeds)
            }
        }
        // Launches of what was started a moment ago leave nothing to decide.
        let isIdle = news.allSatisfy { item in if case .launched = item { true } else { false } }
        if !isIdle || news.isEmpty { start(at: now, &deeds) }
        if turnsAway { turnAway(arrivals, &deeds) }
        nextWake = scheduler.alarm(after: now)
        return deeds
    }

    private mutating func start(at now: Int64, _ deeds: inout [Deed]) {
        for begun in scheduler.decide(at: now) {
            attempts[Int(begun.job)] += 1
            spots[Int(begun.job)] = begun.spots
            deeds.append(
                .start(
                    job: begun.job, attempt: attempts[Int(begun.job)], spots: begun.spots))
        }
    }

    private mutating func arrive(_ job: UInt32, at now: Int64) {
        var facts = facts(of: job)
        facts.arrival = now
        scheduler.arrive(job, facts, at: now)
    }

    private func facts(of row: UInt32) -> ClassicJob {
        let job = workload.jobs[Int(row)]
        // Without a word from its user a job may run for ever.
        return ClassicJob(
            arrival: job.arrival,
            estimate: job.estimate > 0 ? job.estimate : SimulationLimits.latest,
            shape: Int(job.shape), priority: job.priority)
    }

    private mutating func release(_ job: UInt32, at now: Int64) {
        scheduler.end(job, at: now)
        spots[Int(job)] = []
    }

    private mutating func turnAway(_ arrivals: [UInt32], _ deeds: inout [Deed]) {
        for job in arrivals where spots[Int(job)].isEmpty {
            scheduler.withdraw(job)
            deeds.append(.finish(job: job, .refused))
        }
    }

    /// What ran there is gone and waits again; nobody's retries pay for that.
    private mutating func boot(_ machine: UInt32, at now: Int64, _ deeds: inout [Deed]) {
        scheduler.open(Int(machine), true)
        for job in spots.indices where spots[job].contains(where: { $0.machine == machine }) {
            release(UInt32(job), at: now)
            deeds.append(.stop(job: UInt32(job), attempt: attempts[job]))
            arrive(UInt32(job), at: now)
        }
    }

    /// Whether the idle machines would carry the gang.
    private mutating func canEverRun(_ job: UInt32) -> Bool {
        let shape = Int(workload.jobs[Int(job)].shape)
        if let known = fitsIdle[shape] { return known }
        var chooser = BestFitChooser()
        let fits = Gang(workload.shapes[shape]).places(&idle, &chooser)
        fitsIdle[shape] = fits
        return fits
    }
}
