import Host
import Kernel
import Primitives
import Storage
import Telemetry

/// Counts what committed batches came to; on the core's thread.
struct Tally {
    let counters: Counters

    /// One committed batch, and how long its transaction took.
    func count(_ outcome: Outcome, in kernel: Kernel, commitMicroseconds: UInt64) {
        counters.add(.storeCommits)
        counters.add(.journalRecords, UInt64(outcome.records.count))
        counters.observe(.commitTime, commitMicroseconds)
        counters.observe(.commitRecords, UInt64(outcome.records.count))
        for record in outcome.records { count(record, in: kernel) }
    }

    private func count(_ record: Record, in kernel: Kernel) {
        switch record {
        case .submitted: counters.add(.jobsSubmitted)
        case .attemptStarted(let uid):
            counters.add(.jobsStarted)
            guard let job = kernel.job(uid), job.attempt == 1, let start = job.startedAt else {
                return
            }
            let wait = start.since(job.submittedAt).milliseconds
            counters.observe(.queueWait, UInt64(clamping: wait).multipliedClamped(by: 1000))
        case .moved(_, let phase, let cause, _, let culprit, _):
            switch phase {
            case .succeeded: counters.add(.jobsSucceeded)
            case .failed: counters.add(.jobsFailed)
            case .cancelled: counters.add(.jobsCancelled)
            case .pending: if culprit != nil, cause != .none { counters.add(.jobsRequeued) }
            case .starting, .running, .stopping: return
            }
        case .created, .revised, .deletionMarked, .removed, .modelNamed, .rankPlaced, .rankStarted,
            .rankEnded, .rankForgotten, .rankHidden, .rankRelabelled, .nodeRegistered, .nodeReady,
            .nodeCordoned,
            .nodeTainted, .held:
            return
        }
    }

    func count(_ figures: Store.Figures, isWritable: Bool) {
        counters.set(.storeCheckpoints, to: figures.checkpoints)
        counters.set(.storeCheckpointsHeld, to: figures.heldCheckpoints)
        counters.set(.storeLogPages, Int64(figures.logPages))
        counters.set(.storeWritable, isWritable ? 1 : 0)
    }
}

extension UInt64 {
    /// The product, or the largest number where it would not fit.
    fileprivate func multipliedClamped(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
