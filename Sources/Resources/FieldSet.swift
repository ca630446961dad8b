public import Primitives
public import Wire

/// A set of fields of an object, each named by its path: what one writer owns.
///
/// Ordered and deterministic. The text form is FieldsV1 of Kubernetes.
public struct FieldSet: Hashable, Sendable {
    /// One step and what lies behind it. A node is a member, or has children, or both.
    struct Node: Hashable, Sendable {
        let step: FieldStep
        var isMember: Bool
        var children: [Node]
    }

    /// In the order of their steps, at every level.
    var nodes: [Node]

    public init() { nodes = [] }

    init(nodes: [Node]) { self.nodes = nodes }

    public var isEmpty: Bool { nodes.isEmpty }

    /// How many fields are in the set.
    public var count: Int { Self.count(nodes) }

    private static func count(_ nodes: [Node]) -> Int {
        nodes.reduce(0) { $0 + ($1.isMember ? 1 : 0) + count($1.children) }
    }

    /// Adds one field, not those that lead to it.
    public mutating func insert(_ path: [FieldStep]) {
        guard !path.isEmpty else { return }
        Self.insert(path[...], into: &nodes)
    }

    private static func insert(_ path: ArraySlice<FieldStep>, into nodes: inout [Node]) {
        guard let step = path.first else { return }
        let place = nodes.place(of: step)
        if place == nodes.count || nodes[place].step != step {
            nodes.insert(Node(step: step, isMember: false, children: []), at: place)
        }
        if path.count == 1 {
            nodes[place].isMember = true
        } else {
            insert(path.dropFirst(), into: &nodes[place].children)
        }
    }

    /// True when the very field is in the set; what lies above or below it does not count.
    public func contains(_ path: [FieldStep]) -> Bool {
        var level = nodes
        for (depth, step) in path.enumerated() {
            guard let node = level.node(of: step) else { return false }
            if depth == path.count - 1 { return node.isMember }
            level = node.children
        }
        return false
    }

    /// Every field as messages show it, such as `.spec.roles[name="worker"].replicas`.
    public var paths: [String] {
        var found: [String] = []
        Self.list(nodes, under: "", into: &found)
        return found
    }

    /// A level's own fields come before those below them, as Kubernetes lists them.
    private static func list(_ nodes: [Node], under prefix: String, into found: inout [String]) {
        for node in nodes where node.isMember { found.append(prefix + node.step.description) }
        for node in nodes where !node.children.isEmpty {
            list(node.children, under: prefix + node.step.description, into: &found)
        }
    }
}

extension [FieldSet.Node] {
    /// The first position whose step is not before `step`.
    func place(of step: FieldStep) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].step < step { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func node(of step: FieldStep) -> FieldSet.Node? {
        let place = place(of: step)
        return place < count && self[place].step == step ? self[place] : nil
    }
}

// MARK: Algebra

extension FieldSet {
    /// The fields of either set.
    public func union(_ other: FieldSet) -> FieldSet {
        FieldSet(nodes: Self.union(nodes, other.nodes))
    }

    /// The fields that are not in `other`; each field counts for itself alone.
    public func subtracting(_ other: FieldSet) -> FieldSet {
        FieldSet(nodes: Self.difference(nodes, other.nodes))
    }

    /// The fields of both sets.
    public func intersection(_ other: FieldSet) -> FieldSet {
        FieldSet(nodes: Self.intersection(nodes, other.nodes))
    }

    private static func union(_ left: [Node], _ right: [Node]) -> [Node] {
        if left.isEmpty { return right }
        if right.isEmpty { return left }
        var merged: [Node] = []
        merged.reserveCapacity(max(left.count, right.count))
        walk(left, right) { one, other in
            guard var node = one ?? other else { return }
            if one != nil, let other {
                node.isMember = node.isMember || other.isMember
                node.children = union(node.children, other.children)
            }
            merged.append(node)
        }
        return merged
    }

    private static func difference(_ left: [Node], _ right: [Node]) -> [Node] {
        if left.isEmpty || right.isEmpty { return left }
        var kept: [Node] = []
        walk(left, right) { one, other in
            guard var node = one else { return }
            if let other {
                node.isMember = node.isMember && !other.isMember
                node.children = difference(node.children, other.children)
            }
            if node.isMember || !node.children.isEmpty { kept.append(node) }
        }
        return kept
    }

    private static func intersection(_ left: [Node], _ right: [Node]) -> [Node] {
        if left.isEmpty || right.isEmpty { return [] }
        var shared: [Node] = []
        walk(left, right) { one, other in
            guard var node = one, let other else { return }
            node.isMember = node.isMember && other.isMember
            node.children = intersection(node.children, other.children)
            if node.isMember || !node.children.isEmpty { shared.append(node) }
        }
        return shared
    }

    /// Goes through two levels side by side, in their common order.
    private static func walk(
        _ left: [Node], _ right: [Node], _ visit: (_ one: Node?, _ other: Node?) -> Void
    ) {
        var first = 0
        var second = 0
        while first < left.count || second < right.count {
            if first == left.count {
                visit(nil, right[second])
                second += 1
            } else if second == right.count {
                visit(left[first], nil)
                first += 1
            } else {
                let order = byteOrder(left[first].step.text, right[second].step.text)
                visit(order <= 0 ? left[first] : nil, order >= 0 ? right[second] : nil)
                if order <= 0 { first += 1 }
                if order >= 0 { second += 1 }
            }
        }
    }
}

// MARK: FieldsV1

extension FieldSet {
    /// Bounds of what is read: levels, and steps in all.
    static let depthMax = 64
    static let stepsMax = 20_000

    /// Reads FieldsV1, such as `{"f:spec":{"f:priority":{}}}`.
    public init(fieldsV1 json: JSON) throws(Refusal) {
        var budget = Self.stepsMax
        nodes = try Self.read(json, depth: 0, budget: &budget).children
    }

    private static func read(
        _ json: JSON, depth: Int, budget: inout Int
    ) throws(Refusal) -> (isMember: Bool, children: [Node]) {
        guard case .object(let members) = json else {
            throw Refusal(
                .malformed, finding: "a field of FieldsV1 is not an object", remedy: "Write {}")
        }
        // An empty object names the field itself.
        guard !members.isEmpty else { return (true, []) }
        budget -= members.count
        guard depth < depthMax, budget >= 0 else {
            throw Refusal(
                .tooLarge, finding: "the fields are too many or too deep",
                remedy: "Use at most \(stepsMax) steps and \(depthMax) levels")
        }
        var isMember = false
        var children: [Node] = []
        children.reserveCapacity(members.count)
        for member in members {
            if member.key == "." {
                isMember = true
                continue
            }
            let step = try FieldStep(reading: member.key)
            do throws(Refusal) {
                let inner = try read(member.value, depth: depth + 1, budget: &budget)
                if inner.isMember || !inner.children.isEmpty {
                    children.append(
                        Node(step: step, isMember: inner.isMember, children: inner.children))
                }
            } catch {
                throw error.under("[\"\(member.key.prefix(80))\"]")
            }
        }
        return (isMember, merged(sorted(children)))
    }

    /// Nodes whose steps turned out to be the same become one.
    private static func merged(_ children: [Node]) -> [Node] {
        let areOne = zip(children, children.dropFirst()).contains { $0.step == $1.step }
        guard areOne else { return children }
        return children.reduce(into: []) { kept, node in
            guard let last = kept.last, last.step == node.step else { return kept.append(node) }
            kept[kept.count - 1].isMember = last.isMember || node.isMember
            kept[kept.count - 1].children = union(last.children, node.children)
        }
    }

    static func sorted(_ nodes: [Node]) -> [Node] {
        for (left, right) in zip(nodes, nodes.dropFirst()) where right.step < left.step {
            return nodes.enumerated().sorted { one, other in
                let order = byteOrder(one.element.step.text, other.element.step.text)
                return order == 0 ? one.offset < other.offset : order < 0
            }.map(\.element)
        }
        return nodes
    }

    /// Writes FieldsV1 as the next value: the field itself first, then in the order of steps.
    public func write(into json: inout JSONWriter) {
        json.openObject()
        Self.write(nodes, into: &json)
        json.closeObject()
    }

    private static func write(_ nodes: [Node], into json: inout JSONWriter) {
        for node in nodes {
            json.key(node.step.text)
            json.openObject()
            if node.isMember, !node.children.isEmpty {
                json.key(".")
                json.openObject()
                json.closeObject()
            }
            write(node.children, into: &json)
            json.closeObject()
        }
    }

    /// FieldsV1 as a tree.
    public var fieldsV1: JSON { .object(Self.members(nodes)) }

    private static func members(_ nodes: [Node]) -> [JSON.Member] {
        nodes.map { node in
            var inner: [JSON.Member] = []
            if node.isMember, !node.children.isEmpty {
                inner.append(JSON.Member(".", .object([])))
            }
            inner.append(contentsOf: members(node.children))
            return JSON.Member(node.step.text, .object(inner))
        }
    }
}

extension FieldSet: CustomStringConvertible {
    public var description: String { paths.joined(separator: " ") }
}
