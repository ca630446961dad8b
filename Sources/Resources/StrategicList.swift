import Primitives
import Wire

/// A list that merges element by element under a strategic patch.
struct StrategicList {
    private let original: [JSON]
    private let rules: MergeRules
    /// The member that tells elements apart; nil for lists of plain values.
    private let key: String?

    init(_ original: [JSON], _ rules: MergeRules) {
        self.original = original
        self.rules = rules
        key = if case .keys(let keys) = rules.naming { keys.first?.name } else { nil }
    }

    /// The list after the patch, in the order that the patch asks for.
    func merged(
        with patch: [JSON], deleting deleted: [JSON], order: [JSON]?
    ) throws(Refusal) -> [JSON] {
        let sorted = try sorted(patch)
        if sorted.isReplacement {
            return try sorted.items.map { item throws(Refusal) in try combined(item.value, nil) }
        }
        var gone = Lookup<FieldStep, Bool>()
        for name in sorted.deleted + deleted.map(FieldStep.value) { gone[name] = true }
        var kept = original.filter { element in
            name(of: element).map { gone[$0] == nil } ?? true
        }
        var places = Lookup<FieldStep, Int>()
        for (place, element) in kept.enumerated() {
            if let name = name(of: element), places[name] == nil { places[name] = place }
        }
        for item in sorted.items {
            do throws(Refusal) {
                if let place = places[item.name] {
                    kept[place] = try combined(item.value, kept[place])
                } else {
                    places[item.name] = kept.count
                    kept.append(try combined(item.value, nil))
                }
            } catch {
                throw error.under("[\(item.index)]")
            }
        }
        return try arranged(kept, sorted.items.map(\.name), order)
    }

    // MARK: The patch's elements

    private struct Item {
        let name: FieldStep
        let value: JSON
        let index: Int
    }

    private struct Sorted {
        var items: [Item] = []
        var deleted: [FieldStep] = []
        var isReplacement = false
    }

    /// Tells the elements that carry directives from those that carry values.
    private func sorted(_ patch: [JSON]) throws(Refusal) -> Sorted {
        var sorted = Sorted()
        for (index, element) in patch.enumerated() {
            let mode = element["$patch"]
            if mode == "replace" {
                sorted.isReplacement = true
                continue
            }
            guard let name = name(of: element) else {
                throw malformed(
                    "the element has no \(key ?? "value") that tells it apart", "Add it",
                    "[\(index)]")
            }
            switch mode {
            case nil, "merge": sorted.items.append(Item(name: name, value: element, index: index))
            case "delete": sorted.deleted.append(name)
            case .some:
                throw malformed(
                    "$patch is neither merge, replace nor delete", "Use one of the three",
                    "[\(index)].$patch")
            }
        }
        return sorted
    }

    private func name(of element: JSON) -> FieldStep? {
        guard let key else { return .value(element) }
        guard let value = element[key], value.isScalar, value != .null else { return nil }
        return .value(value)
    }

    private func combined(_ element: JSON, _ before: JSON?) throws(Refusal) -> JSON {
        guard key != nil, case .object(let members) = element else { return element }
        return try .object(
            StrategicPatch(members).merged(into: before?.members ?? [], rules.elements))
    }

    // MARK: Order

    /// The patch's elements in its order, the others between them as near as can be to where they
    /// stood.
    private func arranged(
        _ elements: [JSON], _ patched: [FieldStep], _ order: [JSON]?
    ) throws(Refusal) -> [JSON] {
        let wanted = try order.map(names) ?? patched
        var ranks = Lookup<FieldStep, Int>()
        for (rank, name) in wanted.enumerated() where ranks[name] == nil { ranks[name] = rank }
        guard patched.allSatisfy({ ranks[$0] != nil }) else {
            throw malformed(
                "$setElementOrder leaves out an element of the patch", "List every element")
        }
        var placesBefore = Lookup<FieldStep, Int>()
        for (place, element) in original.enumerated() {
            if let name = name(of: element) { placesBefore[name] = place }
        }
        var others: [(place: Int?, element: JSON)] = []
        var chosen: [(rank: Int, place: Int?, element: JSON)] = []
        for element in elements {
            let name = name(of: element)
            let place = name.flatMap { placesBefore[$0] }
            if let rank = name.flatMap({ ranks[$0] }) {
                chosen.append((rank, place, element))
            } else {
                others.append((place, element))
            }
        }
        chosen = chosen.enumerated().sorted {
            ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }.map(\.element)
        var arranged: [JSON] = []
        var next = 0
        for item in chosen {
            while next < others.count, let place = others[next].place, let limit = item.place,
                place < limit
            {
                arranged.append(others[next].element)
                next += 1
            }
            arranged.append(item.element)
        }
        return arranged + others[next...].map(\.element)
    }

    /// The names in an order list: of elements by their key, or of plain values.
    private func names(_ order: [JSON]) throws(Refusal) -> [FieldStep] {
        var names: [FieldStep] = []
        for element in order {
            guard let name = name(of: element) else {
                throw malformed(
                    "an element of $setElementOrder has no \(key ?? "value")",
                    "Give every element its key")
            }
            names.append(name)
        }
        return names
    }
}
