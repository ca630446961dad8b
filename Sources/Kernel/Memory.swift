import Primitives

// What the kernel remembers of the past, within bounds: idempotency keys and finished jobs.

/// Keys of accepted submissions, forgotten after a day or when there are too many.
struct IdempotencyKeys: Sendable {
    struct Use: Sendable {
        let uid: UInt64
        let bodyDigest: UInt64
        let at: Tick
    }

    private var uses = Lookup<String, Use>()
    /// Oldest first, from `head` on.
    private(set) var order: [String] = []
    private var head = 0

    subscript(key: String) -> Use? { uses[key] }

    /// Keys in the order in which they were used.
    var keys: ArraySlice<String> { order[head...] }

    mutating func remember(
        _ key: String, uid: UInt64, bodyDigest: UInt64, at now: Tick, _ limits: Limits
    ) {
        while head < order.count, let oldest = uses[order[head]],
            order.count - head >= limits.idempotencyKeys
                || oldest.at.after(limits.idempotencyLife) <= now
        {
            uses[order[head]] = nil
            head += 1
        }
        if head > 1024, head > order.count / 2 {
            order.removeFirst(head)
            head = 0
        }
        uses[key] = Use(uid: uid, bodyDigest: bodyDigest, at: now)
        order.append(key)
    }
}

/// Finished jobs in the order in which they ended.
struct RetirementQueue: Sendable {
    private var queue: [(uid: UInt64, at: Tick)] = []
    private var head = 0

    var count: Int { queue.count - head }
    var oldest: (uid: UInt64, at: Tick)? { head < queue.count ? queue[head] : nil }

    mutating func append(_ uid: UInt64, at tick: Tick) { queue.append((uid, tick)) }

    mutating func removeOldest() {
        head += 1
        guard head > 1024, head > queue.count / 2 else { return }
        queue.removeFirst(head)
        head = 0
    }
}

extension Kernel {
    /// Removes finished jobs that are too old or too many, a bounded number a step.
    mutating func retire(at now: Tick) {
        var budget = limits.gangsPerPass
        while budget > 0, let oldest = retired.oldest,
            retired.count > limits.finishedJobs || oldest.at.after(limits.retention) <= now
        {
            budget -= 1
            retired.removeOldest()
            guard let job = liveJob(oldest.uid), job.phase.isFinal else { continue }
            let isHeld = entities[row(ofUID: oldest.uid)].isHeld
            _ = deleteJob(oldest.uid, isHeld: isHeld, at: now)
        }
        if let oldest = retired.oldest, timers.smallest == nil {
            timers.push(
                Timer(
                    at: oldest.at.after(limits.retention), cause: .retire, uid: 0, attempt: 0))
        }
    }
}
