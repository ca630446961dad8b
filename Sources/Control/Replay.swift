public import Kernel
public import Primitives
public import Storage

/// Runs a stored history through a kernel again and holds every step against what was stored.
public struct Replay {
    /// Which part of the history is meant, and how closely it is looked at.
    public struct Span: Hashable, Sendable {
        /// The resourceVersion behind which the part begins; nil for all that is kept.
        public var after: UInt64?
        /// The last resourceVersion of the part; nil for the newest.
        public var upTo: UInt64?
        /// Walks the kernel's invariants after every batch and not only at the end.
        public var checksEveryBatch = false

        public init(after: UInt64? = nil, upTo: UInt64? = nil) {
            self.after = after
            self.upTo = upTo
        }
    }

    /// One batch, replayed.
    public struct Step: Sendable {
        public let firstSequence: UInt64
        public let lastSequence: UInt64
        public let tick: Tick
        public let records: [Record]
    }

    private let journal: JournalReader
    private let checksEveryBatch: Bool
    private let snapshots: [UInt64]
    private var kernel: Kernel
    private var report: ReplayReport

    /// Replays the span; `begin` sees the state at its start, `visit` the state after each batch.
    ///
    /// What is wrong with the history ends the walk and is in the report; what keeps it from being
    /// read at all is thrown.
    public static func run(
        _ journal: JournalReader, _ span: Span = Span(), limits: Limits = Limits(),
        begin: (Kernel) -> Void = { _ in }, visit: (Step, Kernel) -> Void = { _, _ in }
    ) throws(Refusal) -> ReplayReport {
        try arrive(journal, span, limits: limits, begin: begin, visit: visit).report
    }

    /// As ``run(_:_:limits:begin:visit:)``, and keeps the state at the end.
    static func arrive(
        _ journal: JournalReader, _ span: Span, limits: Limits,
        begin: (Kernel) -> Void = { _ in }, visit: (Step, Kernel) -> Void = { _, _ in }
    ) throws(Refusal) -> (report: ReplayReport, kernel: Kernel) {
        do {
            var replay = try Replay(journal, span, limits)
            begin(replay.kernel)
            do {
                try journal.forEachBatch(after: replay.kernel.sequence, upTo: replay.report.to) {
                    visit(try replay.take($0), replay.kernel)
                }
                try replay.checkEnd()
            } catch let fault as ReplayFault {
                replay.report.faults.append(fault)
            } catch StorageFailure.corrupt(let detail) {
                replay.report.faults.append(ReplayFault(.damage, finding: detail))
            }
            try journal.confirm()
            return (replay.closed(), replay.kernel)
        } catch let refusal as Refusal {
            throw refusal
        } catch let failure as StorageFailure {
            throw failure.refusal
        } catch {
            throw Refusal(
                .internalFailure, finding: "the history cannot be replayed: \(error)",
                remedy: "Report this as a bug")
        }
    }

    private init(_ journal: JournalReader, _ span: Span, _ limits: Limits) throws {
        self.journal = journal
        checksEveryBatch = span.checksEveryBatch
        snapshots = try journal.snapshotSequences()
        let start = try StartingPoint(journal, span.after, limits)
        kernel = start.kernel
        let wanted = span.upTo ?? journal.end
        guard wanted <= journal.end else {
            throw Refusal(
                .notFound, field: "resourceVersion \(wanted)",
                finding: "the journal ends at resourceVersion \(journal.end)",
                remedy: "Ask for \(journal.end) or less")
        }
        let from = max(span.after ?? kernel.sequence, kernel.sequence)
        guard from <= wanted else {
            throw Refusal(
                .notFound, field: "resourceVersion \(wanted)",
                finding: "a replay can start at \(from) and later",
                remedy: "Use resourceVersions from \(from) to \(journal.end)")
        }
        // Only a whole batch makes a state.
        let isThere = wanted == kernel.sequence
        report = ReplayReport(
            start: kernel.sequence, isFromSnapshot: start.isSnapshot, from: from,
            to: isThere ? wanted : try journal.batchEnd(of: wanted) ?? wanted)
        report.notices = start.notices
        if start.isSnapshot { try proveStart(start.kernel) }
    }

    /// The state that a snapshot holds is the one whose digest the journal has there.
    private mutating func proveStart(_ kernel: Kernel) throws {
        guard let stored = try journal.digest(at: kernel.sequence) else { return }
        guard stored == kernel.digest.value else {
            throw Refusal(
                .internalFailure, field: "snapshots",
                finding: "the snapshot at \(kernel.sequence) has digest \(kernel.digest), the "
                    + "journal has \(Digest(stored)) there",
                remedy: "Keep a copy of the data directory, then restore the newest backup")
        }
    }

    private mutating func take(_ batch: JournalBatch) throws -> Step {
        let tick = Tick(batch.tick)
        let outcome: Outcome
        do throws(DecodingFailure) {
            outcome = try kernel.replay(batch.records, at: tick)
        } catch {
            throw ReplayFault(.undecodable, batch, finding: "its records cannot be read: \(error)")
        }
        guard kernel.sequence == batch.lastSequence else {
            throw ReplayFault(
                .undecodable, batch, finding: "it holds \(outcome.records.count) records")
        }
        guard kernel.digest.value == batch.digest else {
            throw ReplayFault(
                .digest, batch, stored: batch.digest, computed: kernel.digest.value)
        }
        report.count(outcome.records.count, at: tick)
        if snapshots.contains(batch.lastSequence) { try prove(snapshotAt: batch) }
        if checksEveryBatch { try check(batch) }
        return Step(
            firstSequence: batch.firstSequence, lastSequence: batch.lastSequence, tick: tick,
            records: outcome.records)
    }

    /// Equal states have equal bytes, so the stored snapshot must be ours.
    private mutating func prove(snapshotAt batch: JournalBatch) throws {
        let sequence = batch.lastSequence
        guard let found = try journal.newestSnapshot(notAfter: sequence),
            found.sequence == sequence
        else { throw ReplayFault(.snapshot, batch, finding: "the snapshot there is damaged") }
        guard Kernel.isComparable(found.body) else {
            report.notices.append(
                "the snapshot at \(sequence) is an earlier release's and was not compared")
            return
        }
        guard found.body == kernel.snapshot() else {
            throw ReplayFault(
                .snapshot, batch, finding: "the snapshot there is not the replayed state")
        }
        report.snapshots += 1
    }

    private mutating func check(_ batch: JournalBatch) throws {
        report.checks += 1
        guard let first = kernel.check().first else { return }
        throw ReplayFault(.invariant, batch, finding: first)
    }

    /// What is left to prove at the end.
    private mutating func checkEnd() throws {
        report.checks += 1
        guard let first = kernel.check().first else { return }
        throw ReplayFault(.invariant, finding: "at the end, \(first)")
    }

    private func closed() -> ReplayReport {
        var report = report
        report.reached = kernel.sequence
        report.digest = kernel.digest
        report.jobs = kernel.jobCount
        report.nodes = kernel.nodeCount
        report.pending = kernel.pendingCount
        return report
    }
}

extension StorageFailure {
    /// As a person at the command line reads it.
    var refusal: Refusal {
        Refusal(.internalFailure, finding: finding, remedy: remedy)
    }
}
