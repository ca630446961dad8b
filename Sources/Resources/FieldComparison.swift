import Wire

/// How one object differs from another, field by field, under the rules of its kind.
///
/// Containers count as fields where they come or go; an atomic value is one field.
struct FieldComparison: Hashable, Sendable {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    /// Compares two objects, or what a ``FieldScope`` leaves of them.
    init(of old: JSON, with new: JSON, _ rules: MergeRules) {
        let change = Self.compare(old, new, rules)
        added = FieldSet(ownable: change.added.children)
        modified = FieldSet(ownable: change.modified.children)
        removed = FieldSet(ownable: change.removed.children)
    }

    /// True when there is no difference.
    var isEmpty: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }
}

extension FieldSet {
    /// Every field of an object that its writer would own had it just been created.
    init(everythingIn object: JSON, _ rules: MergeRules) {
        self.init(ownable: FieldComparison.everything(in: object, rules).children)
    }

    /// Metadata is everybody's: only what is in it can be owned.
    init(ownable nodes: [Node]) {
        self.init(nodes: nodes)
        let place = self.nodes.place(of: .field("metadata"))
        guard place < nodes.count, nodes[place].step == .field("metadata") else { return }
        self.nodes[place].isMember = false
        if nodes[place].children.isEmpty { self.nodes.remove(at: place) }
    }
}

/// A field as part of a set: itself, and what lies below.
private struct Branch {
    var isMember = false
    var children: [FieldSet.Node] = []

    mutating func add(_ branch: Branch, _ step: FieldStep) {
        guard branch.isMember || !branch.children.isEmpty else { return }
        children.append(
            FieldSet.Node(step: step, isMember: branch.isMember, children: branch.children))
    }

    mutating func sort() {
        if children.count > 1 { children = FieldSet.sorted(children) }
    }
}

private struct Change {
    var added = Branch()
    var modified = Branch()
    var removed = Branch()

    var isEmpty: Bool {
        !added.isMember && !modified.isMember && !removed.isMember && added.children.isEmpty
            && modified.children.isEmpty && removed.children.isEmpty
    }

    mutating func add(_ change: Change, _ step: FieldStep) {
        added.add(change.added, step)
        modified.add(change.modified, step)
        removed.add(change.removed, step)
    }

    mutating func sort() {
        added.sort()
        modified.sort()
        removed.sort()
    }
}

// MARK: Objects

extension FieldComparison {
    private static func compare(_ old: JSON, _ new: JSON, _ rules: MergeRules) -> Change {
        var change = Change()
        switch (old, new) {
        case (.object(let before), .object(let after)) where !rules.isAtomic:
            if areAlike(before, after) {
                for (place, member) in before.enumerated() {
                    let inner = compare(
                        member.value, after[place].value, rules.member(member.key))
                    if !inner.isEmpty { change.add(inner, .field(member.key)) }
                }
            } else {
                for pair in pairs(before, after) {
                    let inner = difference(pair, rules.member(pair.name))
                    if !inner.isEmpty { change.add(inner, .field(pair.name)) }
                }
            }
            change.sort()
        case (.array(let before), .array(let after)):
            guard let naming = rules.naming, let older = named(before, naming),
                let newer = named(after, naming)
            else { return replacement(of: old, by: new, rules) }
            for pair in pairs(older, newer) {
                let inner = difference(pair, rules.elements)
                if !inner.isEmpty { change.add(inner, FieldStep(text: pair.name)) }
            }
            change.sort()
        default: return replacement(of: old, by: new, rules)
        }
        return change
    }

    /// One form has made room for another: what was below has gone, what is below has come.
    private static func replacement(of old: JSON, by new: JSON, _ rules: MergeRules) -> Change {
        var change = Change()
        guard !old.means(new) else { return change }
        change.modified.isMember = true
        change.removed.children = everything(in: old, rules).children
        change.added.children = everything(in: new, rules).children
        return change
    }

    private static func difference(_ pair: Pair, _ rules: MergeRules) -> Change {
        switch (pair.old, pair.new) {
        case (let old?, let new?): return compare(old, new, rules)
        case (let old?, nil):
            var change = Change()
            change.removed = everything(in: old, rules)
            return change
        case (nil, let new?):
            var change = Change()
            change.added = everything(in: new, rules)
            return change
        case (nil, nil): return Change()
        }
    }

    /// The field itself and all below it.
    fileprivate static func everything(in value: JSON, _ rules: MergeRules) -> Branch {
        var branch = Branch(isMember: true)
        switch value {
        case .object(let members) where !rules.isAtomic:
            branch.children.reserveCapacity(members.count)
            for member in members {
                branch.add(
                    everything(in: member.value, rules.member(member.key)), .field(member.key))
            }
            branch.sort()
        case .array(let elements):
            guard let naming = rules.naming, let items = named(elements, naming) else { break }
            let inner = rules.elements
            for item in items {
                branch.add(everything(in: item.value, inner), FieldStep(text: item.key))
            }
            branch.sort()
        case .null, .bool, .number, .string, .object: break
        }
        return branch
    }

}

// MARK: Pairs

extension FieldComparison {
    private struct Pair {
        let name: String
        var old: JSON?
        var new: JSON?
    }

    /// The elements under the names of their steps; nil where one has none.
    ///
    /// Elements that share a name become one list: nobody can own one of them alone.
    private static func named(_ elements: [JSON], _ naming: MergeRules.Naming) -> [JSON.Member]? {
        var members: [JSON.Member] = []
        members.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard case .success(let step) = MergeRules.step(of: element, at: index, naming) else {
                return nil
            }
            members.append(JSON.Member(step.text, element))
        }
        let ordered = sorted(members)
        let areUnique = zip(ordered, ordered.dropFirst()).allSatisfy { left, right in
            byteOrder(left.key, right.key) != 0
        }
        if areUnique { return members }
        var merged: [JSON.Member] = []
        for member in ordered {
            guard let last = merged.last, byteOrder(last.key, member.key) == 0 else {
                merged.append(member)
                continue
            }
            let earlier = if case .array(let list) = last.value { list } else { [last.value] }
            merged[merged.count - 1].value = .array(earlier + [member.value])
        }
        return merged
    }

    /// True when both have the same names in the same order: the common case, and the cheap one.
    private static func areAlike(_ old: [JSON.Member], _ new: [JSON.Member]) -> Bool {
        guard old.count == new.count else { return false }
        for place in old.indices where byteOrder(old[place].key, new[place].key) != 0 {
            return false
        }
        return true
    }

    /// Puts side by side what has the same name.
    private static func pairs(_ old: [JSON.Member], _ new: [JSON.Member]) -> [Pair] {
        let left = sorted(old)
        let right = sorted(new)
        var pairs: [Pair] = []
        pairs.reserveCapacity(max(left.count, right.count))
        var first = 0
        var second = 0
        while first < left.count || second < right.count {
            let order =
                first == left.count
                ? 1 : second == right.count ? -1 : byteOrder(left[first].key, right[second].key)
            let name = order <= 0 ? left[first].key : right[second].key
            // Not written as a choice of value or nil: that nil would be the value null.
            var pair = Pair(name: name)
            if order <= 0 { pair.old = left[first].value }
            if order >= 0 { pair.new = right[second].value }
            pairs.append(pair)
            if order <= 0 { first += 1 }
            if order >= 0 { second += 1 }
        }
        return pairs
    }

    private static func sorted(_ members: [JSON.Member]) -> [JSON.Member] {
        for (left, right) in zip(members, members.dropFirst())
        where byteOrder(left.key, right.key) > 0 {
            return members.enumerated().sorted { one, other in
                let order = byteOrder(one.element.key, other.element.key)
                return order == 0 ? one.offset < other.offset : order < 0
            }.map(\.element)
        }
        return members
    }
}
