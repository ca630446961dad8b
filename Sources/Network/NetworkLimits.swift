/// Bounds and total times of one reactor; none of the times starts anew with each read.
public struct NetworkLimits: Sendable {
    public var headMilliseconds: Int64 = 10_000
    public var bodyMilliseconds: Int64 = 30_000
    public var idleMilliseconds: Int64 = 60_000
    public var handshakeMilliseconds: Int64 = 10_000
    /// How long a peer may take nothing of what waits for it.
    public var stallMilliseconds: Int64 = 20_000
    /// How long bytes are still read and dropped after the last answer.
    public var lingerMilliseconds: Int64 = 1_000
    public var lingerBytes = 256 * 1024
    public var connections = 4_096
    public var connectionsPerAddress = 256
    /// Of all connections, those that only local peers may use: the way in for an administrator.
    public var reservedForLocal = 64
    /// Whether loopback peers are bound by the total only.
    public var isLoopbackExempt = true
    public var requestsPerConnection = 10_000
    /// Above this much unsent, no further pipelined request is looked at.
    public var unsentBytes = 64 * 1024
    /// Largest WebSocket message.
    public var messageBytes = 1 << 20
    /// A body may be slow for this long, then has to be at least this fast on average.
    public var slowBodyMilliseconds: Int64 = 5_000
    public var slowBodyBytesPerSecond: Int64 = 1_024

    public init() {}

    /// How often deadlines are looked at: a quarter of the shortest, within reason.
    var sweepMilliseconds: Int64 {
        let times = [
            headMilliseconds, bodyMilliseconds, idleMilliseconds, handshakeMilliseconds,
            stallMilliseconds, lingerMilliseconds,
        ]
        return min(500, max(10, (times.min() ?? 500) / 4))
    }
}
