public import Wire

// Pods are views of ranks: nobody writes them. See JobStatus for how this is kept true.

/// One rank of a job, as the only container of a pod.
public struct PodSpec: Codable, Hashable, Sendable {
    /// The node that the rank is on.
    public var nodeName: String?
    /// Always "Never": a failed rank is not started again alone, its job is.
    public var restartPolicy: String?
    /// One container, which stands for the rank's process.
    public var containers: [Container]
}

/// The process of a rank.
public struct Container: Codable, Hashable, Sendable {
    /// The name of the rank's role.
    public var name: String
    /// Always "process": ranks run without images.
    public var image: String?
    /// The program and its arguments; left out for scripts, and where it is very long.
    public var command: [String]?
    /// What the rank was promised.
    public var resources: ContainerResources?
}

/// What a rank was promised.
public struct ContainerResources: Codable, Hashable, Sendable {
    /// The amounts of cpu, memory and gpus, as far as any were asked for.
    public var requests: StringMap?
}

/// The state of the rank's process, in the form that clients know from containers.
public struct PodStatus: Codable, Hashable, Sendable {
    /// Pending, Running, Succeeded or Failed.
    public var phase: String
    /// How the rank ended, if not well.
    public var message: String?
    /// When the rank's process was started.
    public var startTime: Timestamp?
    /// PodScheduled, Initialized, ContainersReady and Ready; the last two hold while it runs.
    public var conditions: [Condition]?
    /// The state of the one container.
    public var containerStatuses: [ContainerStatus]?
}

/// One process.
public struct ContainerStatus: Codable, Hashable, Sendable {
    /// The name of the rank's role.
    public var name: String
    /// Always "process".
    public var image: String
    /// Empty.
    public var imageID: String
    /// Whether the process runs.
    public var ready: Bool
    /// Always 0: a failed rank is not started again alone, its job is.
    public var restartCount: Int32
    /// Whether it waits, runs or has ended; exactly one of the three is there.
    public var state: ContainerState
}

/// The states of a process.
public struct ContainerState: Codable, Hashable, Sendable {
    /// The process has not started yet.
    public var waiting: WaitingState?
    /// The process runs.
    public var running: RunningState?
    /// The process has ended.
    public var terminated: TerminatedState?
}

/// Why a process has not started.
public struct WaitingState: Codable, Hashable, Sendable {
    /// Why, in one word.
    public var reason: String
}

/// Since when a process runs.
public struct RunningState: Codable, Hashable, Sendable {
    /// When it was started.
    public var startedAt: Timestamp?
}

/// How a process ended.
public struct TerminatedState: Codable, Hashable, Sendable {
    /// Its exit code, or 128 and the number of the signal that ended it.
    public var exitCode: Int32
    /// The signal that ended it.
    public var signal: Int32?
    /// Completed or Error.
    public var reason: String
    /// When it was started.
    public var startedAt: Timestamp?
    /// When it ended.
    public var finishedAt: Timestamp?
}
