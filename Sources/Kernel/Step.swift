public import Primitives
import Scheduling

extension Kernel {
    /// Runs a batch to completion and says what must now happen.
    ///
    /// Refused commands leave no trace but their reply; the rest of the batch goes on.
    public mutating func step(_ batch: [Command], at now: Tick) -> Outcome {
        outcome = Outcome()
        outcome.firstSequence = sequence + 1
        outcome.replies.reserveCapacity(batch.count)
        for command in batch {
            do throws(Refusal) {
                outcome.replies.append(try run(command, at: now))
            } catch {
                outcome.replies.append(.refused(error))
            }
        }
        wake(at: now)
        emptyNamespaces(at: now)
        plan(at: now)
        collapseChanges()
        let isBusy = pending.hasWork || leaving.contains { !$0.isScanned }
        outcome.nextTimer = isBusy ? now : timers.smallest?.at
        defer { outcome = Outcome() }
        return outcome
    }

    private mutating func run(_ command: Command, at now: Tick) throws(Refusal) -> Reply {
        switch command {
        case .create(let name, let isHeld): return try create(name, isHeld, at: now)
        case .submit(let order): return try submit(order, at: now)
        case .revise(let name, let condition, let specChanged, let terms, let held, let relabels):
            return try revise(name, condition, specChanged, terms, held, relabels, at: now)
        case .delete(let name, let condition): return try delete(name, condition, at: now)
        case .cancel(let name, let condition): return try cancel(name, condition, at: now)
        case .cordon(let name, let on, let condition):
            let row = try find(ObjectName(.node, name: name), condition)
            let node = nodes[Int(entities[row].link)]
            if node.isCordoned != on { emit(.nodeCordoned(uid: node.uid, on), at: now) }
            return done(row)
        case .taint(let name, let on, let evicting):
            return try taint(name, on, evicting: evicting, at: now)
        case .evict(let name, let attempt, let rank):
            return try evict(name, attempt: attempt, rank: rank, at: now)
        case .trial(let command): return try tryOut(command, at: now)
        case .register(let report): return try register(report, at: now)
        case .heartbeat(let name):
            let row = try find(ObjectName(.node, name: name), Precondition())
            hear(nodeAt: Int(entities[row].link), at: now)
            return done(row)
        case .silence(let name):
            let row = try find(ObjectName(.node, name: name), Precondition())
            let node = nodes[Int(entities[row].link)]
            if node.isReady { emit(.nodeReady(uid: node.uid, false), at: now) }
            return done(row)
        case .report(let report): return try take(report, at: now)
        case .tick: return .done(uid: 0, version: sequence)
        }
    }

    /// Decides as ever, but leaves neither records nor effects.
    private mutating func tryOut(_ command: Command, at now: Tick) throws(Refusal) -> Reply {
        let effects = outcome.effects.count
        isTrial = true
        defer {
            isTrial = false
            outcome.effects.removeLast(outcome.effects.count - effects)
        }
        return try run(command, at: now)
    }

    /// Makes one record part of history: counts it, keeps its bytes, and applies it.
    mutating func emit(_ record: Record, at now: Tick) {
        guard !isTrial else { return }
        let start = outcome.encoded.count
        record.encode(into: &outcome.encoded)
        sequence += 1
        digest.mix(UInt64(bitPattern: now.milliseconds))
        for byte in outcome.encoded.bytes[start...] { digest.mix(byte) }
        outcome.records.append(record)
        evolve(record, at: now)
    }

    /// Applies a stored batch: the same state and the same changes as when it was first decided.
    public mutating func replay(
        _ body: [UInt8], at tick: Tick
    ) throws(DecodingFailure) -> Outcome {
        outcome = Outcome()
        outcome.firstSequence = sequence + 1
        var reader = ByteReader(body)
        while !reader.isAtEnd { emit(try Record(from: &reader), at: tick) }
        collapseChanges()
        defer { outcome = Outcome() }
        return outcome
    }

    /// Acts on every timer that is due.
    private mutating func wake(at now: Tick) {
        while let timer = timers.smallest, timer.at <= now {
            _ = timers.pop()
            switch timer.cause {
            case .retry: endBackOff(of: timer.uid, attempt: timer.attempt, at: now)
            case .startTimeout: giveUpStart(of: timer.uid, attempt: timer.attempt, at: now)
            case .silence: judgeSilence(of: timer.uid, at: now)
            case .retire: break
            }
        }
        retire(at: now)
    }

    /// Keeps, for each subject, only its newest change; versions stay ascending.
    private mutating func collapseChanges() {
        guard outcome.changes.count > 1 else { return }
        var seen = Lookup<Change.Subject, Bool>()
        var kept: [Change] = []
        for change in outcome.changes.reversed() where seen[change.subject] == nil {
            seen[change.subject] = true
            kept.append(change)
        }
        kept.reverse()
        outcome.changes = kept
    }

    func done(_ row: Row<Entity>) -> Reply {
        .done(uid: entities[row].uid, version: entities[row].version)
    }
}
