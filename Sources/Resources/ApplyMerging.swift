import Primitives
import Wire

// How an applied configuration changes an object: it is merged in, then what its author no longer
// wants is taken out.

extension JSON {
    /// This value with a configuration merged in; null removes, atomic values are replaced.
    func merged(with config: JSON, _ rules: MergeRules) -> JSON {
        switch config {
        case .object(let changes) where !rules.isAtomic:
            return .object(members.merged(with: changes, rules))
        case .array(let items):
            guard let naming = rules.naming else { return config }
            let merging = ListMerging(elements, items, naming, rules.elements)
            return merging.map { .array($0.merged()) } ?? config
        case .null, .bool, .number, .string, .object: return config
        }
    }
}

extension [JSON.Member] {
    fileprivate func merged(with changes: [JSON.Member], _ rules: MergeRules) -> [JSON.Member] {
        var kept: [JSON.Member?] = self
        var places = Lookup<FieldStep, Int>()
        for (place, member) in enumerated() { places[FieldStep(text: member.key)] = place }
        for change in changes {
            let place = places[FieldStep(text: change.key)]
            if change.value == .null {
                if let place { kept[place] = nil }
                continue
            }
            let before = place.flatMap { kept[$0]?.value } ?? .null
            let value = before.merged(with: change.value, rules.member(change.key))
            if let place {
                kept[place] = JSON.Member(change.key, value)
            } else {
                places[FieldStep(text: change.key)] = kept.count
                kept.append(JSON.Member(change.key, value))
            }
        }
        return kept.compactMap { $0 }
    }
}

/// Two lists whose elements are told apart, about to become one.
///
/// The configuration's order holds; elements that it does not name keep their place before the
/// next one that both have, as far as that can be.
private struct ListMerging {
    private struct Item {
        let step: FieldStep
        let value: JSON
    }

    private let live: [Item]
    private let config: [Item]
    private let rules: MergeRules
    private var liveByStep = Lookup<FieldStep, Int>()
    private var configByStep = Lookup<FieldStep, Int>()

    /// Nil when an element has no name: then the list is replaced.
    init?(
        _ live: [JSON], _ config: [JSON], _ naming: MergeRules.Naming, _ rules: MergeRules
    ) {
        guard let old = Self.items(live, naming), let new = Self.items(config, naming) else {
            return nil
        }
        self.live = old
        self.config = new
        self.rules = rules
        for (place, item) in old.enumerated() { liveByStep[item.step] = place }
        for (place, item) in new.enumerated() { configByStep[item.step] = place }
    }

    /// The elements with the members filled in that name them.
    private static func items(_ elements: [JSON], _ naming: MergeRules.Naming) -> [Item]? {
        var items: [Item] = []
        items.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard case .success(let step) = MergeRules.step(of: element, at: index, naming) else {
                return nil
            }
            var named = element
            if case .keys(let keys) = naming {
                for key in keys where element[key.name] == nil {
                    named[key.name] = key.fallback(at: index)
                }
            }
            items.append(Item(step: step, value: named))
        }
        return items
    }

    func merged() -> [JSON] {
        var shared = config.filter { liveByStep[$0.step] != nil }.map(\.step)[...]
        var taken = Lookup<FieldStep, Bool>()
        var merged: [JSON] = []
        merged.reserveCapacity(max(live.count, config.count))
        var first = 0
        var second = 0
        while first < live.count || second < config.count {
            if first < live.count {
                let step = live[first].step
                let isShared = configByStep[step] != nil
                if !isShared {
                    merged.append(live[first].value)
                    first += 1
                    continue
                }
                if taken[step] == true || second < config.count && shared.first != step {
                    // It has been placed already, or its turn comes with the configuration's.
                    first += 1
                    continue
                }
            }
            guard second < config.count else { continue }
            let item = config[second]
            taken[item.step] = true
            merged.append(combined(item))
            second += 1
            if shared.first == item.step { shared = shared.dropFirst() }
        }
        return merged
    }

    private func combined(_ item: Item) -> JSON {
        guard let place = liveByStep[item.step] else {
            return JSON.null.merged(with: item.value, rules)
        }
        return live[place].value.merged(with: item.value, rules)
    }
}

// MARK: Pruning

extension JSON {
    /// The object without what its applier listed before and nobody lists or owns any more.
    ///
    /// An object or element that the applier alone spoke of goes as a whole; metadata stays.
    func pruned(of last: FieldSet, keeping owned: FieldSet, _ rules: MergeRules) -> JSON {
        Self.prune(self, last.nodes, owned.nodes, rules, depth: 0)
    }

    private static func prune(
        _ value: JSON, _ last: [FieldSet.Node], _ owned: [FieldSet.Node], _ rules: MergeRules,
        depth: Int
    ) -> JSON {
        switch value {
        case .object(let members) where !rules.isAtomic:
            return .object(
                members.compactMap { member in
                    let isRoot = depth == 0 && member.key == "metadata"
                    return prune(
                        member.value, .field(member.key), last, owned, rules.member(member.key),
                        depth: depth, isProtected: isRoot
                    ).map { JSON.Member(member.key, $0) }
                })
        case .array(let elements):
            guard let naming = rules.naming else { return value }
            return .array(
                elements.enumerated().compactMap { index, element in
                    guard case .success(let step) = MergeRules.step(of: element, at: index, naming)
                    else { return element }
                    return prune(
                        element, step, last, owned, rules.elements, depth: depth,
                        isProtected: false)
                })
        case .null, .bool, .number, .string, .object: return value
        }
    }

    /// Nil when the value goes.
    private static func prune(
        _ value: JSON, _ step: FieldStep, _ last: [FieldSet.Node], _ owned: [FieldSet.Node],
        _ rules: MergeRules, depth: Int, isProtected: Bool
    ) -> JSON? {
        guard let before = last.node(of: step) else { return value }
        let now = owned.node(of: step)
        if before.countsItself, now?.countsItself != true, !isProtected { return nil }
        guard !before.children.isEmpty else { return value }
        return prune(value, before.children, now?.children ?? [], rules, depth: depth + 1)
    }
}

extension FieldSet.Node {
    /// True when the field is meant, be it through what is in it; elements must be named.
    fileprivate var countsItself: Bool { isMember || (step.isField && !children.isEmpty) }
}
