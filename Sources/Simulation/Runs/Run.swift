import Kernel
import Primitives
import Scheduling

/// One workload on one cluster under one policy: the virtual clock, the users and the agents.
struct Run<Chooser: Decider> {
    /// From the moment at which a machine falls silent until the daemon has noticed.
    static var silence: Int64 { 15_000 }

    /// Rests that nothing but the decider's own timers end, before the run counts as over.
    static var restsAtMost: Int { 100_000 }

    private(set) var decider: Chooser
    private(set) var result: RunResult
    private let order: EventOrder
    private var heap = Heap<RunEvent>()
    private var sequence: UInt64 = 0
    private var now: Int64 = 0
    /// The next job that nobody has submitted yet.
    private var cursor = 0
    /// How many others each job still waits for, and the first of those that wait for it.
    private var blockedBy: [UInt32] = []
    private var dependents: [Workload.Dependency]
    /// The stint that a job is in; `UInt32.max` for none.
    private var openStint: [UInt32]
    private var isAway: [Bool]
    /// When each machine last went away: whatever was on it then is lost, whenever it is back.
    private var lostAt: [Int64]
    /// Jobs with a place on each machine, only kept where machines may break.
    private let hasOutages: Bool
    private var unfinished: Int
    private var running = 0

    init(_ decider: Chooser, result: RunResult, order: EventOrder) {
        self.decider = decider
        self.result = result
        self.order = order
        let workload = result.workload
        openStint = Array(repeating: .max, count: workload.count)
        isAway = Array(repeating: false, count: result.cluster.machines.count)
        lostAt = Array(repeating: .min, count: result.cluster.machines.count)
        hasOutages = !result.cluster.outages.isEmpty
        unfinished = workload.count
        dependents = workload.dependencies.sorted { ($0.on, $0.job) < ($1.on, $1.job) }
        if !dependents.isEmpty {
            blockedBy = Array(repeating: 0, count: workload.count)
            for dependency in dependents { blockedBy[Int(dependency.job)] += 1 }
        }
        for outage in result.cluster.outages {
            arrange(.away, outage.machine, at: outage.at)
            // Before its silence is noticed, nobody would believe that it has booted.
            arrange(.silent, outage.machine, at: outage.at + Self.silence)
            arrange(.booted, outage.machine, at: outage.at + max(outage.span, Self.silence))
        }
    }

    /// Begins in the middle: everybody has submitted, and some run already.
    mutating func adopt(_ live: LiveQueue) {
        now = live.start
        cursor = result.workload.count
        for row in result.fates.indices {
            result.fates[row].submitted = result.workload.jobs[row].arrival
        }
        var news: [News] = []
        for one in live.standing {
            let row = Int(one.job)
            openStint[row] = UInt32(result.stints.count)
            running += 1
            result.stints.append(
                Stint(
                    job: one.job, attempt: one.attempt, began: one.began,
                    ended: Workload.endless, firstSpot: UInt32(result.spots.count),
                    spotCount: UInt32(one.spots.count)))
            result.spots.append(contentsOf: one.spots)
            result.fates[row].attempts = one.attempt
            result.fates[row].started = one.began
            result.fates[row].lastStarted = one.began
            switch one.phase {
            case .starting: news.append(.launched(job: one.job, attempt: one.attempt))
            case .stopping:
                news.append(.ended(job: one.job, attempt: one.attempt, code: 143))
                continue
            case .pending, .running, .succeeded, .failed, .cancelled: break
            }
            let end = one.began + result.workload.jobs[row].run
            arrange(.ended, one.job, attempt: one.attempt, at: max(now, end))
        }
        settle(news)
    }

    /// Has the decider decide until it asks for nothing more at this moment.
    private mutating func settle(_ first: [News]) {
        var news = first
        repeat {
            let deeds = decider.decide(news, at: now)
            news = []
            for deed in deeds { carryOut(deed, &news) }
        } while !news.isEmpty
        result.end = now
    }

    /// Runs until nothing more can happen; `progress` hears of the time and the jobs that are done.
    mutating func go(progress: (_ now: Int64, _ done: Int) -> Void) {
        var rests = 0
        var turns = 0
        while unfinished > 0, let next = nextMoment() {
            // Machines may go on breaking when nothing is left that could run on them.
            if cursor == result.workload.count, running == 0, decider.waiting == 0,
                !heapHoldsJobs
            {
                break
            }
            now = max(now, next)
            let before = (cursor, heap.count)
            let news = gather()
            rests = news.isEmpty && before == (cursor, heap.count) ? rests + 1 : 0
            guard rests < Self.restsAtMost else { break }
            settle(news)
            turns += 1
            if turns % 2048 == 0 { progress(now, result.workload.count - unfinished) }
        }
        progress(now, result.workload.count - unfinished)
    }

    private var ripe = 0
    private var heapHoldsJobs: Bool { ripe > 0 }

    private func nextMoment() -> Int64? {
        var moment: Int64?
        if cursor < result.workload.count { moment = result.workload.jobs[cursor].arrival }
        if let first = heap.smallest { moment = min(moment ?? first.at, first.at) }
        if let wake = decider.nextWake { moment = min(moment ?? wake, wake) }
        return moment
    }

    private mutating func arrange(
        _ what: RunEvent.What, _ subject: UInt32, attempt: UInt32 = 0, at moment: Int64
    ) {
        sequence += 1
        heap.push(
            RunEvent(
                at: moment, sequence: sequence, what: what, subject: subject, attempt: attempt))
    }

    // MARK: What happens

    /// All that happens at this moment, arrivals first; one of it where the policy wants that.
    private mutating func gather() -> [News] {
        var news: [News] = []
        if order == .plannedEndsFirst { takePlannedEnds(&news) }
        while cursor < result.workload.count, result.workload.jobs[cursor].arrival <= now {
            let row = UInt32(cursor)
            cursor += 1
            guard blockedBy.isEmpty || blockedBy[Int(row)] == 0 else { continue }
            submit(row, &news)
            if order != .together { return news }
        }
        while let first = heap.smallest, first.at <= now {
            _ = heap.pop()
            happen(first, &news)
            if order != .together, !news.isEmpty { return news }
        }
        return news
    }

    /// Ends that come when the estimates said, before anything else of the moment.
    private mutating func takePlannedEnds(_ news: inout [News]) {
        var others: [RunEvent] = []
        while let first = heap.smallest, first.at <= now {
            _ = heap.pop()
            let job = result.workload.jobs[Int(first.what == .ended ? first.subject : 0)]
            if first.what == .ended, job.estimate > 0, job.run >= job.estimate {
                happen(first, &news)
            } else {
                others.append(first)
            }
        }
        for other in others { heap.push(other) }
    }

    private mutating func submit(_ row: UInt32, _ news: inout [News]) {
        result.fates[Int(row)].submitted = now
        news.append(.arrived(row))
    }

    private mutating func happen(_ event: RunEvent, _ news: inout [News]) {
        let subject = event.subject
        switch event.what {
        case .launched:
            guard isOn(subject, event.attempt) else { return }
            launched(subject, event.attempt)
            news.append(.launched(job: subject, attempt: event.attempt))
        case .ended:
            guard isOn(subject, event.attempt) else { return }
            let code = failure(of: subject, event.attempt)?.code ?? 0
            news.append(.ended(job: subject, attempt: event.attempt, code: code))
        case .ripe:
            ripe -= 1
            submit(subject, &news)
        case .away:
            isAway[Int(subject)] = true
            lostAt[Int(subject)] = now
        case .silent: news.append(.silent(subject))
        case .booted:
            isAway[Int(subject)] = false
            news.append(.booted(subject))
        }
    }

    /// Whether the attempt holds its places and all of its machines have been there since.
    private func isOn(_ row: UInt32, _ attempt: UInt32) -> Bool {
        let open = openStint[Int(row)]
        guard open != .max, result.stints[Int(open)].attempt == attempt else { return false }
        guard hasOutages else { return true }
        let stint = result.stints[Int(open)]
        return result.spots(of: stint).allSatisfy {
            !isAway[Int($0.machine)] && lostAt[Int($0.machine)] < stint.began
        }
    }

    private func touchesAway(_ spots: some Sequence<Spot>) -> Bool {
        spots.contains { isAway[Int($0.machine)] }
    }

    private func failure(of row: UInt32, _ attempt: UInt32) -> Workload.Failure? {
        guard !result.workload.failures.isEmpty,
            let failure = result.workload.failure(of: Int(row)), attempt <= failure.times,
            failure.after <= result.workload.jobs[Int(row)].run
        else { return nil }
        return failure
    }

    private mutating func launched(_ row: UInt32, _ attempt: UInt32) {
        if result.fates[Int(row)].started < 0 { result.fates[Int(row)].started = now }
        result.fates[Int(row)].lastStarted = now
        var span = result.workload.jobs[Int(row)].run
        if let failure = failure(of: row, attempt) { span = min(span, failure.after) }
        guard span != Workload.endless else { return }
        arrange(.ended, row, attempt: attempt, at: now + span)
    }

    // MARK: What is decided

    private mutating func carryOut(_ deed: Deed, _ news: inout [News]) {
        switch deed {
        case .start(let row, let attempt, let spots): start(row, attempt, spots, &news)
        case .stop(let row, _): closeStint(of: row)
        case .finish(let row, let ending): finish(row, ending)
        }
    }

    private mutating func start(
        _ row: UInt32, _ attempt: UInt32, _ spots: [Spot], _ news: inout [News]
    ) {
        precondition(openStint[Int(row)] == .max, "job \(row) was started twice at once")
        openStint[Int(row)] = UInt32(result.stints.count)
        running += 1
        result.stints.append(
            Stint(
                job: row, attempt: attempt, began: now, ended: Workload.endless,
                firstSpot: UInt32(result.spots.count), spotCount: UInt32(spots.count)))
        result.spots.append(contentsOf: spots)
        result.fates[Int(row)].attempts = attempt
        result.digest.mix(UInt64(bitPattern: now))
        result.digest.mix(UInt64(row) << 32 | UInt64(attempt))
        for spot in spots {
            result.digest.mix(UInt64(spot.machine))
            result.digest.mix(spot.devices.bits)
        }
        guard !touchesAway(spots) else { return }
        if result.cluster.launch == 0 {
            launched(row, attempt)
            news.append(.launched(job: row, attempt: attempt))
        } else {
            arrange(.launched, row, attempt: attempt, at: now + result.cluster.launch)
        }
    }

    private mutating func closeStint(of row: UInt32) {
        let open = openStint[Int(row)]
        guard open != .max else { return }
        openStint[Int(row)] = .max
        running -= 1
        result.stints[Int(open)].ended = now
    }

    private mutating func finish(_ row: UInt32, _ ending: Ending) {
        closeStint(of: row)
        result.fates[Int(row)].ending = ending
        if ending != .refused { result.fates[Int(row)].ended = now }
        unfinished -= 1
        guard !dependents.isEmpty, ending == .succeeded else { return }
        var low = 0
        var high = dependents.count
        while low < high {
            let middle = (low + high) / 2
            if dependents[middle].on < row { low = middle + 1 } else { high = middle }
        }
        while low < dependents.count, dependents[low].on == row {
            let waiter = dependents[low].job
            blockedBy[Int(waiter)] -= 1
            if blockedBy[Int(waiter)] == 0, Int(waiter) < cursor {
                ripe += 1
                arrange(.ripe, waiter, at: now)
            }
            low += 1
        }
    }
}
