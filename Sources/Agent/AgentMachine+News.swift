public import Primitives
public import Resources

// What becomes of ranks, how the controller hears of it, and when they are forgotten.

extension AgentMachine {
    /// A delivered end in the order of its age.
    struct Aged: Comparable, Sendable {
        let at: Int64
        let name: RankName

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.name) < (right.at, right.name)
        }
    }

    // MARK: News of processes

    /// Takes in what was found on disk; call it once, before everything else.
    public mutating func adopt(_ found: [FoundRank]) {
        for rank in found where ranks[rank.name] == nil {
            insert(
                rank.name, Rank(phase: .running, startedAt: rank.startedAt, isOnDisk: true))
            guard let end = rank.end else { continue }
            if rank.isDelivered {
                settle(rank.name, end)
            } else {
                finish(rank.name, end)
            }
        }
    }

    /// The rank's step was started.
    public mutating func started(_ name: RankName, at now: Tick) {
        guard ranks[name]?.phase == .queued else { return }
        ranks[name]?.phase = .running
        ranks[name]?.isOnDisk = true
        ranks[name]?.startedAt = now.milliseconds
        let number = report(name, .started, at: now.milliseconds)
        ranks[name]?.startReport = number
    }

    /// No process of the rank is left, or there never was one.
    public mutating func ended(_ name: RankName, _ end: RankEnd) {
        guard let rank = ranks[name], rank.phase != .ended else { return }
        // Where the start was tried, a directory may be left even if nothing ran in it.
        ranks[name]?.isOnDisk = true
        finish(name, end)
    }

    /// Ends a rank and has the controller told.
    mutating func finish(_ name: RankName, _ end: RankEnd) {
        settlePhase(name, end)
        let number = report(name, end.how, code: end.code, timedOut: end.timedOut, at: end.at)
        ranks[name]?.endReport = number
    }

    /// Takes in a rank whose end the controller knows already.
    private mutating func settle(_ name: RankName, _ end: RankEnd) {
        settlePhase(name, end)
        deliver(name)
    }

    private mutating func settlePhase(_ name: RankName, _ end: RankEnd) {
        ranks[name]?.phase = .ended
        ranks[name]?.end = end
        liveCount -= 1
        jobs[name.job]?.liveCount -= 1
        if jobs[name.job]?.liveCount == 0 { releaseSpared(of: name.job) }
    }

    // MARK: Reports

    private mutating func report(
        _ name: RankName, _ how: AgentReport.How, code: Int32? = nil, timedOut: Bool = false,
        at: Int64
    ) -> UInt64 {
        lastNumber += 1
        pending[lastNumber] = AgentReport(
            number: lastNumber, job: name.job, attempt: name.attempt, rank: name.rank, how: how,
            code: code, timedOut: timedOut ? true : nil, at: at)
        if isWelcome { unsent.append(lastNumber) }
        return lastNumber
    }

    /// Whether ``takeReports(atMost:)`` has something to give.
    public var hasNews: Bool { isWelcome && !unsent.isEmpty }

    /// News that this connection has not carried yet; empty before the welcome.
    public mutating func takeReports(atMost count: Int) -> [AgentReport] {
        guard isWelcome, !unsent.isEmpty else { return [] }
        let numbers = unsent.prefix(count)
        // What was acknowledged meanwhile is no news any more.
        let reports = numbers.compactMap { pending[$0] }
        unsent.removeFirst(numbers.count)
        return reports
    }

    /// Answers an order for a rank that is known with what is known, unless that is under way.
    mutating func repeatNews(of name: RankName, isStartKnown: Bool) {
        guard let rank = ranks[name] else { return }
        switch rank.phase {
        case .queued: return
        case .running:
            guard !isStartKnown, rank.startReport == nil else { return }
            let number = report(name, .started, at: rank.startedAt)
            ranks[name]?.startReport = number
        case .ended:
            guard rank.endReport == nil, let end = rank.end else { return }
            if rank.isDelivered {
                ranks[name]?.isDelivered = false
                if !rank.isSpared { deliveredCount -= 1 }
                ranks[name]?.isSpared = false
            }
            let number = report(
                name, end.how, code: end.code, timedOut: end.timedOut, at: end.at)
            ranks[name]?.endReport = number
        }
    }

    mutating func acknowledge(_ numbers: [UInt64]) {
        for number in numbers {
            guard let report = pending.removeValue(forKey: number) else { continue }
            let name = RankName(job: report.job, attempt: report.attempt, rank: report.rank)
            guard let rank = ranks[name] else { continue }
            if rank.startReport == number { ranks[name]?.startReport = nil }
            guard rank.endReport == number else { continue }
            ranks[name]?.endReport = nil
            // Who knows the end need not hear of the start.
            if let start = rank.startReport { pending[start] = nil }
            ranks[name]?.startReport = nil
            if !rank.isOnDisk || (jobs[name.job]?.isForgotten ?? false) {
                drop(name)
            } else {
                act(.markDelivered(name))
                deliver(name)
            }
        }
    }

    // MARK: Forgetting

    /// The job is gone from the controller: its directories go when its ranks have ended.
    mutating func forget(_ job: UInt64) {
        guard let entry = jobs[job] else { return }
        jobs[job]?.isForgotten = true
        for name in entry.ranks.sorted() where ranks[name]?.phase == .ended { drop(name) }
    }

    private mutating func deliver(_ name: RankName) {
        guard let end = ranks[name]?.end else { return }
        ranks[name]?.isDelivered = true
        age(Aged(at: end.at, name: name))
        while deliveredCount > limits.keptRanks, let oldest = aging.pop() { expire(oldest) }
    }

    private mutating func age(_ aged: Aged) {
        deliveredCount += 1
        aging.push(aged)
        if aging.count > 2 * deliveredCount + 1024 { rebuildAging() }
    }

    /// Drops the entries of ranks that are gone, so that the heap stays as small as what it names.
    private mutating func rebuildAging() {
        aging = Heap()
        for (name, rank) in ranks where rank.isDelivered && !rank.isSpared {
            if let end = rank.end { aging.push(Aged(at: end.at, name: name)) }
        }
    }

    /// Lets go of delivered ends that are old enough.
    public mutating func tick(at now: Tick) {
        let limit = now.milliseconds - limits.keptMilliseconds
        while let oldest = aging.smallest, oldest.at < limit {
            _ = aging.pop()
            expire(oldest)
        }
    }

    private mutating func expire(_ aged: Aged) {
        let name = aged.name
        guard let rank = ranks[name], rank.isDelivered, !rank.isSpared, rank.end?.at == aged.at
        else { return }
        guard isLookedBackAt(name) else { return drop(name) }
        ranks[name]?.isSpared = true
        deliveredCount -= 1
        jobs[name.job]?.spared.append(aged)
    }

    /// Whether a job that runs here may want to see this rank: of its newest attempt or the last.
    private func isLookedBackAt(_ name: RankName) -> Bool {
        guard let job = jobs[name.job], job.liveCount > 0 else { return false }
        return name.attempt >= job.highestAttempt || job.highestAttempt - name.attempt == 1
    }

    /// What was spared is as old as it is, and goes unless there is reason to spare it again.
    mutating func releaseSpared(of job: UInt64) {
        let spared = jobs[job]?.spared ?? []
        jobs[job]?.spared = []
        for aged in spared where ranks[aged.name]?.isSpared ?? false {
            ranks[aged.name]?.isSpared = false
            age(aged)
        }
    }

    private mutating func drop(_ name: RankName) {
        guard let rank = ranks.removeValue(forKey: name) else { return }
        if rank.isDelivered, !rank.isSpared { deliveredCount -= 1 }
        if let number = rank.startReport { pending[number] = nil }
        if let number = rank.endReport { pending[number] = nil }
        jobs[name.job]?.ranks.remove(name)
        if jobs[name.job]?.ranks.isEmpty ?? false { jobs[name.job] = nil }
        if rank.isOnDisk { act(.remove(name)) }
    }
}
