import Host
import Kernel
import Primitives
import Scheduling
import Wire

// Publishing: from the kernel's changes to the readers' views. Only the core thread comes here.

extension Catalog {
    /// Shows a committed batch: the texts that came with it, what changed, and what to tell.
    func publish(
        _ outcome: Outcome, of kernel: Kernel, texts: [UInt64: DocumentText], events: [EventView]
    ) {
        state.withLock { state in
            for change in outcome.changes { state.apply(change, kernel, texts) }
            state.fresh.removeAll(keepingCapacity: true)
            for event in events {
                state.events.append(event)
                state.note(.events, event.version, .added, .event(event))
            }
            state.version = kernel.sequence
        }
    }

    /// The pin for a job's new body; the views of the present one keep theirs. Before the commit.
    func pin(forBody body: [UInt8], of uid: UInt64) -> BodyPin {
        guard let view = job(uid: uid) else { return BodyPin() }
        return bodies.supersede(uid, view.text.pin, by: body)
    }

    /// Leaves a job's body to the views that show it, for it is about to be removed.
    func retireBody(of uid: UInt64) {
        if let view = job(uid: uid) { bodies.retire(uid, view.text.pin) }
    }

    /// Shows an object as it is now, without telling watchers: for what was there before the start.
    func seed(_ uid: UInt64, of kernel: Kernel, text: DocumentText) {
        state.withLock { state in
            if let view = state.view(uid, kernel, text) { _ = state.shelve(view) }
        }
    }

    /// Readers start here after a start; positions of a resource below its floor cannot be resumed.
    func open(
        at version: UInt64, epoch: UInt64, events: [EventView], floor: (Resource) -> UInt64
    ) {
        let floors = Resource.allCases.map(floor)
        state.withLock { state in
            state.version = version
            state.epoch = epoch
            for event in events { state.events.append(event) }
            for (index, floor) in floors.enumerated() { state.rings[index].raiseFloor(to: floor) }
            // Replaying tells of no events: whoever watches them must list what came meanwhile.
            state.rings[Int(Resource.events.rawValue)].raiseFloor(to: version)
        }
    }

    func setBlocker(_ text: String, ofShape shape: UInt32) {
        state.withLock { $0.blockers[shape] = text }
    }
}

extension Catalog.State {
    mutating func note(
        _ resource: Resource, _ version: UInt64, _ kind: WatchChange.Kind, _ item: Item,
        previous: Item? = nil
    ) {
        rings[Int(resource.rawValue)].append(
            WatchChange(version: version, kind: kind, item: item, previous: previous))
    }

    mutating func apply(
        _ change: Change, _ kernel: Kernel, _ texts: [UInt64: DocumentText]
    ) {
        switch change.subject {
        case .object(let uid):
            guard let item = freshView(uid, kernel, texts) else { return }
            let previous = shelve(item)
            note(
                resource(of: item), change.version, previous == nil ? .added : .modified, item,
                previous: previous)
        case .rank(let uid, let rank):
            guard case .job(let view) = freshView(uid, kernel, texts),
                Int(rank) < view.job.ranks.count, !view.job.ranks[Int(rank)].isHidden
            else { return }
            // A job is shelved after its ranks, so what is there is what was before the batch.
            let known = jobs[uid].flatMap { old in
                old.job.attempt == view.job.attempt && Int(rank) < old.job.ranks.count
                    && !old.job.ranks[Int(rank)].isHidden ? Item.pod(old, rank: Int(rank)) : nil
            }
            note(
                .pods, change.version, known == nil ? .added : .modified,
                .pod(view, rank: Int(rank)), previous: known)
        case .rankRemoved(let uid, let rank):
            guard let view = jobs[uid], Int(rank) < view.job.ranks.count else { return }
            let item = Item.pod(view, rank: Int(rank))
            note(.pods, change.version, .deleted, item, previous: item)
        case .removed(let kind, let uid): remove(kind, uid, change.version)
        }
    }

    private mutating func remove(_ kind: Kind, _ uid: UInt64, _ version: UInt64) {
        switch kind {
        case .job:
            guard let view = jobs.remove(uid) else { return }
            count(view, by: -1)
            note(.jobs, version, .deleted, .job(view), previous: .job(view))
        case .node:
            guard let view = nodes.remove(uid) else { return }
            note(.nodes, version, .deleted, .node(view), previous: .node(view))
        case .namespace, .queue, .token, .nodePool, .lease, .configMap, .secret:
            guard let view = objects[kind]?.remove(uid) else { return }
            let item = Item.object(view)
            note(resource(of: item), version, .deleted, item, previous: item)
        }
    }

    /// The object after the batch: built once, however many of its ranks changed.
    private mutating func freshView(
        _ uid: UInt64, _ kernel: Kernel, _ texts: [UInt64: DocumentText]
    ) -> Item? {
        if let item = fresh[uid] { return item }
        guard let text = texts[uid] ?? text(of: uid), let item = view(uid, kernel, text) else {
            return nil
        }
        fresh[uid] = item
        return item
    }

    private func text(of uid: UInt64) -> DocumentText? {
        if let view = jobs[uid] { return view.text }
        if let view = nodes[uid] { return view.text }
        for kind in Kind.allCases {
            if let view = objects[kind]?[uid] { return view.text }
        }
        return nil
    }

    /// Puts the object on its shelf and gives the view whose place it took.
    mutating func shelve(_ item: Item) -> Item? {
        switch item {
        case .job(let view):
            let old = jobs.put(view)
            if let old { count(old, by: -1) }
            count(view, by: 1)
            return old.map { .job($0) }
        case .node(let view): return nodes.put(view).map { .node($0) }
        case .object(let view):
            return objects[view.kind, default: Shelf()].put(view).map { .object($0) }
        case .pod, .event: return nil
        }
    }

    private mutating func count(_ view: JobView, by step: Int) {
        phaseCounts[Int(view.job.phase.rawValue)] += step
        guard !view.job.phase.isFinal else { return }
        var counts = queueCounts[view.queue] ?? QueueCounts()
        if view.job.phase == .pending { counts.waiting += step } else { counts.running += step }
        queueCounts[view.queue] = counts == QueueCounts() ? nil : counts
    }

    private func resource(of item: Item) -> Resource {
        switch item {
        case .job: .jobs
        case .pod: .pods
        case .node: .nodes
        case .event: .events
        case .object(let view):
            Resource(of: view.kind)
        }
    }

    func view(_ uid: UInt64, _ kernel: Kernel, _ text: DocumentText) -> Item? {
        guard let object = kernel.object(uid) else { return nil }
        switch object.kind {
        case .job:
            guard let job = kernel.job(uid) else { return nil }
            return .job(
                JobView(
                    object, job: job, shape: kernel.shape(of: job),
                    namespace: kernel.object(job.namespace)?.name ?? "",
                    queue: kernel.object(job.queue)?.name ?? "",
                    nodeNames: job.ranks.map { kernel.object($0.node)?.name ?? "" }, text: text,
                    culpritNode: job.culprit.flatMap { kernel.object($0.node)?.name }))
        case .node:
            guard let state = kernel.node(uid) else { return nil }
            return .node(
                NodeView(
                    object, state: state, model: kernel.model(state.node.supply.model), text: text))
        case .namespace, .queue, .token, .nodePool, .lease, .configMap, .secret:
            return .object(
                ObjectView(
                    object, namespace: kernel.object(object.namespace)?.name ?? "", text: text))
        }
    }
}
