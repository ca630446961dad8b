import Primitives
import Scheduling

@testable import Simulation

/// A second book of a run, kept from its stints and spots alone: what in it cannot be.
struct Audit {
    private(set) var faults: [String] = []
    private let result: RunResult
    private let stints: [[Stint]]

    init(_ result: RunResult) {
        self.result = result
        var stints = [[Stint]](repeating: [], count: result.workload.count)
        for stint in result.stints { stints[Int(stint.job)].append(stint) }
        self.stints = stints
        if result.fates.count != result.workload.count { faults.append("fates are missing") }
        for row in result.workload.jobs.indices { checkStory(of: row) }
        checkPlaces()
        checkOutages()
    }

    private mutating func note(_ row: Int, _ text: String) {
        faults.append("\(result.workload.names[row]) \(text)")
    }

    // MARK: Each job

    private mutating func checkStory(of row: Int) {
        let fate = result.fates[row]
        let job = result.workload.jobs[row]
        let needs = result.workload.dependencies.filter { Int($0.job) == row }.map {
            result.fates[Int($0.on)]
        }
        guard fate.submitted >= 0 else {
            if fate != Fate() { note(row, "has a story, and was never submitted") }
            if needs.allSatisfy({ $0.ending == .succeeded }), job.arrival <= result.end {
                note(row, "was never submitted, and nothing held it back")
            }
            return
        }
        let ready = needs.map(\.ended).max() ?? 0
        if needs.contains(where: { $0.ending != .succeeded }) {
            note(row, "was submitted before what it waits for")
        }
        if fate.submitted != max(job.arrival, ready) { note(row, "was submitted late or early") }
        var free = fate.submitted
        for (number, stint) in stints[row].enumerated() {
            if stint.began < free { note(row, "has two attempts at once") }
            if stint.ended < stint.began { note(row, "ends before it begins") }
            if Int(stint.attempt) != number + 1 { note(row, "skips an attempt") }
            free = stint.ended
        }
        if Int(fate.attempts) != stints[row].count { note(row, "miscounts its attempts") }
        checkEnd(of: row, fate, job)
    }

    private mutating func checkEnd(of row: Int, _ fate: Fate, _ job: Workload.Job) {
        guard let last = stints[row].last else {
            if fate.hasRun { note(row, "ran nowhere") }
            if fate.ending == .succeeded { note(row, "succeeded without an attempt") }
            return
        }
        if fate.hasRun, fate.started < fate.submitted + result.cluster.launch {
            note(row, "ran before it was launched")
        }
        guard fate.ending == .succeeded || fate.ending == .failed else { return }
        if fate.ended != last.ended { note(row, "ended at another time than its last attempt") }
        if !isLost(last), fate.lastStarted != last.began + result.cluster.launch {
            note(row, "launched late")
        }
        let failure = result.workload.failure(of: row)
        switch fate.ending {
        case .succeeded:
            if fate.ended - fate.lastStarted != job.run {
                note(row, "ran another time than its own")
            }
        case .failed:
            if isLost(last) { return }
            guard let failure else { return note(row, "failed without a reason") }
            if fate.ended - fate.lastStarted != failure.after { note(row, "failed too late") }
        case .open, .refused: return
        }
    }

    /// Whether a machine of the attempt went away while it was on.
    private func isLost(_ stint: Stint) -> Bool { !losses(of: stint).isEmpty }

    /// When a place is free again: at the attempt's end, or sooner where the gang was lost. The
    /// first boot ends it on all machines but those that are known to be away.
    private func freed(_ stint: Stint, _ spot: Spot) -> Int64 {
        let losses = losses(of: stint)
        guard var first = losses.map(\.back).min() else { return stint.ended }
        // A gang that is not whole two minutes after its start is stopped by the daemon.
        let isWhole = losses.allSatisfy {
            $0.noticed - 15_000 > stint.began + result.cluster.launch
        }
        if !isWhole { first = min(first, stint.began + 120_000) }
        let own = losses.filter { $0.machine == spot.machine && $0.noticed <= first }.map(\.back)
        return min(stint.ended, own.min() ?? first)
    }

    private func losses(
        of stint: Stint
    ) -> [(machine: UInt32, noticed: Int64, back: Int64)] {
        result.cluster.outages.filter { outage in
            outage.at < stint.ended && outage.at + max(outage.span, 15_000) > stint.began
                && result.spots(of: stint).contains { $0.machine == outage.machine }
        }.map { ($0.machine, $0.at + 15_000, $0.at + max($0.span, 15_000)) }
    }

    // MARK: Each machine

    private struct Change {
        let at: Int64
        let isEnd: Bool
        let row: Int
        let demand: Demand
        let spot: Spot
    }

    private mutating func checkPlaces() {
        var changes: [Change] = []
        for stint in result.stints {
            let shape = result.workload.shapes[Int(result.workload.jobs[Int(stint.job)].shape)]
            let spots = Array(result.spots(of: stint))
            guard spots.count == shape.rankCount else {
                note(Int(stint.job), "has \(spots.count) places for \(shape.rankCount) ranks")
                continue
            }
            for (rank, spot) in spots.enumerated() {
                let demand = shape.roles[shape.role(ofRank: rank)].demand
                checkSpot(Int(stint.job), demand, spot)
                // Ends come before beginnings: what lasts no time holds nothing.
                guard stint.ended > stint.began, Int(spot.machine) < result.cluster.machines.count
                else { continue }
                for (at, isEnd) in [(stint.began, false), (freed(stint, spot), true)] {
                    changes.append(
                        Change(
                            at: at, isEnd: isEnd, row: Int(stint.job), demand: demand, spot: spot))
                }
            }
        }
        changes.sort { ($0.at, $0.isEnd ? 0 : 1) < ($1.at, $1.isEnd ? 0 : 1) }
        apply(changes)
    }

    private mutating func apply(_ changes: [Change]) {
        let specs = result.cluster.machines
        var cpus = specs.map(\.cpuMilli)
        var memory = specs.map(\.memoryBytes)
        var devices = specs.map { Array(repeating: Int64(1000), count: Int($0.gpus)) }
        for change in changes {
            let machine = Int(change.spot.machine)
            let sign: Int64 = change.isEnd ? 1 : -1
            cpus[machine] += sign * change.demand.cpuMilli
            memory[machine] += sign * change.demand.memoryBytes
            let share = change.demand.gpuShare > 0 ? change.demand.gpuShare : 1000
            for device in change.spot.devices.numbers where device < devices[machine].count {
                devices[machine][device] += sign * share
                if devices[machine][device] < 0 { note(change.row, "shares what is taken") }
            }
            if cpus[machine] < 0 { note(change.row, "has CPUs that are taken") }
            if memory[machine] < 0 { note(change.row, "has memory that is taken") }
        }
    }

    private mutating func checkSpot(_ row: Int, _ demand: Demand, _ spot: Spot) {
        guard Int(spot.machine) < result.cluster.machines.count else {
            return note(row, "is on no machine")
        }
        let spec = result.cluster.machines[Int(spot.machine)]
        let wanted = demand.gpuShare > 0 ? 1 : demand.wholeGPUs
        if spot.devices.count != wanted { note(row, "has \(spot.devices.count) devices") }
        if (spot.devices.numbers.last ?? -1) >= Int(spec.gpus) { note(row, "has no such device") }
        if demand.gpuMilli > 0, demand.models != 0 {
            let isNamed = spec.model < 64 && demand.models & (1 << UInt64(spec.model)) != 0
            if !isNamed { note(row, "is on a model that it does not accept") }
        }
    }

    private mutating func checkOutages() {
        for outage in result.cluster.outages {
            let noticed = outage.at + 15_000
            let back = outage.at + max(15_000, outage.span)
            for stint in result.stints {
                let touches = result.spots(of: stint).contains { $0.machine == outage.machine }
                guard touches else { continue }
                if stint.began > noticed, stint.began < back {
                    note(Int(stint.job), "was started on a machine that is known to be away")
                }
                let fate = result.fates[Int(stint.job)]
                let isLast = fate.attempts == stint.attempt && fate.ending == .succeeded
                if isLast, stint.began < back, stint.ended > outage.at {
                    note(Int(stint.job), "succeeded though its machine went away")
                }
            }
        }
    }
}

/// Small worlds by seed: machines of several kinds, and jobs of every sort.
struct SmallWorld {
    let cluster: Cluster
    let workload: Workload

    init(seed: UInt64, outages: Bool, jobs: Int = 40) throws {
        var dice = Dice(seed: seed)
        var cluster = Cluster()
        for number in 0..<(2 + dice.below(4)) {
            let gpus = UInt8(dice.below(9))
            let model = gpus == 0 ? nil : cluster.bit(ofModel: dice.hits(1, outOf: 2) ? "A" : "B")
            cluster.machines.append(
                MachineSpec(
                    name: "m\(number)", cpuMilli: Int64(2 + dice.below(15)) * 1000,
                    memoryBytes: Int64(8 + dice.below(57)) << 30, gpus: gpus,
                    model: model ?? NodeSupply.noModel))
        }
        cluster.launch = Int64(dice.below(3)) * 1500
        if outages {
            for machine in cluster.machines.indices where dice.hits(2, outOf: 3) {
                var at: Int64 = 0
                for _ in 0..<(1 + dice.below(3)) {
                    at += Int64(20 + dice.below(400)) * 1000
                    let span = Int64(dice.hits(1, outOf: 4) ? 5 : 30 + dice.below(300)) * 1000
                    cluster.outages.append(
                        Cluster.Outage(machine: UInt32(machine), at: at, span: span))
                    at += span
                }
            }
            cluster.outages.sort { ($0.at, $0.machine) < ($1.at, $1.machine) }
        }
        self.cluster = cluster
        var builder = WorkloadBuilder(for: cluster)
        for number in 0..<jobs { try Self.add(number, to: &builder, &dice) }
        workload = builder.finish()
    }

    private static func add(
        _ number: Int, to builder: inout WorkloadBuilder, _ dice: inout Dice
    ) throws {
        let roles = (0..<(1 + dice.below(2))).map { _ in
            let gpus = dice.hits(1, outOf: 4) ? 250 : Int64(dice.below(4)) * 1000
            return RoleShape(
                ranks: UInt32(1 + dice.below(3)),
                demand: Demand(
                    cpuMilli: Int64(dice.below(4)) * 1000,
                    memoryBytes: Int64(dice.below(8)) << 30, gpuMilli: gpus,
                    models: dice.hits(1, outOf: 4) ? builder.models(["A"]) : 0))
        }
        var job = Workload.Job(
            arrival: Int64(dice.below(300)) * 1000,
            run: dice.hits(1, outOf: 10) ? 0 : Int64(dice.below(120)) * 1000,
            shape: try builder.shape(roles))
        job.estimate = dice.hits(1, outOf: 3) ? 0 : Int64(1 + dice.below(200)) * 1000
        job.priority = Int32(dice.below(3))
        job.retries = UInt32(dice.below(3))
        job.queue = try builder.queue("q\(dice.below(3))")
        let row = try builder.add(job, name: "job-\(number)")
        if dice.hits(1, outOf: 5), job.run > 0 {
            builder.add(
                Workload.Failure(
                    job: row, after: Int64(dice.below(Int(job.run))), code: 7,
                    times: UInt32(1 + dice.below(3))))
        }
        if number > 0, dice.hits(1, outOf: 6) {
            try builder.add(Workload.Dependency(job: row, on: UInt32(dice.below(number))))
        }
    }
}
