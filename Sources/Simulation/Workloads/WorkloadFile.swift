import Primitives
import Scheduling
import Wire

/// A workload as its YAML describes it: jobs written out or drawn, or a trace and what to do to it.
struct WorkloadFile: Decodable {
    /// Jobs of another file, and which of them.
    struct Trace: Decodable {
        var file: String
        /// How many jobs are left out at the beginning.
        var skip: Int?
        /// How many are taken then; left out, all.
        var jobs: Int?
        /// Whether the first one taken arrives at zero.
        var rebase: Bool?
        /// Jobs end at the time that was requested, as where limits are enforced.
        var endsAtRequest: Bool?
        var estimates: Estimates?
        /// Pods drawn at random until so much of the capacity is asked for.
        var draw: Draw?
    }

    struct Draw: Decodable {
        /// Demand of devices as a share of the cluster's, such as 1.3.
        var ratio: String
    }

    var kind: String?
    var trace: Trace?
    var jobs: [JobEntry]?

    /// A job, or many of one kind.
    struct JobEntry: Decodable {
        var name: String?
        var count: Int?
        /// When the first arrives.
        var arrival: Distribution?
        /// From one to the next.
        var every: Distribution?
        var queue: String?
        var user: String?
        var priority: Int?
        var ranks: Distribution?
        var processors: Distribution?
        var cpus: Quantity?
        var memory: Quantity?
        var gpus: Quantity?
        var gpuModels: [String]?
        /// Devices in all, spread over whole machines.
        var size: Distribution?
        /// Left out: it never ends.
        var runtime: Distribution?
        var estimate: Estimates?
        var after: [String]?
        var retries: Int?
        var fails: Failing?
    }

    struct Failing: Decodable {
        /// How long after the start.
        var at: WireDuration
        var code: Int?
        /// How many attempts fail so; left out, one.
        var times: Int?
    }
}

/// What users say of run times: `requested`, `exact`, a factor on either, a ladder, or a time.
struct Estimates: Decodable, Sendable {
    private enum Form: Sendable {
        case requested(permille: Int64)
        case exact(permille: Int64)
        /// The first of these that is not shorter than the run time.
        case ladder([Int64])
        case fixed(Int64)
        case none
    }

    private let form: Form

    init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    init(_ text: String) throws(Refusal) {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("none", 1): form = .none
        case ("requested", 1): form = .requested(permille: 1000)
        case ("exact", 1): form = .exact(permille: 1000)
        case ("requested", 3) where words[1] == "x":
            form = .requested(permille: try Self.factor(words[2]))
        case ("exact", 3) where words[1] == "x":
            form = .exact(permille: try Self.factor(words[2]))
        case ("ladder", 2...64):
            var steps: [Int64] = []
            for word in words.dropFirst() { steps.append(try WireDuration(word).milliseconds) }
            guard zip(steps, steps.dropFirst()).allSatisfy(<) else { throw Self.refused(text) }
            form = .ladder(steps)
        case (.some, 1): form = .fixed(try WireDuration(text).milliseconds)
        default: throw Self.refused(text)
        }
    }

    private static func factor(_ word: String) throws(Refusal) -> Int64 {
        guard let value = Double(word), value >= 0.001, value <= 1000 else { throw refused(word) }
        return Int64((value * 1000).rounded())
    }

    private static func refused(_ text: String) -> Refusal {
        Refusal(
            .malformed, finding: "\"\(text)\" is no way to estimate",
            remedy: "Write requested, exact, \"requested x 2\", \"ladder 1h 4h 1d\", none or a time"
        )
    }

    /// The estimate of a job that runs so long and whose user asked for so much.
    func estimate(run: Int64, requested: Int64) -> Int64 {
        switch form {
        case .none: return 0
        case .requested(let permille): return Self.scaled(requested, permille)
        case .exact(let permille):
            return run == Workload.endless ? 0 : max(1, Self.scaled(run, permille))
        case .ladder(let steps):
            return run == Workload.endless ? 0 : steps.first { $0 >= run } ?? run
        case .fixed(let span): return span
        }
    }

    private static func scaled(_ span: Int64, _ permille: Int64) -> Int64 {
        let (product, overflow) = span.multipliedReportingOverflow(by: permille)
        return overflow ? SimulationLimits.latest : min(product / 1000, SimulationLimits.latest)
    }
}
