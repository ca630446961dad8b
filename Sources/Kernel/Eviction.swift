import Primitives

// Eviction: ranks that must leave their node though nothing is wrong with them.

extension Kernel {
    /// The whole gang leaves and waits anew, in its old place by priority and age; it does not cost
    /// the job one of its retries.
    mutating func evict(
        _ name: ObjectName, attempt: UInt32, rank: UInt32, at now: Tick
    ) throws(Refusal) -> Reply {
        let row = try find(name, Precondition())
        let uid = entities[row].uid
        let job = jobs[jobRow(uid)]
        guard job.attempt == attempt, Int(rank) < job.ranks.count,
            !job.ranks[Int(rank)].isHidden
        else {
            throw Refusal(
                .notFound, field: "metadata.name",
                finding: "rank \(rank) of this attempt is not there any more",
                remedy: "List the pods to see which exist")
        }
        if job.ranks[Int(rank)].state.isEnded, job.phase != .stopping {
            emit(.rankHidden(job: uid, rank: rank), at: now)
            return .done(uid: uid, version: sequence)
        }
        stop(uid, fate: .pending, cause: .evicted, culprit: nil, at: now)
        return .accepted(uid: uid, version: sequence)
    }

    mutating func taint(
        _ name: String, _ on: Bool, evicting: Bool, at now: Tick
    ) throws(Refusal) -> Reply {
        let row = try find(ObjectName(.node, name: name), Precondition())
        let index = Int(entities[row].link)
        let node = nodes[index]
        if node.isTainted != on { emit(.nodeTainted(uid: node.uid, on), at: now) }
        if evicting {
            for job in node.activeJobs {
                stop(job, fate: .pending, cause: .evicted, culprit: nil, at: now)
            }
        }
        return done(row)
    }
}
