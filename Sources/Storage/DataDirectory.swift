import CLinux
import Glibc

/// The controller's directory: checked, locked for one owner, with space held back for a full disk.
final class DataDirectory {
    let path: String
    private let ballastBytes: Int
    // Held for the life of the store: the lock belongs to this open file.
    private var lock: Descriptor?

    /// Where the database lies; readers need it without taking the lock.
    static func databasePath(in directory: String) -> String { directory + "/muster.db" }

    var databasePath: String { DataDirectory.databasePath(in: path) }
    private var markerPath: String { path + "/initialised" }
    private var ballastPath: String { path + "/ballast" }

    /// Makes the directory where needed, proves that it is fit, and takes its lock.
    init(_ path: String, _ options: StoreOptions) throws(StorageFailure) {
        self.path = path
        ballastBytes = min(max(options.ballastBytes, 0), Limits.largestFileBytes)
        try DataDirectory.make(path)
        try DataDirectory.check(path)
        if !options.allowAnyFileSystem { try DataDirectory.checkFileSystem(path) }
        let lock = try Descriptor(path + "/lock", flags: O_RDWR | O_CREAT | O_NOFOLLOW)
        guard clinux_lock_file(lock.number) == 0 else {
            let code = errno
            guard code == EAGAIN || code == EACCES else { throw System.failure("lock", code) }
            let owner = lock.beginning().split(separator: "\n").first.flatMap { Int32($0) }
            throw .locked(directory: path, owner: owner)
        }
        // Full disks must not keep a controller from starting to serve reads.
        do throws(StorageFailure) {
            try lock.replaceContents("\(getpid())\n")
        } catch .full {
            ftruncate(lock.number, 0)
        }
        self.lock = consume lock
    }

    /// Lets another process have the directory.
    func release() { lock = nil }

    /// True once a database has been here; its absence is then a loss and not a first start.
    func isInitialised() throws(StorageFailure) -> Bool {
        try System.status(of: markerPath) != nil
    }

    /// Makes sure that a database file of ours is there; refuses where one has gone missing.
    ///
    /// Runs before any connection exists: closing a descriptor of the file later would drop locks.
    func prepareDatabase() throws(StorageFailure) {
        guard let found = try System.status(of: databasePath), found.st_size > 0 else {
            if try isInitialised() { throw .missingDatabase(path: databasePath) }
            _ = try Descriptor(databasePath, flags: O_RDWR | O_CREAT | O_NOFOLLOW)
            return try System.syncDirectory(path)
        }
        try DataDirectory.check(found, databasePath, S_IFREG, "a plain file", mode: "600")
    }

    /// Leaves the mark that a database is here, and makes every name in the directory durable.
    func markInitialised() throws(StorageFailure) {
        if try !isInitialised() {
            let marker = try Descriptor(markerPath, flags: O_WRONLY | O_CREAT | O_NOFOLLOW)
            try marker.replaceContents("muster.db belongs here; see Docs/Design/0002-storage.md\n")
            try marker.sync()
        }
        // Also for the log's own name: SQLite syncs the directory for it but ignores the answer.
        try System.syncDirectory(path)
    }
}

extension DataDirectory {
    /// Takes the held-back space where it is not taken yet; false where the disk has too little.
    ///
    /// With `margin`, a quarter more must be free, so that a full disk does not flap.
    func takeBallast(margin: Bool) throws(StorageFailure) -> Bool {
        guard ballastBytes > 0 else { return true }
        if let found = try System.status(of: ballastPath), found.st_size >= ballastBytes {
            return true
        }
        do throws(StorageFailure) {
            let ballast = try Descriptor(ballastPath, flags: O_WRONLY | O_CREAT | O_NOFOLLOW)
            let wanted = margin ? ballastBytes + ballastBytes / 4 : ballastBytes
            let code = posix_fallocate(ballast.number, 0, off_t(wanted))
            guard code == 0 else { throw System.failure("fallocate", code) }
            try System.call("truncate") { ftruncate(ballast.number, off_t(ballastBytes)) }
            return true
        } catch .full {
            releaseBallast()
            return false
        }
    }

    /// Gives the held-back space to whoever needs it now; nothing is lost where there is none.
    func releaseBallast() { unlink(ballastPath) }
}

extension DataDirectory {
    private static func make(_ path: String) throws(StorageFailure) {
        guard !path.isEmpty else {
            throw .unsuitable(
                detail: "the data directory has no name",
                remedy: "Give a path, such as /var/lib/muster")
        }
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                // A parent that may not be written but exists is none of our business.
                let code = errno
                if access(made, F_OK) != 0 { throw System.failure("mkdir \(made)", code) }
            }
        }
    }

    private static func check(_ path: String) throws(StorageFailure) {
        guard let found = try System.status(of: path) else {
            throw System.failure("stat \(path)", ENOENT)
        }
        try check(found, path, S_IFDIR, "a directory", mode: "700")
    }

    private static func check(
        _ found: stat, _ path: String, _ kind: mode_t, _ name: String, mode: String
    ) throws(StorageFailure) {
        guard found.st_mode & S_IFMT == kind else {
            throw .unsuitable(
                detail: "\(path) is not \(name)",
                remedy: "Give the path of \(name), not of a link to it")
        }
        guard found.st_uid == geteuid() else {
            throw .unsuitable(
                detail:
                    "\(path) belongs to user \(found.st_uid), this process runs as \(geteuid())",
                remedy: "Run as its owner, or give it away with chown -R \(geteuid()) \(path)")
        }
        guard found.st_mode & 0o077 == 0 else {
            throw .unsuitable(
                detail: "\(path) can be used by other users",
                remedy: "Close it with chmod \(mode) \(path)")
        }
    }

    // Magic numbers of file systems that forget acknowledged writes or keep locks to one machine.
    private static func forgetful(_ kind: Int64) -> String? {
        switch kind {
        case 0x0102_1994: "tmpfs"
        case 0x8584_58f6: "ramfs"
        case 0x6969: "NFS"
        case 0xff53_4d42, 0xfe53_4d42, 0x517b: "SMB"
        case 0x0102_1997: "9p"
        case 0x00c3_6400: "Ceph"
        case 0x5346_414f: "AFS"
        default: nil
        }
    }

    private static func checkFileSystem(_ path: String) throws(StorageFailure) {
        var kind: Int64 = 0
        try System.call("statfs \(path)") { clinux_file_system(path, &kind) }
        guard let name = forgetful(kind) else { return }
        throw .unsuitable(
            detail: "\(path) lies on \(name), which can lose acknowledged writes",
            remedy: "Move the data directory to a local disk with ext4, XFS or btrfs")
    }
}
