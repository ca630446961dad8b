import Primitives

/// Who decides in a simulation, and how.
public struct SimulationPolicy: Sendable {
    /// The product's own kernel, or what the literature compares with.
    public enum Planner: Sendable {
        /// `gangsPerPass` bounds what one step tries; nil leaves the daemon's bound.
        case muster(gangsPerPass: Int?)
        /// Without a packing, gangs go where they leave least.
        case classic(ClassicPolicy, packing: Packing?)
    }

    public var name: String
    public var planner: Planner
    public var events = EventOrder.together
    /// What does not fit when it arrives is turned away instead of waiting.
    public var turnsAway = false

    public init(name: String, planner: Planner) {
        self.name = name
        self.planner = planner
    }

    /// Names that need no file.
    public static var names: [String] {
        ["muster"] + ClassicPolicy.names + Packing.allCases.map(\.rawValue)
    }

    /// The policy of that name. A packing alone places what arrives, or turns it away.
    public static func named(_ name: String) -> SimulationPolicy? {
        if name == "muster" {
            return SimulationPolicy(name: name, planner: .muster(gangsPerPass: nil))
        }
        if let classic = ClassicPolicy.named(name) {
            return SimulationPolicy(name: name, planner: .classic(classic, packing: nil))
        }
        guard let packing = Packing(rawValue: name) else { return nil }
        var policy = SimulationPolicy(
            name: name, planner: .classic(ClassicPolicy(order: .fcfs), packing: packing))
        policy.turnsAway = true
        return policy
    }
}

/// How happenings of one instant are taken.
public enum EventOrder: String, Sendable, CaseIterable {
    /// All of them, then one decision: what the daemon does.
    case together
    /// A decision after each, arrivals before ends, as some publications did.
    case oneByOne = "one-by-one"
    /// As one by one, but ends that were foreseen come first, and the next decision is theirs.
    case plannedEndsFirst = "planned-ends-first"
}

/// A policy as its YAML describes it.
struct PolicyFile: Decodable {
    var kind: String?
    var name: String?
    /// One that has a name; the other fields change it.
    var policy: String?
    var order: String?
    var backfill: String?
    /// The job that was once next is waited for, whoever comes.
    var commits: Bool?
    var packing: String?
    var turnAway: Bool?
    var events: String?
    var gangsPerPass: Int?

    func policy(named file: String) throws(Refusal) -> SimulationPolicy {
        if let kind, kind != "Policy" {
            throw Refusal(
                .malformed, field: "kind", finding: "\"\(kind)\" is no policy",
                remedy: "Write kind: Policy")
        }
        let base = policy ?? (order != nil || packing != nil ? "fcfs" : "muster")
        guard var made = SimulationPolicy.named(base) else {
            throw Self.unknown("policy", base, among: SimulationPolicy.names)
        }
        made.name = name ?? file
        if let events { made.events = try Self.known("events", events) }
        made.turnsAway = turnAway ?? made.turnsAway
        switch made.planner {
        case .muster: made.planner = try muster()
        case .classic(let classic, let packing):
            made.planner = try changed(classic, packing)
        }
        return made
    }

    private func muster() throws(Refusal) -> SimulationPolicy.Planner {
        let classic: [(String, Any?)] = [
            ("order", order), ("backfill", backfill), ("commits", commits), ("packing", packing),
            ("turnAway", turnAway),
        ]
        if let field = classic.first(where: { $0.1 != nil })?.0 {
            throw Refusal(
                .invalid, field: field, finding: "muster plans by itself",
                remedy: "Leave it out, or name a classic policy")
        }
        if let gangsPerPass, !(1...1_000_000).contains(gangsPerPass) {
            throw Refusal(
                .invalid, field: "gangsPerPass", finding: "\(gangsPerPass) is out of range",
                remedy: "Give 1 to 1000000")
        }
        return .muster(gangsPerPass: gangsPerPass)
    }

    private func changed(
        _ base: ClassicPolicy, _ basePacking: Packing?
    ) throws(Refusal) -> SimulationPolicy.Planner {
        guard gangsPerPass == nil else {
            throw Refusal(
                .invalid, field: "gangsPerPass", finding: "a classic policy has no passes",
                remedy: "Leave it out")
        }
        var classic = base
        if let order { classic.order = try Self.known("order", order) }
        if let backfill { classic.backfill = try Self.known("backfill", backfill) }
        classic.commits = commits ?? base.commits
        var chosen = basePacking
        if let packing { chosen = try Self.known("packing", packing) }
        return .classic(classic, packing: chosen)
    }

    private static func known<Choice: RawRepresentable & CaseIterable>(
        _ field: String, _ word: String
    ) throws(Refusal) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: word) else {
            throw unknown(field, word, among: Choice.allCases.map(\.rawValue))
        }
        return choice
    }

    private static func unknown(_ field: String, _ word: String, among names: [String]) -> Refusal {
        Refusal(
            .invalid, field: field, finding: "\"\(word)\" is not known",
            remedy: "Use one of \(names.joined(separator: ", "))")
    }
}
