public import Wire

/// Numbers that validation holds a job's fields against; the messages and the schema show the same.
public enum JobLimits {
    public static let roles = 64
    public static let ranks = 16_384
    public static let commandWords = 4096
    public static let scriptBytes = 256 * 1024
    public static let variables = 1024
    public static let pathBytes = 4095
    public static let gpuModels = 16
    public static let gpuModelBytes = 63
    public static let priority = 0...1000
    public static let retries = 0...1000
    public static let graceSeconds: Int64 = 3600
    public static let cpus: Int64 = 65_536
    /// 64 TiB: what all ranks of the largest gang ask for still fits 64 bits.
    public static let memoryBytes: Int64 = 64 << 40
    public static let gpusPerRank: Int64 = 64
}

/// What counts where a job leaves a field out.
public enum JobDefaults {
    public static let queue = "default"
    public static let priority = 100
    public static let gracePeriod = WireDuration(milliseconds: 30_000)
    public static let replicas = 1
    public static let cpus = Quantity(milli: 1000)
    public static let retries = 0
    public static let backoff = WireDuration(milliseconds: 30_000)
    public static let rankEnvironment: [RankEnvironment] = [.torch, .slurm]
}

/// What validation allows a field to hold, as members of its published schema.
public enum Bounds {
    /// The members for a `Type.field`; none where only the field's type bounds it.
    public static func of(_ path: String) -> [JSON.Member] {
        all.first { $0.path == path }?.members ?? []
    }

    typealias Row = (path: String, members: [JSON.Member])

    static let all: [Row] = ofJobs + ofPools + ofOthers

    static let ofJobs: [Row] = [
        ("JobSpec.queue", name + [fallback(.string(JobDefaults.queue))]),
        ("JobSpec.priority", range(JobLimits.priority) + [fallback(number(JobDefaults.priority))]),
        ("JobSpec.gracePeriod", [fallback(.string("\(JobDefaults.gracePeriod)"))]),
        ("JobSpec.roles", items(1...JobLimits.roles)),
        (
            "JobSpec.rankEnvironment",
            items(1...2) + [
                fallback(.array(JobDefaults.rankEnvironment.map { .string($0.rawValue) }))
            ]
        ),
        ("JobSpec.allowUnplaceable", [fallback(false)]),
        ("RoleSpec.name", name),
        (
            "RoleSpec.replicas",
            range(1...JobLimits.ranks) + [fallback(number(JobDefaults.replicas))]
        ),
        ("RoleSpec.command", items(1...JobLimits.commandWords)),
        ("RoleSpec.script", length(1...JobLimits.scriptBytes)),
        ("RoleSpec.arguments", items(0...JobLimits.commandWords)),
        ("RoleSpec.env", [JSON.Member("maxProperties", number(JobLimits.variables))]),
        (
            "RoleSpec.workingDirectory",
            length(1...JobLimits.pathBytes) + [JSON.Member("pattern", "^/")]
        ),
        ("ResourceSpec.cpus", [fallback(.string("\(JobDefaults.cpus)"))]),
        ("ResourceSpec.gpus", [fallback("0")]),
        ("ResourceSpec.gpuModels", items(0...JobLimits.gpuModels)),
        ("RetrySpec.limit", range(JobLimits.retries) + [fallback(number(JobDefaults.retries))]),
        ("RetrySpec.backoff", [fallback(.string("\(JobDefaults.backoff)"))]),
    ]

    static let ofPools: [Row] = [
        ("NodePoolSpec.instanceTypes", items(1...NodePoolLimits.instanceTypes)),
        ("NodePoolSpec.replicas", range(NodePoolLimits.nodes)),
        ("NodePoolSpec.weight", range(NodePoolLimits.weight) + [fallback(10)]),
        ("NodeTemplate.taints", items(0...NodePoolLimits.taints)),
        ("NodeTemplate.startupTaints", items(0...NodePoolLimits.taints)),
        ("InstanceType.gpus", range(0...Int(JobLimits.gpusPerRank))),
        ("AutoscaleSpec.max", range(1...NodePoolLimits.nodes.upperBound)),
        ("AutoscaleSpec.min", range(NodePoolLimits.nodes) + [fallback(0)]),
        ("PoolLimits.nodes", range(NodePoolLimits.nodes)),
        ("PoolLimits.gpus", range(NodePoolLimits.gpus)),
        ("DisruptionSpec.budgets", items(0...NodePoolLimits.budgets)),
    ]

    private static let ofOthers: [Row] = [
        ("ObjectMeta.labels", [JSON.Member("maxProperties", number(Naming.labelsMax))])
    ]

    private static let name =
        length(1...Naming.lengthMax)
        + [JSON.Member("pattern", "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]

    private static func number(_ value: Int) -> JSON { .number("\(value)") }

    private static func fallback(_ value: JSON) -> JSON.Member { JSON.Member("default", value) }

    private static func range(_ range: ClosedRange<Int>) -> [JSON.Member] {
        between("minimum", "maximum", range)
    }

    private static func items(_ range: ClosedRange<Int>) -> [JSON.Member] {
        between("minItems", "maxItems", range)
    }

    private static func length(_ range: ClosedRange<Int>) -> [JSON.Member] {
        between("minLength", "maxLength", range)
    }

    private static func between(
        _ least: String, _ most: String, _ range: ClosedRange<Int>
    ) -> [JSON.Member] {
        [
            JSON.Member(least, number(range.lowerBound)),
            JSON.Member(most, number(range.upperBound)),
        ]
    }
}
