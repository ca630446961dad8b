import CSQLite
import Glibc

/// Why the store could not do what was asked, and what the operator can do about it.
///
/// `full` is passed through by freeing space; after `broken` every call fails and the process must
/// stop acknowledging and exit, since pages of a failed sync are already marked clean.
public enum StorageFailure: Error, Hashable, Sendable {
    /// No space left; the transaction was rolled back whole.
    case full(detail: String)
    /// The disk failed a write or a sync.
    case broken(detail: String)
    /// Another process owns the data directory.
    case locked(directory: String, owner: Int32?)
    /// The database was written by a later release.
    case newerSchema(found: Int, known: Int)
    /// The directory has held a database before and holds none now.
    case missingDatabase(path: String)
    /// Stored bytes are not what was written.
    case corrupt(detail: String)
    /// The place or its settings cannot keep the promise of durability.
    case unsuitable(detail: String, remedy: String)
    /// The batch does not follow the last one; nothing was written.
    case outOfOrder(expected: UInt64, found: UInt64)
    /// A read used up its time, or another connection held the database for too long.
    case tooSlow(detail: String)
    /// The store was used after it was closed, or SQLite refused the call itself.
    case misuse(detail: String)
}

extension StorageFailure {
    /// What was seen: lower case, no full stop.
    public var finding: String {
        switch self {
        case .full(let detail): "no space is left for the database (\(detail))"
        case .broken(let detail): "the disk failed (\(detail))"
        case .locked(let directory, let owner):
            if let owner {
                "\(directory) is in use by process \(owner)"
            } else {
                "\(directory) is in use by another process"
            }
        case .newerSchema(let found, let known):
            "the database has schema \(found), this release knows \(known)"
        case .missingDatabase(let path): "\(path) held a database before and is missing or empty"
        case .corrupt(let detail): "stored data is damaged (\(detail))"
        case .unsuitable(let detail, _): detail
        case .outOfOrder(let expected, let found):
            "the next sequence is \(expected), the batch starts at \(found)"
        case .tooSlow(let detail): "the database took too long to answer (\(detail))"
        case .misuse(let detail): "the database refused the call (\(detail))"
        }
    }

    /// What to do about it; starts with a verb.
    public var remedy: String {
        switch self {
        case .full:
            "Free space on the volume of the data directory; writing resumes by itself"
        case .broken:
            "Check the disk and the kernel log, then start the controller again"
        case .locked(_, let owner):
            if let owner {
                "Stop process \(owner) or give this controller another data directory"
            } else {
                "Stop the other controller or give this one another data directory"
            }
        case .newerSchema: "Start the release that wrote it, or restore a backup from before it"
        case .missingDatabase:
            "Restore the database from a backup; to begin again with nothing, remove the file "
                + "“initialised” from the data directory"
        case .corrupt: "Keep a copy of the data directory, then restore the newest backup"
        case .unsuitable(_, let remedy): remedy
        case .outOfOrder: "Restart the controller and report this as a bug"
        case .tooSlow: "Ask for fewer rows or a narrower range"
        case .misuse: "Report this as a bug with the log around it"
        }
    }
}

extension StorageFailure: CustomStringConvertible {
    public var description: String { "\(finding). \(remedy)." }
}

extension StorageFailure {
    /// Sorts a result code of SQLite by what the caller must do next.
    init(code: Int32, system: Int32, message: String) {
        let detail = "\(message), code \(code)" + (system == 0 ? "" : ", errno \(system)")
        let isOutOfSpace = system == ENOSPC || system == EDQUOT
        switch code & 0xff {
        case SQLITE_FULL: self = .full(detail: detail)
        case SQLITE_IOERR:
            // A sync that fails for want of space has lost pages like any other failed sync.
            let isSync = code == Self.syncFailed || code == Self.directorySyncFailed
            self = isOutOfSpace && !isSync ? .full(detail: detail) : .broken(detail: detail)
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: self = .corrupt(detail: detail)
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_INTERRUPT: self = .tooSlow(detail: detail)
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH:
            self = .unsuitable(
                detail: "the database cannot be opened for this use (\(detail))",
                remedy: "Check the owner and mode of the data directory and its files")
        default: self = .misuse(detail: detail)
        }
    }

    // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: computed macros, which Swift does not import.
    private static let syncFailed = SQLITE_IOERR | (4 << 8)
    private static let directorySyncFailed = SQLITE_IOERR | (5 << 8)
}
