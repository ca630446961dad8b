import CSQLite
import Glibc

/// One connection to the database file, closed with its last statement; used by one thread.
final class Database {
    /// How a connection may use the file.
    enum Access {
        case write(cacheBytes: Int)
        case read
        /// Of a file that nobody writes: without locks, and without files beside it.
        case still
        /// Into a file that nobody else has open yet.
        case copy
    }

    private let handle: OpaquePointer
    // Written by SQLite's hook during a commit on the owning thread, read between commits.
    private let logPagesCell: UnsafeMutablePointer<Int32>
    // When the running read must stop, in monotonic milliseconds; read by the progress hook.
    private let deadlineCell: UnsafeMutablePointer<Int64>

    /// Opens an existing file and makes every setting of durability hold.
    init(_ path: String, _ access: Access) throws(StorageFailure) {
        var opened: OpaquePointer?
        let purpose =
            switch access {
            case .write, .copy: SQLITE_OPEN_READWRITE
            case .read: SQLITE_OPEN_READONLY
            case .still: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        let name = if case .still = access { Database.stillName(path) } else { path }
        let flags = purpose | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(name, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let failure = Database.failure(of: opened, code: code)
            sqlite3_close_v2(opened)
            throw failure
        }
        handle = opened
        logPagesCell = .allocate(capacity: 1)
        logPagesCell.initialize(to: 0)
        deadlineCell = .allocate(capacity: 1)
        deadlineCell.initialize(to: .max)
        try configure(access)
    }

    deinit {
        // Open statements turn the connection into a zombie that ends with the last of them.
        sqlite3_wal_hook(handle, nil, nil)
        sqlite3_progress_handler(handle, 0, nil, nil)
        sqlite3_close_v2(handle)
        logPagesCell.deallocate()
        deadlineCell.deallocate()
    }

    /// Pages in the write-ahead log after the last commit of this connection.
    var logPages: Int { Int(logPagesCell.pointee) }

    /// Rows that the last statement changed.
    var changedRows: Int64 { sqlite3_changes64(handle) }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Prepares a statement that is kept for many runs.
    func prepare(_ sql: String) throws(StorageFailure) -> Statement {
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil)
        guard code == SQLITE_OK, let prepared else {
            throw Database.failure(of: handle, code: code)
        }
        return Statement(owning: prepared)
    }

    /// Runs any number of statements whose rows nobody wants.
    func execute(_ sql: String) throws(StorageFailure) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Database.failure(of: handle, code: code) }
    }

    /// The first column of the first row; only for statements that change nothing.
    func integer(_ sql: String) throws(StorageFailure) -> Int64? {
        let statement = try prepare(sql)
        return try statement.next() ? statement.optionalInteger(0) : nil
    }

    /// The first column of the first row, as text; only for statements that change nothing.
    func text(_ sql: String) throws(StorageFailure) -> String? {
        let statement = try prepare(sql)
        return try statement.next() ? statement.text(0) : nil
    }

    /// Cuts every statement that is still running at `deadline`, in monotonic milliseconds.
    func limitReads(to deadline: Int64) { deadlineCell.pointee = deadline }
}

/// What a checkpoint came to: `moved` of `pages` in the log are in the database file now.
struct CheckpointResult {
    var pages: Int
    var moved: Int
    /// A reader held part of the log back.
    var isPartial: Bool
}

extension Database {
    /// Moves pages from the log into the database file; `emptiesLog` also cuts the log to nothing.
    func checkpoint(emptiesLog: Bool) throws(StorageFailure) -> CheckpointResult {
        var pages: Int32 = 0
        var moved: Int32 = 0
        let mode = emptiesLog ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        // A reader in the way is no reason to hold up the core: what is left moves the next time.
        sqlite3_busy_timeout(handle, 0)
        defer { sqlite3_busy_timeout(handle, Limits.busyMilliseconds) }
        let code = sqlite3_wal_checkpoint_v2(handle, "main", mode, &pages, &moved)
        guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else {
            throw Database.failure(of: handle, code: code)
        }
        // Minus one where the log could not be looked at because another held it.
        let result = CheckpointResult(
            pages: max(0, Int(pages)), moved: max(0, Int(moved)),
            isPartial: code != SQLITE_OK || moved < pages)
        if !result.isPartial { logPagesCell.pointee = 0 }
        return result
    }

    /// Fills an empty database with everything that `source` sees at this moment.
    func copyAll(from source: Database) throws(StorageFailure) {
        guard let copy = sqlite3_backup_init(handle, "main", source.handle, "main") else {
            throw Database.failure(of: handle)
        }
        let everyPage: Int32 = -1
        let stepped = sqlite3_backup_step(copy, everyPage)
        let finished = sqlite3_backup_finish(copy)
        guard stepped == SQLITE_DONE, finished == SQLITE_OK else {
            throw Database.failure(of: handle, code: finished == SQLITE_OK ? stepped : finished)
        }
    }

    /// Ends a failed transaction; SQLite may have ended it already.
    func rollBack() {
        guard isInTransaction else { return }
        // A rollback only drops memory here: its own failure adds nothing to the one at hand.
        _ = sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// Describes the last error of a connection, or `code` where there is no connection.
    static func failure(of handle: OpaquePointer?, code: Int32? = nil) -> StorageFailure {
        let seen = code ?? sqlite3_extended_errcode(handle)
        let isLast = handle != nil && sqlite3_extended_errcode(handle) == seen
        let message = sqlite3_errstr(seen).map { String(cString: $0) } ?? "unknown error"
        guard isLast, let detail = sqlite3_errmsg(handle) else {
            return StorageFailure(code: seen, system: 0, message: message)
        }
        // Only errors of the file layer have an errno behind them; others leave an old one.
        let isSystem = [SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN].contains(seen & 0xff)
        let system = isSystem ? sqlite3_system_errno(handle) : 0
        return StorageFailure(code: seen, system: system, message: String(cString: detail))
    }
}

extension Database {
    private func configure(_ access: Access) throws(StorageFailure) {
        sqlite3_busy_timeout(handle, Limits.busyMilliseconds)
        try setFlag(SQLITE_DBCONFIG_DEFENSIVE)
        // A reader that closes last must not checkpoint: only the writer does.
        try setFlag(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        try set("trusted_schema", "OFF", reads: 0)
        try set("cell_size_check", "ON", reads: 1)
        try set("foreign_keys", "ON", reads: 1)
        try set("temp_store", "MEMORY", reads: 2)
        // A mapped file turns a read error into SIGBUS.
        try set("mmap_size", "0", reads: 0)
        switch access {
        case .write(let cacheBytes):
            let cacheKibibytes = min(max(cacheBytes, 1 << 20), 1 << 30) >> 10
            try set("cache_size", "-\(cacheKibibytes)", reads: -Int64(cacheKibibytes))
            try setJournalMode("wal")
            try set("synchronous", "FULL", reads: 2)
            try set("wal_autocheckpoint", "0", reads: 0)
            try set("journal_size_limit", "\(Limits.logBytes)", reads: Limits.logBytes)
            watchLog()
        case .read, .still:
            try set("query_only", "ON", reads: 1)
            try set("wal_autocheckpoint", "0", reads: 0)
            watchDeadline()
        case .copy:
            try set("synchronous", "FULL", reads: 2)
        }
        try expect("busy_timeout", Int64(Limits.busyMilliseconds))
    }

    /// The path as a URI, every byte that could mean something there escaped.
    private static func stillName(_ path: String) -> String {
        var name = "file:"
        for byte in path.utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic
                    || "/._-0123456789".contains(
                        Character(scalar))
            {
                name.unicodeScalars.append(scalar)
            } else {
                name += byte < 16 ? "%0" : "%"
                name += String(byte, radix: 16)
            }
        }
        return name + "?immutable=1"
    }

    /// Changes how the file is journalled; `mode` in lower case, as it is read back.
    func setJournalMode(_ mode: String) throws(StorageFailure) {
        // Run to the end: the change commits after the one row, and only then can its sync fail.
        try execute("PRAGMA journal_mode=\(mode)")
        let seen = try text("PRAGMA journal_mode")
        guard seen == mode else { throw refused("journal_mode", seen ?? "nothing") }
    }

    private func set(
        _ pragma: String, _ value: String, reads expected: Int64
    ) throws(StorageFailure) {
        try execute("PRAGMA \(pragma)=\(value)")
        try expect(pragma, expected)
    }

    // Unknown pragmas are ignored silently, so each is believed only when read back.
    private func expect(_ pragma: String, _ expected: Int64) throws(StorageFailure) {
        let seen = try integer("PRAGMA \(pragma)")
        // Compiled without mapping, SQLite answers nothing at all, which is what is wanted.
        if seen == nil, pragma == "mmap_size" { return }
        guard seen == expected else {
            throw refused(pragma, seen.map { String($0) } ?? "nothing")
        }
    }

    private func setFlag(_ flag: Int32) throws(StorageFailure) {
        var seen: Int32 = 0
        let code = csqlite_set_flag(handle, flag, 1, &seen)
        guard code == SQLITE_OK, seen == 1 else { throw refused("flag \(flag)", String(seen)) }
    }

    private func refused(_ setting: String, _ seen: String) -> StorageFailure {
        .unsuitable(
            detail: "SQLite refused the setting \(setting) and keeps \(seen)",
            remedy: "Install Debian's libsqlite3-0 3.40.1 or a later build")
    }

    // This hook also takes the place of SQLite's own checkpoints, whose errors nobody would see.
    private func watchLog() {
        sqlite3_wal_hook(
            handle,
            { cell, _, _, pages in
                cell?.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            }, logPagesCell)
    }

    private func watchDeadline() {
        let instructionsPerLook: Int32 = 1000
        sqlite3_progress_handler(
            handle, instructionsPerLook,
            { cell in
                guard let cell else { return 0 }
                let deadline = cell.assumingMemoryBound(to: Int64.self).pointee
                return deadline != .max && monotonicMilliseconds() >= deadline ? 1 : 0
            }, deadlineCell)
    }
}

/// Milliseconds of a clock that nobody can set.
func monotonicMilliseconds() -> Int64 { milliseconds(of: CLOCK_MONOTONIC) }

/// Milliseconds since the Unix epoch.
func wallMilliseconds() -> Int64 { milliseconds(of: CLOCK_REALTIME) }

private func milliseconds(of clock: clockid_t) -> Int64 {
    var now = timespec()
    // Cannot fail for these two clocks with a valid address.
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}
