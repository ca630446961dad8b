// Written by Scripts/describe from NodePool.swift; change the comments there.

extension Manual {
    static let nodePool = #"""
        = NodePoolSpec
        Machines that are declared instead of installed one by one: how many, of which kind, and how
        they may be taken away again.

        Give either replicas, for a fixed number, or autoscale, for a number that follows the queue.
        This version stores and serves pools but does not provision machines yet: the condition
        "Provisioned" of the status says so.
        = NodePoolSpec.providerRef
        Who makes the machines of this pool.
        = NodePoolSpec.template
        What every machine of the pool is given: labels, annotations, taints and its place.
        = NodePoolSpec.instanceTypes
        The kinds of machine that the pool may consist of; the cheapest that serves is taken first.

        From 1 to 64, each with a name of its own.
        = NodePoolSpec.replicas
        A fixed number of machines, from 0 to 100000. Give this or autoscale, not both.
        = NodePoolSpec.autoscale
        A number of machines that follows the waiting jobs. Give this or replicas, not both.
        = NodePoolSpec.limits
        What the pool may never exceed, whatever is asked for. Left out: no limit.
        = NodePoolSpec.weight
        Which of several fitting pools grows first: the one with the higher number.

        A number from 0 to 100. Left out: 10.
        = NodePoolSpec.disruption
        How machines are taken away: how many at a time, and what becomes of the jobs on them.
        = NodePoolSpec.expireAfter
        The age at which a machine is replaced, such as "30d".

        At least "10m". Left out: machines do not expire.
        = NodePoolSpec.spot
        Asks for machines that the provider may take back, at a lower price.

        Left out: only machines that stay.
        = ProviderReference
        Names the object that says how machines are made.
        = ProviderReference.Kind
        Kinds of object that describe a provider.
        = ProviderReference.kind
        The kind of the object. Left out: "ProviderClass".
        = ProviderReference.name
        The name of the object, such as "rack-servers". It need not exist yet.
        = NodeTemplate
        What every machine of a pool is given when it joins.
        = NodeTemplate.labels
        Labels of the nodes, for selectors.
        = NodeTemplate.annotations
        Annotations of the nodes: free text for people and tools.
        = NodeTemplate.taints
        Taints of the nodes: only jobs that tolerate them are placed there.
        = NodeTemplate.startupTaints
        Taints that somebody else takes away when the machine is ready for work.
        = NodeTemplate.topology
        Where the machines stand, for the placement of ranks that must be close to each other.
        = TaintSpec
        Keeps work away from a node unless the work tolerates it.
        = TaintSpec.Effect
        What happens to work that does not tolerate the taint.
        = TaintSpec.key
        The taint's key, such as "example.org/dedicated".
        = TaintSpec.value
        The taint's value, such as "vision". Left out: empty.
        = TaintSpec.effect
        NoSchedule keeps new work away, PreferNoSchedule tries to, NoExecute ends running work too.
        = PlaceSpec
        A place in the tree of sites, blocks and racks.
        = PlaceSpec.site
        The site or zone, such as "fra1".
        = PlaceSpec.block
        The group of racks with full bandwidth between them, such as "b2".
        = PlaceSpec.rack
        The rack, such as "r17".
        = InstanceType
        One kind of machine that the provider can make.
        = InstanceType.name
        The provider's name for it, such as "p5.48xlarge".
        = InstanceType.cpus
        Its CPUs, such as 192. More than 0, at most 65536.
        = InstanceType.memory
        Its memory, such as "2Ti". More than 0, at most "64Ti".
        = InstanceType.gpus
        Its GPUs, from 0 to 64. Left out: none.
        = InstanceType.gpuModel
        The model of its GPUs, such as "H100", as jobs name it in gpuModels.
        = InstanceType.pricePerHour
        What it costs for an hour, such as "98.32". Left out: nothing is known, and it comes last.
        = InstanceType.leadTime
        How long it takes from the order until work can start, such as "8m".

        At most "7d". Left out: unknown.
        = AutoscaleSpec
        A number of machines that follows the waiting jobs.
        = AutoscaleSpec.min
        The fewest machines, even when nothing waits. From 0 to max. Left out: 0.
        = AutoscaleSpec.max
        The most machines. From 1 to 100000.
        = AutoscaleSpec.scaleUpAfter
        How long jobs must have waited before machines are ordered for them, such as "30s".

        At most "1d". Left out: "0s".
        = AutoscaleSpec.scaleUpStep
        The most machines that are ordered at a time, from 1. Left out: as many as are needed.
        = AutoscaleSpec.scaleDownAfter
        How long a machine must have been idle before it is given back, such as "10m".

        At most "30d". Left out: "10m".
        = AutoscaleSpec.warmSpares
        Idle machines that are kept ready for work that comes suddenly. From 0 to max. Left out: 0.
        = PoolLimits
        What a pool may never exceed.
        = PoolLimits.nodes
        The most machines, from 0 to 100000.
        = PoolLimits.gpus
        The most GPUs on all machines together, from 0.
        = PoolLimits.cpus
        The most CPUs on all machines together, such as 4096.
        = PoolLimits.memory
        The most memory on all machines together, such as "64Ti".
        = DisruptionSpec
        How machines are taken away.
        = DisruptionSpec.Drain
        What becomes of the jobs on a machine that is to go.
        = DisruptionSpec.Consolidate
        When machines are given back although the pool may keep them.
        = DisruptionSpec.budgets
        How many machines may be going at the same time; the strictest of them counts.

        At most 16. Left out: one at a time.
        = DisruptionSpec.drain
        WaitCompleted lets jobs end, Checkpoint asks them to save and leave, Deadline ends them
        after the deadline.

        Left out: WaitCompleted.
        = DisruptionSpec.deadline
        How long jobs have with drain Checkpoint or Deadline, such as "2h". From "1s" to "30d".

        Needed with Deadline. Left out with Checkpoint: as long as they take.
        = DisruptionSpec.consolidate
        Never keeps every machine, WhenEmpty gives back idle ones, WhenUnderused also moves jobs
        together.

        Left out: WhenEmpty.
        = DisruptionBudget
        How many machines may be going at the same time, always or within a window.
        = DisruptionBudget.nodes
        A number of machines, such as 2, or a share of the pool, such as "10%". 0 forbids it.
        = DisruptionBudget.schedule
        When the window opens, in UTC, as cron writes it: "0 9 * * mon-fri".

        Minute, hour, day of month, month, day of week. Left out: the budget holds always.
        = DisruptionBudget.duration
        How long the window stays open, such as "8h". From "1m" to "7d". Given with a schedule.
        = SpotSpec
        Machines that the provider may take back.
        = SpotSpec.Fallback
        What happens while no such machine is to be had.
        = SpotSpec.fallback
        Wait waits for the market; OnDemand takes machines that stay, at their price.

        Left out: Wait.
        = SpotSpec.fallbackAfter
        How long to look for a spot machine before falling back, such as "15m".

        At most "1d", and only with fallback OnDemand. Left out: "10m".
        = SpotSpec.maxPricePerHour
        The most that a spot machine may cost for an hour, such as "30".

        Left out: the market's price.
        = NodePoolStatus
        What is there of a pool.
        = NodePoolStatus.observedGeneration
        The generation of the specification that this status speaks of.
        = NodePoolStatus.replicas
        Machines that were ordered and not given back.
        = NodePoolStatus.ready
        Machines that have joined as nodes and take work.
        = NodePoolStatus.conditions
        Whether the pool is what was asked for, and why not.
        = Condition
        One statement about an object: whether it holds, since when, and why.
        = Condition.Status
        Whether the statement holds.
        = Condition.type
        The statement, such as "Provisioned".
        = Condition.status
        Whether it holds.
        = Condition.reason
        One word that says why, for programs.
        = Condition.message
        A sentence that says why, for people.
        = Condition.lastTransitionTime
        Since when it is so.
        = Condition.lastHeartbeatTime
        Of nodes: a moment since which it has been confirmed; later ones are not written down.
        """#
}
