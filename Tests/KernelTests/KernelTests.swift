import Kernel
import Primitives
import Scheduling
import Testing

/// A kernel with a hand on its clock; every step is followed by a walk over all invariants.
struct Cluster {
    var kernel: Kernel
    var now = Tick(1_700_000_000_000)
    private(set) var outcome = Outcome()
    private(set) var records: [Record] = []
    private(set) var journal: [(tick: Tick, body: [UInt8])] = []

    init(limits: Limits = Limits()) {
        kernel = Kernel(limits: limits)
        feed(.create(ObjectName(.namespace, name: "default")))
        feed(.create(ObjectName(.queue, name: "default")))
    }

    /// Steps once, and on while the kernel says that it has work left.
    mutating func feed(_ commands: Command...) {
        var batch = commands
        var isFirst = true
        repeat {
            let next = kernel.step(batch, at: now)
            if !next.records.isEmpty { journal.append((now, next.encoded.bytes)) }
            records += next.records
            let broken = kernel.check()
            #expect(broken.isEmpty, "\(broken.first ?? "")")
            if isFirst {
                outcome = next
            } else {
                outcome.effects += next.effects
                outcome.nextTimer = next.nextTimer
            }
            isFirst = false
            batch = []
        } while outcome.nextTimer.map { $0 <= now } ?? false
    }

    mutating func pass(seconds: Int64) {
        now = now.after(Duration64(seconds: seconds))
        feed(.tick)
    }

    mutating func addNode(
        _ name: String, cpus: Int64 = 8, gpus: UInt8 = 0, model: String = "", boot: String = "1"
    ) {
        feed(
            .register(
                NodeReport(
                    name: name, bootID: boot, cpuMilli: cpus * 1000, memoryBytes: 64 << 30,
                    gpus: gpus, gpuModel: model)))
    }

    mutating func submit(_ order: JobOrder) -> UInt64 {
        feed(.submit(order))
        guard case .done(let uid, _)? = outcome.replies.first else {
            Issue.record("\(order.name) was refused: \(outcome.replies)")
            return 0
        }
        return uid
    }

    /// Reports of ranks of the job's present attempt, from the nodes where they are.
    mutating func tell(_ uid: UInt64, _ news: RankReport.News, ranks: [UInt32]? = nil) {
        guard let job = kernel.job(uid) else { return }
        for number in ranks ?? Array(0..<UInt32(job.ranks.count)) {
            let node = kernel.object(job.ranks[Int(number)].node)?.name ?? ""
            let boot = kernel.node(job.ranks[Int(number)].node)?.node.bootID ?? ""
            feed(
                .report(
                    RankReport(
                        node: node, bootID: boot, job: uid, attempt: job.attempt, rank: number,
                        news: news, at: now)))
        }
    }

    func phase(_ uid: UInt64) -> Phase? { kernel.job(uid)?.phase }
    func cause(_ uid: UInt64) -> Cause? { kernel.job(uid)?.cause }

    /// The reason of the first reply, if it was a refusal.
    var refusal: Refusal? {
        if case .refused(let refusal)? = outcome.replies.first { return refusal }
        return nil
    }
}

extension JobOrder {
    /// One role of CPUs; the parts that tests look at can be set.
    static func gang(
        _ name: String, ranks: UInt32 = 1, cpus: Int64 = 1, gpus: Int64 = 0, models: [String] = []
    ) -> JobOrder {
        JobOrder(
            namespace: "default", name: name, queue: "default",
            roles: [
                Role(
                    ranks: ranks, cpuMilli: cpus * 1000, memoryBytes: 0, gpuMilli: gpus * 1000,
                    models: models)
            ],
            terms: JobTerms(
                priority: 100, timeLimit: .zero, gracePeriod: Duration64(seconds: 30)))
    }

    func with(_ change: (inout JobOrder) -> Void) -> JobOrder {
        var order = self
        change(&order)
        return order
    }
}

extension RankReport.News {
    static let succeeded = Self.ended(RankEnd(.exited))
    static let failed = Self.ended(RankEnd(.exited, code: 3))
    static let killed = Self.ended(RankEnd(.signalled, code: 15))
}

extension ObjectName {
    static func job(_ name: String) -> ObjectName {
        ObjectName(.job, namespace: "default", name: name)
    }
}
