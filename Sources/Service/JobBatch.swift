import Control
import HTTP
import Kernel
import Network
import Primitives
import Resources
import Wire

/// Many jobs in one request: the items of a list, or the documents of a YAML stream.
struct JobBatch {
    static let most = 1000

    /// Each with the path by which refusals name it.
    let parts: [(path: String, value: Document.Value)]

    init(list: Document) throws(Refusal) {
        try self.init(list.root["items"]?.elements ?? [], named: "items")
    }

    init(_ documents: [Document]) throws(Refusal) {
        try self.init(documents.map(\.root), named: "documents")
    }

    private init(_ values: [Document.Value], named field: String) throws(Refusal) {
        guard !values.isEmpty, values.count <= Self.most else {
            throw Refusal(
                .invalid, field: field, finding: "there are \(values.count) jobs",
                remedy: "Send 1 to \(Self.most) jobs at a time")
        }
        parts = values.enumerated().map { ("\(field)[\($0.offset)]", $0.element) }
    }
}

extension Server {
    /// Refuses all jobs if one cannot be read; else each is created or refused on its own.
    func createJobs(
        _ batch: JobBatch, _ admission: Admission, _ actor: Actor, _ call: Call
    ) throws(Refusal) {
        guard call.request.head.headers["idempotency-key"] == nil else {
            throw Refusal(
                .malformed, field: "Idempotency-Key", finding: "the key goes with a single job",
                remedy: "Give every job a metadata.name: a second try is then refused by name")
        }
        var submissions: [(command: Command, draft: DocumentDraft?)] = []
        submissions.reserveCapacity(batch.parts.count)
        var defects = Defects()
        for part in batch.parts {
            do throws(Refusal) {
                let manifest = try admission.decode(
                    JobSpec.self, at: part.value, kind: "Job", apiVersion: Group.version)
                let namespace = try admission.namespace(call, manifest.metadata)
                let (order, draft) = try admission.job(
                    manifest, namespace: namespace, name: try admission.name(manifest.metadata),
                    actor: actor, key: "", digest: 0)
                submissions.append((.submit(order), draft))
            } catch {
                // Items of a list are named by their document already.
                defects.add(error.field.hasPrefix(part.path) ? error : error.under(part.path))
            }
        }
        try defects.refuse()
        let posted = submit(submissions) { [unowned self] replies in
            answerWithList(replies, submissions.map { $0.command }, call)
        }
        if !posted { refuse(Self.busy, call.exchange) }
    }

    private func answerWithList(_ replies: [Reply], _ commands: [Command], _ call: Call) {
        var json = JSONWriter(capacity: replies.count * 200)
        ObjectJSON.open("PartialObjectMetadataList", "meta.k8s.io/v1", into: &json)
        json.key("metadata")
        json.openObject()
        json.member("resourceVersion", "\(catalog.version)")
        json.closeObject()
        json.key("items")
        json.openArray()
        var areAllCreated = true
        for (reply, command) in zip(replies, commands) {
            guard case .submit(let order) = command else { continue }
            json.openObject()
            json.key("metadata")
            json.openObject()
            json.member("name", order.name)
            json.member("namespace", order.namespace)
            switch reply {
            case .done(let uid, let version), .existing(let uid, let version),
                .accepted(let uid, let version):
                json.member("uid", UIDText.text(uid))
                json.member("resourceVersion", "\(version)")
                json.closeObject()
            case .refused(let refusal):
                areAllCreated = false
                json.closeObject()
                json.key("status")
                json.raw(StatusJSON.failure(refusal))
            }
            json.closeObject()
        }
        json.closeArray()
        json.closeObject()
        self.reply(areAllCreated ? 201 : 207, json.bytes, call.exchange)
    }
}
