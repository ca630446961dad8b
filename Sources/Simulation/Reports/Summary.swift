import Primitives
public import Wire

/// The figures of one policy over one or many seeds, for programs and for people.
public struct Summary: Sendable {
    public let policy: String
    public let workload: String
    public let cluster: String
    public let machines: Int
    public let gpus: Int
    public let cpuMilli: Int64
    public let seeds: [UInt64]
    /// One a seed.
    public let measures: [Measures]
    public let digests: [String]

    public init(_ runs: [(result: RunResult, measures: Measures)]) {
        let first = runs.first?.result
        policy = first?.policy ?? ""
        workload = first?.workload.source ?? ""
        cluster = first?.cluster.source ?? ""
        machines = first?.cluster.machines.count ?? 0
        gpus = first?.cluster.gpus ?? 0
        cpuMilli = first?.cluster.cpuMilli ?? 0
        seeds = runs.map(\.result.seed)
        measures = runs.map(\.measures)
        digests = runs.map { $0.result.digest.description }
    }

    /// The mean over seeds of one figure.
    public func estimate(_ figure: (Measures) -> Double) -> Estimate {
        Estimate(measures.map(figure))
    }

    /// A figure's name, its unit (`s`, `%`, `jobs` or none), and where to find it.
    public typealias Figure = (
        name: String, unit: String, needsEnds: Bool, of: @Sendable (Measures) -> Double
    )

    /// Single figures by name: what is compared line by line.
    public static let figures: [Figure] = [
        ("jobs", "jobs", false, { Double($0.arrived) }),
        ("finished", "jobs", false, { Double($0.finished) }),
        ("failed", "jobs", false, { Double($0.failed) }),
        ("refused", "jobs", false, { Double($0.refused) }),
        ("still waiting", "jobs", false, { Double($0.waiting) }),
        ("still running", "jobs", false, { Double($0.running) }),
        ("mean wait", "s", false, { $0.wait.mean }),
        ("p50 wait", "s", false, { $0.wait.p50 }),
        ("p95 wait", "s", false, { $0.wait.p95 }),
        ("p99 wait", "s", false, { $0.wait.p99 }),
        ("longest wait", "s", false, { $0.wait.longest }),
        ("mean flow", "s", true, { $0.flow.mean }),
        ("longest flow", "s", true, { $0.flow.longest }),
        ("mean bounded slowdown", "", true, { $0.slowdown.mean }),
        ("p95 bounded slowdown", "", true, { $0.slowdown.p95 }),
        ("longest bounded slowdown", "", true, { $0.slowdown.longest }),
        ("RMS bounded slowdown", "", true, { $0.slowdown.rms }),
        ("makespan", "s", true, { $0.makespan }),
        ("utilisation", "%", false, { $0.utilisation * 100 }),
    ]

    /// Arrived demand, in hundredths of capacity, at which allocation is told.
    static let demands = [80, 90, 95, 100, 105, 110, 120, 130]

    /// Allocated percent by arrived demand, where the workload only grows.
    public var allocation: [(demand: Int, Estimate)] {
        Self.demands.compactMap { demand in
            let values = measures.compactMap {
                demand < $0.allocation.count ? $0.allocation[demand] * 100 : nil
            }
            return values.count == measures.count && !values.isEmpty
                ? (demand, Estimate(values)) : nil
        }
    }

    /// Everything, as JSON.
    public func write(into writer: inout JSONWriter) {
        writer.openObject()
        writer.member("policy", policy)
        writer.member("workload", workload)
        writer.member("cluster", cluster)
        writer.member("machines", machines)
        writer.member("gpus", gpus)
        writer.key("cpus")
        writer.double(Double(cpuMilli) / 1000)
        writer.key("seeds")
        writer.openArray()
        for seed in seeds { writer.int(seed) }
        writer.closeArray()
        writer.key("digests")
        writer.openArray()
        for digest in digests { writer.string(digest) }
        writer.closeArray()
        writer.key("figures")
        writer.openObject()
        for figure in Self.figures { write(estimate(figure.of), figure.name, into: &writer) }
        writer.closeObject()
        writer.key("allocationPercentByDemand")
        writer.openObject()
        for (demand, estimate) in allocation { write(estimate, "\(demand)", into: &writer) }
        writer.closeObject()
        for (name, groups) in [("queues", \Measures.queues), ("sizes", \Measures.sizes)] {
            writer.key(name)
            writer.openArray()
            for group in measures.first?[keyPath: groups] ?? [] {
                Self.write(group, into: &writer)
            }
            writer.closeArray()
        }
        writer.closeObject()
    }

    private func write(_ estimate: Estimate, _ name: String, into writer: inout JSONWriter) {
        writer.key(name)
        writer.openObject()
        writer.key("mean")
        writer.double(estimate.mean)
        if let margin = estimate.margin {
            writer.key("margin95")
            writer.double(margin)
        }
        writer.closeObject()
    }

    static func write(_ group: Measures.Group, into writer: inout JSONWriter) {
        writer.openObject()
        writer.member("name", group.name)
        writer.member("jobs", group.wait.count)
        for (key, value) in [
            ("meanWait", group.wait.mean), ("p50Wait", group.wait.p50),
            ("p95Wait", group.wait.p95), ("p99Wait", group.wait.p99),
            ("maxWait", group.wait.longest), ("meanFlow", group.flow.mean),
            ("meanSlowdown", group.slowdown.mean), ("share", (group.share * 1000).rounded()),
        ] {
            writer.key(key)
            writer.double(value)
        }
        writer.closeObject()
    }
}
