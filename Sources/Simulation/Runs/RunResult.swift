public import Primitives

/// What became of one job.
public struct Fate: Hashable, Sendable, BitwiseCopyable {
    /// When it was submitted: its arrival, or the end of what it depends on. Negative: never.
    public var submitted: Int64 = -1
    /// When its first attempt ran. Negative: never.
    public var started: Int64 = -1
    /// When its last attempt ended. Negative: not yet.
    public var ended: Int64 = -1
    /// When the last attempt ran.
    public var lastStarted: Int64 = -1
    public var attempts: UInt32 = 0
    public var ending = Ending.open

    public var hasRun: Bool { started >= 0 }

    /// From its submission until its gang first ran.
    public var wait: Int64 { started - submitted }

    /// From its submission until its end.
    public var flow: Int64 { ended - submitted }
}

/// One attempt that held places: the decision, and how long it held them.
public struct Stint: Hashable, Sendable, BitwiseCopyable {
    public var job: UInt32
    public var attempt: UInt32
    public var began: Int64
    /// `Workload.endless` while it is still on.
    public var ended: Int64
    public var firstSpot: UInt32
    public var spotCount: UInt32
}

/// Everything that a run leaves behind; tables and plots follow from it.
public struct RunResult: Sendable {
    public let workload: Workload
    public let cluster: Cluster
    public let policy: String
    public let seed: UInt64
    public internal(set) var fates: [Fate]
    /// In the order in which they were decided.
    public internal(set) var stints: [Stint] = []
    public internal(set) var spots: [Spot] = []
    /// The last moment at which anything happened.
    public internal(set) var end: Int64 = 0
    /// Over all decisions, in order; two runs that agree decided the same.
    public internal(set) var digest = Digest()
    public internal(set) var notices: [String] = []
    /// Promises that were broken: nothing else in here is worth much then.
    public internal(set) var findings: [String] = []

    public func spots(of stint: Stint) -> ArraySlice<Spot> {
        spots[Int(stint.firstSpot)..<Int(stint.firstSpot) + Int(stint.spotCount)]
    }
}
