// Written by Scripts/describe from JobStatus.swift; change the comments there.

extension Manual {
    static let jobStatus = #"""
        = JobPhase
        Where a job is in its life.
        = JobPhase.Pending
        Waiting for room, or for the pause before a retry.
        = JobPhase.Starting
        Placed on nodes; not all ranks have started yet.
        = JobPhase.Running
        All ranks have started.
        = JobPhase.Stopping
        The remaining ranks are being stopped.
        = JobPhase.Succeeded
        Ended as success says.
        = JobPhase.Failed
        Ended otherwise; reason and message say why.
        = JobPhase.Cancelled
        Ended because somebody asked for it.
        = JobStatus
        "kubectl wait --for=jsonpath='{.status.phase}'=Running" waits for a phase, and "muster wait"
        for the end.
        = JobStatus.phase
        Where the job is in its life.
        = JobStatus.reason
        Why it is there, in one word such as WaitingForResources, RankFailed or TimeLimit.
        = JobStatus.message
        Why, for people: what a waiting job waits for, or which rank failed where and how.
        = JobStatus.attempt
        The number of the attempt, from 1; 0 before the first.
        = JobStatus.ranks
        How the ranks fare, in numbers.
        = JobStatus.exitCode
        The code that "muster run" ends with. Present once the job has ended.

        0 after success; otherwise that of the rank that failed first, or 128 and the number of the
        signal that ended it.
        = JobStatus.startTime
        When the present attempt was placed.
        = JobStatus.completionTime
        When the job ended.
        = JobStatus.conditions
        The phase once more, for "kubectl wait --for=condition=Complete".

        One of Pending, Running, Stopping, Complete and Failed; a cancelled job is Failed.
        = JobStatus.placements
        Where each rank is, from rank 0. Absent while the job waits.
        = RankCounts
        Ranks are counted through all roles.
        = RankCounts.total
        All ranks of all roles.
        = RankCounts.active
        Ranks that run now.
        = RankCounts.succeeded
        Ranks of this attempt that ended with exit code 0.
        = RankCounts.failed
        Ranks of this attempt that ended otherwise.
        = RankPlacement
        One rank, its pod, its node and its GPUs.
        = RankPlacement.rank
        The number of the rank, from 0 through all roles.
        = RankPlacement.pod
        The name of the pod that shows this rank.
        = RankPlacement.node
        The node that it is on.
        = RankPlacement.devices
        The numbers of its GPUs on that node. Absent when it has none.
        """#
}
