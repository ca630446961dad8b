import Primitives
import Wire

/// Throws objects that are alike enough to collide: labels, nested fields, roles, finalizers.
struct RandomWrites {
    var dice: Dice

    init(seed: UInt64) { dice = Dice(seed: seed) }

    /// An object as a writer might send it whole.
    mutating func object() -> JSON {
        var object: JSON = ["apiVersion": "muster.dev/v1", "kind": "Job"]
        object["metadata"] = metadata()
        object["spec"] = spec()
        return object
    }

    private mutating func metadata() -> JSON {
        var metadata: JSON = ["name": "a", "namespace": "default"]
        if dice.hits(1, outOf: 2) { metadata["labels"] = map(["x", "y", "z"]) }
        if dice.hits(1, outOf: 3) {
            let names = ["one", "two", "three"].filter { _ in dice.hits(1, outOf: 2) }
            metadata["finalizers"] = .array(names.map { .string($0) })
        }
        return metadata
    }

    private mutating func spec() -> JSON {
        var spec: JSON = [:]
        if dice.hits(1, outOf: 2) { spec["priority"] = number() }
        if dice.hits(1, outOf: 3) { spec["retries"] = map(["limit", "backoff"]) }
        if dice.hits(1, outOf: 3) { spec["topology"] = dice.hits(1, outOf: 2) ? nil : [:] }
        var roles: [JSON] = []
        for name in ["worker", "ps", "eval"] where dice.hits(1, outOf: 2) {
            var role: JSON = ["name": .string(name)]
            if dice.hits(1, outOf: 2) { role["replicas"] = number() }
            if dice.hits(1, outOf: 2) { role["env"] = map(["A", "B"]) }
            if dice.hits(1, outOf: 3) { role["command"] = .array([number(), number()]) }
            roles.insert(role, at: dice.below(roles.count + 1))
        }
        if dice.hits(3, outOf: 4) { spec["roles"] = .array(roles) }
        return spec
    }

    private mutating func map(_ keys: [String]) -> JSON {
        .object(keys.compactMap { dice.hits(1, outOf: 2) ? JSON.Member($0, number()) : nil })
    }

    private mutating func number() -> JSON { .number("\(dice.below(3))") }
}
