import Control
import HTTP
import Kernel
import Primitives
import Resources
import Wire

/// What a change makes of an object: the new text, and what the kernel must hear of it.
struct RevisedDraft {
    let texts: Texts
    let labels: StringMap
    let contentChanged: Bool
    let terms: JobTerms?
    let isHeld: Bool
    /// What beside the text changes with it, such as a cordon.
    let followUps: [Command]
    let warnings: [String]

    func isSame(as stored: Texts) -> Bool {
        texts.head == stored.head && texts.body == stored.body && followUps.isEmpty
    }
}

extension Server {
    /// Works out a change against the present object, by the rules of its kind.
    func drafted(_ revision: Revision, _ present: Present) throws(Refusal) -> RevisedDraft {
        let words = KindWords.of(revision.resource)
        let item = present.item
        let current = JSON(
            try Document(json: objects.encode(item, as: present.texts), limits: .trusted))
        let ownership = revision.admission.ownership(
            of: revision.resource, subresource: revision.part.subresource)
        var managers = try Ownership.read(present.texts.body.managers)
        let wanted: JSON
        var warnings: [String] = []
        if case .apply(let config, let isForced) = revision.change {
            let applied: Applied
            do throws(ApplyFailure) {
                applied = try managers.applying(
                    config, to: current, by: ownership.author, force: isForced, ownership.rules
                ) { merged throws(Refusal) in
                    guard revision.part == .whole else { return merged }
                    return try settled(merged, current, revision, &warnings)
                }
            } catch {
                throw error.refusal
            }
            managers = applied.fields
            wanted = applied.object
        } else {
            wanted = try objects.wanted(revision, current, kind: words.kind)
            managers = try managers.revised(
                from: current, to: wanted, by: ownership.author, ownership.rules)
        }
        guard revision.part != .status else {
            return try statusDraft(wanted, present, managers)
        }
        return try wholeDraft(wanted, revision, present, managers, warnings)
    }

    /// The object in the form in which it would be stored, so that `1000m` and `1` do not differ.
    private func settled(
        _ object: JSON, _ current: JSON, _ revision: Revision, _ warnings: inout [String]
    ) throws(Refusal) -> JSON {
        switch revision.resource {
        case .jobs, .queues, .nodePools, .leases: break
        case .nodes, .tokens, .namespaces, .configMaps, .secrets, .pods, .events: return object
        }
        let proposal = try revision.admission.propose(
            try Document(sent(object)).root, as: revision.resource)
        warnings = proposal.warnings
        var settled = object
        let new = try Spelling.Words(proposal)
        // What was stored under older rules may not pass today's: then there is nothing to keep.
        let old = try? Spelling.Words(
            revision.admission.propose(
                Document(sent(current), limits: .trusted).root, as: revision.resource))
        settled["spec"] = old.map { Spelling.agreeing(new, with: $0) } ?? new.said
        return settled
    }

    /// What the server writes itself does not count against the limits of what is sent.
    private func sent(_ object: JSON) -> JSON {
        var sent = object
        sent["status"] = nil
        sent["metadata"]?["managedFields"] = nil
        return sent
    }

    /// Only the clients' part of the status changes.
    private func statusDraft(
        _ wanted: JSON, _ present: Present, _ managers: ManagedFields
    ) throws(Refusal) -> RevisedDraft {
        let item = present.item
        var bare = present.texts
        bare.body.status = []
        let ours = JSON(try Document(json: objects.encode(item, as: bare), limits: .trusted))
        var texts = present.texts
        texts.body.status = try ClientStatus.part(
            of: wanted["status"], besides: ours["status"] ?? .object([]),
            reserved: item.reservedStatus)
        if texts.body.status != present.texts.body.status {
            texts.body.managers = Ownership.stored(managers)
        }
        return RevisedDraft(
            texts: texts, labels: item.labels(objects.pods), contentChanged: false, terms: nil,
            isHeld: item.isHeld(as: present.texts), followUps: [], warnings: [])
    }

    private func wholeDraft(
        _ wanted: JSON, _ revision: Revision, _ present: Present, _ managers: ManagedFields,
        _ warnings: [String]
    ) throws(Refusal) -> RevisedDraft {
        let item = present.item
        let document = try Document(sent(wanted))
        let proposal = try revision.admission.propose(document.root, as: revision.resource)
        try checkIdentity(proposal.metadata, item)
        try checkFinalizers(proposal.metadata, present)
        var texts = present.texts
        texts.head = ObjectJSON.head(
            proposal.metadata, name: item.name(objects.pods), namespace: item.namespace,
            user: item.user)
        texts.body.content = proposal.content
        var terms: JobTerms?
        var followUps: [Command] = []
        switch (proposal.part, item) {
        case (.job(let spec), .job(let view)):
            let old = try WireDecoder.decode(
                JobSpec.self, json: present.texts.body.content, limits: .trusted, unknown: .ignore)
            try refuseFixedChanges(
                from: (try? old.validated()) ?? old, to: spec, view.job.phase)
            terms = Admission.terms(of: spec)
        case (.node(let spec), .node(let view)):
            texts.body.content = try nodeContent(present.texts.body.content, taints: spec.taints)
            followUps = nodeCommands(spec, view)
        case (.token(var spec), .object):
            let old = try WireDecoder.decode(
                TokenSpec.self, json: present.texts.body.content, limits: .trusted)
            spec.digest = old.digest
            texts.body.content = WireEncoder.encode(spec)
        default: break
        }
        try checkImmutable(from: present.texts.body.content, to: texts.body.content, item)
        let contentChanged = texts.body.content != present.texts.body.content
        texts.body.managers = Ownership.stored(managers)
        return RevisedDraft(
            texts: texts, labels: proposal.metadata.labels ?? [:], contentChanged: contentChanged,
            terms: terms, isHeld: !(proposal.metadata.finalizers ?? []).isEmpty,
            followUps: followUps, warnings: warnings + proposal.warnings)
    }

    private func checkIdentity(_ metadata: Metadata, _ item: Item) throws(Refusal) {
        if let name = metadata.name, name != item.name(objects.pods) {
            throw Refusal(
                .malformed, field: "metadata.name",
                finding: "\"\(name.prefix(80))\" is not the name of the path",
                remedy: "An object's name cannot change; create a new object under that name")
        }
        if let namespace = metadata.namespace, namespace != item.namespace {
            throw Refusal(
                .malformed, field: "metadata.namespace",
                finding: "\"\(namespace.prefix(80))\" is not the namespace of the path",
                remedy: "Leave it out, or use the path of that namespace")
        }
        if let uid = metadata.uid, !uid.isEmpty, uid != item.uidText(objects.pods) {
            throw Refusal(
                .conflict, field: "metadata.uid", finding: "this is another object than expected",
                remedy: "Read it again; it was deleted and created anew")
        }
    }

    /// What is on its way out may lose finalizers but not gain any.
    private func checkFinalizers(
        _ metadata: Metadata, _ present: Present
    ) throws(Refusal) {
        guard present.item.deletedAt != nil else { return }
        let old = StoredHead.finalizers(in: present.texts.head)
        guard let new = (metadata.finalizers ?? []).first(where: { !old.contains($0) }) else {
            return
        }
        throw Refusal(
            .forbidden, field: "metadata.finalizers",
            finding: "the object is being deleted and takes no new finalizer \"\(new)\"",
            remedy: "Only remove finalizers from here on")
    }

    private func checkImmutable(
        from old: [UInt8], to new: [UInt8], _ item: Item
    ) throws(Refusal) {
        guard case .object(let view) = item, view.kind.isFlat, old != new,
            let document = try? Document(json: old, limits: .trusted),
            JSON(document)["immutable"] == .bool(true)
        else { return }
        throw Refusal(
            .invalid, field: "immutable", finding: "the content was declared immutable",
            remedy: "Create another object, and use that one")
    }
}

extension Item {
    /// Members of the status that only the server writes, also where they are absent now.
    var reservedStatus: [String] {
        switch self {
        case .job:
            [
                "phase", "reason", "message", "attempt", "ranks", "exitCode", "startTime",
                "completionTime", "placements",
            ]
        case .node:
            [
                "capacity", "allocatable", "free", "gpuModel", "ranks", "addresses", "nodeInfo",
                "topology",
            ]
        case .object(let view):
            switch view.kind {
            case .namespace: ["phase"]
            case .nodePool: ["replicas", "ready"]
            case .token: ["token"]
            case .queue: ["waiting", "running"]
            case .job, .node, .lease, .configMap, .secret: []
            }
        case .pod, .event: []
        }
    }

    func isHeld(as texts: Texts) -> Bool { !StoredHead.finalizers(in: texts.head).isEmpty }
}

extension StoredHead {
    static func finalizers(in head: [UInt8]) -> [String] {
        let read = try? WireDecoder.decode(
            StoredHead.self, json: head, limits: .trusted, unknown: .ignore)
        return read?.finalizers ?? []
    }
}
