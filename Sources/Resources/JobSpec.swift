public import Wire

// The words beside the fields are the manual: `Scripts/describe` copies them into the published
// schema, where `kubectl explain job.spec` and editors show them. Write them for users.

/// The roles say what should run, how many times and with what; the other fields say when, for how
/// long, and what becomes of it. Only the roles must be given.
///
/// While the job waits, priority, timeLimit and gracePeriod can be changed; once it has started,
/// only the priority. Everything else is fixed when the job is created.
public struct JobSpec: Codable, Hashable, Sendable {
    /// The queue that pays for the job, such as "default".
    ///
    /// It must exist; "kubectl get queues" lists them. Left out: "default".
    public var queue: String?
    /// How urgent the job is: of the jobs that wait, those with a higher number are placed first.
    ///
    /// A number from 0 to 1000; it can be changed later. Left out: 100.
    public var priority: Int?
    /// How long one attempt may run, such as "90m" or "1d12h", counted from the start of each rank.
    ///
    /// When it is over, the ranks get SIGTERM, and SIGKILL after gracePeriod; the job then fails
    /// with reason TimeLimit and is not retried. At least "1s". Left out: no limit. Give it
    /// whenever you can: schedulers fit jobs with a known end into gaps.
    public var timeLimit: WireDuration?
    /// How long a rank has to save its work between SIGTERM and SIGKILL, such as "2m".
    ///
    /// At most "1h". Left out: "30s".
    public var gracePeriod: WireDuration?
    /// Groups of ranks that are alike, such as one "driver" and eight "worker".
    ///
    /// All ranks of all roles start together, or none does. Ranks are numbered from 0 through all
    /// roles in the order given here. From 1 to 64 roles, and at most 16384 ranks in all.
    public var roles: [RoleSpec]
    /// When the job counts as succeeded. Left out: when every rank has ended with exit code 0.
    public var success: SuccessSpec?
    /// Whether a failed gang is started again, as a whole. Left out: it is not.
    public var retries: RetrySpec?
    /// Which sets of environment variables tell a rank who it is and where the others are.
    ///
    /// The MUSTER_ variables are always there. Left out: [torch, slurm]. Give [none] for neither.
    public var rankEnvironment: [RankEnvironment]?
    /// Accepts the job although no machine that is there now could ever carry it; it then waits.
    ///
    /// Left out: false, and such a job is refused at once.
    public var allowUnplaceable: Bool?
    /// How close to each other the ranks must be. Not available in this version: leave it out.
    public var topology: TopologySpec?
    /// Many jobs of one shape. Not available in this version: leave it out.
    public var array: ArraySpec?
    /// Jobs that must end before this one starts. Not available in this version: leave it out.
    public var dependencies: [DependencySpec]?
    /// Whether and how the job gives way to others. Not available in this version: leave it out.
    public var preemption: PreemptionSpec?

    public init(roles: [RoleSpec]) { self.roles = roles }
}

/// A role is a program, started as command or script says, with its resources, a number of times.
///
/// Each rank is shown as a pod named <job>-<role>-<number>, counted from 0 within its role;
/// "kubectl logs" reads what it has written.
public struct RoleSpec: Codable, Hashable, Sendable {
    /// The role's name, such as "worker", which appears in the names of its pods.
    ///
    /// Letters a-z, digits, "-" and "."; different for every role of the job. Left out: "worker"
    /// for the first role, "role-1" for the second, and so on.
    public var name: String?
    /// How many ranks there are of this role. From 1 to 16384. Left out: 1.
    public var replicas: Int?
    /// The fewest ranks to go on with. Not available in this version: leave it out.
    public var minReplicas: Int?
    /// The most ranks to grow to. Not available in this version: leave it out.
    public var maxReplicas: Int?
    /// What each rank gets of the machine it runs on. Left out: one CPU, no GPU.
    public var resources: ResourceSpec?
    /// The program and its arguments, such as [python3, train.py, --epochs, "90"].
    ///
    /// It is started as it is, without a shell, so that no word needs quoting; a program without a
    /// slash is looked for along PATH. At most 4096 words. Give this or script.
    public var command: [String]?
    /// A shell script that is run by "/bin/bash -e": it ends at the first command that fails.
    ///
    /// Write it as a block behind "script: |". At most 256 KiB; keep large programs in files and
    /// call them. Give this or command.
    public var script: String?
    /// What the script finds as $1, $2 and so on. Goes with script only. At most 4096 words.
    public var arguments: [String]?
    /// Environment variables of the ranks, such as {OMP_NUM_THREADS: "8"}, beside those that
    /// tell a rank who it is.
    ///
    /// Names consist of letters, digits and "_". At most 1024 variables.
    public var env: StringMap?
    /// The directory that the ranks start in, as an absolute path that exists on the nodes.
    ///
    /// Left out: an empty directory of the rank's own.
    public var workingDirectory: String?

    public init() {}
}

/// A rank is placed on a machine that has all of it free, and nobody else is given the same.
public struct ResourceSpec: Codable, Hashable, Sendable {
    /// CPUs per rank: 8, or "500m" for half of one. At most 65536. Left out: 1.
    public var cpus: Quantity?
    /// Main memory per rank, such as "64Gi" or "512Mi". Left out: none is set aside.
    public var memory: Quantity?
    /// GPUs per rank: a whole number up to 64, or a share of one GPU below 1 such as 0.25.
    ///
    /// The rank finds the numbers of its devices in CUDA_VISIBLE_DEVICES. Left out: 0.
    public var gpus: Quantity?
    /// The GPU models that will do, such as [H100, A100], as "kubectl get nodes" names them.
    ///
    /// At most 16 names, and only together with gpus. Left out: any model.
    public var gpuModels: [String]?

    public init() {}
}

/// The decision falls with the last rank of those that count; a rank that fails, of whichever role,
/// fails the job.
public struct SuccessSpec: Codable, Hashable, Sendable {
    /// Whose end decides.
    public enum Policy: String, Codable, CaseIterable, Sendable {
        /// The job succeeds when every rank has ended with exit code 0.
        case allRanks = "AllRanks"
        /// The job succeeds when all ranks of one role have; the other ranks are then stopped.
        case role = "Role"
    }

    /// Whose end decides: AllRanks, or Role for the ranks of the role that is named in role.
    public var policy: Policy
    /// The name of the deciding role, such as "driver". Needed by policy Role, and only by it.
    public var role: String?

    public init(policy: Policy, role: String? = nil) {
        self.policy = policy
        self.role = role
    }
}

/// A gang fails as a whole: when one rank fails or is lost with its node, the others are stopped.
/// Each attempt begins only after every process of the one before is gone.
public struct RetrySpec: Codable, Hashable, Sendable {
    /// How many times a failed gang is started again. From 0 to 1000. Left out: 0.
    public var limit: Int?
    /// The pause before the first retry, such as "30s"; it doubles each time, up to an hour.
    ///
    /// At most "1d". Left out: "30s".
    public var backoff: WireDuration?

    public init() {}
}

/// A set of environment variables that tells a rank who it is.
public enum RankEnvironment: String, Codable, CaseIterable, Sendable {
    /// RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and the like, as PyTorch reads them.
    case torch
    /// SLURM_PROCID, SLURM_NTASKS, SLURM_JOB_ID and the like, as programs for Slurm read them.
    case slurm
    /// Neither of them; stands alone.
    case none
}

/// How close the ranks must be to each other. Not available in this version.
public struct TopologySpec: Codable, Hashable, Sendable {
    /// The level within which all ranks must be, such as "rack". Not available in this version.
    public var required: String?
    /// The level within which the ranks should be if possible. Not available in this version.
    public var preferred: String?
}

/// Many jobs of one shape. Not available in this version.
public struct ArraySpec: Codable, Hashable, Sendable {
    /// How many there are. Not available in this version.
    public var tasks: Int
    /// How many of them may run at once. Not available in this version.
    public var parallelism: Int?
}

/// Another job that must come first. Not available in this version.
public struct DependencySpec: Codable, Hashable, Sendable {
    /// The name of the other job. Not available in this version.
    public var job: String
    /// What must have become of it. Not available in this version.
    public var condition: String?
}

/// Whether and how the job may be asked to leave. Not available in this version.
public struct PreemptionSpec: Codable, Hashable, Sendable {
    /// Whether it may be asked at all. Not available in this version.
    public var allowed: Bool?
    /// The signal that announces it, such as "USR1". Not available in this version.
    public var notice: String?
    /// How long it then has. Not available in this version.
    public var gracePeriod: WireDuration?
}
