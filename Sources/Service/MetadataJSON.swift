import Control
import Kernel
import Primitives
import Resources
import Wire

// Metadata of every kind: in whole objects, beside the rows of tables, and alone.

extension Form {
    /// The group version of objects that are metadata only.
    static let metadataVersion = "meta.k8s.io/v1"
}

extension ObjectJSON {
    /// Appends the object with nothing but its metadata, with the owners of fields only where
    /// `isWhole` asks for them: a row of a table is not worth reading a job's text for.
    func writePartial(
        _ item: Item, version: UInt64, _ apiVersion: String, isWhole: Bool = false,
        into json: inout JSONWriter
    ) {
        Self.open("PartialObjectMetadata", apiVersion, into: &json)
        writeMetadata(item, version, isWhole ? texts(of: item) : nil, into: &json)
        json.closeObject()
    }

    /// Appends the member `metadata`, as of the version of its deletion if that is given.
    func writeMetadata(
        _ item: Item, _ version: UInt64, _ texts: Texts?, into json: inout JSONWriter
    ) {
        switch item {
        case .job(let view):
            Self.metadata(
                texts ?? Self.bare(view.text), kind: "Job", uid: view.uid, version: version,
                generation: view.generation, createdAt: view.createdAt, deletedAt: view.deletedAt,
                into: &json)
        case .node(let view):
            Self.metadata(
                texts ?? Self.bare(view.text), kind: "Node", uid: view.uid, version: version,
                generation: view.generation, createdAt: view.state.node.registeredAt,
                deletedAt: view.deletedAt, into: &json)
        case .object(let view):
            Self.metadata(
                texts ?? Self.bare(view.text), kind: KindWords.of(Resource(of: view.kind)).kind,
                uid: view.uid, version: version, generation: view.generation,
                createdAt: view.createdAt, deletedAt: view.deletedAt, into: &json)
        case .pod(let view, let rank): writePodMetadata(view, rank, version, into: &json)
        case .event(let view): writeEventMetadata(view, into: &json)
        }
    }

    private static func bare(_ text: DocumentText) -> Texts {
        Texts(head: text.head, body: DocumentBody(content: []))
    }

    private func writePodMetadata(
        _ view: JobView, _ number: Int, _ version: UInt64, into json: inout JSONWriter
    ) {
        json.key("metadata")
        json.openObject()
        json.member("name", pods.name(of: number, in: view))
        json.member("namespace", view.namespace)
        json.member("uid", pods.uid(view.uid, attempt: view.job.attempt, rank: number))
        json.member("resourceVersion", "\(version)")
        if let start = view.job.startedAt { json.member("creationTimestamp", Self.text(start)) }
        json.key("labels")
        json.raw(WireEncoder.encode(pods.labels(of: number, in: view)))
        json.key("ownerReferences")
        json.openArray()
        json.openObject()
        json.member("apiVersion", Group.version)
        json.member("kind", "Job")
        json.member("name", view.name)
        json.member("uid", UIDText.text(view.uid))
        json.member("controller", true)
        json.closeObject()
        json.closeArray()
        json.closeObject()
    }

    private func writeEventMetadata(_ view: EventView, into json: inout JSONWriter) {
        json.key("metadata")
        json.openObject()
        json.member("name", view.name)
        json.member("namespace", view.namespace)
        json.member("uid", UIDText.text(view.uid))
        json.member("resourceVersion", "\(view.version)")
        json.member("creationTimestamp", Self.text(Tick(view.note.at)))
        json.closeObject()
    }
}
