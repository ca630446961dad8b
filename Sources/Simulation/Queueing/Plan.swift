import Scheduling

/// What will be free when, and the reservation of every waiting job: conservative backfilling.
struct Plan: Sendable {
    /// A stretch of time in which the same is free; it lasts until the next one starts.
    struct Stretch: Sendable {
        var start: Int64
        var free: Machines
    }

    /// Places that a job holds from its start to its estimated end.
    struct Booking: Sendable {
        var start: Int64
        var end: Int64
        var spots: [Spot]
    }

    private(set) var stretches: [Stretch]
    /// By job, for those that wait and have a reservation and for those that run.
    private var bookings: [Booking?] = []
    /// Jobs that have come and have no reservation yet.
    var arrived: [UInt32] = []
    /// Places became free before their time, so that reservations may move forward.
    var hasGap = false
    /// Nothing in the plan can be relied on: a machine opened or closed, or a job is overdue.
    var isStale = false

    init(_ machines: Machines) { stretches = [Stretch(start: .min, free: machines)] }

    func start(of job: UInt32) -> Int64? { booking(of: job)?.start }

    func booking(of job: UInt32) -> Booking? {
        Int(job) < bookings.count ? bookings[Int(job)] : nil
    }

    /// Forgets the past and every booking; from now on this is free.
    mutating func restart(_ machines: Machines, at now: Int64) {
        stretches = [Stretch(start: now, free: machines)]
        bookings.removeAll(keepingCapacity: true)
        arrived = []
        hasGap = false
        isStale = false
    }

    /// Forgets what is over.
    mutating func advance(to now: Int64) {
        let current = stretch(at: now)
        if current > 0 { stretches.removeFirst(current) }
        stretches[0].start = max(stretches[0].start, now)
    }

    /// A running job ended: what it held longer becomes free.
    mutating func end(_ job: UInt32, _ gang: Gang, _ spots: [Spot], at now: Int64) {
        guard let booking = booking(of: job) else { return }
        bookings[Int(job)] = nil
        guard booking.end > now else { return }
        adjust(gang, spots, from: now, to: booking.end, isTaken: false)
        hasGap = true
    }

    /// A waiting job gives its reservation back.
    mutating func withdraw(_ job: UInt32, _ gang: Gang) {
        arrived.removeAll { $0 == job }
        guard let booking = booking(of: job) else { return }
        bookings[Int(job)] = nil
        adjust(gang, booking.spots, from: booking.start, to: booking.end, isTaken: false)
        hasGap = true
    }

    mutating func book(_ job: UInt32, _ gang: Gang, _ booking: Booking) {
        while bookings.count <= Int(job) { bookings.append(nil) }
        bookings[Int(job)] = booking
        adjust(gang, booking.spots, from: booking.start, to: booking.end, isTaken: true)
    }

    /// Frees the places, which `machines` counts as taken, from a running job's estimated end on.
    mutating func bookRunning(_ job: UInt32, _ gang: Gang, _ booking: Booking) {
        while bookings.count <= Int(job) { bookings.append(nil) }
        bookings[Int(job)] = booking
        adjust(gang, booking.spots, from: booking.end, to: .max, isTaken: false)
    }

    /// Moves a reservation forward if that can be, and says so; it never moves back.
    mutating func improve(
        _ job: UInt32, _ gang: Gang, _ chooser: inout some SpotChooser
    ) -> Bool {
        guard let old = booking(of: job), old.start > stretches[0].start else { return false }
        adjust(gang, old.spots, from: old.start, to: old.end, isTaken: false)
        let length = old.end - old.start
        let found = earliest(gang, for: length, before: old.start, &chooser)
        book(job, gang, found ?? old)
        return found != nil
    }

    /// The first places that stay free for so long; nothing if there are none before the bound.
    func earliest(
        _ gang: Gang, for length: Int64, before bound: Int64 = .max,
        _ chooser: inout some SpotChooser
    ) -> Booking? {
        var first = 0
        search: while first < stretches.count, stretches[first].start < bound {
            let start = stretches[first].start
            let end = start.addingReportingOverflow(length)
            var last = first
            while true {
                if !gang.mayFit(stretches[last].free) {
                    first = last + 1
                    continue search
                }
                guard last + 1 < stretches.count,
                    end.overflow || stretches[last + 1].start < end.partialValue
                else { break }
                last += 1
            }
            var common = stretches[first].free
            for stretch in stretches[first...last].dropFirst() { common.narrow(to: stretch.free) }
            if let spots = gang.take(&common, &chooser) {
                return Booking(
                    start: start, end: end.overflow ? .max : end.partialValue, spots: spots)
            }
            first += 1
        }
        return nil
    }

    /// The stretch that the moment falls in.
    private func stretch(at moment: Int64) -> Int {
        var low = 0
        var high = stretches.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if stretches[middle].start <= moment { low = middle } else { high = middle }
        }
        return low
    }

    /// The stretch that starts at the moment, split off if need be; the end of time has none.
    private mutating func split(at moment: Int64) -> Int {
        guard moment != .max else { return stretches.count }
        let index = stretch(at: moment)
        guard stretches[index].start < moment else { return index }
        stretches.insert(Stretch(start: moment, free: stretches[index].free), at: index + 1)
        return index + 1
    }

    private mutating func adjust(
        _ gang: Gang, _ spots: [Spot], from: Int64, to: Int64, isTaken: Bool
    ) {
        let from = max(from, stretches[0].start)
        guard from < to else { return }
        let first = split(at: from)
        let last = split(at: to)
        for index in first..<last {
            if isTaken {
                gang.take(spots, from: &stretches[index].free)
            } else {
                gang.give(spots, back: &stretches[index].free)
            }
        }
        for index in [last, first] where index > 0 && index < stretches.count {
            if stretches[index].free.hasSameFree(as: stretches[index - 1].free) {
                stretches.remove(at: index)
            }
        }
    }
}

extension ClassicScheduler {
    /// Conservative backfilling: mends the plan, then starts whoever's time has come.
    mutating func startAsPlanned(at now: Int64, _ starts: inout [ClassicStart]) {
        plan.advance(to: now)
        if plan.isStale || isOverdue(at: now) {
            planAnew(at: now)
        } else {
            if plan.hasGap { compress() }
            for job in plan.arrived { reserveInPlan(job) }
            plan.arrived = []
        }
        let firstStart = starts.count
        for place in line.places[line.first...] {
            guard let booking = plan.booking(of: place.job), booking.start <= now else { continue }
            let gang = gangs[jobs[Int(place.job)].shape]
            guard gang.take(exactly: booking.spots, from: &machines) else { continue }
            begin(place.job, booking.spots, at: now, &starts)
        }
        for start in starts[firstStart...] { leave(start.job) }
    }

    /// Moves reservations forward in the order of the queue until none can move.
    ///
    /// One round is not enough: a job may have waited for one behind it that has moved since. In
    /// the end every reservation begins where something ends, so no start needs a clock.
    private mutating func compress() {
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for place in line.places[line.first...] {
                let gang = gangs[jobs[Int(place.job)].shape]
                if plan.improve(place.job, gang, &chooser) { hasMoved = true }
            }
        }
        plan.hasGap = false
    }

    /// Whether a job runs that should have ended, or one waits that should have started.
    private func isOverdue(at now: Int64) -> Bool {
        if let first = running.head, first.weight < now { return true }
        return line.places[line.first...].contains {
            (plan.start(of: $0.job) ?? .max) < now
        }
    }

    /// Builds the plan from what runs, then reserves for everyone in the order of the queue.
    private mutating func planAnew(at now: Int64) {
        plan.restart(machines, at: now)
        for place in running.places[running.first...] {
            // Who is late is taken to be as late again, so that asking anew grows rarer.
            let end = place.weight < now ? now + (now - place.weight) : place.weight
            plan.bookRunning(
                place.job, gangs[jobs[Int(place.job)].shape],
                Plan.Booking(start: now, end: end, spots: spots[Int(place.job)]))
        }
        for place in line.places[line.first...] { reserveInPlan(place.job) }
    }

    private mutating func reserveInPlan(_ job: UInt32) {
        let facts = jobs[Int(job)]
        let gang = gangs[facts.shape]
        if let booking = plan.earliest(gang, for: max(1, facts.estimate), &chooser) {
            plan.book(job, gang, booking)
        }
    }
}

extension Gang {
    /// Takes exactly these places if all of them are free, or takes nothing.
    func take(exactly spots: [Spot], from machines: inout Machines) -> Bool {
        for (rank, spot) in spots.enumerated() {
            let demand = demand(ofRank: rank)
            guard machines.fits(demand, at: spot) else {
                for earlier in 0..<rank {
                    machines.give(self.demand(ofRank: earlier), at: spots[earlier])
                }
                return false
            }
            machines.take(demand, at: spot)
        }
        return true
    }
}
