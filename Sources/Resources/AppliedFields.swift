import Primitives
import Wire

/// The fields that an applied configuration speaks of.
struct AppliedFields {
    /// What it sets, and so owns.
    var set = FieldSet()
    /// What it wants gone, by null.
    var erased = FieldSet()

    /// Refuses lists whose elements cannot be told apart.
    init(_ config: JSON, _ rules: MergeRules) throws(Refusal) {
        let read = try Self.read(config, rules)
        set = FieldSet(ownable: read.set)
        erased = FieldSet(nodes: read.erased)
    }

    private struct Reading {
        /// True when the value itself is a field, and not only what is in it.
        var isLeaf: Bool
        var set: [FieldSet.Node] = []
        var erased: [FieldSet.Node] = []

        mutating func add(_ inner: Reading, _ step: FieldStep, isElement: Bool) {
            let isMember = inner.isLeaf || isElement
            if isMember || !inner.set.isEmpty {
                set.append(FieldSet.Node(step: step, isMember: isMember, children: inner.set))
            }
            if !inner.erased.isEmpty {
                erased.append(FieldSet.Node(step: step, isMember: false, children: inner.erased))
            }
        }

        mutating func sort() {
            set = FieldSet.sorted(set)
            erased = FieldSet.sorted(erased)
        }
    }

    private static func read(_ value: JSON, _ rules: MergeRules) throws(Refusal) -> Reading {
        switch value {
        case .object(let members) where !rules.isAtomic:
            return try read(members, rules)
        case .array(let elements):
            guard let naming = rules.naming else { return Reading(isLeaf: true) }
            return try read(elements, naming, rules.elements)
        case .null, .bool, .number, .string, .object: return Reading(isLeaf: true)
        }
    }

    private static func read(
        _ members: [JSON.Member], _ rules: MergeRules
    ) throws(Refusal) -> Reading {
        var reading = Reading(isLeaf: members.isEmpty)
        for member in members {
            let step = FieldStep.field(member.key)
            if member.value == .null {
                reading.erased.append(FieldSet.Node(step: step, isMember: true, children: []))
                continue
            }
            do throws(Refusal) {
                let inner = try read(member.value, rules.member(member.key))
                reading.add(inner, step, isElement: false)
            } catch {
                throw error.under(member.key)
            }
        }
        reading.sort()
        return reading
    }

    private static func read(
        _ elements: [JSON], _ naming: MergeRules.Naming, _ rules: MergeRules
    ) throws(Refusal) -> Reading {
        // Whoever lists no element still wants the list to be there.
        var reading = Reading(isLeaf: elements.isEmpty)
        for (index, element) in elements.enumerated() {
            switch MergeRules.step(of: element, at: index, naming) {
            case .success(let step):
                do throws(Refusal) {
                    reading.add(try read(element, rules), step, isElement: true)
                } catch {
                    throw error.under("[\(index)]")
                }
            case .failure(let key):
                throw invalid(
                    "[\(index)].\(key.name)", "this member tells the list's elements apart",
                    "Give it to every element")
            }
        }
        reading.sort()
        for (left, right) in zip(reading.set, reading.set.dropFirst()) where left.step == right.step
        {
            throw invalid(
                "", "there are duplicate entries for \(left.step)",
                "Give every element of the list a key of its own")
        }
        return reading
    }
}
