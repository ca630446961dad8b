import Glibc
public import Scheduling

/// What a classic policy knows of a job; never its run time.
public struct ClassicJob: Hashable, Sendable {
    /// Milliseconds, on the clock of the event loop.
    public var arrival: Int64
    /// How long it is said to run, in milliseconds. Jobs may run longer: estimates never kill.
    public var estimate: Int64
    /// Its place in the list of shapes.
    public var shape: Int
    /// The larger goes first, before the policy's own order.
    public var priority: Int32

    public init(arrival: Int64, estimate: Int64, shape: Int, priority: Int32 = 0) {
        self.arrival = arrival
        self.estimate = estimate
        self.shape = shape
        self.priority = priority
    }
}

/// A job that starts now, and where each of its ranks goes.
public struct ClassicStart: Hashable, Sendable {
    public let job: UInt32
    public let spots: [Spot]
}

/// A classic queueing policy at work on machines; an event loop tells it what happens.
///
/// After one event, or after all events of one instant, the loop asks for the decisions. Jobs are
/// small dense numbers, and equal jobs go by that number. The same calls give the same answers.
public struct ClassicScheduler<Chooser: SpotChooser>: Sendable {
    public let policy: ClassicPolicy
    /// What is free now, after every start that was decided.
    public internal(set) var machines: Machines
    let gangs: [Gang]
    var chooser: Chooser

    /// Columns by job.
    var jobs: [ClassicJob] = []
    var weights: [Int64] = []
    var spots: [[Spot]] = []
    var estimatedEnds: [Int64] = []

    /// Waiting jobs in the policy's order, and in the order of backfilling where that is another.
    var line = JobLine()
    var backfillLine = JobLine()
    /// Running jobs by estimated end.
    var running = JobLine()
    /// The job that is waited for, once chosen, if the policy commits itself.
    var committed: UInt32?
    var shapesWaiting: ShapeTally
    var plan: Plan

    public init(
        _ policy: ClassicPolicy, machines: Machines, shapes: [Shape], chooser: Chooser
    ) {
        self.policy = policy
        self.machines = machines
        self.chooser = chooser
        gangs = shapes.map(Gang.init)
        shapesWaiting = ShapeTally(count: shapes.count)
        plan = Plan(machines)
    }

    public var waiting: Int { line.count }

    /// A job joins those that wait.
    public mutating func arrive(_ job: UInt32, _ facts: ClassicJob, at now: Int64) {
        note(job, facts)
        weights[Int(job)] = weight(of: facts, at: now)
        line.insert(place(of: job))
        if hasOwnBackfillLine { backfillLine.insert(backfillPlace(of: job)) }
        shapesWaiting.add(facts.shape)
        if policy.backfill == .conservative { plan.arrived.append(job) }
    }

    /// A job that began before the loop did: it has its places and never waited here.
    public mutating func adopt(
        _ job: UInt32, _ facts: ClassicJob, _ taken: [Spot], since began: Int64
    ) {
        note(job, facts)
        let gang = gangs[facts.shape]
        gang.take(taken, from: &machines)
        var starts: [ClassicStart] = []
        begin(job, taken, at: began, &starts)
        plan.isStale = true
    }

    private mutating func note(_ job: UInt32, _ facts: ClassicJob) {
        precondition(gangs.indices.contains(facts.shape), "a job of a shape nobody declared")
        while jobs.count <= Int(job) {
            jobs.append(ClassicJob(arrival: 0, estimate: 0, shape: 0))
            weights.append(0)
            spots.append([])
            estimatedEnds.append(0)
        }
        jobs[Int(job)] = facts
    }

    /// A running job has ended, and its places are free again.
    public mutating func end(_ job: UInt32, at now: Int64) {
        let gang = gangs[jobs[Int(job)].shape]
        gang.give(spots[Int(job)], back: &machines)
        running.remove(runningPlace(of: job))
        if policy.backfill == .conservative { plan.end(job, gang, spots[Int(job)], at: now) }
        spots[Int(job)] = []
    }

    /// A waiting job leaves without having run.
    public mutating func withdraw(_ job: UInt32) {
        leave(job)
        if committed == job { committed = nil }
        if policy.backfill == .conservative { plan.withdraw(job, gangs[jobs[Int(job)].shape]) }
    }

    /// Opens or closes a machine for new ranks; what runs there stays.
    public mutating func open(_ machine: Int, _ open: Bool) {
        machines.open(machine, open)
        plan.isStale = true
    }

    /// Starts, in order, whatever the policy starts now; the places are taken on return.
    public mutating func decide(at now: Int64) -> [ClassicStart] {
        guard line.count > 0 || policy.backfill == .conservative else { return [] }
        var starts: [ClassicStart] = []
        if policy.backfill == .conservative {
            startAsPlanned(at: now, &starts)
            return starts
        }
        if policy.order == .expansion { reorder(at: now) }
        while let next = committed ?? line.head?.job {
            let gang = gangs[jobs[Int(next)].shape]
            guard let taken = gang.take(&machines, &chooser) else {
                if policy.commits { committed = next }
                if policy.backfill != .none { backfill(around: next, at: now, &starts) }
                break
            }
            committed = nil
            leave(next)
            begin(next, taken, at: now, &starts)
        }
        return starts
    }

    /// The next moment at which a decision may differ though nothing happened: a reservation
    /// begins, or an estimate passes on which one was built. Nothing for policies that only ever
    /// answer to events; a loop that ignores it starts no job too early, but perhaps one too late.
    public func alarm(after now: Int64) -> Int64? {
        guard policy.backfill == .conservative, line.count > 0 else { return nil }
        let ends = running.places[running.first...].lazy.map(\.weight)
        let begins = line.places[line.first...].lazy.compactMap { plan.start(of: $0.job) }
        let moments = [ends.first { $0 > now }, begins.filter { $0 > now }.min()]
        return moments.compactMap(\.self).min()
    }

    /// Writes down that a job that no longer waits runs from now on.
    mutating func begin(
        _ job: UInt32, _ taken: [Spot], at now: Int64, _ starts: inout [ClassicStart]
    ) {
        spots[Int(job)] = taken
        estimatedEnds[Int(job)] = now + max(1, jobs[Int(job)].estimate)
        running.insert(runningPlace(of: job))
        starts.append(ClassicStart(job: job, spots: taken))
    }

    /// Takes a job out of the lines of those that wait.
    mutating func leave(_ job: UInt32) {
        line.remove(place(of: job))
        if hasOwnBackfillLine { backfillLine.remove(backfillPlace(of: job)) }
        shapesWaiting.remove(jobs[Int(job)].shape)
    }

    private mutating func reorder(at now: Int64) {
        for place in line.places[line.first...] {
            weights[Int(place.job)] = weight(of: jobs[Int(place.job)], at: now)
        }
        line.reorder { weights[Int($0)] }
    }
}

extension ClassicScheduler {
    /// Whether backfilling goes by an order that is not the queue's.
    var hasOwnBackfillLine: Bool {
        switch policy.backfill {
        case .none, .easy, .conservative: false
        case .strict, .easySJBF, .area: true
        }
    }

    func place(of job: UInt32) -> LinePlace {
        let facts = jobs[Int(job)]
        return LinePlace(
            priority: facts.priority, weight: weights[Int(job)], arrival: facts.arrival, job: job)
    }

    func backfillPlace(of job: UInt32) -> LinePlace {
        let facts = jobs[Int(job)]
        let weight =
            switch policy.backfill {
            case .none, .easy, .strict, .conservative: Int64(0)
            case .easySJBF: facts.estimate
            case .area: area(of: facts)
            }
        return LinePlace(
            priority: facts.priority, weight: weight, arrival: facts.arrival, job: job)
    }

    func runningPlace(of job: UInt32) -> LinePlace {
        LinePlace(priority: 0, weight: estimatedEnds[Int(job)], arrival: 0, job: job)
    }

    /// Where the policy's order puts a job at this moment: smaller is earlier.
    private func weight(of facts: ClassicJob, at now: Int64) -> Int64 {
        switch policy.order {
        case .fcfs: return 0
        case .sjf: return facts.estimate
        case .smallest: return area(of: facts)
        case .f1:
            let width = Double(gangs[facts.shape].widthMilli) / 1000
            let score =
                log10(seconds(facts.estimate)) * width + 870 * log10(seconds(facts.arrival))
            return LinePlace.weight(of: score)
        case .expansion:
            let wait = Double(now - facts.arrival)
            return LinePlace.weight(of: -wait / Double(max(1, facts.estimate)))
        }
    }

    /// Seconds for a logarithm, which has none of zero.
    private func seconds(_ milliseconds: Int64) -> Double {
        milliseconds > 0 ? Double(milliseconds) / 1000 : 0.1
    }

    private func area(of facts: ClassicJob) -> Int64 {
        let (area, overflow) = gangs[facts.shape].widthMilli.multipliedReportingOverflow(
            by: max(1, facts.estimate))
        return overflow ? .max : area
    }
}

extension ClassicScheduler where Chooser == BestFitChooser {
    /// The policy with a simple best fit.
    public init(_ policy: ClassicPolicy, machines: Machines, shapes: [Shape]) {
        self.init(policy, machines: machines, shapes: shapes, chooser: BestFitChooser())
    }
}
