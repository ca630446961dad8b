import Host
public import Kernel
import Primitives

/// The lists that can be read and watched.
public enum Resource: UInt8, Sendable, CaseIterable {
    case jobs, pods, nodes, namespaces, queues, tokens, events
    case nodePools, leases, configMaps, secrets
}

extension Resource {
    /// The kind behind a list of plain objects: those that are neither jobs, nodes nor projections.
    public var plainKind: Kind? {
        switch self {
        case .namespaces: .namespace
        case .queues: .queue
        case .tokens: .token
        case .nodePools: .nodePool
        case .leases: .lease
        case .configMaps: .configMap
        case .secrets: .secret
        case .jobs, .pods, .nodes, .events: nil
        }
    }

    /// The list in which the objects of a kind are shown.
    public init(of kind: Kind) {
        self =
            switch kind {
            case .namespace: .namespaces
            case .queue: .queues
            case .node: .nodes
            case .job: .jobs
            case .token: .tokens
            case .nodePool: .nodePools
            case .lease: .leases
            case .configMap: .configMaps
            case .secret: .secrets
            }
    }
}

/// One entry of a list or a watch.
public enum Item: Sendable {
    case job(JobView)
    case pod(JobView, rank: Int)
    case node(NodeView)
    case object(ObjectView)
    case event(EventView)
}

/// Jobs of a queue that have not ended.
public struct QueueCounts: Hashable, Sendable {
    public var waiting = 0
    public var running = 0
}

/// The published state: only what is durable, replaced batch by batch.
///
/// One thread publishes; any thread reads. The lock is held for copies of references only.
public final class Catalog: Sendable {
    struct State: Sendable {
        var jobs = Shelf<JobView>()
        var nodes = Shelf<NodeView>()
        var objects: [Kind: Shelf<ObjectView>] = [:]
        var events = EventShelf()
        var rings: [ChangeRing] = Resource.allCases.map { _ in ChangeRing() }
        /// Views built by the batch that is being published.
        var fresh: [UInt64: Item] = [:]
        var blockers: [UInt32: String] = [:]
        /// Jobs on the shelf by phase.
        var phaseCounts = [Int](repeating: 0, count: Phase.allCases.count)
        var queueCounts: [String: QueueCounts] = [:]
        var version: UInt64 = 0
        var epoch: UInt64 = 0
    }

    let state = Lock(State())
    let bodies: BodyCache

    init(bodies: BodyCache) { self.bodies = bodies }

    /// What is stored of a job as of the view: from memory if it was used of late, else from disk.
    public func body(of view: JobView) -> DocumentBody {
        DocumentBody(stored: bodies.body(of: view.uid, view.text.pin))
    }

    /// The newest published version.
    public var version: UInt64 { state.withLock { $0.version } }

    /// Counts the starts of the controller on this data.
    public var epoch: UInt64 { state.withLock { $0.epoch } }

    public func job(_ namespace: String, _ name: String) -> JobView? {
        state.withLock { $0.jobs[namespace, name] }
    }

    public func job(uid: UInt64) -> JobView? { state.withLock { $0.jobs[uid] } }

    public func node(_ name: String) -> NodeView? { state.withLock { $0.nodes["", name] } }

    public func node(uid: UInt64) -> NodeView? { state.withLock { $0.nodes[uid] } }

    public func object(_ kind: Kind, in namespace: String = "", _ name: String) -> ObjectView? {
        state.withLock { $0.objects[kind]?[namespace, name] }
    }

    public func object(_ kind: Kind, uid: UInt64) -> ObjectView? {
        state.withLock { $0.objects[kind]?[uid] }
    }

    /// Why a waiting job's class did not start when it was last examined; nil when not known yet.
    public func blocker(of view: JobView) -> String? {
        state.withLock { $0.blockers[view.job.shape.number] }
    }

    public func event(_ namespace: String, _ name: String) -> EventView? {
        state.withLock { $0.events.shelf[namespace, name] }
    }

    /// Everything of a resource, in order of creation; of one namespace if one is named.
    public func list(_ resource: Resource, namespace: String?) -> Listing {
        state.withLock { state in state.listing(of: resource, namespace) }
    }

    /// The list as of an older version, if nothing in it has changed since.
    public func list(
        _ resource: Resource, namespace: String?, exactly version: UInt64
    ) -> Listing? {
        state.withLock { state in
            let ring = state.rings[Int(resource.rawValue)]
            guard version <= state.version, version >= ring.newest else { return nil }
            return state.listing(of: resource, namespace, version: version)
        }
    }

    /// Up to `limit` changes after a version, and the version up to which they are complete; nil
    /// when that is too long ago: the reader must list again.
    public func changes(
        of resource: Resource, after version: UInt64, limit: Int
    ) -> (changes: [WatchChange], upTo: UInt64)? {
        state.withLock { state in
            let ring = state.rings[Int(resource.rawValue)]
            // A position ahead of us belongs to another history, such as one before a restore.
            guard version >= ring.floor, version <= state.version else { return nil }
            let found = ring.changes(after: version, limit: limit)
            if found.count == limit, let last = found.last { return (found, last.version) }
            return (found, max(version, state.version))
        }
    }

    /// By resource, the version of its newest change: who is there already need not ask.
    public var newestChanges: [UInt64] {
        state.withLock { state in state.rings.map(\.newest) }
    }

    /// The jobs that have something on a node that has not ended, oldest first.
    public func activeJobs(onNode node: UInt64) -> [JobView] {
        state.withLock { state in
            (state.nodes[node]?.state.node.activeJobs ?? []).compactMap { state.jobs[$0] }
        }
    }

    /// How many jobs of a queue wait and run.
    public func counts(ofQueue name: String) -> QueueCounts {
        state.withLock { $0.queueCounts[name] ?? QueueCounts() }
    }

    /// How many jobs are in which phase, for figures.
    public func phaseCounts() -> [(Phase, Int)] {
        state.withLock { state in
            Phase.allCases.map { ($0, state.phaseCounts[Int($0.rawValue)]) }
        }
    }
}

extension Catalog.State {
    private func plain(_ resource: Resource) -> Shelf<ObjectView> {
        resource.plainKind.flatMap { objects[$0] } ?? Shelf()
    }

    func listing(of resource: Resource, _ namespace: String?, version: UInt64? = nil) -> Listing {
        let source: Listing.Source =
            switch resource {
            case .jobs: .jobs(jobs.reading(of: namespace))
            case .pods: .pods(jobs.reading(of: namespace))
            case .nodes: .nodes(nodes.reading(of: nil))
            case .namespaces, .queues, .tokens, .nodePools, .leases, .configMaps, .secrets:
                .objects(plain(resource).reading(of: namespace))
            case .events: .events(events.shelf.reading(of: namespace))
            }
        return Listing(
            resource: resource, namespace: namespace, version: version ?? self.version,
            source: source)
    }
}
