/// What a run is judged by. Times are seconds, shares are between zero and one.
public struct Measures: Sendable {
    /// Jobs that have something in common.
    public struct Group: Sendable {
        public let name: String
        public let wait: Spread
        public let flow: Spread
        public let slowdown: Spread
        /// Of the device or CPU time that was used.
        public let share: Double
    }

    public let arrived: Int
    public let finished: Int
    public let failed: Int
    public let refused: Int
    /// Submitted, and neither running nor ended.
    public let waiting: Int
    public let running: Int
    public let attempts: Int
    public let wait: Spread
    public let flow: Spread
    public let slowdown: Spread
    public let makespan: Double
    /// Of capacity, from the first to the last arrival.
    public let utilisation: Double
    public let queues: [Group]
    public let sizes: [Group]
    /// Allocated share of capacity when the demand that has arrived reaches a share of it, for
    /// workloads that only grow; in steps of a hundredth from zero.
    public let allocation: [Double]

    /// `tau` is the run time, in milliseconds, below which a job's slowdown is not counted in full.
    public init(_ result: RunResult, tau: Int64) {
        let workload = result.workload
        let usage = Usage(result)
        var all = Collection()
        var queues = [Collection](repeating: Collection(), count: workload.queues.count)
        var sizes = [Collection](repeating: Collection(), count: SizeClass.count)
        var counts = (arrived: 0, finished: 0, failed: 0, refused: 0, waiting: 0, attempts: 0)
        for (row, fate) in result.fates.enumerated() {
            guard fate.submitted >= 0 else { continue }
            counts.arrived += 1
            counts.attempts += Int(fate.attempts)
            switch fate.ending {
            case .succeeded: counts.finished += 1
            case .failed: counts.failed += 1
            case .refused: counts.refused += 1
            case .open: break
            }
            let queue = Int(workload.jobs[row].queue)
            let size = SizeClass.of(usage.milli(workload, row))
            queues[queue].use += usage.ofJob[row]
            sizes[size].use += usage.ofJob[row]
            guard fate.hasRun else { continue }
            let figures = Collection.Figures(fate, tau: tau)
            all.add(figures)
            queues[queue].add(figures)
            sizes[size].add(figures)
        }
        arrived = counts.arrived
        finished = counts.finished
        failed = counts.failed
        refused = counts.refused
        attempts = counts.attempts
        running = result.stints.count { $0.ended == Workload.endless }
        waiting = arrived - finished - failed - refused - running
        wait = Spread(all.waits)
        flow = Spread(all.flows)
        slowdown = Spread(all.slowdowns)
        makespan = Double(max(0, result.end - (workload.jobs.first?.arrival ?? 0))) / 1000
        utilisation = usage.utilisation
        self.queues = zip(workload.queues, queues).compactMap { $1.group($0, of: usage.total) }
        self.sizes = sizes.enumerated().compactMap { index, size in
            size.group(SizeClass.name(index), of: usage.total)
        }
        allocation = AllocationCurve.of(result)
    }
}

/// The figures of jobs that have something in common, while they are gathered.
private struct Collection {
    struct Figures {
        let wait: Double
        let flow: Double?
        let slowdown: Double?

        init(_ fate: Fate, tau: Int64) {
            wait = Double(fate.wait) / 1000
            guard fate.ended >= 0 else {
                flow = nil
                slowdown = nil
                return
            }
            flow = Double(fate.flow) / 1000
            let run = max(fate.ended - fate.lastStarted, tau)
            slowdown = max(1, Double(fate.flow) / Double(max(run, 1)))
        }
    }

    var waits: [Double] = []
    var flows: [Double] = []
    var slowdowns: [Double] = []
    var use = 0.0

    mutating func add(_ figures: Figures) {
        waits.append(figures.wait)
        if let flow = figures.flow { flows.append(flow) }
        if let slowdown = figures.slowdown { slowdowns.append(slowdown) }
    }

    func group(_ name: String, of total: Double) -> Measures.Group? {
        guard !waits.isEmpty || use > 0 else { return nil }
        return Measures.Group(
            name: name, wait: Spread(waits), flow: Spread(flows), slowdown: Spread(slowdowns),
            share: total > 0 ? use / total : 0)
    }
}

/// Jobs by how much they ask for: shares, then powers of two.
enum SizeClass {
    static let count = 24

    static func of(_ milli: Int64) -> Int {
        guard milli >= 1000 else { return 0 }
        let whole = (milli + 999) / 1000
        return min(count - 1, 1 + (64 - (whole - 1).leadingZeroBitCount))
    }

    static func name(_ index: Int) -> String {
        switch index {
        case 0: return "below 1"
        case 1: return "1"
        case 2: return "2"
        default:
            let high = 1 << (index - 1)
            return index == count - 1 ? "above \(high / 2)" : "\(high / 2 + 1) to \(high)"
        }
    }
}

/// Device time where the cluster has devices, CPU time where it has none.
struct Usage {
    let countsGPUs: Bool
    /// Thousandths of devices or CPUs of the whole cluster.
    let capacity: Int64
    /// Device-seconds of every job.
    private(set) var ofJob: [Double]
    private(set) var total = 0.0
    private(set) var utilisation = 0.0

    init(_ result: RunResult) {
        countsGPUs = result.cluster.gpus > 0
        capacity = countsGPUs ? Int64(result.cluster.gpus) * 1000 : result.cluster.cpuMilli
        ofJob = Array(repeating: 0, count: result.workload.count)
        let first = result.workload.jobs.first?.arrival ?? 0
        let last = result.workload.jobs.last?.arrival ?? 0
        var inside = 0.0
        for stint in result.stints {
            let end = min(stint.ended, result.end)
            let amount = Double(milli(result.workload, Int(stint.job))) / 1000
            let used = amount * Double(end - stint.began) / 1000
            ofJob[Int(stint.job)] += used
            total += used
            let overlap = min(end, last) - max(stint.began, first)
            if overlap > 0 { inside += amount * Double(overlap) / 1000 }
        }
        let possible = Double(capacity) / 1000 * Double(last - first) / 1000
        utilisation = possible > 0 ? inside / possible : 0
    }

    func milli(_ workload: Workload, _ row: Int) -> Int64 {
        countsGPUs ? workload.gpuMilli(of: row) : workload.cpuMilli(of: row)
    }
}

/// How much is allocated as more and more arrives and nothing leaves.
enum AllocationCurve {
    /// Empty where jobs end: then arrived demand says nothing.
    static func of(_ result: RunResult) -> [Double] {
        let workload = result.workload
        guard workload.jobs.allSatisfy({ $0.run == Workload.endless }) else { return [] }
        let usage = Usage(result)
        guard usage.capacity > 0 else { return [] }
        let capacity = Double(usage.capacity)
        var arrived: Int64 = 0
        var allocated: Int64 = 0
        var curve: [Double] = []
        for (row, fate) in result.fates.enumerated() where fate.submitted >= 0 {
            let amount = usage.milli(workload, row)
            arrived += amount
            if fate.hasRun { allocated += amount }
            // The first job that brings demand to a hundredth stands for it.
            while Double(arrived) / capacity * 100 >= Double(curve.count), curve.count <= 1000 {
                curve.append(Double(allocated) / capacity)
            }
        }
        // What stopped short of the next hundredth still counts as having reached it.
        if Double(arrived) / capacity * 100 > Double(curve.count) - 0.5, curve.count <= 1000 {
            curve.append(Double(allocated) / capacity)
        }
        return curve
    }
}
