// What a node and its ranks use of CPU and memory, as its agent tells it now and then.

/// One reading of a machine, split over several messages where it has very many ranks.
public struct UsageReport: Codable, Hashable, Sendable {
    /// The form that is written here; a reader skips forms that it does not know.
    public static let version = 1
    /// Ranks in one message: well below the controller's largest.
    public static let ranksMax = 2_000

    public var version: Int
    /// The machine's figures; absent from the second message of a reading on.
    public var node: Usage?
    public var ranks: [RankUsage]

    public init(node: Usage?, ranks: [RankUsage]) {
        version = UsageReport.version
        self.node = node
        self.ranks = ranks
    }
}

/// Figures over a span of time that ends with the reading.
public struct Usage: Codable, Hashable, Sendable {
    /// Billionths of a CPU that were busy on average.
    public var cpuNano: Int64
    /// Bytes in use at the end of the span.
    public var memoryBytes: Int64
    public var windowMilliseconds: Int64

    public init(cpuNano: Int64, memoryBytes: Int64, windowMilliseconds: Int64) {
        self.cpuNano = cpuNano
        self.memoryBytes = memoryBytes
        self.windowMilliseconds = windowMilliseconds
    }

    /// Whether the figures may be shown: a million CPUs, an exbibyte and a day are the bounds.
    public var isCredible: Bool {
        (0...1_000_000_000_000_000).contains(cpuNano) && (0...(1 << 60)).contains(memoryBytes)
            && (0...86_400_000).contains(windowMilliseconds)
    }
}

/// The figures of one rank: all processes below its step.
public struct RankUsage: Codable, Hashable, Sendable {
    public var job: UInt64
    public var attempt: UInt32
    public var rank: UInt32
    public var used: Usage

    public init(job: UInt64, attempt: UInt32, rank: UInt32, used: Usage) {
        self.job = job
        self.attempt = attempt
        self.rank = rank
        self.used = used
    }
}
