import Primitives
import Wire

/// The annotation in which client-side apply keeps what it applied last.
///
/// It lets kubectl go over to server-side apply without conflicts with its former self, and back.
enum LastApplied {
    /// The only field manager that this is for, as in Kubernetes.
    static let manager = "kubectl"
    private static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    private static func text(in object: JSON) -> String? {
        object["metadata"]?["annotations"]?[annotation]?.string
    }

    /// What the annotation lists and the object still has as it was applied then.
    static func fields(
        of object: JSON, _ author: FieldAuthor, _ rules: MergeRules
    ) -> FieldSet {
        let scope = FieldScope(subresource: author.subresource)
        guard let text = text(in: object),
            let document = try? Document(json: Array(text.utf8), limits: .trusted)
        else { return FieldSet() }
        let config = scope.part(of: JSON(document))
        guard let applied = try? AppliedFields(config, rules) else { return FieldSet() }
        let change = FieldComparison(of: config, with: scope.part(of: object), rules)
        return applied.set.subtracting(change.modified.union(change.added))
    }

    /// The object with its annotation saying what was applied just now, where it has one.
    static func refreshed(_ object: JSON, _ config: JSON, _ author: FieldAuthor) -> JSON {
        guard author.manager == manager, author.subresource.isEmpty, text(in: object) != nil,
            var metadata = object["metadata"], var annotations = metadata["annotations"]
        else { return object }
        var bare = config
        if var own = bare["metadata"], var notes = own["annotations"] {
            notes[annotation] = nil
            if notes.members.isEmpty {
                own["annotations"] = nil
            } else {
                own["annotations"] = notes
            }
            bare["metadata"] = own
        }
        let text = String(decoding: bare.sortedByKeys.encode(), as: UTF8.self) + "\n"
        // Too long a text would make the whole object unacceptable.
        let fits = text.utf8.count <= Naming.annotationBytesMax / 2
        if fits { annotations[annotation] = .string(text) } else { annotations[annotation] = nil }
        metadata["annotations"] = annotations
        var changed = object
        changed["metadata"] = metadata
        return changed
    }
}

extension JSON {
    /// The same value with the members of all objects in the order of their names.
    fileprivate var sortedByKeys: JSON {
        switch self {
        case .null, .bool, .number, .string: self
        case .array(let elements): .array(elements.map(\.sortedByKeys))
        case .object(let members):
            .object(
                members.sorted { byteOrder($0.key, $1.key) < 0 }
                    .map { JSON.Member($0.key, $0.value.sortedByKeys) })
        }
    }
}
