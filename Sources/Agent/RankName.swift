public import Resources
public import Wire

/// Names a rank for good: attempts are never numbered twice, so neither are ranks.
public struct RankName: Hashable, Comparable, Sendable {
    public let job: UInt64
    public let attempt: UInt32
    public let rank: UInt32

    public init(job: UInt64, attempt: UInt32, rank: UInt32) {
        self.job = job
        self.attempt = attempt
        self.rank = rank
    }

    /// Reads a directory's name; nil unless it is exactly what ``directoryName`` writes.
    public init?(directoryName: String) {
        let parts = directoryName.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let job = UInt64(parts[0]), let attempt = UInt32(parts[1]),
            let rank = UInt32(parts[2])
        else { return nil }
        self.init(job: job, attempt: attempt, rank: rank)
        guard self.directoryName == directoryName else { return nil }
    }

    public var directoryName: String { "\(job)-\(attempt)-\(rank)" }

    /// The directories that rank directories are spread over.
    static let shelves = (0..<64).map { $0 < 10 ? "0\($0)" : "\($0)" }

    /// Where the directory is: shelf and name.
    var place: String {
        "\(RankName.shelves[Int(job % UInt64(RankName.shelves.count))])/\(directoryName)"
    }

    /// The attempt that the rank belongs to.
    public var attemptName: AttemptName { AttemptName(job: job, attempt: attempt) }

    public static func < (left: Self, right: Self) -> Bool {
        (left.job, left.attempt, left.rank) < (right.job, right.attempt, right.rank)
    }
}

extension RankName: CustomStringConvertible {
    public var description: String { "rank \(rank) of job \(job), attempt \(attempt)" }
}

/// How a rank ended, as the controller is told.
public struct RankEnd: Hashable, Sendable {
    public var how: AgentReport.How
    /// Exit code, signal number or errno.
    public var code: Int32?
    public var timedOut: Bool
    /// Milliseconds since 1970.
    public var at: Int64

    public init(_ how: AgentReport.How, code: Int32? = nil, timedOut: Bool = false, at: Int64) {
        self.how = how
        self.code = code
        self.timedOut = timedOut
        self.at = at
    }
}

/// One rank to be started, with everything that its order needs.
public struct RankStartOrder: Hashable, Sendable {
    public let name: RankName
    public let program: Program
    public let environment: StringMap
    public let graceSeconds: UInt32
    public let timeLimitSeconds: UInt32
}

/// A rank found on disk when the agent starts.
public struct FoundRank: Hashable, Sendable {
    public let name: RankName
    /// Nil while it runs.
    public let end: RankEnd?
    /// The controller has acknowledged the end.
    public let isDelivered: Bool
    /// Milliseconds since 1970; zero where it never started.
    public let startedAt: Int64

    public init(name: RankName, end: RankEnd?, isDelivered: Bool, startedAt: Int64) {
        self.name = name
        self.startedAt = startedAt
        self.end = end
        self.isDelivered = isDelivered
    }
}
