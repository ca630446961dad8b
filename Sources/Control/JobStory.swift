public import Kernel
public import Primitives
public import Scheduling

/// Which job is meant: by uid, or by a name that may have been used more than once.
public struct JobReference: Hashable, Sendable {
    /// Counts only where no job had the name.
    public var uid: UInt64?
    public var namespace: String
    public var name: String

    public init(uid: UInt64? = nil, namespace: String, name: String) {
        self.uid = uid
        self.namespace = namespace
        self.name = name
    }
}

/// What became of one job over a part of the history, in the order in which it happened.
public struct JobStory: Sendable {
    public let uid: UInt64
    public let namespace: String
    public let name: String
    public internal(set) var entries: [Entry] = []
    /// Other jobs that had the same name, oldest first.
    public internal(set) var namesakes: [UInt64] = []

    /// One thing that happened, and the record that says so.
    public struct Entry: Sendable {
        public let version: UInt64
        public let tick: Tick
        public internal(set) var event: Event
    }

    /// What can happen to a job.
    public enum Event: Sendable {
        /// It was there before the part began.
        case found(Phase, Cause)
        case submitted(ranks: Int, priority: Int32)
        case waited(Wait)
        case attempt(UInt32, [Place])
        case rankStarted(UInt32)
        case rankEnded(UInt32, RankEnd, node: String)
        /// `notBefore` counts while the job backs off.
        case moved(Phase, Cause, notBefore: Tick)
        case noted(String)
    }

    /// Where a rank was put.
    public struct Place: Hashable, Sendable {
        public let rank: UInt32
        public let node: String
        public let nodeUID: UInt64
        public let devices: DeviceSet
    }

    /// A stretch in which the job could have been started, had it fitted.
    public struct Wait: Sendable {
        public let since: Tick
        /// The attempt's record, or the one that ended the job; nil while it waits on.
        public internal(set) var endVersion: UInt64?
        public internal(set) var until: Tick?
        /// How it looked when the planner had first passed it over.
        public internal(set) var first: Sight?
        /// How it looked just before the end of the stretch.
        public internal(set) var last: Sight?
        /// What freed the place that it then got; nil where nothing of the kind was seen.
        public internal(set) var release: Release?

        // Ends of batches at which to look, and what was freed between the last and the start.
        var firstMoment: UInt64
        var lastMoment: UInt64?
        var frees: [Record] = []
        var places: [Place] = []
    }

    /// How a waiting job stood at one moment.
    public struct Sight: Hashable, Sendable {
        public let version: UInt64
        /// Nil where the whole gang would have fitted: its turn in the planner's pass had not come.
        public let blocker: Blocker?
        /// Waiting jobs before it in the planner's order.
        public let ahead: Int
    }

    /// Whose end let a job start.
    public enum Release: Hashable, Sendable {
        case rank(job: UInt64, namespace: String, name: String, rank: UInt32, RankEnd, node: String)
        case node(name: String)
    }
}

extension JobStory {
    /// Appends the end of the stretch that is open, if one is.
    mutating func close(
        _ open: Int, at version: UInt64, _ tick: Tick, lastMoment: UInt64, frees: [Record]
    ) {
        guard case .waited(var wait) = entries[open].event else { return }
        wait.endVersion = version
        wait.until = tick
        wait.lastMoment = max(wait.firstMoment, lastMoment)
        wait.frees = frees
        entries[open].event = .waited(wait)
    }

    /// Gives a rank of the newest attempt its place.
    mutating func place(on node: UInt64, named name: String, _ devices: DeviceSet) {
        guard let last = entries.indices.last(where: { entries[$0].isAttempt }),
            case .attempt(let number, var places) = entries[last].event
        else { return }
        places.append(
            Place(rank: UInt32(places.count), node: name, nodeUID: node, devices: devices))
        entries[last].event = .attempt(number, places)
    }

    /// The places of the newest attempt.
    var newestPlaces: [Place] {
        for entry in entries.reversed() {
            if case .attempt(_, let places) = entry.event { return places }
        }
        return []
    }

    /// The places of the first attempt after an entry.
    func places(after index: Int) -> [Place] {
        for entry in entries[index...] {
            if case .attempt(_, let places) = entry.event { return places }
        }
        return []
    }
}

extension JobStory.Entry {
    fileprivate var isAttempt: Bool {
        if case .attempt = event { true } else { false }
    }
}
