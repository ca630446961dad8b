import Primitives
import Scheduling

@testable import Simulation

/// A job of a trial, in whole units of time.
struct TrialJob {
    var submit: Int64
    var run: Int64
    var shape: Int
    var estimate: Int64
    var priority: Int32

    init(
        _ submit: Int64, _ run: Int64, _ shape: Int, _ estimate: Int64? = nil,
        priority: Int32 = 0
    ) {
        self.submit = submit
        self.run = run
        self.shape = shape
        self.estimate = estimate ?? run
        self.priority = priority
    }
}

/// A loop that drives a scheduler and counts on its own what is in use.
struct Trial {
    let jobs: [TrialJob]
    let shapes: [Shape]
    var scheduler: ClassicScheduler<BestFitChooser>
    private(set) var starts: [Int64]
    /// The order in which jobs started.
    private(set) var order: [Int] = []
    /// The first moment that was promised to each job, if any was.
    private(set) var firstPromises: [Int64?]
    private(set) var faults: [String] = []
    private var free: Machines
    private var running: [Int: [Spot]] = [:]
    private var ends: [(time: Int64, job: Int)] = []
    private var arrived = 0

    init(_ jobs: [TrialJob], _ policy: ClassicPolicy, _ machines: Machines, _ shapes: [Shape]) {
        self.jobs = jobs
        self.shapes = shapes
        scheduler = ClassicScheduler(policy, machines: machines, shapes: shapes)
        starts = Array(repeating: -1, count: jobs.count)
        firstPromises = Array(repeating: nil, count: jobs.count)
        free = machines
    }

    static func onFourProcessors(
        _ jobs: [TrialJob], _ name: String, _ together: Bool
    ) -> [Int64] {
        guard let policy = ClassicPolicy.named(name) else { return [] }
        return onFourProcessors(jobs, policy, together)
    }

    static func onFourProcessors(
        _ jobs: [TrialJob], _ policy: ClassicPolicy, _ together: Bool = true
    ) -> [Int64] {
        var trial = Trial(jobs, policy, processors(4), widths(4))
        trial.run(together: together)
        return trial.faults.isEmpty ? trial.starts : []
    }

    static func processors(_ count: Int) -> Machines {
        Machines([
            MachineSpec(
                name: "only", cpuMilli: Int64(count) * 1000, memoryBytes: 0, gpus: 0,
                model: NodeSupply.noModel)
        ])
    }

    static func widths(_ count: Int) -> [Shape] {
        (0...count).map { width in
            let demand = Demand(cpuMilli: Int64(width) * 1000, memoryBytes: 0, gpuMilli: 0)
            return Shape(roles: [RoleShape(ranks: 1, demand: demand)])
        }
    }

    static func cluster(machines: Int, gpus: UInt8) -> Machines {
        Machines(
            (0..<machines).map {
                MachineSpec(
                    name: "m\($0)", cpuMilli: 64000, memoryBytes: 1 << 36, gpus: gpus,
                    model: NodeSupply.noModel)
            })
    }

    /// Roles by ranks and whole GPUs of each.
    static func gang(_ roles: [(ranks: UInt32, gpus: Int64)]) -> Shape {
        Shape(
            roles: roles.map {
                let demand = Demand(cpuMilli: 1000, memoryBytes: 1 << 20, gpuMilli: $0.gpus * 1000)
                return RoleShape(ranks: $0.ranks, demand: demand)
            })
    }

    mutating func run(together: Bool) {
        while arrived < jobs.count || !ends.isEmpty {
            ends.sort { ($0.time, $0.job) < ($1.time, $1.job) }
            let submit = arrived < jobs.count ? jobs[arrived].submit : .max
            let now = min(submit, ends.first?.time ?? .max)
            if together {
                while ends.first?.time == now { end(at: now) }
                while arrived < jobs.count, jobs[arrived].submit == now { arrive(at: now) }
                decide(at: now)
            } else {
                if submit == now { arrive(at: now) } else { end(at: now) }
                decide(at: now)
            }
        }
        for (job, start) in starts.enumerated() where start < jobs[job].submit {
            faults.append("job \(job) did not start")
        }
    }

    private mutating func arrive(at now: Int64) {
        let job = jobs[arrived]
        scheduler.arrive(
            UInt32(arrived),
            ClassicJob(
                arrival: job.submit, estimate: job.estimate, shape: job.shape,
                priority: job.priority),
            at: now)
        arrived += 1
    }

    private mutating func end(at now: Int64) {
        let job = ends.removeFirst().job
        use(job, running.removeValue(forKey: job) ?? [], sign: 1)
        scheduler.end(UInt32(job), at: now)
    }

    private mutating func decide(at now: Int64) {
        for start in scheduler.decide(at: now) {
            let job = Int(start.job)
            if starts[job] >= 0 { faults.append("job \(job) started twice") }
            if start.spots.count != shapes[jobs[job].shape].rankCount {
                faults.append("job \(job) is not whole")
            }
            use(job, start.spots, sign: -1)
            running[job] = start.spots
            starts[job] = now
            order.append(job)
            ends.append((now + jobs[job].run, job))
        }
        for job in 0..<arrived where starts[job] < 0 && firstPromises[job] == nil {
            firstPromises[job] = scheduler.promise(of: UInt32(job), at: now)
        }
    }

    /// Gives or takes places by its own book, and notes what went below nothing.
    private mutating func use(_ job: Int, _ spots: [Spot], sign: Int64) {
        let shape = shapes[jobs[job].shape]
        for (rank, spot) in spots.enumerated() {
            let demand = shape.roles[shape.role(ofRank: rank)].demand
            if sign < 0, !free.fits(demand, at: spot) {
                faults.append("job \(job) has places that are not free")
                continue
            }
            if demand.wholeGPUs > 0, spot.devices.count != demand.wholeGPUs {
                faults.append("job \(job) has \(spot.devices.count) devices")
            }
            if sign < 0 {
                free.take(demand, at: spot)
            } else {
                free.give(demand, at: spot)
            }
        }
    }
}
