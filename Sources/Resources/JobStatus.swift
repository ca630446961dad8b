public import Wire

// What the server says about a job. Nothing here is read from clients: the types are the published
// schema, and a test holds every written object against them.

/// Where a job is in its life.
public enum JobPhase: String, Codable, CaseIterable, Sendable {
    /// Waiting for room, or for the pause before a retry.
    case pending = "Pending"
    /// Placed on nodes; not all ranks have started yet.
    case starting = "Starting"
    /// All ranks have started.
    case running = "Running"
    /// The remaining ranks are being stopped.
    case stopping = "Stopping"
    /// Ended as success says.
    case succeeded = "Succeeded"
    /// Ended otherwise; reason and message say why.
    case failed = "Failed"
    /// Ended because somebody asked for it.
    case cancelled = "Cancelled"
}

/// "kubectl wait --for=jsonpath='{.status.phase}'=Running" waits for a phase, and
/// "muster wait" for the end.
public struct JobStatus: Codable, Hashable, Sendable {
    /// Where the job is in its life.
    public var phase: JobPhase
    /// Why it is there, in one word such as WaitingForResources, RankFailed or TimeLimit.
    public var reason: String?
    /// Why, for people: what a waiting job waits for, or which rank failed where and how.
    public var message: String?
    /// The number of the attempt, from 1; 0 before the first.
    public var attempt: Int32
    /// How the ranks fare, in numbers.
    public var ranks: RankCounts
    /// The code that "muster run" ends with. Present once the job has ended.
    ///
    /// 0 after success; otherwise that of the rank that failed first, or 128 and the number of the
    /// signal that ended it.
    public var exitCode: Int32?
    /// When the present attempt was placed.
    public var startTime: Timestamp?
    /// When the job ended.
    public var completionTime: Timestamp?
    /// The phase once more, for "kubectl wait --for=condition=Complete".
    ///
    /// One of Pending, Running, Stopping, Complete and Failed; a cancelled job is Failed.
    public var conditions: [Condition]
    /// Where each rank is, from rank 0. Absent while the job waits.
    public var placements: [RankPlacement]?
}

/// Ranks are counted through all roles.
public struct RankCounts: Codable, Hashable, Sendable {
    /// All ranks of all roles.
    public var total: Int32
    /// Ranks that run now.
    public var active: Int32
    /// Ranks of this attempt that ended with exit code 0.
    public var succeeded: Int32
    /// Ranks of this attempt that ended otherwise.
    public var failed: Int32
}

/// One rank, its pod, its node and its GPUs.
public struct RankPlacement: Codable, Hashable, Sendable {
    /// The number of the rank, from 0 through all roles.
    public var rank: Int32
    /// The name of the pod that shows this rank.
    public var pod: String
    /// The node that it is on.
    public var node: String
    /// The numbers of its GPUs on that node. Absent when it has none.
    public var devices: [Int32]?
}
