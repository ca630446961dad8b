import Control
import Primitives
import Resources
import Wire

// Who owns which fields of an object: from what is stored, through a write, to what is shown.

/// The writer of one request, and the rules by which its kind's lists merge.
struct Ownership {
    let author: FieldAuthor
    let rules: MergeRules

    /// What the creator of an object is noted with.
    func created() -> [UInt8] { Self.stored(ManagedFields(createdBy: author)) }

    static func stored(_ managers: ManagedFields) -> [UInt8] {
        guard !managers.isEmpty else { return [] }
        var json = JSONWriter(capacity: 256)
        managers.writeStored(into: &json)
        return json.bytes
    }

    /// What is stored with an object, read back.
    static func read(_ bytes: [UInt8]) throws(Refusal) -> ManagedFields {
        guard !bytes.isEmpty else { return ManagedFields() }
        return try ManagedFields(stored: JSON(Document(json: bytes, limits: .trusted)))
    }
}

extension ObjectJSON {
    /// The member `managedFields` of an object, spelled out over its text.
    static func managedFields(of texts: Texts, kind: String) -> [UInt8]? {
        guard let managers = try? Ownership.read(texts.body.managers), !managers.isEmpty else {
            return nil
        }
        guard managers.isCompact else { return texts.body.managers }
        guard let head = try? Document(json: texts.head, limits: .trusted),
            let content = try? Document(json: texts.body.content, limits: .trusted)
        else { return nil }
        let isFlat = kind == "ConfigMap" || kind == "Secret"
        let members =
            isFlat
            ? content.root.members.map { (name: $0.key, value: $0.value) }
            : [(name: "spec", value: content.root)]
        var json = JSONWriter(capacity: 1024)
        managers.write(
            metadata: head.root, members: members, MergeRules.of(kind: kind), into: &json)
        return json.bytes
    }
}
