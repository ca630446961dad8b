import Primitives
public import Scheduling

/// Jobs to be simulated, in the order of their arrival. Times are milliseconds from its zero.
public struct Workload: Sendable {
    /// What a policy may know of a job, and how long it really runs, which no policy is told.
    public struct Job: Hashable, Sendable, BitwiseCopyable {
        public var arrival: Int64
        /// From the moment when the whole gang runs; ``Workload/endless`` where it never ends.
        public var run: Int64
        /// The time that its user asked for; zero where nobody said.
        public var estimate: Int64 = 0
        public var shape: UInt32
        public var queue: UInt32 = 0
        public var user: UInt32 = 0
        public var priority: Int32 = 0
        /// How often it is tried again after it has failed.
        public var retries: UInt32 = 0

        public init(arrival: Int64, run: Int64, shape: UInt32) {
            self.arrival = arrival
            self.run = run
            self.shape = shape
        }
    }

    /// The first `times` attempts of a job end early, with an exit code that is not zero.
    public struct Failure: Hashable, Sendable, BitwiseCopyable {
        public var job: UInt32
        public var after: Int64
        public var code: Int32
        public var times: UInt32
    }

    /// One job is submitted when another one has succeeded.
    public struct Dependency: Hashable, Sendable, BitwiseCopyable {
        public var job: UInt32
        public var on: UInt32
    }

    /// The run time of what never ends.
    public static let endless = Int64.max

    public internal(set) var jobs: [Job] = []
    public internal(set) var names: [String] = []
    public internal(set) var shapes: [Shape] = []
    public internal(set) var queues: [String] = []
    public internal(set) var users: [String] = []
    /// In the order of their jobs; at most one a job.
    public internal(set) var failures: [Failure] = []
    /// In the order of the jobs that wait.
    public internal(set) var dependencies: [Dependency] = []
    /// Where it came from, for people.
    public var source = ""
    /// Whether another seed would have given other jobs.
    public internal(set) var dependsOnSeed = false
    /// Rank classes of what the jobs were drawn from; empty where nothing was drawn.
    var drawnFrom: [(demand: Demand, count: Int)] = []
    /// The generator as the draw left it; a packer's machine order is thrown with it.
    var diceAfterDraw: LaggedDice?

    public init() {}

    public var count: Int { jobs.count }

    /// The failure that is in store for a job.
    public func failure(of job: Int) -> Failure? {
        var low = 0
        var high = failures.count
        while low < high {
            let middle = (low + high) / 2
            if Int(failures[middle].job) < job { low = middle + 1 } else { high = middle }
        }
        guard low < failures.count, Int(failures[low].job) == job else { return nil }
        return failures[low]
    }

    /// Devices that the job asks for in all, in thousandths.
    public func gpuMilli(of job: Int) -> Int64 { shapes[Int(jobs[job].shape)].gpuMilli }

    /// CPUs that the job asks for in all, in thousandths.
    public func cpuMilli(of job: Int) -> Int64 { shapes[Int(jobs[job].shape)].cpuMilli }
}

extension Shape {
    /// Devices of the whole gang, in thousandths.
    public var gpuMilli: Int64 {
        roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.gpuMilli }
    }

    /// CPUs of the whole gang, in thousandths.
    public var cpuMilli: Int64 {
        roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.cpuMilli }
    }
}
