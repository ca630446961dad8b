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

    /// Shows an object as it is now, without telling watchers: for what was there before the start.
    func seed(_ uid: UInt64, of kernel: Kernel, text: DocumentText) {
        state.withLock { state in
            if let view = state.view(uid, kernel, text) { _ = state.shelve(view) }
        }
    }

    /// Readers start here after a start; older positions cannot be resumed where `floors` says so.
    func open(at version: UInt64, epoch: UInt64, events: [EventView], floor: UInt64) {
        state.withLock { state in
            state.version = version
            state.epoch = epoch
            for event in events { state.events.append(event) }
            for index in state.rings.indices { state.rings[index].raiseFloor(to: floor) }
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
        _ resource: Resource, _ version: UInt64, _ kind: WatchChange.Kind, _ item: Item
    ) {
        rings[Int(resource.rawValue)].append(WatchChange(version: version, kind: kind, item: item))
    }

    mutating func apply(
        _ change: Change, _ kernel: Kernel, _ texts: [UInt64: DocumentText]
    ) {
        switch change.subject {
        case .object(let uid):
            guard let item = freshView(uid, kernel, texts) else { return }
            let isNew = shelve(item)
            note(resource(of: item), change.version, isNew ? .added : .modified, item)
        case .rank(let uid, let rank):
            guard case .job(let view) = freshView(uid, kernel, texts),
                Int(rank) < view.job.ranks.count
            else { return }
            let known = jobs[uid]?.job
            let isNew = known.map { $0.attempt != view.job.attempt || Int(rank) >= $0.ranks.count }
            note(
                .pods, change.version, isNew ?? true ? .added : .modified,
                .pod(view, rank: Int(rank)))
        case .rankRemoved(let uid, let rank):
            guard let view = jobs[uid], Int(rank) < view.job.ranks.count else { return }
            note(.pods, change.version, .deleted, .pod(view, rank: Int(rank)))
        case .removed(let kind, let uid): remove(kind, uid, change.version)
        }
    }

    private mutating func remove(_ kind: Kind, _ uid: UInt64, _ version: UInt64) {
        switch kind {
        case .job:
            guard let view = jobs.remove(uid) else { return }
            phaseCounts[Int(view.job.phase.rawValue)] -= 1
            note(.jobs, version, .deleted, .job(view))
        case .node:
            guard let view = nodes.remove(uid) else { return }
            note(.nodes, version, .deleted, .node(view))
        case .namespace, .queue, .token, .nodePool, .lease, .configMap, .secret:
            guard let view = objects[kind]?.remove(uid) else { return }
            let item = Item.object(view)
            note(resource(of: item), version, .deleted, item)
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

    /// True when the object was not on its shelf before.
    mutating func shelve(_ item: Item) -> Bool {
        switch item {
        case .job(let view): shelve(view)
        case .node(let view): nodes.put(view)
        case .object(let view): objects[view.kind, default: Shelf()].put(view)
        case .pod, .event: false
        }
    }

    private mutating func shelve(_ view: JobView) -> Bool {
        if let old = jobs[view.uid] { phaseCounts[Int(old.job.phase.rawValue)] -= 1 }
        phaseCounts[Int(view.job.phase.rawValue)] += 1
        return jobs.put(view)
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
                    nodeNames: job.ranks.map { kernel.object($0.node)?.name ?? "" }, text: text))
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
