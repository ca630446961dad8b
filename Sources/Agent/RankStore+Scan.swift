import Glibc
import Host
import Primitives
import Resources

// What an earlier agent left behind: read once, before the controller is spoken to.

extension RankStore {
    /// More directories than this are beyond what any agent leaves.
    private static let directoriesMax = 1_000_000

    /// A rank on disk, with its step where that lives.
    struct Find {
        let rank: FoundRank
        let step: ProcessIdentity?
    }

    /// Reads every rank directory; names of other shapes are left alone.
    func scan() throws(SystemError) -> [Find] {
        var finds: [Find] = []
        var silent: [RankName] = []
        for shelf in RankName.shelves {
            for text in try Files.list("\(ranksPath)/\(shelf)", limit: RankStore.directoriesMax) {
                guard let name = RankName(directoryName: text) else { continue }
                if let find = try find(name) { finds.append(find) } else { silent.append(name) }
            }
        }
        guard !silent.isEmpty else { return finds }
        let steps = try livingSteps()
        for name in silent { finds.append(try findSilent(name, steps)) }
        return finds
    }

    /// A rank that has left a record; nil where there is none.
    private func find(_ name: RankName) throws(SystemError) -> Find? {
        let directory = directory(of: name)
        if let ending = try directory.ending() { return ended(name, RankEnd(ending), ending) }
        guard let start = try directory.started() else { return nil }
        if let find = try living(name, start.step, at: start.at) { return find }
        // It may have ended between the two looks.
        if let ending = try directory.ending() { return ended(name, RankEnd(ending), ending) }
        let now = Clock.now().milliseconds
        let end =
            start.step.boot == boot
            ? RankEnd(.signalled, code: SIGKILL, at: now) : RankEnd(.lost, at: now)
        return ended(name, end, nil)
    }

    /// A rank without records: either its step has only just been started, or it never was.
    private func findSilent(
        _ name: RankName, _ steps: [String: Int32]
    ) throws(SystemError) -> Find {
        let directory = directory(of: name)
        if let pid = steps[directory.path], let step = try ProcessIdentity.of(pid),
            let find = try living(name, step, at: Clock.now())
        {
            return find
        }
        // A new log is the step's claim on the directory. Taking it here keeps a step away that is
        // still on its way; where it is taken, that step has come and gone.
        let claim = try? Descriptor.open(
            directory.logPath, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        if claim == nil, let find = try find(name) { return find }
        return ended(name, RankEnd(.lost, at: Clock.now().milliseconds), nil)
    }

    private func living(
        _ name: RankName, _ step: ProcessIdentity, at start: Tick
    ) throws(SystemError) -> Find? {
        guard try step.isAlive() else { return nil }
        let rank = FoundRank(
            name: name, end: nil, isDelivered: false, startedAt: start.milliseconds)
        return Find(rank: rank, step: step)
    }

    private func ended(_ name: RankName, _ end: RankEnd, _ ending: RankEnding?) -> Find {
        let isDelivered = Files.exists("\(directory(of: name).path)/delivered")
        let rank = FoundRank(
            name: name, end: end, isDelivered: isDelivered,
            startedAt: ending?.startedAt.milliseconds ?? 0)
        return Find(rank: rank, step: nil)
    }

    /// Every `muster-step` of this machine by its rank directory, read from the process table.
    private func livingSteps() throws(SystemError) -> [String: Int32] {
        var found: [String: Int32] = [:]
        for text in try Files.list("/proc", limit: RankStore.directoriesMax) {
            guard let pid = Int32(text) else { continue }
            // Gone meanwhile, or not ours to read: then it is none of our steps.
            guard let line = try? Files.read("/proc/\(pid)/cmdline", limit: 8192) else { continue }
            let words = line.split(separator: 0)
            guard words.count == 2 else { continue }
            let program = String(decoding: words[0], as: UTF8.self)
            guard program.hasSuffix("/muster-step") else { continue }
            found[String(decoding: words[1], as: UTF8.self)] = pid
        }
        return found
    }
}
