public import Kernel
public import Primitives
import Storage

/// The state where a replay begins: a snapshot, or nothing at all.
struct StartingPoint {
    let kernel: Kernel
    let isSnapshot: Bool
    var notices: [String] = []

    /// The newest state that is not after `version`, or the oldest that is kept.
    init(_ journal: JournalReader, _ version: UInt64?, _ limits: Limits) throws {
        if let version, version > journal.end {
            throw Refusal(
                .notFound, field: "resourceVersion \(version)",
                finding: "the journal ends at resourceVersion \(journal.end)",
                remedy: "Ask for \(journal.end) or less")
        }
        let isWhole = journal.beginning == 0
        if version != nil || !isWhole {
            let limit = try version ?? Self.oldest(journal)
            if let found = try journal.newestSnapshot(notAfter: limit) {
                kernel = try Self.kernel(found.body, at: found.sequence, limits)
                isSnapshot = true
                let passed = try journal.snapshotSequences().filter {
                    $0 > found.sequence && $0 <= limit
                }
                notices = passed.map { "the snapshot at \($0) is damaged and was passed over" }
                return
            }
        }
        guard isWhole else {
            let oldest = try Self.oldest(journal)
            throw Refusal(
                .gone, field: "resourceVersion \(version ?? 0)",
                finding: "the history up to \(oldest) is trimmed: a replay can start at "
                    + "resourceVersion \(oldest) and later",
                remedy: "Ask for \(oldest) or later, or read a backup from before it was trimmed")
        }
        kernel = Kernel(limits: limits)
        isSnapshot = false
    }

    private static func kernel(
        _ body: [UInt8], at sequence: UInt64, _ limits: Limits
    ) throws -> Kernel {
        do throws(DecodingFailure) {
            let kernel = try Kernel(snapshot: body, limits: limits)
            if kernel.sequence == sequence { return kernel }
        } catch {
            throw StorageFailure.corrupt(
                detail: "the snapshot at \(sequence) cannot be read: \(error)")
        }
        throw StorageFailure.corrupt(detail: "the snapshot at \(sequence) is of another moment")
    }

    /// The oldest snapshot that is whole.
    private static func oldest(_ journal: JournalReader) throws -> UInt64 {
        for sequence in try journal.snapshotSequences() {
            let found = try journal.newestSnapshot(notAfter: sequence)
            if found?.sequence == sequence { return sequence }
        }
        throw StorageFailure.corrupt(
            detail: "no snapshot is whole and the journal's beginning is trimmed")
    }
}

/// The state that a data directory holds, read beside whoever runs on it.
public enum StoredState {
    /// The newest state, or that of `version`: a snapshot and the journal behind it, digests
    /// proved.
    ///
    /// Nothing is locked, written or migrated. A version within a batch gives the batch's end.
    public static func newestKernel(
        of directory: String, upTo version: UInt64? = nil, limits: Limits = Limits()
    ) throws(Refusal) -> (kernel: Kernel, tick: Tick) {
        let journal: JournalReader
        let tick: Int64
        var span = Replay.Span(upTo: version)
        do throws(StorageFailure) {
            journal = try JournalReader.open(directory)
            span.after = version ?? journal.end
            tick = try journal.tick(notAfter: version ?? journal.end) ?? 0
        } catch {
            throw error.refusal
        }
        let (report, kernel) = try Replay.arrive(journal, span, limits: limits)
        if let fault = report.faults.first {
            throw Refusal(
                .internalFailure, field: directory, finding: fault.text,
                remedy: "See muster replay \(directory), and restore the newest backup")
        }
        return (kernel, Tick(tick))
    }
}
