public import Wire

// What the controller and a node's agent say to each other, as JSON text frames on one WebSocket
// that the agent dials. Log bytes travel as binary frames: eight bytes of stream number, then data.

/// The subprotocol both sides must name.
public enum AgentProtocol {
    public static let subprotocol = "muster.agent.v1"
    public static let path = "/agent/v1/session"
    public static let heartbeatMilliseconds: Int64 = 5_000
    /// Log bytes in one frame.
    public static let logChunkBytes = 256 * 1024
}

/// From the agent. Exactly one of the fields is set.
public struct AgentMessage: Codable, Hashable, Sendable {
    public var hello: AgentHello?
    public var heartbeat: Bool?
    public var reports: [AgentReport]?
    public var logEnd: LogEnd?
    /// Every ten seconds or so; of interest for a minute, and never repeated.
    public var usage: UsageReport?

    public init() {}
}

/// The first message on a connection: who this machine is and what it has.
public struct AgentHello: Codable, Hashable, Sendable {
    public var name: String
    public var bootID: String
    public var version: String
    /// Where other ranks reach this machine.
    public var address: String
    public var hostName: String
    public var cpuMilli: Int64
    public var memoryBytes: Int64
    public var gpus: Int
    public var gpuModel: String
    public var labels: StringMap
    public var topology: NodeTopology?
    public var system: NodeSystem?

    public init(
        name: String, bootID: String, version: String, address: String, hostName: String,
        cpuMilli: Int64, memoryBytes: Int64, gpus: Int, gpuModel: String, labels: StringMap = [:]
    ) {
        self.name = name
        self.bootID = bootID
        self.version = version
        self.address = address
        self.hostName = hostName
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.gpus = gpus
        self.gpuModel = gpuModel
        self.labels = labels
    }
}

/// How a machine is built, as hwloc sees it.
public struct NodeTopology: Codable, Hashable, Sendable {
    /// Processor packages (sockets).
    public var packages: Int
    /// NUMA nodes: parts of the memory with processors near them.
    public var numaNodes: Int
    /// Processor cores.
    public var cores: Int
    /// Hardware threads, which are what ranks get as CPUs.
    public var threads: Int

    public init(packages: Int, numaNodes: Int, cores: Int, threads: Int) {
        self.packages = packages
        self.numaNodes = numaNodes
        self.cores = cores
        self.threads = threads
    }
}

/// What the machine runs, in words for people.
public struct NodeSystem: Codable, Hashable, Sendable {
    public var architecture: String
    public var kernel: String
    public var distribution: String
    public var machineID: String

    public init(architecture: String, kernel: String, distribution: String, machineID: String) {
        self.architecture = architecture
        self.kernel = kernel
        self.distribution = distribution
        self.machineID = machineID
    }
}

/// News of one rank. Repeated until the controller acknowledges its number.
public struct AgentReport: Codable, Hashable, Sendable {
    public enum How: String, Codable, CaseIterable, Sendable {
        case started, exited, signalled, launchFailed, lost
    }

    public var number: UInt64
    public var job: UInt64
    public var attempt: UInt32
    public var rank: UInt32
    public var how: How
    /// Exit code, signal number, or errno of a launch that failed.
    public var code: Int32?
    public var timedOut: Bool?
    /// Milliseconds since 1970 by the node's clock.
    public var at: Int64

    public init(
        number: UInt64, job: UInt64, attempt: UInt32, rank: UInt32, how: How, code: Int32? = nil,
        timedOut: Bool? = nil, at: Int64
    ) {
        self.number = number
        self.job = job
        self.attempt = attempt
        self.rank = rank
        self.how = how
        self.code = code
        self.timedOut = timedOut
        self.at = at
    }
}

/// A log stream has ended: the rank is over and all was sent, or it could not be read.
public struct LogEnd: Codable, Hashable, Sendable {
    /// What kind of failure it is.
    public enum Reason: String, Codable, CaseIterable, Sendable {
        /// There is no such log on this node.
        case unknown
        /// Too many logs are being read; another time it may work.
        case busy
        case unreadable
    }

    public var stream: UInt64
    public var failure: String?
    public var reason: Reason?

    public init(stream: UInt64, failure: String? = nil, reason: Reason? = nil) {
        self.stream = stream
        self.failure = failure
        self.reason = reason
    }
}

/// From the controller. Exactly one of the fields is set.
public struct ControllerMessage: Codable, Hashable, Sendable {
    public var welcome: Welcome?
    public var launch: LaunchOrder?
    public var stop: AttemptName?
    public var forget: UInt64?
    /// Numbers of reports that are durable and need not be repeated.
    public var acknowledged: [UInt64]?
    public var readLog: LogRequest?
    /// More log bytes may be sent: the reader has taken what came before.
    public var continueLog: UInt64?
    public var closeLog: UInt64?
    /// The controller will not have this agent; the text says why.
    public var refused: String?

    public init() {}
}

/// The answer to a hello: everything that should be on the node.
public struct Welcome: Codable, Hashable, Sendable {
    public var epoch: UInt64
    public var heartbeatMilliseconds: Int64
    /// Ranks that should run: started where they are not, reported lost where they should be.
    public var launches: [LaunchOrder]
    public var stops: [AttemptName]

    public init(epoch: UInt64, launches: [LaunchOrder], stops: [AttemptName]) {
        self.epoch = epoch
        heartbeatMilliseconds = AgentProtocol.heartbeatMilliseconds
        self.launches = launches
        self.stops = stops
    }
}

/// One attempt of one job.
public struct AttemptName: Codable, Hashable, Sendable {
    public var job: UInt64
    public var attempt: UInt32

    public init(job: UInt64, attempt: UInt32) {
        self.job = job
        self.attempt = attempt
    }
}

/// The ranks of one attempt that a node is to start.
public struct LaunchOrder: Codable, Hashable, Sendable {
    public var job: UInt64
    public var attempt: UInt32
    public var graceSeconds: UInt32
    /// Zero for none.
    public var timeLimitSeconds: UInt32
    public var programs: [Program]
    public var ranks: [RankLaunch]

    public init(
        job: UInt64, attempt: UInt32, graceSeconds: UInt32, timeLimitSeconds: UInt32,
        programs: [Program], ranks: [RankLaunch]
    ) {
        self.job = job
        self.attempt = attempt
        self.graceSeconds = graceSeconds
        self.timeLimitSeconds = timeLimitSeconds
        self.programs = programs
        self.ranks = ranks
    }
}

/// What the ranks of one role run.
public struct Program: Codable, Hashable, Sendable {
    public var command: [String]
    /// When set, run by `/bin/bash -e` with `command` as its arguments.
    public var script: String?
    public var environment: StringMap
    /// Empty for the node's default.
    public var workingDirectory: String

    public init(
        command: [String], script: String?, environment: StringMap, workingDirectory: String
    ) {
        self.command = command
        self.script = script
        self.environment = environment
        self.workingDirectory = workingDirectory
    }
}

/// One rank: its program and what only it is told.
public struct RankLaunch: Codable, Hashable, Sendable {
    public var rank: UInt32
    /// Index into the order's programs.
    public var program: Int
    public var environment: StringMap
    /// The controller has heard of its start: an agent that has no such rank reports it lost.
    public var hasStarted: Bool

    public init(rank: UInt32, program: Int, environment: StringMap, hasStarted: Bool) {
        self.rank = rank
        self.program = program
        self.environment = environment
        self.hasStarted = hasStarted
    }
}

/// Asks for a rank's log from an offset.
public struct LogRequest: Codable, Hashable, Sendable {
    public var stream: UInt64
    public var job: UInt64
    public var attempt: UInt32
    public var rank: UInt32
    public var offset: Int64
    /// Start this many lines before the end instead; the offset is then ignored.
    public var tailLines: Int?
    /// Stop after this many bytes, times in front of lines included.
    public var limitBytes: Int64?
    /// Only lines that were complete at this moment or later; milliseconds since 1970.
    public var sinceTime: Int64?
    /// Only lines that were complete this long ago by the node's clock, or later.
    public var sinceMilliseconds: Int64?
    /// Put the time at which it was complete in front of each line.
    public var timestamps: Bool?
    /// Wait for more until the rank has ended.
    public var follow: Bool

    public init(
        stream: UInt64, job: UInt64, attempt: UInt32, rank: UInt32, offset: Int64 = 0,
        tailLines: Int? = nil, limitBytes: Int64? = nil, follow: Bool
    ) {
        self.stream = stream
        self.job = job
        self.attempt = attempt
        self.rank = rank
        self.offset = offset
        self.tailLines = tailLines
        self.limitBytes = limitBytes
        self.follow = follow
    }
}
