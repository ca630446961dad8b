import Wire

/// The part of an object that a request may write, and that can therefore be owned through it.
enum FieldScope: Sendable {
    /// Everything but the status.
    case object
    /// The status alone.
    case status

    init(subresource: String) { self = subresource == "status" ? .status : .object }

    /// What is never owned: it says which object this is, or is the server's own account of it.
    private static let serverMetadata = [
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink",
    ]

    /// What of metadata is never owned.
    static func isServer(metadata key: String) -> Bool {
        serverMetadata.contains { byteOrder($0, key) == 0 }
    }

    /// True for members of an object's root that are in scope; metadata is in it in part.
    func holds(_ key: String) -> Bool {
        switch key {
        case "apiVersion", "kind": false
        case "status": self == .status
        default: self == .object
        }
    }

    /// The object without what is out of scope; nothing for an object that is not there.
    func part(of object: JSON?) -> JSON {
        guard case .object(let members) = object else { return .object([]) }
        var kept: [JSON.Member] = []
        kept.reserveCapacity(members.count)
        for member in members where holds(member.key) {
            guard member.key == "metadata", case .object(let inner) = member.value else {
                kept.append(member)
                continue
            }
            let own = inner.filter { !Self.isServer(metadata: $0.key) }
            kept.append(JSON.Member("metadata", .object(own)))
        }
        return .object(kept)
    }
}
