public import Kernel
public import Primitives
import Scheduling

/// A running cluster as it is at one moment: its machines, and every job that has not ended.
///
/// Times of its workload count from `epoch`, the submission of the oldest of them.
public struct LiveQueue: Sendable {
    /// A job that has its places already.
    struct Standing: Sendable {
        let job: UInt32
        let attempt: UInt32
        let began: Int64
        let phase: Phase
        let spots: [Spot]
    }

    public let cluster: Cluster
    public let workload: Workload
    /// The moment it was taken at, on the workload's clock.
    public let start: Int64
    /// What had to be assumed, in words.
    public let notices: [String]
    let kernel: Kernel
    let epoch: Int64
    let standing: [Standing]
    let uids: [UInt64]
    let nodeUIDs: [UInt64]
    let bootIDs: [String]
    /// Machines that take no new work now.
    let closed: [Bool]

    /// Jobs without a time limit run as long as finished ones did in the middle, or `runTime`.
    public init(_ kernel: Kernel, at tick: Tick, runTime: Int64?) throws(Refusal) {
        self.kernel = kernel
        var cluster = Cluster()
        var nodeUIDs: [UInt64] = []
        var bootIDs: [String] = []
        var closed: [Bool] = []
        var machineOfNode = Lookup<UInt64, UInt32>()
        for uid in kernel.objectUIDs {
            guard let object = kernel.object(uid), object.kind == .node,
                let state = kernel.node(uid)
            else { continue }
            machineOfNode[uid] = UInt32(cluster.machines.count)
            nodeUIDs.append(uid)
            bootIDs.append(state.node.bootID)
            closed.append(!state.node.isOpen)
            let supply = state.node.supply
            cluster.machines.append(
                MachineSpec(
                    name: object.name, cpuMilli: supply.cpuMilli, memoryBytes: supply.memoryBytes,
                    gpus: supply.gpus, model: supply.model))
        }
        guard !cluster.machines.isEmpty else {
            throw Refusal(
                .notFound, finding: "no machine has ever registered there",
                remedy: "Start an agent first")
        }
        cluster.models = kernel.modelNames
        let live = kernel.objectUIDs.compactMap { uid -> Job? in
            guard let job = kernel.job(uid), !job.phase.isFinal else { return nil }
            return job
        }
        guard let oldest = live.map(\.submittedAt).min() else {
            throw Refusal(
                .notFound, finding: "no job waits or runs there", remedy: "Submit some first")
        }
        epoch = oldest.milliseconds
        start = max(0, tick.milliseconds - epoch)
        let assumed = runTime ?? Self.usualRunTime(kernel) ?? 3_600_000
        var builder = LiveWorkload(kernel, cluster, epoch: epoch, now: start, assumed: assumed)
        for job in live { try builder.add(job, machineOfNode) }
        workload = builder.finish()
        standing = builder.standing
        uids = builder.uids
        cluster.source = "the machines of now"
        self.cluster = cluster
        self.nodeUIDs = nodeUIDs
        self.bootIDs = bootIDs
        self.closed = closed
        let span = Figures.span(seconds: Double(assumed) / 1000)
        let unlimited = "\(builder.withoutLimit) of \(live.count) jobs have no time limit; each"
        notices =
            builder.withoutLimit > 0
            ? ["\(unlimited) is taken to run \(span), or as long again as it has"] : []
    }

    /// What finished jobs took, half of them more and half of them less.
    private static func usualRunTime(_ kernel: Kernel) -> Int64? {
        let spans = kernel.objectUIDs.compactMap { uid -> Int64? in
            guard let job = kernel.job(uid), job.phase == .succeeded, let began = job.startedAt,
                let ended = job.endedAt
            else { return nil }
            return ended.since(began).milliseconds
        }.sorted()
        return spans.isEmpty ? nil : max(1, spans[spans.count / 2])
    }
}

/// The workload of a live queue while it is gathered; rows are in the order of submission.
private struct LiveWorkload {
    private let kernel: Kernel
    private let epoch: Int64
    private let now: Int64
    private let assumed: Int64
    private var builder: WorkloadBuilder
    private(set) var standing: [LiveQueue.Standing] = []
    private(set) var uids: [UInt64] = []
    private(set) var withoutLimit = 0

    init(_ kernel: Kernel, _ cluster: Cluster, epoch: Int64, now: Int64, assumed: Int64) {
        self.kernel = kernel
        self.epoch = epoch
        self.now = now
        self.assumed = assumed
        builder = WorkloadBuilder(for: cluster)
    }

    /// Jobs come by uid, which is the order of submission, so rows keep their places.
    mutating func add(
        _ job: Job, _ machineOfNode: Lookup<UInt64, UInt32>
    ) throws(Refusal) {
        let limit = job.terms.timeLimit.milliseconds
        let began = job.hasLiveRanks ? (job.startedAt?.milliseconds ?? epoch) - epoch : -1
        let elapsed = began >= 0 ? max(0, now - began) : 0
        if limit == 0 { withoutLimit += 1 }
        let span = limit > 0 ? limit : assumed
        var entry = Workload.Job(
            arrival: min(now, max(0, job.submittedAt.milliseconds - epoch)),
            run: elapsed < span ? span : elapsed * 2,
            shape: try builder.shape(kernel.shape(of: job).roles))
        entry.estimate = limit
        entry.priority = job.terms.priority
        entry.retries = job.retryLimit
        entry.queue = try builder.queue(kernel.object(job.queue)?.name ?? "default")
        let namespace = kernel.object(job.namespace)?.name ?? "default"
        let name = kernel.object(job.uid)?.name ?? "\(job.uid)"
        let row = try builder.add(entry, name: "\(namespace)/\(name)")
        uids.append(job.uid)
        guard job.hasLiveRanks else { return }
        standing.append(
            LiveQueue.Standing(
                job: row, attempt: job.attempt, began: began, phase: job.phase,
                // What a rank that has ended held may be another job's by now.
                spots: job.ranks.map {
                    Spot(
                        machine: machineOfNode[$0.node] ?? 0,
                        devices: $0.state.isEnded ? DeviceSet() : $0.devices)
                }))
    }

    mutating func finish() -> Workload {
        var workload = builder.finish()
        workload.source = "the live queue"
        return workload
    }
}
