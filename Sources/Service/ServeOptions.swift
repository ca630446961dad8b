/// Everything an operator may set about a controller. `Config/daemon.yaml` documents the keys.
public struct ServeOptions: Codable, Sendable {
    /// Where the state lives; made if missing.
    public var dataDirectory: String?
    /// `host:port`; port 0 takes a free one.
    public var listen: String?
    /// Further names and addresses under which clients reach this server.
    public var hostNames: [String]?
    /// Allows a data directory on a file system that may not keep its promises.
    public var allowAnyFileSystem: Bool?
    /// Bytes held back on disk so that a full volume can still be cleaned up.
    public var ballastBytes: Int?
    /// Records between two snapshots.
    public var recordsPerSnapshot: Int?
    /// Every n-th batch is followed by a walk over all invariants; 0 for never.
    public var batchesPerCheck: Int?
    /// Connections from one address; loopback is not limited.
    public var connectionsPerAddress: Int?
    public var connections: Int?
    /// `debug`, `info`, `warning` or `error`.
    public var logLevel: String?

    public init() {}

    /// What this one leaves open is taken from the other.
    public func over(_ other: ServeOptions) -> ServeOptions {
        var merged = other
        merged.dataDirectory = dataDirectory ?? other.dataDirectory
        merged.listen = listen ?? other.listen
        merged.hostNames = hostNames ?? other.hostNames
        merged.allowAnyFileSystem = allowAnyFileSystem ?? other.allowAnyFileSystem
        merged.ballastBytes = ballastBytes ?? other.ballastBytes
        merged.recordsPerSnapshot = recordsPerSnapshot ?? other.recordsPerSnapshot
        merged.batchesPerCheck = batchesPerCheck ?? other.batchesPerCheck
        merged.connectionsPerAddress = connectionsPerAddress ?? other.connectionsPerAddress
        merged.connections = connections ?? other.connections
        merged.logLevel = logLevel ?? other.logLevel
        return merged
    }
}
