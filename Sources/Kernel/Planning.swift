import Primitives
import Scheduling

// Planning: jobs wait in classes of equal shape; a class that does not fit is asked again only
// when something was freed.

/// The key that orders waiting jobs: priority first, then age.
struct Place: Comparable, Sendable {
    let priority: Int32
    let uid: UInt64
    let shape: UInt32

    static func < (left: Self, right: Self) -> Bool {
        left.priority != right.priority ? left.priority > right.priority : left.uid < right.uid
    }
}

/// Waiting jobs by class. Places of jobs that stopped waiting stay until they reach the head.
///
/// The head of every awake class is in `heads`; a popped place that is no head any more is
/// replaced.
struct PendingJobs: Sendable {
    private var classes: [Heap<Place>] = []
    /// How many jobs of each class really wait.
    private var counts: [Int] = []
    private var waiting = Lookup<UInt64, Place>()
    private var heads = Heap<Place>()
    private var isAwake: [Bool] = []
    /// Classes that did not fit, each once.
    private var asleep: [UInt32] = []

    var count: Int { waiting.count }
    var hasWork: Bool { !heads.isEmpty }

    func contains(_ uid: UInt64) -> Bool { waiting[uid] != nil }

    mutating func add(_ place: Place) {
        let shape = Int(place.shape)
        while classes.count <= shape {
            classes.append(Heap())
            counts.append(0)
            isAwake.append(true)
        }
        waiting[place.uid] = place
        counts[shape] += 1
        classes[shape].push(place)
        if classes[shape].count > 64 + 2 * counts[shape] { sweep(shape) }
        if isAwake[shape], classes[shape].smallest == place { heads.push(place) }
    }

    mutating func forget(_ uid: UInt64) {
        guard let place = waiting[uid] else { return }
        waiting[uid] = nil
        counts[Int(place.shape)] -= 1
    }

    /// Drops the places that nobody waits at: behind a head that never fits they would pile up.
    private mutating func sweep(_ shape: Int) {
        var kept = Heap<Place>()
        var last: Place?
        while let place = classes[shape].pop() {
            if waiting[place.uid] == place, place != last { kept.push(place) }
            last = place
        }
        classes[shape] = kept
    }

    /// A row now means another shape: it must not sleep because its predecessor did not fit.
    mutating func begin(_ shape: UInt32) {
        guard Int(shape) < classes.count else { return }
        classes[Int(shape)] = Heap()
        counts[Int(shape)] = 0
        guard !isAwake[Int(shape)] else { return }
        isAwake[Int(shape)] = true
        asleep.removeAll { $0 == shape }
    }

    /// Gives every class that did not fit another chance.
    mutating func wakeAll() {
        for shape in asleep {
            isAwake[Int(shape)] = true
            if let place = head(of: shape) { heads.push(place) }
        }
        asleep.removeAll(keepingCapacity: true)
    }

    mutating func sleep(_ shape: UInt32) {
        guard isAwake[Int(shape)] else { return }
        isAwake[Int(shape)] = false
        asleep.append(shape)
    }

    /// The best waiting job of all awake classes; call ``advance(_:)`` or ``sleep(_:)`` for its
    /// class.
    mutating func popBest() -> Place? {
        while let place = heads.pop() {
            guard isAwake[Int(place.shape)] else { continue }
            guard let current = head(of: place.shape) else { continue }
            if current == place { return place }
            // Its head moved on. Equal heads may be in twice; the copy is dropped the same way.
            if heads.smallest != current { heads.push(current) }
        }
        return nil
    }

    /// Lets the next job of the class be seen.
    mutating func advance(_ shape: UInt32) {
        if let place = head(of: shape) { heads.push(place) }
    }

    /// The first job of a class that really still waits.
    private mutating func head(of shape: UInt32) -> Place? {
        while let place = classes[Int(shape)].smallest {
            if waiting[place.uid] == place { return place }
            _ = classes[Int(shape)].pop()
        }
        return nil
    }
}

extension Kernel {
    /// Starts what fits, best first, until nothing awake fits or the pass has used its budget.
    mutating func plan(at now: Tick) {
        guard pending.hasWork else { return }
        var budget = limits.gangsPerPass
        while budget > 0, let place = pending.popBest() {
            budget -= 1
            let shape = Row<ShapeUse>(place.shape)
            switch placer.place(shapes[shape].shape, on: &capacity) {
            case .placed(let placements):
                // The trial took the devices; the records take them again, as on replay.
                giveBack(placements, shapes[shape].shape)
                start(place.uid, placements, at: now)
                pending.advance(place.shape)
            case .blocked(let blocker):
                outcome.blocked.append((place.shape, blocker))
                pending.sleep(place.shape)
            }
        }
    }

    private mutating func giveBack(_ placements: [RankPlacement], _ shape: Shape) {
        for (rank, placement) in placements.enumerated() {
            capacity.give(
                shape.roles[shape.role(ofRank: rank)].demand, placement.devices,
                on: placement.machine)
        }
    }

    private mutating func start(_ uid: UInt64, _ placements: [RankPlacement], at now: Tick) {
        emit(.attemptStarted(job: uid), at: now)
        var nodesAndRanks: [(node: UInt64, ranks: [UInt32])] = []
        for (rank, placement) in placements.enumerated() {
            let node = nodes[placement.machine.index].uid
            emit(.rankPlaced(job: uid, node: node, devices: placement.devices), at: now)
            if let index = nodesAndRanks.lastIndex(where: { $0.node == node }) {
                nodesAndRanks[index].ranks.append(UInt32(rank))
            } else {
                nodesAndRanks.append((node, [UInt32(rank)]))
            }
        }
        let attempt = jobs[jobRow(uid)].attempt
        for (node, ranks) in nodesAndRanks {
            outcome.effects.append(.launch(node: node, job: uid, attempt: attempt, ranks: ranks))
        }
    }

    /// Puts a waiting job into its class, or on the clock while it backs off.
    mutating func file(_ job: Job) {
        if job.cause == .backingOff {
            timers.push(
                Timer(at: job.notBefore, cause: .retry, uid: job.uid, attempt: job.attempt))
            return
        }
        pending.add(
            Place(priority: job.terms.priority, uid: job.uid, shape: job.shape.number))
    }

    /// The job's priority may have changed: its old place no longer counts.
    mutating func refile(_ uid: UInt64) {
        guard pending.contains(uid) else { return }
        pending.forget(uid)
        file(jobs[jobRow(uid)])
    }

    mutating func capacityGrew() { pending.wakeAll() }

    /// One more job of this shape.
    mutating func use(_ shape: Shape) -> Row<ShapeUse> {
        if let row = shapeRows[shape] {
            shapes[row].jobs += 1
            return row
        }
        let row = shapes.insert(ShapeUse(shape: shape, jobs: 1))
        shapeRows[shape] = row
        pending.begin(row.number)
        return row
    }

    mutating func release(_ row: Row<ShapeUse>) {
        shapes[row].jobs -= 1
        guard shapes[row].jobs == 0 else { return }
        shapeRows[shapes[row].shape] = nil
        shapes.remove(row)
    }

    /// Why the gang could never start on these machines, even if they were idle.
    mutating func misfit(of shape: Shape) -> Misfit? {
        guard let row = shapeRows[shape] else { return placer.misfit(shape, on: capacity) }
        if shapes[row].fitStamp != capacityStamp + 1 {
            shapes[row].misfit = placer.misfit(shape, on: capacity)
            shapes[row].fitStamp = capacityStamp + 1
        }
        return shapes[row].misfit
    }

    func refusal(for misfit: Misfit, _ order: JobOrder) -> Refusal {
        let remedy =
            "Ask for less, add such machines, or set spec.allowUnplaceable to let it wait for them"
        switch misfit {
        case .noMachines:
            return Refusal(
                .invalid, field: "spec.roles", finding: "no machine has registered yet",
                remedy: "Start an agent, or set spec.allowUnplaceable to let the job wait for one")
        case .noSuchModel(let role):
            return Refusal(
                .invalid, field: "spec.roles[\(role)].resources.gpuModels",
                finding: "no machine that is large enough has one of "
                    + order.roles[role].models.joined(separator: ", "),
                remedy: remedy)
        case .rankTooLarge(let role, let largest):
            return Refusal(
                .invalid, field: "spec.roles[\(role)].resources",
                finding: "no machine carries one such rank; the largest have "
                    + "\(largest.cpuMilli / 1000) CPUs, \(largest.memoryBytes >> 20) MiB of memory "
                    + "and \(largest.gpus) GPUs",
                remedy: remedy)
        case .gangTooLarge(let holds):
            return Refusal(
                .invalid, field: "spec.roles",
                finding: "the idle cluster holds \(holds) of the gang's "
                    + "\(order.roles.reduce(0) { $0 + Int($1.ranks) }) ranks",
                remedy: remedy)
        }
    }
}
