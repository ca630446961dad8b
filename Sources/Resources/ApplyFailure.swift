public import Primitives

/// Why a configuration was not applied.
public enum ApplyFailure: Error, Hashable, Sendable {
    case refused(Refusal)
    /// Others own fields that the configuration wants otherwise; at least one.
    case conflicts([FieldConflict])
}

/// One field that somebody else owns.
public struct FieldConflict: Hashable, Sendable {
    /// The other owner as messages show it, such as `"kubectl-edit" using muster.dev/v1`.
    public let owner: String
    /// Such as `.spec.roles[name="worker"].replicas`.
    public let field: String

    /// The word for such a cause in a `Status`.
    public static let reason = "FieldManagerConflict"

    /// What the cause's own message says.
    public var message: String { "conflict with \(owner)" }
}

extension ApplyFailure {
    /// What the whole answer says, in the words that kubectl explains to its users.
    public var message: String {
        switch self {
        case .refused(let refusal): return refusal.description
        case .conflicts(let conflicts):
            if conflicts.count == 1, let only = conflicts.first {
                return "Apply failed with 1 conflict: \(only.message): \(only.field)"
            }
            var lines: [String] = []
            for (place, conflict) in conflicts.enumerated() {
                // Conflicts come owner by owner.
                if place == 0 || conflicts[place - 1].owner != conflict.owner {
                    lines.append("conflicts with \(conflict.owner):")
                }
                lines.append("- \(conflict.field)")
            }
            return "Apply failed with \(conflicts.count) conflicts: "
                + lines.joined(separator: "\n")
        }
    }

    /// The failure as a refusal; conflicts are a 409 that names the first field.
    public var refusal: Refusal {
        switch self {
        case .refused(let refusal): refusal
        case .conflicts(let conflicts):
            Refusal(
                .conflict, field: conflicts.first?.field ?? "", finding: message,
                remedy: "Leave the fields out, or apply with force=true to take them over")
        }
    }
}

extension ManagedFields.Entry {
    /// The owner as messages show it.
    var words: String {
        var text = "\"\(manager)\""
        if !subresource.isEmpty { text += " with subresource \"\(subresource)\"" }
        switch operation {
        case .apply: return text
        case .update: return "\(text) using \(apiVersion)"
        }
    }
}
