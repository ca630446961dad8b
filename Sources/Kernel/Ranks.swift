import Primitives
import Scheduling

// Ranks: the agents' news of processes. Matched exactly by node, boot, job, attempt and rank.

extension Kernel {
    /// Takes a report in; one about an attempt that is over changes nothing and is still answered,
    /// so that the agent may forget it.
    mutating func take(_ report: RankReport, at now: Tick) throws(Refusal) -> Reply {
        let nodeRow = try find(ObjectName(.node, name: report.node), Precondition())
        let index = Int(entities[nodeRow].link)
        guard nodes[index].bootID == report.bootID else {
            throw Refusal(
                .conflict, field: "bootID",
                finding: "node \"\(report.node)\" has booted again since this was sent",
                remedy: "Register the node again")
        }
        hear(nodeAt: index, at: now)
        guard let job = liveJob(report.job), job.attempt == report.attempt,
            Int(report.rank) < job.ranks.count
        else { return .done(uid: 0, version: sequence) }
        let rank = job.ranks[Int(report.rank)]
        guard rank.node == nodes[index].uid else { return .done(uid: 0, version: sequence) }
        switch report.news {
        case .started:
            guard rank.state == .placed else { break }
            emit(.rankStarted(job: job.uid, rank: report.rank, at: report.at), at: now)
            runIfComplete(job.uid, at: now)
        case .ended(let end):
            guard !rank.state.isEnded else { break }
            endRank(job.uid, report.rank, end, happenedAt: report.at, now: now)
        }
        return .done(uid: job.uid, version: sequence)
    }

    private mutating func runIfComplete(_ uid: UInt64, at now: Tick) {
        let job = jobs[jobRow(uid)]
        guard job.phase == .starting, job.ranks.allSatisfy({ $0.state != .placed }) else { return }
        emit(
            .moved(
                job: uid, to: .running, cause: .none, fate: .pending, culprit: nil,
                notBefore: job.notBefore), at: now)
    }

    /// Frees what the rank held and draws the conclusions for its gang.
    mutating func endRank(
        _ uid: UInt64, _ number: UInt32, _ end: RankEnd, happenedAt: Tick, now: Tick
    ) {
        emit(.rankEnded(job: uid, rank: number, end: end, at: happenedAt), at: now)
        let job = jobs[jobRow(uid)]
        if job.phase == .stopping {
            guard !job.hasLiveRanks else { return }
            settle(uid, fate: job.fate, cause: job.cause, culprit: job.culprit, at: now)
            return
        }
        guard end.isSuccess else {
            let culprit = Culprit(rank: number, node: job.ranks[Int(number)].node, end: end)
            stop(uid, fate: .failed, cause: cause(of: end), culprit: culprit, at: now)
            return
        }
        switch job.success {
        case .allRanks:
            guard job.ranks.allSatisfy({ $0.end?.isSuccess ?? false }) else {
                runIfComplete(uid, at: now)
                return
            }
            settle(uid, fate: .succeeded, cause: .allRanksSucceeded, culprit: nil, at: now)
        case .role(let role):
            let shape = shapes[Row(job.shape.number)].shape
            let first = shape.roles[..<Int(role)].reduce(0) { $0 + Int($1.ranks) }
            let members = job.ranks[first..<first + Int(shape.roles[Int(role)].ranks)]
            guard members.allSatisfy({ $0.end?.isSuccess ?? false }) else {
                runIfComplete(uid, at: now)
                return
            }
            stop(uid, fate: .succeeded, cause: .roleSucceeded, culprit: nil, at: now)
        }
    }

    private func cause(of end: RankEnd) -> Cause {
        if end.timedOut { return .timeLimit }
        switch end.how {
        case .exited, .signalled: return .rankFailed
        case .launchFailed: return .launchFailed
        case .lost: return .rankLost
        }
    }
}
