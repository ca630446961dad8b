/// A queueing policy of the literature: who is next, and who may go before them meanwhile.
public struct ClassicPolicy: Sendable, Hashable {
    /// Which waiting job is next.
    public enum Order: String, Sendable, CaseIterable {
        /// First come, first served.
        case fcfs
        /// The shortest estimate.
        case sjf
        /// The smallest `log10(estimate) * width + 870 * log10(arrival)`, times in seconds.
        case f1
        /// The smallest width times estimate.
        case smallest
        /// The largest ratio of wait to estimate at the moment of the decision.
        case expansion
    }

    /// Which other jobs may start while the next one has to wait.
    public enum Backfill: String, Sendable, CaseIterable {
        case none
        /// In the order of the queue, unless the next job's reservation would suffer.
        case easy
        /// As EASY, the shortest estimate first.
        case easySJBF = "easy-sjbf"
        /// In order of arrival, and only what ends before the reservation begins.
        case strict
        /// As EASY, the smallest width times estimate first.
        case area
        /// Every waiting job has a reservation, and none may suffer.
        case conservative
    }

    public var order: Order
    public var backfill: Backfill
    /// The job that was once next is waited for even if a better one arrives meanwhile.
    public var commits: Bool

    public init(order: Order, backfill: Backfill = .none, commits: Bool = false) {
        self.order = order
        self.backfill = backfill
        self.commits = commits
    }

    /// Names that ``named(_:)`` knows, in the order in which a person would list them.
    public static let names = [
        "fcfs", "sjf", "f1", "smallest", "expansion", "easy", "easy-sjbf", "expansion-area",
        "conservative",
    ]

    /// The policy that papers call by this name, or nothing.
    public static func named(_ name: String) -> ClassicPolicy? {
        switch name {
        case "easy": ClassicPolicy(order: .fcfs, backfill: .easy)
        case "easy-sjbf": ClassicPolicy(order: .fcfs, backfill: .easySJBF)
        case "expansion-area": ClassicPolicy(order: .expansion, backfill: .area)
        case "conservative": ClassicPolicy(order: .fcfs, backfill: .conservative)
        default: Order(rawValue: name).map { ClassicPolicy(order: $0) }
        }
    }
}
