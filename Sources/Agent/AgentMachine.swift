public import Primitives
public import Resources

/// What the machine wants done.
public enum AgentAction: Hashable, Sendable {
    /// Ask the rank's step to stop it: TERM, grace, KILL.
    case stop(RankName)
    /// Note on disk that the end is with the controller.
    case markDelivered(RankName)
    /// Remove the rank's directory.
    case remove(RankName)
    case readLog(LogRequest)
    case continueLog(UInt64)
    case closeLog(UInt64)
    /// The controller will not have this agent.
    case refused(String)
    /// An order was turned down, and why; for the log.
    case complain(String)
}

/// Decides what runs on one machine, without clock, disk or socket.
///
///     queued → running → ended → delivered → removed
///
/// Inputs are verbs; what they want done waits in ``takeActions()``, what is to be started in
/// ``nextStart()``, and what is to be told in ``takeReports(atMost:)``. A rank that was ever known
/// is never started again.
public struct AgentMachine: Sendable {
    /// Bounds of what is kept.
    public struct Limits: Sendable {
        /// Ranks queued or running at once.
        public var liveRanks = 16_384
        /// Delivered ends that stay on disk, and for how long.
        public var keptRanks = 20_000
        public var keptMilliseconds: Int64 = 7 * 86_400_000

        public init() {}
    }

    struct Rank {
        enum Phase { case queued, running, ended }

        var phase: Phase
        var end: RankEnd?
        var isDelivered = false
        /// Old enough to go, and kept since its job runs here and may want to look back.
        var isSpared = false
        var startedAt: Int64 = 0
        /// Whether there is, or may be, a directory.
        var isOnDisk: Bool
        /// Numbers of reports that wait for acknowledgement.
        var startReport: UInt64?
        var endReport: UInt64?
    }

    struct Job {
        var highestAttempt: UInt32 = 0
        var ranks: Set<RankName> = []
        var isForgotten = false
        var liveCount = 0
        /// Ends that go with the job's last live rank here.
        var spared: [Aged] = []
    }

    let limits: Limits
    var ranks: [RankName: Rank] = [:]
    var jobs: [UInt64: Job] = [:]
    var liveCount = 0
    var deliveredCount = 0
    /// Delivered ends by age; entries whose rank is gone are skipped when they come up.
    var aging = Heap<Aged>()

    private var queue: [RankStartOrder] = []
    private var queueStart = 0
    private var actions: [AgentAction] = []

    var lastNumber: UInt64 = 0
    var pending: [UInt64: AgentReport] = [:]
    /// Numbers of reports that this connection has not carried yet, in order.
    var unsent: [UInt64] = []
    public internal(set) var isWelcome = false

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// What is to be done because of the inputs so far, in order.
    public mutating func takeActions() -> [AgentAction] {
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    mutating func act(_ action: AgentAction) { actions.append(action) }

    /// True for a rank that is queued or runs; nil for one that is not known.
    public func isLive(_ name: RankName) -> Bool? { ranks[name].map { $0.phase != .ended } }

    public var liveRanks: Int { liveCount }

    /// What readers of a rank's log have to know; nil for a rank that is not known.
    func logFacts(of name: RankName) -> LogFacts? {
        ranks[name].map { LogFacts(mayGrow: $0.phase != .ended, endedAt: $0.end?.at) }
    }

    // MARK: The controller's words

    /// A new connection stands; nothing is told before the controller's welcome.
    public mutating func connect() { disconnect() }

    /// The connection is gone: everything runs on, and news is kept.
    public mutating func disconnect() {
        isWelcome = false
        unsent = []
    }

    /// Takes one message in.
    public mutating func receive(_ message: ControllerMessage, at now: Tick) {
        if let welcome = message.welcome { greet(welcome, at: now) }
        if let launch = message.launch { self.launch(launch, stopping: [], at: now) }
        if let attempt = message.stop { stop(attempt, at: now) }
        if let job = message.forget { forget(job) }
        if let numbers = message.acknowledged { acknowledge(numbers) }
        if let request = message.readLog { act(.readLog(request)) }
        if let stream = message.continueLog { act(.continueLog(stream)) }
        if let stream = message.closeLog { act(.closeLog(stream)) }
        if let text = message.refused { act(.refused(text)) }
    }

    private mutating func greet(_ welcome: Welcome, at now: Tick) {
        isWelcome = true
        unsent = pending.keys.sorted()
        let stops = Set(welcome.stops)
        var wanted: Set<RankName> = []
        for order in welcome.launches {
            for rank in order.ranks {
                wanted.insert(RankName(job: order.job, attempt: order.attempt, rank: rank.rank))
            }
            launch(order, stopping: stops, at: now)
        }
        for attempt in welcome.stops { stop(attempt, at: now) }
        // Nobody asks for these any more: their job was cancelled or deleted while we were away.
        let orphans = ranks.filter { name, rank in
            rank.phase != .ended && !wanted.contains(name) && !stops.contains(name.attemptName)
        }
        for name in orphans.keys.sorted() { stop(name, at: now) }
    }

    private mutating func launch(
        _ order: LaunchOrder, stopping: Set<AttemptName>, at now: Tick
    ) {
        let attempt = AttemptName(job: order.job, attempt: order.attempt)
        for launch in order.ranks {
            let name = RankName(job: order.job, attempt: order.attempt, rank: launch.rank)
            guard ranks[name] == nil else {
                repeatNews(of: name, isStartKnown: launch.hasStarted)
                continue
            }
            if let end = refusal(of: launch, in: order, isStopping: stopping.contains(attempt), now)
            {
                insert(name, Rank(phase: .queued, isOnDisk: false))
                finish(name, end)
                continue
            }
            insert(name, Rank(phase: .queued, isOnDisk: false))
            queue.append(
                RankStartOrder(
                    name: name, program: order.programs[launch.program],
                    environment: launch.environment, graceSeconds: order.graceSeconds,
                    timeLimitSeconds: order.timeLimitSeconds))
        }
    }

    /// How an unknown rank ends without having been started; nil where it may start.
    private mutating func refusal(
        of launch: RankLaunch, in order: LaunchOrder, isStopping: Bool, _ now: Tick
    ) -> RankEnd? {
        let at = now.milliseconds
        if launch.hasStarted { return RankEnd(.lost, at: at) }
        if isStopping { return RankEnd(.signalled, code: AgentMachine.terminated, at: at) }
        let name = RankName(job: order.job, attempt: order.attempt, rank: launch.rank)
        if let highest = jobs[order.job]?.highestAttempt, order.attempt < highest {
            act(.complain("\(name) is not started: attempt \(highest) was seen here"))
            return RankEnd(.launchFailed, code: AgentMachine.staleAttempt, at: at)
        }
        guard order.programs.indices.contains(launch.program) else {
            act(.complain("\(name) is not started: there is no program \(launch.program)"))
            return RankEnd(.launchFailed, code: AgentMachine.badOrder, at: at)
        }
        guard liveCount < limits.liveRanks else {
            act(.complain("\(name) is not started: \(liveCount) ranks are more than enough"))
            return RankEnd(.launchFailed, code: AgentMachine.tooMany, at: at)
        }
        return nil
    }

    /// Whether ``nextStart()`` is worth asking.
    public var hasStarts: Bool { queueStart < queue.count }

    /// The next rank to start; nil when none waits.
    public mutating func nextStart() -> RankStartOrder? {
        while queueStart < queue.count {
            let order = queue[queueStart]
            queueStart += 1
            guard ranks[order.name]?.phase == .queued else { continue }
            return order
        }
        queue.removeAll(keepingCapacity: queue.count < 1024)
        queueStart = 0
        return nil
    }

    private mutating func stop(_ attempt: AttemptName, at now: Tick) {
        let members = (jobs[attempt.job]?.ranks ?? []).filter { $0.attempt == attempt.attempt }
        for name in members.sorted() { stop(name, at: now) }
    }

    private mutating func stop(_ name: RankName, at now: Tick) {
        switch ranks[name]?.phase {
        case .queued:
            finish(name, RankEnd(.signalled, code: Self.terminated, at: now.milliseconds))
        case .running: act(.stop(name))
        case .ended, nil: return
        }
    }
}

extension AgentMachine {
    // Numbers as Linux has them on every architecture: SIGTERM, ESTALE, EINVAL, EAGAIN.
    static let terminated: Int32 = 15
    static let staleAttempt: Int32 = 116
    static let badOrder: Int32 = 22
    static let tooMany: Int32 = 11

    mutating func insert(_ name: RankName, _ rank: Rank) {
        ranks[name] = rank
        jobs[name.job, default: Job()].ranks.insert(name)
        if rank.phase != .ended {
            liveCount += 1
            jobs[name.job]?.liveCount += 1
        }
        let highest = jobs[name.job]?.highestAttempt ?? 0
        guard name.attempt > highest else { return }
        jobs[name.job]?.highestAttempt = name.attempt
        // What was the last attempt but one is looked back at no more.
        releaseSpared(of: name.job)
    }
}
