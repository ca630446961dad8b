// Written by Scripts/describe from PodObject.swift; change the comments there.

extension Manual {
    static let podObject = #"""
        = PodSpec
        One rank of a job, as the only container of a pod.
        = PodSpec.nodeName
        The node that the rank is on.
        = PodSpec.restartPolicy
        Always "Never": a failed rank is not started again alone, its job is.
        = PodSpec.containers
        One container, which stands for the rank's process.
        = Container
        The process of a rank.
        = Container.name
        The name of the rank's role.
        = Container.image
        Always "process": ranks run without images.
        = Container.command
        The program and its arguments; left out for scripts, and where it is very long.
        = Container.resources
        What the rank was promised.
        = ContainerResources
        What a rank was promised.
        = ContainerResources.requests
        The amounts of cpu, memory and gpus, as far as any were asked for.
        = PodStatus
        The state of the rank's process, in the form that clients know from containers.
        = PodStatus.phase
        Pending, Running, Succeeded or Failed.
        = PodStatus.message
        How the rank ended, if not well.
        = PodStatus.startTime
        When the rank's process was started.
        = PodStatus.conditions
        PodScheduled, Initialized, ContainersReady and Ready; the last two hold while it runs.
        = PodStatus.containerStatuses
        The state of the one container.
        = ContainerStatus
        One process.
        = ContainerStatus.name
        The name of the rank's role.
        = ContainerStatus.image
        Always "process".
        = ContainerStatus.imageID
        Empty.
        = ContainerStatus.ready
        Whether the process runs.
        = ContainerStatus.restartCount
        Always 0: a failed rank is not started again alone, its job is.
        = ContainerStatus.state
        Whether it waits, runs or has ended; exactly one of the three is there.
        = ContainerState
        The states of a process.
        = ContainerState.waiting
        The process has not started yet.
        = ContainerState.running
        The process runs.
        = ContainerState.terminated
        The process has ended.
        = WaitingState
        Why a process has not started.
        = WaitingState.reason
        Why, in one word.
        = RunningState
        Since when a process runs.
        = RunningState.startedAt
        When it was started.
        = TerminatedState
        How a process ended.
        = TerminatedState.exitCode
        Its exit code, or 128 and the number of the signal that ended it.
        = TerminatedState.signal
        The signal that ended it.
        = TerminatedState.reason
        Completed or Error.
        = TerminatedState.startedAt
        When it was started.
        = TerminatedState.finishedAt
        When it ended.
        """#
}
