import Kernel
import Primitives

/// Something that will happen in the simulated world, ordered by time and then by sequence.
struct Happening: Comparable, Sendable {
    enum What: Sendable {
        case report(RankReport)
        case heartbeat(node: Int)
    }

    let at: Tick
    let order: UInt64
    let what: What

    static func < (left: Self, right: Self) -> Bool {
        (left.at.milliseconds, left.order) < (right.at.milliseconds, right.order)
    }

    static func == (left: Self, right: Self) -> Bool { left.order == right.order }
}

/// One simulated machine: what its agent would remember.
struct SimulatedNode: Sendable {
    let name: String
    let cpuMilli: Int64
    let gpus: UInt8
    var boot = 1
    var isCutOff = false
    /// Ranks that are alive here, as (job, attempt, rank), in order of start.
    var alive: [Assignment] = []

    var bootID: String { "\(name)-boot-\(boot)" }

    var report: NodeReport {
        NodeReport(
            name: name, bootID: bootID, cpuMilli: cpuMilli, memoryBytes: 64 << 30, gpus: gpus,
            gpuModel: gpus > 0 ? "H100" : "")
    }
}
