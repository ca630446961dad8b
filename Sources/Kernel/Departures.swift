import Primitives

extension Kernel {
    /// Whoever was told to go is gone, or something that is there keeps it.
    func checkDepartures() -> [String] {
        var broken: [String] = []
        let dependents = countDependents()
        var marked: [UInt64] = []
        for row in entities.rows {
            let entity = entities[row]
            let name = "\(entity.kind.word) \(entity.uid)"
            if entity.dependents != dependents[row.index] {
                broken.append("\(name) miscounts what depends on it")
            }
            if entity.scope != 0, byUID[entity.scope] == nil {
                broken.append("\(name) is in a namespace that is gone")
            }
            let job = entity.kind == .job ? jobs[Row(entity.link)] : nil
            if let job, job.isDeleting != (entity.deletedAt != nil) {
                broken.append("\(name) is marked in one place only")
            }
            guard entity.deletedAt != nil else { continue }
            if entity.kind == .namespace { marked.append(entity.uid) }
            if let job, !job.phase.isFinal, job.phase != .stopping || job.fate != .cancelled {
                broken.append("\(name) was deleted and goes on")
            }
            let isInUse = entity.kind == .namespace ? entity.dependents > 0 : job?.hasLiveRanks
            if !entity.isHeld, !(isInUse ?? false) {
                broken.append("\(name) was deleted and nothing keeps it")
            }
        }
        if leaving.map(\.uid).sorted() != marked.sorted() {
            broken.append("the namespaces that go are not those that were deleted")
        }
        return broken
    }

    /// What lives in each namespace and the jobs of each queue, by row of `entities`.
    private func countDependents() -> [UInt32] {
        var counts = [UInt32](repeating: 0, count: entities.capacity)
        for row in entities.rows {
            if let scope = byUID[entities[row].scope] { counts[scope.index] += 1 }
        }
        for row in jobs.rows {
            if let queue = byUID[jobs[row].queue] { counts[queue.index] += 1 }
        }
        return counts
    }
}
