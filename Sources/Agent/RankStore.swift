import Glibc
import Host
import Primitives
import Resources

/// The rank directories of one agent: made, read, marked and thrown away.
///
///     D/lock                               held by the one agent of this directory
///     D/ranks/<NN>/<job>-<attempt>-<rank>  see `RankDirectory`; also `work` and `delivered`
///     D/trash                              forgotten directories on their way out
///
/// `NN` is the job's number modulo 64: one of the shelves that are made once.
struct RankStore {
    let folder: String
    let boot: BootIdentity
    private let lock: FolderLock
    /// Tells names in the trash apart.
    private var discarded = 0

    /// Makes what is missing and takes the lock; refuses where another agent has it.
    init(_ folder: String) throws(Refusal) {
        self.folder = folder
        do throws(SystemError) {
            try Files.makeDirectories(folder, mode: 0o700)
            // An older directory may have been made with other rights.
            try SystemCall.run("chmod", on: folder) { chmod(folder, 0o700) }
            lock = try FolderLock("\(folder)/lock")
            for name in ["ranks", "trash"] where !Files.exists("\(folder)/\(name)") {
                try Files.makeDirectory("\(folder)/\(name)", mode: 0o700)
            }
            RankStore.spread("\(folder)/ranks")
            for shelf in RankName.shelves where !Files.exists("\(folder)/ranks/\(shelf)") {
                try Files.makeDirectory("\(folder)/ranks/\(shelf)", mode: 0o700)
            }
            boot = try BootIdentity.current()
        } catch {
            guard error.call == "flock", error.code == EWOULDBLOCK else {
                throw error.refusal(
                    field: "dataDirectory", remedy: "Give a directory that this user may write to")
            }
            throw Refusal(
                .conflict, field: "dataDirectory",
                finding: "another agent is running on \(folder)",
                remedy: "Stop it first, or give this one a directory of its own")
        }
    }

    /// Asks ext4 to put each shelf somewhere else on the disk.
    ///
    /// Packed together, each new file walks past every inode that was freed nearby within the last
    /// minute: measured 15 times dearer after many removals. Spread one by one, each new rank
    /// directory costs a look at every group of the disk. Other file systems refuse the advice, and
    /// need none.
    private static func spread(_ path: String) {
        // FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and FS_TOPDIR_FL of linux/fs.h, on 64-bit machines.
        let (read, write, topDirectory) = (UInt(0x8008_6601), UInt(0x4008_6602), Int(0x0002_0000))
        guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY) else { return }
        var flags = 0
        guard ioctl(directory.number, read, &flags) == 0 else { return }
        flags |= topDirectory
        _ = ioctl(directory.number, write, &flags)
    }

    /// Lets the next agent have the folder; nothing may be written by this one any more.
    func release() { lock.release() }

    var ranksPath: String { "\(folder)/ranks" }
    var trashPath: String { "\(folder)/trash" }

    func directory(of name: RankName) -> RankDirectory {
        RankDirectory("\(ranksPath)/\(name.place)")
    }

    // MARK: Starting

    /// Makes the directory that the step is started on.
    func create(_ start: RankStartOrder, _ defaults: RankDefaults) throws(Refusal) {
        let directory = directory(of: start.name)
        let work = "\(directory.path)/work"
        let program = start.program
        let folder = program.workingDirectory
        let order = RankOrder(
            arguments: program.command,
            environment: defaults.environment(of: start, scratch: work),
            workingDirectory: folder.isEmpty ? work : folder,
            graceSeconds: min(start.graceSeconds, RankOrder.Limits.graceSeconds),
            timeLimitSeconds: min(start.timeLimitSeconds, RankOrder.Limits.seconds))
        try directory.create(order, script: program.script.map { Array($0.utf8) })
        do throws(SystemError) {
            try SystemCall.run("mkdir", on: work) { mkdir(work, 0o700) }
        } catch {
            throw error.refusal(remedy: "Look after the agent's data directory")
        }
    }

    /// Puts why a rank did not run where its owner looks first; makes the directory if need be.
    func explain(_ name: RankName, _ text: String) throws(SystemError) {
        let directory = directory(of: name)
        if !Files.exists(directory.path) { try Files.makeDirectory(directory.path, mode: 0o700) }
        let log = try Descriptor.open(
            directory.logPath, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
        try log.write(Array("muster: \(text)\n".utf8))
    }

    // MARK: Endings

    /// How a rank ended whose step is gone; `step` is how that ended, where we are its parent.
    func end(of name: RankName, step: StepProcess.Ending?) throws(SystemError) -> RankEnd {
        if let ending = try directory(of: name).ending() { return RankEnd(ending) }
        let now = Clock.now().milliseconds
        switch step {
        // The step dies with its leader, so its signal is as good as the rank's.
        case .signalled(let number): return RankEnd(.signalled, code: number, at: now)
        // It refused the directory: nothing ran.
        case .exited(let code) where code == 2 || code == 3:
            return RankEnd(.launchFailed, code: EIO, at: now)
        case .exited: return RankEnd(.lost, at: now)
        case nil: return RankEnd(.signalled, code: SIGKILL, at: now)
        }
    }

    /// Remembers that the controller has the end; lost with the power, it is merely told again.
    ///
    /// The order has served, so its file becomes the mark: a new one would be an inode more.
    func markDelivered(_ name: RankName) throws(SystemError) {
        let path = directory(of: name).path
        if rename("\(path)/order", "\(path)/delivered") == 0 { return }
        _ = try Descriptor.open("\(path)/delivered", O_WRONLY | O_CREAT, mode: 0o600)
    }

    /// Takes a directory out of the way at once; the sweeper removes it later.
    mutating func discard(_ name: RankName) throws(SystemError) {
        discarded += 1
        let path = directory(of: name).path
        let goal = "\(trashPath)/\(name.directoryName).\(getpid()).\(discarded)"
        guard Files.exists(path) else { return }
        try SystemCall.run("rename", on: path) { rename(path, goal) }
    }
}

extension RankEnd {
    /// The step's record in the controller's words.
    init(_ ending: RankEnding) {
        let at = ending.endedAt.milliseconds
        switch ending.outcome {
        case .exited(let code): self.init(.exited, code: code, at: at)
        case .signalled(let number, _): self.init(.signalled, code: number, at: at)
        case .launchFailed(let code, _): self.init(.launchFailed, code: code, at: at)
        }
        timedOut = ending.stop == .limit
    }
}

/// A lock on a file until it is released; the kernel lets go of it with the process, too.
private final class FolderLock {
    private var file: Descriptor?

    init(_ path: String) throws(SystemError) {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        let number = file.number
        try SystemCall.run("flock", on: path) { flock(number, LOCK_EX | LOCK_NB) }
        self.file = consume file
    }

    func release() { file = nil }
}
