import Kernel
import Primitives
import Scheduling
import Storage

// The second look: a replay to the moments at which the job waited, where the planner is asked
// what it would say.

extension JobStory {
    /// Cuts the story to what is behind `from`, and fills in how each stretch of waiting looked.
    mutating func look(
        _ journal: JournalReader, from: UInt64, to reached: UInt64
    ) throws(Refusal) {
        var moments: Set<UInt64> = []
        for index in entries.indices {
            guard case .waited(var wait) = entries[index].event else { continue }
            guard wait.endVersion ?? .max > from else { continue }
            wait.firstMoment = max(wait.firstMoment, from)
            let last = max(wait.lastMoment ?? reached, wait.firstMoment)
            wait.lastMoment = last
            wait.places = wait.endVersion == nil ? [] : places(after: index)
            entries[index].event = .waited(wait)
            moments.formUnion([wait.firstMoment, last])
        }
        entries.removeAll { !$0.isBehind(from) }
        guard let first = moments.min(), let last = moments.max() else { return }
        var story = self
        var left = moments
        let span = Replay.Span(after: first, upTo: last)
        _ = try Replay.run(
            journal, span,
            begin: { kernel in
                if left.remove(kernel.sequence) != nil { story.look(at: kernel) }
            },
            visit: { step, kernel in
                // A moment within a batch, where the part begins, is seen at the batch's end.
                for moment in moments
                where step.firstSequence <= moment && moment <= step.lastSequence {
                    if left.remove(moment) != nil { story.look(at: kernel, as: moment) }
                }
            })
        self = story
    }

    private mutating func look(at kernel: Kernel, as given: UInt64? = nil) {
        let moment = given ?? kernel.sequence
        for index in entries.indices {
            guard case .waited(var wait) = entries[index].event else { continue }
            guard moment == wait.firstMoment || moment == wait.lastMoment else { continue }
            let sight = sight(in: kernel)
            if moment == wait.firstMoment { wait.first = sight }
            if moment == wait.lastMoment {
                wait.last = sight
                wait.release = Self.release(wait, in: kernel)
            }
            entries[index].event = .waited(wait)
        }
    }

    private func sight(in kernel: Kernel) -> Sight? {
        guard let job = kernel.job(uid), job.phase == .pending else { return nil }
        return Sight(
            version: kernel.sequence, blocker: kernel.blocker(of: job),
            ahead: kernel.waitingAhead(of: job))
    }

    /// The newest freeing of what the job then got: its devices first, then its machines.
    private static func release(_ wait: Wait, in kernel: Kernel) -> Release? {
        for needsDevice in [true, false] {
            for record in wait.frees.reversed() {
                let found = release(wait.places, record, needsDevice, kernel)
                if let found { return found }
            }
        }
        return nil
    }

    private static func release(
        _ places: [Place], _ record: Record, _ needsDevice: Bool, _ kernel: Kernel
    ) -> Release? {
        switch record {
        case .rankEnded(let uid, let number, let end, _):
            guard let job = kernel.job(uid), Int(number) < job.ranks.count else { return nil }
            let rank = job.ranks[Int(number)]
            let fits = places.contains { place in
                place.nodeUID == rank.node
                    && (!needsDevice || place.devices.bits & rank.devices.bits != 0)
            }
            guard fits else { return nil }
            return .rank(
                job: uid, namespace: Storyteller.name(of: job.namespace, kernel),
                name: Storyteller.name(of: uid, kernel), rank: number, end,
                node: Storyteller.name(of: rank.node, kernel))
        case .nodeReady(let uid, _), .nodeCordoned(let uid, _), .nodeTainted(let uid, _),
            .nodeRegistered(let uid, _, _, _):
            let place = places.first { $0.nodeUID == uid }
            return needsDevice ? nil : place.map { .node(name: $0.node) }
        case .created, .revised, .deletionMarked, .removed, .modelNamed, .submitted,
            .attemptStarted, .rankPlaced, .rankStarted, .rankForgotten, .moved, .held, .rankHidden,
            .rankRelabelled:
            return nil
        }
    }
}

extension JobStory.Entry {
    /// Whether any of it lies behind the version.
    fileprivate func isBehind(_ from: UInt64) -> Bool {
        if case .waited(let wait) = event { return wait.endVersion ?? .max > from }
        if case .found = event { return true }
        return version > from
    }
}
