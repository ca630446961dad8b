// Written by Scripts/describe from JobSpec.swift; change the comments there.

extension Manual {
    static let jobSpec = #"""
        = JobSpec
        The roles say what should run, how many times and with what; the other fields say when, for
        how long, and what becomes of it. Only the roles must be given.

        While the job waits, priority, timeLimit and gracePeriod can be changed; once it has
        started, only the priority. Everything else is fixed when the job is created.
        = JobSpec.queue
        The queue that pays for the job, such as "default".

        It must exist; "kubectl get queues" lists them. Left out: "default".
        = JobSpec.priority
        How urgent the job is: of the jobs that wait, those with a higher number are placed first.

        A number from 0 to 1000; it can be changed later. Left out: 100.
        = JobSpec.timeLimit
        How long one attempt may run, such as "90m" or "1d12h", counted from the start of each rank.

        When it is over, the ranks get SIGTERM, and SIGKILL after gracePeriod; the job then fails
        with reason TimeLimit and is not retried. At least "1s". Left out: no limit. Give it
        whenever you can: schedulers fit jobs with a known end into gaps.
        = JobSpec.gracePeriod
        How long a rank has to save its work between SIGTERM and SIGKILL, such as "2m".

        At most "1h". Left out: "30s".
        = JobSpec.roles
        Groups of ranks that are alike, such as one "driver" and eight "worker".

        All ranks of all roles start together, or none does. Ranks are numbered from 0 through all
        roles in the order given here. From 1 to 64 roles, and at most 16384 ranks in all.
        = JobSpec.success
        When the job counts as succeeded. Left out: when every rank has ended with exit code 0.
        = JobSpec.retries
        Whether a failed gang is started again, as a whole. Left out: it is not.
        = JobSpec.rankEnvironment
        Which sets of environment variables tell a rank who it is and where the others are.

        The MUSTER_ variables are always there. Left out: [torch, slurm]. Give [none] for neither.
        = JobSpec.allowUnplaceable
        Accepts the job although no machine that is there now could ever carry it; it then waits.

        Left out: false, and such a job is refused at once.
        = JobSpec.topology
        How close to each other the ranks must be. Not available in this version: leave it out.
        = JobSpec.array
        Many jobs of one shape. Not available in this version: leave it out.
        = JobSpec.dependencies
        Jobs that must end before this one starts. Not available in this version: leave it out.
        = JobSpec.preemption
        Whether and how the job gives way to others. Not available in this version: leave it out.
        = RoleSpec
        A role is a program, started as command or script says, with its resources, a number of
        times.

        Each rank is shown as a pod named <job>-<role>-<number>, counted from 0 within its role;
        "kubectl logs" reads what it has written.
        = RoleSpec.name
        The role's name, such as "worker", which appears in the names of its pods.

        Letters a-z, digits, "-" and "."; different for every role of the job. Left out: "worker"
        for the first role, "role-1" for the second, and so on.
        = RoleSpec.replicas
        How many ranks there are of this role. From 1 to 16384. Left out: 1.
        = RoleSpec.minReplicas
        The fewest ranks to go on with. Not available in this version: leave it out.
        = RoleSpec.maxReplicas
        The most ranks to grow to. Not available in this version: leave it out.
        = RoleSpec.resources
        What each rank gets of the machine it runs on. Left out: one CPU, no GPU.
        = RoleSpec.command
        The program and its arguments, such as [python3, train.py, --epochs, "90"].

        It is started as it is, without a shell, so that no word needs quoting; a program without a
        slash is looked for along PATH. At most 4096 words. Give this or script.
        = RoleSpec.script
        A shell script that is run by "/bin/bash -e": it ends at the first command that fails.

        Write it as a block behind "script: |". At most 256 KiB; keep large programs in files and
        call them. Give this or command.
        = RoleSpec.arguments
        What the script finds as $1, $2 and so on. Goes with script only. At most 4096 words.
        = RoleSpec.env
        Environment variables of the ranks, such as {OMP_NUM_THREADS: "8"}, beside those that tell a
        rank who it is.

        Names consist of letters, digits and "_". At most 1024 variables.
        = RoleSpec.workingDirectory
        The directory that the ranks start in, as an absolute path that exists on the nodes.

        Left out: an empty directory of the rank's own.
        = ResourceSpec
        A rank is placed on a machine that has all of it free, and nobody else is given the same.
        = ResourceSpec.cpus
        CPUs per rank: 8, or "500m" for half of one. At most 65536. Left out: 1.
        = ResourceSpec.memory
        Main memory per rank, such as "64Gi" or "512Mi". Left out: none is set aside.
        = ResourceSpec.gpus
        GPUs per rank: a whole number up to 64, or a share of one GPU below 1 such as 0.25.

        The rank finds the numbers of its devices in CUDA_VISIBLE_DEVICES. Left out: 0.
        = ResourceSpec.gpuModels
        The GPU models that will do, such as [H100, A100], as "kubectl get nodes" names them.

        At most 16 names, and only together with gpus. Left out: any model.
        = SuccessSpec
        The decision falls with the last rank of those that count; a rank that fails, of whichever
        role, fails the job.
        = SuccessSpec.Policy
        Whose end decides.
        = SuccessSpec.Policy.AllRanks
        The job succeeds when every rank has ended with exit code 0.
        = SuccessSpec.Policy.Role
        The job succeeds when all ranks of one role have; the other ranks are then stopped.
        = SuccessSpec.policy
        Whose end decides: AllRanks, or Role for the ranks of the role that is named in role.
        = SuccessSpec.role
        The name of the deciding role, such as "driver". Needed by policy Role, and only by it.
        = RetrySpec
        A gang fails as a whole: when one rank fails or is lost with its node, the others are
        stopped. Each attempt begins only after every process of the one before is gone.
        = RetrySpec.limit
        How many times a failed gang is started again. From 0 to 1000. Left out: 0.
        = RetrySpec.backoff
        The pause before the first retry, such as "30s"; it doubles each time, up to an hour.

        At most "1d". Left out: "30s".
        = RankEnvironment
        A set of environment variables that tells a rank who it is.
        = RankEnvironment.torch
        RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and the like, as PyTorch reads them.
        = RankEnvironment.slurm
        SLURM_PROCID, SLURM_NTASKS, SLURM_JOB_ID and the like, as programs for Slurm read them.
        = RankEnvironment.none
        Neither of them; stands alone.
        = TopologySpec
        How close the ranks must be to each other. Not available in this version.
        = TopologySpec.required
        The level within which all ranks must be, such as "rack". Not available in this version.
        = TopologySpec.preferred
        The level within which the ranks should be if possible. Not available in this version.
        = ArraySpec
        Many jobs of one shape. Not available in this version.
        = ArraySpec.tasks
        How many there are. Not available in this version.
        = ArraySpec.parallelism
        How many of them may run at once. Not available in this version.
        = DependencySpec
        Another job that must come first. Not available in this version.
        = DependencySpec.job
        The name of the other job. Not available in this version.
        = DependencySpec.condition
        What must have become of it. Not available in this version.
        = PreemptionSpec
        Whether and how the job may be asked to leave. Not available in this version.
        = PreemptionSpec.allowed
        Whether it may be asked at all. Not available in this version.
        = PreemptionSpec.notice
        The signal that announces it, such as "USR1". Not available in this version.
        = PreemptionSpec.gracePeriod
        How long it then has. Not available in this version.
        """#
}
