/// How a store is opened; the defaults suit a controller with 100,000 jobs.
public struct StoreOptions: Sendable {
    /// When the whole database file is read through for damage at open.
    public enum Check: Sendable {
        case never, afterUncleanStop, always
    }

    /// Space held back for the day the disk is full; clamped to 0 ... 1 GiB, 0 keeps none.
    public var ballastBytes = 16 << 20
    /// Page cache of the writing connection; clamped to 1 MiB ... 1 GiB.
    public var cacheBytes = 16 << 20
    /// Pages in the write-ahead log from which a checkpoint that is not idle moves them home.
    public var checkpointPages = 2000
    /// Journal sequences kept beyond what the older snapshot needs, for replay of the past.
    public var keptSequences: UInt64 = 0
    /// Accepts tmpfs, NFS and the like, which forget acknowledged writes; for tests.
    public var allowAnyFileSystem = false
    public var check = Check.afterUncleanStop

    public init() {}
}

/// Bounds of this module, each with its reason.
enum Limits {
    /// Documents, records and rows larger than this are refused before SQLite sees them.
    static let blobBytes = 512 << 20
    /// Rows that one read may return, whatever the caller asks for.
    static let readRows = 10_000
    /// How long one read may run before it is cut: long readers pin the write-ahead log.
    static let readBudgetMilliseconds: Int64 = 2000
    /// A write-ahead log longer than this is cut back when it is next reset.
    static let logBytes: Int64 = 64 << 20
    /// Rows deleted per trim transaction, so that no trim holds up the core for long.
    static let trimRows: Int64 = 10_000
    /// How long a connection waits for another's lock.
    static let busyMilliseconds: Int32 = 5000
    /// Starts that the original may still make after a backup without meeting its epochs.
    static let epochsBeyondBackup = 1_000_000
    static let largestFileBytes = 1 << 30
}
