import Host
public import Kernel
import Primitives
import Scheduling
import Storage
import Telemetry
import Wire

/// What a committed batch owes to the outside.
public struct Delivery: Sendable {
    public let answers: [(ticket: UInt64, reply: Reply)]
    public let effects: [Effect]
    /// Everything up to here can be read.
    public let version: UInt64
}

/// Takes deliveries on the core thread; must hand them on without waiting.
public protocol DeliverySink: AnyObject, Sendable {
    func deliver(_ delivery: Delivery)
}

/// Settings of the loop that an operator may change.
public struct LoopOptions: Sendable {
    /// Records after which a snapshot is taken, so that a restart replays no more than that.
    public var recordsPerSnapshot: UInt64 = 250_000
    /// How often a full disk is asked again.
    public var probeMilliseconds: Int64 = 5_000
    public var keptEvents = 100_000
    public var keptHistory = 1_000_000
    /// Every n-th batch is followed by a walk over all invariants; zero for never.
    public var batchesPerCheck = 0

    public init() {}
}

/// The core: the only writer of the cluster's state. Runs on one thread, in ``run()``.
public final class Loop {
    var kernel: Kernel
    let store: Store
    let mailbox: Mailbox
    let catalog: Catalog
    private let options: LoopOptions
    private let log: Log
    private let tally: Tally
    private let recover: () throws -> Kernel
    private let fail: (String) -> Void
    private weak var sink: (any DeliverySink)?
    private var lastSnapshot: UInt64
    private var isReadOnly = false
    private var lastTurn: Tick?
    private var nextTimer: Tick?
    private var batches = 0
    /// The journal's ticks never step back, whatever happens to the time of day.
    private var clock = SteadyClock()

    init(
        kernel: Kernel, store: Store, mailbox: Mailbox, catalog: Catalog, options: LoopOptions,
        lastSnapshot: UInt64, lastTick: Tick, log: Log, counters: Counters,
        recover: @escaping () throws -> Kernel,
        fail: @escaping (String) -> Void
    ) {
        self.kernel = kernel
        self.store = store
        self.mailbox = mailbox
        self.catalog = catalog
        self.options = options
        self.lastSnapshot = lastSnapshot
        clock.leap(past: lastTick)
        self.log = log
        tally = Tally(counters: counters)
        self.recover = recover
        self.fail = fail
    }

    public func attach(_ sink: any DeliverySink) { self.sink = sink }

    /// Serves the mailbox until it is closed and empty; then leaves a snapshot and a clean store.
    public func run() {
        while true {
            guard let batch = mailbox.takeBatch(atMostMilliseconds: patience()) else { break }
            isReadOnly ? turnAway(batch) : serve(batch)
        }
        if !isReadOnly { takeSnapshot() }
        store.close()
    }

    /// How long the mailbox may stay empty before the loop has something of its own to do.
    private func patience() -> Int64 {
        if isReadOnly { return options.probeMilliseconds }
        guard let nextTimer else { return 1_000 }
        return min(1_000, max(0, nextTimer.since(clock.now()).milliseconds))
    }

    /// The four duties, in their order.
    private func serve(_ batch: [CoreRequest]) {
        let now = clock.now()
        // The loop turns once a second: after a longer gap it was we who did not listen.
        if let lastTurn, now.since(lastTurn) > Duration64(seconds: 3) {
            log.warning(
                "the controller did not run for a while; nodes get time to be heard",
                .integer("milliseconds", now.since(lastTurn).milliseconds))
            kernel.grantGrace(at: now)
        }
        lastTurn = now
        let outcome = kernel.step(batch.map(\.command), at: now)
        nextTimer = outcome.nextTimer
        let texts = texts(of: batch, outcome)
        let notes = outcome.records.enumerated().compactMap { offset, record in
            EventNote.of(record, in: kernel, at: now).map {
                EventView(version: outcome.firstSequence + UInt64(offset), note: $0)
            }
        }
        if !outcome.records.isEmpty {
            let began = Clock.monotonicNanoseconds()
            do throws(StorageFailure) {
                try store.commit(write(outcome, texts, notes, at: now))
            } catch {
                refuse(batch, after: error)
                return
            }
            let spent = Clock.monotonicNanoseconds() - began
            tally.count(outcome, in: kernel, commitMicroseconds: UInt64(clamping: spent / 1000))
            for (uid, written) in texts where written.text.residentBody == nil {
                catalog.bodies.keep(uid, written.body)
            }
            catalog.publish(
                outcome, of: kernel, texts: texts.mapValues(\.text), events: notes)
        }
        explainBlockers(outcome)
        let answers = zip(batch, outcome.replies).compactMap { submission, reply in
            submission.ticket == 0 ? nil : (ticket: submission.ticket, reply: reply)
        }
        if !answers.isEmpty || !outcome.effects.isEmpty || !outcome.records.isEmpty {
            sink?.deliver(
                Delivery(answers: answers, effects: outcome.effects, version: kernel.sequence))
        }
        upkeep(isIdle: batch.isEmpty)
    }

    /// The text that came with a batch: what readers keep, and the body that goes to disk.
    private struct Written {
        let text: DocumentText
        let body: [UInt8]

        init(_ draft: DocumentDraft, isJob: Bool, _ pin: ([UInt8]) -> BodyPin) {
            body = draft.body.withUnsafeBytes { Array($0) }
            text = DocumentText(
                head: draft.head, residentBody: isJob ? nil : body,
                pin: isJob ? pin(body) : .unused,
                labels: draft.labels, user: draft.user)
        }
    }

    private func texts(of batch: [CoreRequest], _ outcome: Outcome) -> [UInt64: Written] {
        var texts: [UInt64: Written] = [:]
        for (submission, reply) in zip(batch, outcome.replies) {
            guard let draft = submission.draft, case .done(let uid, _) = reply else { continue }
            texts[uid] = Written(draft, isJob: kernel.job(uid) != nil) { body in
                catalog.pin(forBody: body, of: uid)
            }
        }
        return texts
    }

    private func write(
        _ outcome: Outcome, _ texts: [UInt64: Written], _ notes: [EventView], at now: Tick
    ) -> WriteBatch {
        var write = WriteBatch(
            firstSequence: outcome.firstSequence, lastSequence: kernel.sequence,
            tick: now.milliseconds, records: outcome.encoded.bytes, digest: kernel.digest.value)
        for change in outcome.changes {
            switch change.subject {
            case .object(let uid):
                guard let text = texts[uid], let object = kernel.object(uid) else { continue }
                let scope = object.namespace == 0 ? "" : "\(object.namespace)/"
                write.documents.append(
                    .put(
                        StoredDocument(
                            uid: uid, kind: object.kind.rawValue, key: scope + object.name,
                            head: text.text.head, body: text.body)))
            case .removed(let kind, let uid):
                if kind == .job { catalog.retireBody(of: uid) }
                write.documents.append(.delete(uid: uid))
            case .rank, .rankRemoved: continue
            }
        }
        for note in notes {
            write.events.append(
                EventRow(
                    sequence: note.version, tick: note.note.at,
                    kind: note.note.kind == "Job" ? Kind.job.rawValue : Kind.node.rawValue,
                    uid: note.note.uid, reason: note.note.reason,
                    json: WireEncoder.encode(note.note)))
        }
        for record in outcome.records {
            if let row = historyRow(of: record, texts, at: now) { write.history.append(row) }
        }
        return write
    }

    /// The row of a job that has just ended; one that was deleted while it ran is gone from the
    /// kernel by now and is taken from what readers last saw.
    private func historyRow(
        of record: Record, _ texts: [UInt64: Written], at now: Tick
    ) -> HistoryRow? {
        guard case .moved(let uid, let phase, let cause, _, let culprit, _) = record, phase.isFinal
        else { return nil }
        let known = catalog.job(uid: uid)
        let present = kernel.job(uid)
        guard let job = present ?? known?.job, let name = kernel.object(uid)?.name ?? known?.name,
            let shape = present.map({ kernel.shape(of: $0) }) ?? known?.shape
        else { return nil }
        return HistoryRow(
            uid: uid, namespace: kernel.object(job.namespace)?.name ?? known?.namespace ?? "",
            name: name, queue: kernel.object(job.queue)?.name ?? known?.queue ?? "",
            user: (texts[uid]?.text ?? known?.text)?.user ?? "", phase: phase.word,
            reason: cause.word, submittedTick: job.submittedAt.milliseconds,
            startedTick: job.startedAt?.milliseconds, endedTick: now.milliseconds,
            ranks: Int64(shape.rankCount),
            gpusMilli: shape.roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.gpuMilli },
            cpuMilli: shape.roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.cpuMilli },
            exitCode: culprit.map { $0.end.code } ?? (phase == .succeeded ? 0 : nil))
    }

    /// Keeps the readers' answer to "why does it wait" in step with the planner's.
    private func explainBlockers(_ outcome: Outcome) {
        for (shape, blocker) in outcome.blocked {
            catalog.setBlocker(blocker.text, ofShape: shape)
        }
    }

    private func upkeep(isIdle: Bool) {
        tally.count(store.figures, isWritable: !isReadOnly)
        batches += 1
        if options.batchesPerCheck > 0, batches % options.batchesPerCheck == 0 {
            let broken = kernel.check()
            if let first = broken.first {
                fail("the kernel's state is inconsistent: \(first)")
                return
            }
        }
        if kernel.sequence - lastSnapshot >= options.recordsPerSnapshot { takeSnapshot() }
        do throws(StorageFailure) {
            try store.checkpointIfNeeded(isIdle: isIdle)
            if batches % 4096 == 0 {
                _ = try store.trimEvents(keeping: options.keptEvents)
                _ = try store.trimHistory(keeping: options.keptHistory)
            }
        } catch {
            handle(error)
        }
    }

    private func takeSnapshot() {
        guard kernel.sequence > lastSnapshot else { return }
        do throws(StorageFailure) {
            try store.saveSnapshot(sequence: kernel.sequence, body: kernel.snapshot())
            lastSnapshot = kernel.sequence
        } catch {
            handle(error)
        }
    }

    /// The batch did not become durable: nobody is told that it did, and the state goes back.
    private func refuse(_ batch: [CoreRequest], after failure: StorageFailure) {
        handle(failure)
        guard isReadOnly else { return }
        do {
            kernel = try recover()
            kernel.grantGrace(at: clock.now())
        } catch {
            fail("the state could not be read back after the disk was full: \(error)")
            return
        }
        turnAway(batch)
    }

    private func handle(_ failure: StorageFailure) {
        tally.counters.add(.storeFailures)
        if case .full = failure {
            log.error(
                "the disk is full: writes are refused until space returns",
                .text("finding", failure.finding))
            isReadOnly = true
            return
        }
        fail("\(failure)")
    }

    /// While the disk is full every command is refused; the disk is asked again now and then.
    private func turnAway(_ batch: [CoreRequest]) {
        let refusal = Refusal(
            .insufficientStorage, finding: "the controller's disk is full; nothing was stored",
            remedy: "Free space on the volume of the data directory; writing resumes by itself")
        let answers = batch.compactMap { submission in
            submission.ticket == 0
                ? nil : (ticket: submission.ticket, reply: Reply.refused(refusal))
        }
        if !answers.isEmpty {
            sink?.deliver(Delivery(answers: answers, effects: [], version: kernel.sequence))
        }
        guard Clock.monotonicMilliseconds() >= nextProbe else { return }
        nextProbe = Clock.monotonicMilliseconds() + options.probeMilliseconds
        do throws(StorageFailure) {
            guard try store.probe() else { return }
            isReadOnly = false
            // Heartbeats and reports were turned away meanwhile: nobody is late for that.
            kernel.grantGrace(at: clock.now())
            nextTimer = nil
            log.info("space has returned: writes are taken again")
        } catch {
            handle(error)
        }
    }

    private var nextProbe: Int64 = 0
}
