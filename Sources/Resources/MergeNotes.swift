import Primitives
import Wire

/// What the published schema says about merging, from the rules that the server merges by.
struct MergeNotes {
    /// Clients have these kinds built in, and patch them strategically.
    let isBuiltIn: Bool
    /// By `Type.field`. Types that several kinds share are described by the first of them.
    private(set) var members = Lookup<String, [JSON.Member]>()

    init(isBuiltIn: Bool) { self.isBuiltIn = isBuiltIn }

    mutating func add(_ shape: KindShape) {
        add(shape.schema, MergeRules.of(kind: shape.kind))
    }

    private mutating func add(_ schema: Schema, _ rules: MergeRules) {
        switch schema {
        case .object(let properties, let type):
            for property in properties {
                let path = "\(type).\(property.name)"
                let below = rules.member(property.name)
                if members[path] == nil { members[path] = words(property.schema, below.rule) }
                add(property.schema, below)
            }
        case .array(let element): add(element, rules)
        case .map(let value): add(value, .plain)
        case .any, .boolean, .integer, .number, .string, .text, .words: return
        }
    }

    private func words(_ schema: Schema, _ rule: MergeRules.Rule?) -> [JSON.Member] {
        switch (schema, rule) {
        case (.array, .set): list("set") + strategy(key: nil)
        case (.array, .map(let keys)), (.array, .mapOfAtoms(let keys)):
            list("map") + [
                JSON.Member(
                    "x-kubernetes-list-map-keys", .array(keys.map { .string($0.name) }))
            ] + (keys.count == 1 ? strategy(key: keys.first?.name) : [])
        case (.array, .atomic), (.array, nil): list("atomic")
        case (.map, .atomic), (.object, .atomic):
            [JSON.Member("x-kubernetes-map-type", "atomic")]
        case (.any, _), (.boolean, _), (.integer, _), (.number, _), (.string, _), (.text, _),
            (.words, _), (.map, _), (.object, _):
            []
        }
    }

    private func list(_ type: String) -> [JSON.Member] {
        [JSON.Member("x-kubernetes-list-type", .string(type))]
    }

    private func strategy(key: String?) -> [JSON.Member] {
        guard isBuiltIn else { return [] }
        return [JSON.Member("x-kubernetes-patch-strategy", "merge")]
            + (key.map { [JSON.Member("x-kubernetes-patch-merge-key", .string($0))] } ?? [])
    }
}
