/// What a decider is told. Jobs are rows of the workload, machines rows of the cluster.
enum News: Hashable, Sendable {
    case arrived(UInt32)
    /// The whole gang runs.
    case launched(job: UInt32, attempt: UInt32)
    /// All ranks of the attempt are gone; zero is success.
    case ended(job: UInt32, attempt: UInt32, code: Int32)
    /// A machine was not heard for too long.
    case silent(UInt32)
    /// A machine has started again; nothing that ran on it is there any more.
    case booted(UInt32)
}

/// What a decider does.
enum Deed: Hashable, Sendable {
    /// The gang gets its places; its agents are told at once.
    case start(job: UInt32, attempt: UInt32, spots: [Spot])
    /// The attempt is over, and its places are free, without an end that it was told of.
    case stop(job: UInt32, attempt: UInt32)
    /// Nothing more will become of the job.
    case finish(job: UInt32, Ending)
}

/// How a job's story ends.
public enum Ending: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// It waits or runs, or was never submitted, at the end of the run.
    case open
    case succeeded, failed
    /// It could never start, or the policy keeps nothing that does not fit at once.
    case refused

    /// The ending as tables show it.
    public var word: String {
        switch self {
        case .open: "open"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .refused: "refused"
        }
    }
}

/// Decides which jobs start where and when; the run carries it out.
protocol Decider: Sendable {
    /// Takes in what happened, in its order, and decides once.
    mutating func decide(_ news: [News], at now: Int64) -> [Deed]

    /// When it wants to be asked again though nothing happened.
    var nextWake: Int64? { get }

    /// Jobs that it knows and that do not run.
    var waiting: Int { get }
}
