import Scheduling

/// How many jobs of each shape wait, and which shapes were refused in the pass at hand.
struct ShapeTally: Sendable {
    private var waiting: [Int]
    /// Shapes of which some job waits.
    private var kinds = 0
    private var pass: UInt64 = 0
    private var refusedIn: [UInt64]
    private var tooLongIn: [UInt64]
    private var refusedKinds = 0

    init(count: Int) {
        waiting = Array(repeating: 0, count: count)
        refusedIn = Array(repeating: 0, count: count)
        tooLongIn = Array(repeating: 0, count: count)
    }

    mutating func add(_ shape: Int) {
        waiting[shape] += 1
        if waiting[shape] == 1 { kinds += 1 }
    }

    mutating func remove(_ shape: Int) {
        waiting[shape] -= 1
        if waiting[shape] == 0 { kinds -= 1 }
    }

    mutating func beginPass() {
        pass += 1
        refusedKinds = 0
    }

    /// No job of this shape fits any more in this pass.
    mutating func refuse(_ shape: Int) {
        guard refusedIn[shape] != pass else { return }
        refusedIn[shape] = pass
        refusedKinds += 1
    }

    /// No job of this shape that outlasts the reservation may start in this pass.
    mutating func refuseLong(_ shape: Int) { tooLongIn[shape] = pass }

    func isRefused(_ shape: Int) -> Bool { refusedIn[shape] == pass }
    func isRefusedLong(_ shape: Int) -> Bool { tooLongIn[shape] == pass }

    /// Whether nothing that waits can still start in this pass.
    var isExhausted: Bool { refusedKinds >= kinds }
}

/// The moment from which the next job finds places, as the estimates have it.
struct Reservation: Sendable {
    /// The end of time where it would find none though everything ended.
    var time: Int64
    /// What is free at that moment, before the job itself takes its places.
    var machines: Machines
}

extension ClassicScheduler {
    /// Starts jobs behind the next one that do not defer it.
    ///
    /// A job may start if it ends by the reservation, or if the next job still finds places at
    /// that moment with this job's places gone. Jobs are taken out of the lines after the walk.
    mutating func backfill(
        around next: UInt32, at now: Int64, _ starts: inout [ClassicStart]
    ) {
        shapesWaiting.beginPass()
        shapesWaiting.refuse(jobs[Int(next)].shape)
        guard !shapesWaiting.isExhausted else { return }
        let walked = hasOwnBackfillLine ? backfillLine : line
        let nextGang = gangs[jobs[Int(next)].shape]
        let firstStart = starts.count
        var reservation: Reservation?
        for place in walked.places[walked.first...] where place.job != next {
            let facts = jobs[Int(place.job)]
            guard !shapesWaiting.isRefused(facts.shape) else { continue }
            let gang = gangs[facts.shape]
            guard gang.mayFit(machines) else {
                shapesWaiting.refuse(facts.shape)
                if shapesWaiting.isExhausted { break }
                continue
            }
            var held = reservation ?? reserve(next, at: now)
            reservation = nil
            defer { reservation = held }
            let end = now + max(1, facts.estimate)
            let isShort = policy.backfill == .strict ? end < held.time : end <= held.time
            if !isShort, policy.backfill == .strict || shapesWaiting.isRefusedLong(facts.shape) {
                continue
            }
            guard let taken = gang.take(&machines, &chooser) else {
                shapesWaiting.refuse(facts.shape)
                continue
            }
            if !isShort {
                gang.take(taken, from: &held.machines)
                guard nextGang.places(&held.machines, &chooser) else {
                    gang.give(taken, back: &held.machines)
                    gang.give(taken, back: &machines)
                    shapesWaiting.refuseLong(facts.shape)
                    continue
                }
            }
            begin(place.job, taken, at: now, &starts)
        }
        for start in starts[firstStart...] { leave(start.job) }
    }

    /// When the job finds places if running jobs end as estimated; what is overdue ends now.
    mutating func reserve(_ job: UInt32, at now: Int64) -> Reservation {
        let gang = gangs[jobs[Int(job)].shape]
        var later = machines
        var missing = gang.roles.map { role in
            (0..<later.count).reduce(Int(role.ranks)) {
                $0 - later.room(for: role.demand, on: $1)
            }
        }
        var time = Int64.max
        for place in running.places[running.first...] {
            let end = max(place.weight, now)
            guard end <= time else { break }
            let ending = gangs[jobs[Int(place.job)].shape]
            for (rank, spot) in spots[Int(place.job)].enumerated() {
                let machine = Int(spot.machine)
                for (index, role) in gang.roles.enumerated() {
                    missing[index] += later.room(for: role.demand, on: machine)
                }
                later.give(ending.demand(ofRank: rank), at: spot)
                for (index, role) in gang.roles.enumerated() {
                    missing[index] -= later.room(for: role.demand, on: machine)
                }
            }
            if time == .max, missing.allSatisfy({ $0 <= 0 }), gang.places(&later, &chooser) {
                time = end
            }
        }
        return Reservation(time: time, machines: later)
    }

    /// The moment that the policy holds for a waiting job as things are: the next job's
    /// reservation, under conservative backfilling everyone's. Nothing for the others.
    public func promise(of job: UInt32, at now: Int64) -> Int64? {
        if policy.backfill == .conservative { return plan.start(of: job) }
        guard policy.backfill != .none, (committed ?? line.head?.job) == job else { return nil }
        var trial = self
        let time = trial.reserve(job, at: now).time
        return time == .max ? nil : time
    }
}
