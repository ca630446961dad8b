import Glibc
import Host

/// Empties the trash on a thread of its own: what a user left there may take long to remove.
final class Sweeper: Sendable {
    private struct Work {
        var rounds = 0
        var isClosed = false
    }

    private let folder: String
    private let work = Lock(Work())

    private init(_ folder: String) { self.folder = folder }

    /// Starts with a first round, for what an earlier agent left.
    nonisolated static func start(on folder: String) throws(SystemError) -> Sweeper {
        let sweeper = Sweeper(folder)
        sweeper.sweep()
        _ = try Thread.spawn(name: "muster-sweeper") { sweeper.run() }
        return sweeper
    }

    /// Has the trash emptied soon.
    func sweep() { work.change { $0.rounds += 1 } }

    /// Ends the thread after the file that it is at.
    func close() { work.change { $0.isClosed = true } }

    private var isClosed: Bool { work.withLock { $0.isClosed } }

    private func run() {
        var done = 0
        while true {
            let seen = done
            let (rounds, isClosed) = work.wait(
                atMostMilliseconds: 3_600_000, until: { $0.isClosed || $0.rounds != seen },
                { ($0.rounds, $0.isClosed) })
            if isClosed { return }
            done = rounds
            emptyTrash()
        }
    }

    private func emptyTrash() {
        // What cannot be removed stays in the trash, where the next round finds it.
        guard let parent = try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY),
            let names = try? Files.list(folder, limit: 1_000_000)
        else { return }
        for name in names where !isClosed { _ = try? remove(name, in: parent.number, depth: 0) }
    }

    /// Removes a file or a tree without following links out of it.
    private func remove(_ name: String, in parent: Int32, depth: Int) throws(SystemError) {
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else {
            throw SystemError("unlinkat", on: name, code: errno)
        }
        // Each level holds a descriptor; deeper trees are nobody's work.
        guard depth < 256 else { throw SystemError("unlinkat", on: name, code: ELOOP) }
        _ = fchmodat(parent, name, 0o700, 0)
        let number = try SystemCall.run("openat", on: name) {
            openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        let directory = Descriptor(owning: number)
        for inner in try Files.list("/proc/self/fd/\(number)", limit: 10_000_000) {
            guard !isClosed else { return }
            try remove(inner, in: directory.number, depth: depth + 1)
        }
        try SystemCall.run("unlinkat", on: name) { unlinkat(parent, name, AT_REMOVEDIR) }
    }
}
