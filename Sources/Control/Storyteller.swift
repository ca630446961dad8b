public import Kernel
public import Primitives
import Scheduling
public import Storage

/// Follows a replay and keeps what happens to one job; asked afterwards, it tells the story.
///
/// Names may have been used again: every job of that name is followed, and the newest is told.
public struct Storyteller {
    private let wanted: JobReference
    private var followed: [Followed] = []
    // What this batch has freed so far: only that can have let somebody start.
    private var frees: [Record] = []

    /// One job and where its story stands.
    private struct Followed {
        var story: JobStory
        var attempt: UInt32 = 0
        /// The entry of the stretch in which it waits now.
        var open: Int?
        /// What was freed last since it waits, and the end of the batch before.
        var freed: (moment: UInt64, records: [Record])?
    }

    public init(of wanted: JobReference) { self.wanted = wanted }

    /// Looks for the job in the state in which the replay begins.
    public mutating func begin(_ kernel: Kernel) {
        let name = ObjectName(.job, namespace: wanted.namespace, name: wanted.name)
        for uid in [kernel.uid(of: name), wanted.uid] {
            guard let uid, let job = kernel.job(uid), index(of: uid) == nil else { continue }
            var story = story(of: uid, kernel)
            let version = kernel.sequence
            story.entries.append(
                JobStory.Entry(
                    version: version, tick: job.changedAt, event: .found(job.phase, job.cause)))
            if !job.ranks.isEmpty {
                let tick = job.startedAt ?? job.changedAt
                story.entries.append(
                    JobStory.Entry(version: version, tick: tick, event: .attempt(job.attempt, [])))
                for rank in job.ranks {
                    story.place(
                        on: rank.node, named: Self.name(of: rank.node, kernel), rank.devices)
                }
            }
            followed.append(Followed(story: story, attempt: job.attempt))
            if job.phase == .pending, job.cause != .backingOff {
                wait(followed.count - 1, since: job.changedAt, version, firstMoment: version)
            }
        }
    }

    /// Takes in one batch; `kernel` is the state behind it.
    public mutating func follow(_ step: Replay.Step, _ kernel: Kernel) {
        frees.removeAll(keepingCapacity: true)
        for (offset, record) in step.records.enumerated() {
            if record.frees { frees.append(record) }
            let version = step.firstSequence + UInt64(offset)
            if case .submitted(let job) = record, isWanted(job, kernel) {
                followed.append(Followed(story: story(of: job.uid, kernel)))
            }
            guard let uid = record.job, let index = index(of: uid) else { continue }
            take(record, of: index, version, step, kernel)
        }
        guard !frees.isEmpty else { return }
        for index in followed.indices where followed[index].open != nil {
            guard case .waited(let wait) = newest(index), wait.firstMoment < step.firstSequence
            else { continue }
            followed[index].freed = (step.firstSequence - 1, frees)
        }
    }

    /// Tells the story behind `report.from`, looking again at the moments at which the job waited.
    public func tell(
        _ journal: JournalReader, _ report: ReplayReport
    ) throws(Refusal) -> JobStory {
        let named = followed.filter {
            $0.story.name == wanted.name && $0.story.namespace == wanted.namespace
        }
        let candidates = (named.isEmpty ? followed : named).map(\.story).filter { story in
            story.entries.contains { $0.version > report.from || $0.isOpen }
        }
        guard var story = candidates.max(by: { $0.uid < $1.uid }) else {
            throw Refusal(
                .notFound, field: "--explain",
                finding: "no job \(wanted.namespace)/\(wanted.name) is in the history from "
                    + "\(report.from) to \(report.reached)",
                remedy: "Check the name and the namespace, or widen --from and --to")
        }
        story.namesakes = candidates.map(\.uid).filter { $0 != story.uid }.sorted()
        try story.look(journal, from: report.from, to: report.reached)
        return story
    }

    private func index(of uid: UInt64) -> Int? { followed.firstIndex { $0.story.uid == uid } }

    private func isWanted(_ job: Submission, _ kernel: Kernel) -> Bool {
        if job.uid == wanted.uid { return true }
        return job.name == wanted.name
            && Self.name(of: job.namespace, kernel) == wanted.namespace
    }

    private func story(of uid: UInt64, _ kernel: Kernel) -> JobStory {
        let object = kernel.object(uid)
        return JobStory(
            uid: uid, namespace: Self.name(of: object?.namespace ?? 0, kernel),
            name: object?.name ?? wanted.name)
    }

    /// What is gone by the end of the batch has only its uid left.
    static func name(of uid: UInt64, _ kernel: Kernel) -> String {
        kernel.object(uid)?.name ?? "\(uid)"
    }
}

extension Storyteller {
    private mutating func take(
        _ record: Record, of index: Int, _ version: UInt64, _ step: Replay.Step, _ kernel: Kernel
    ) {
        switch record {
        case .submitted(let job):
            let event = JobStory.Event.submitted(
                ranks: job.shape.rankCount, priority: job.terms.priority)
            add(event, index, version, step)
            wait(index, since: step.tick, version, firstMoment: step.lastSequence)
        case .attemptStarted:
            endWait(index, version, step)
            followed[index].attempt += 1
            add(.attempt(followed[index].attempt, []), index, version, step)
        case .rankPlaced(_, let node, let devices):
            let name = Self.name(of: node, kernel)
            followed[index].story.place(on: node, named: name, devices)
        case .rankStarted(_, let rank, _): add(.rankStarted(rank), index, version, step)
        case .rankEnded(_, let rank, let end, _):
            let places = followed[index].story.newestPlaces
            let node = Int(rank) < places.count ? places[Int(rank)].node : ""
            add(.rankEnded(rank, end, node: node), index, version, step)
        case .moved(_, let phase, let cause, _, _, let notBefore):
            if phase.isFinal { endWait(index, version, step) }
            add(.moved(phase, cause, notBefore: notBefore), index, version, step)
            if phase == .pending, cause != .backingOff {
                wait(index, since: step.tick, version, firstMoment: step.lastSequence)
            }
        case .revised(_, _, let terms):
            let text = terms.map { "revised, priority \($0.priority)" } ?? "revised"
            add(.noted(text), index, version, step)
        case .deletionMarked: add(.noted("marked for deletion"), index, version, step)
        case .removed: add(.noted("removed"), index, version, step)
        case .created, .modelNamed, .rankForgotten, .nodeRegistered, .nodeReady, .nodeCordoned,
            .held, .nodeTainted, .rankHidden, .rankRelabelled:
            break
        }
    }

    private mutating func add(
        _ event: JobStory.Event, _ index: Int, _ version: UInt64, _ step: Replay.Step
    ) {
        followed[index].story.entries.append(
            JobStory.Entry(version: version, tick: step.tick, event: event))
    }

    private mutating func wait(
        _ index: Int, since tick: Tick, _ version: UInt64, firstMoment: UInt64
    ) {
        let wait = JobStory.Wait(since: tick, firstMoment: firstMoment)
        followed[index].open = followed[index].story.entries.count
        followed[index].freed = nil
        followed[index].story.entries.append(
            JobStory.Entry(version: version, tick: tick, event: .waited(wait)))
    }

    private mutating func endWait(_ index: Int, _ version: UInt64, _ step: Replay.Step) {
        guard let open = followed[index].open, case .waited(let wait) = newest(index) else {
            return
        }
        followed[index].open = nil
        guard wait.firstMoment < step.firstSequence else {
            // Started in the batch in which it began to wait: it did not wait at all.
            followed[index].story.entries.remove(at: open)
            return
        }
        let earlier = frees.isEmpty ? followed[index].freed : nil
        followed[index].story.close(
            open, at: version, step.tick, lastMoment: earlier?.moment ?? step.firstSequence - 1,
            frees: earlier?.records ?? frees)
    }

    /// What the entry says that is open now.
    private func newest(_ index: Int) -> JobStory.Event? {
        followed[index].open.map { followed[index].story.entries[$0].event }
    }
}

extension JobStory.Entry {
    /// A stretch of waiting that goes on at the end.
    fileprivate var isOpen: Bool {
        if case .waited(let wait) = event { wait.endVersion == nil } else { false }
    }
}

extension Record {
    /// The job that the record is about, or the object that may be one.
    fileprivate var job: UInt64? {
        switch self {
        case .submitted(let job): job.uid
        case .attemptStarted(let job), .rankPlaced(let job, _, _), .rankStarted(let job, _, _),
            .rankEnded(let job, _, _, _), .rankForgotten(let job), .moved(let job, _, _, _, _, _),
            .rankHidden(let job, _), .rankRelabelled(let job, _):
            job
        case .revised(let uid, _, _), .deletionMarked(let uid), .removed(let uid),
            .held(let uid, _):
            uid
        case .created, .modelNamed, .nodeRegistered, .nodeReady, .nodeCordoned, .nodeTainted: nil
        }
    }

    /// Whether it makes room for somebody.
    fileprivate var frees: Bool {
        switch self {
        case .rankEnded, .nodeRegistered: true
        case .nodeReady(_, let on): on
        case .nodeCordoned(_, let on), .nodeTainted(_, let on): !on
        case .created, .revised, .deletionMarked, .removed, .modelNamed, .submitted,
            .attemptStarted, .rankPlaced, .rankStarted, .rankForgotten, .moved, .held, .rankHidden,
            .rankRelabelled:
            false
        }
    }
}
