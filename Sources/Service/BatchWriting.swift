import Control
import HTTP
import Kernel
import Network
import Primitives
import Resources
import Wire

// Many jobs in one request.

extension Server {
    /// Refuses all if one cannot be read, naming every defect; else each is created or refused on
    /// its own, in their order.
    func createJobs(
        _ batch: JobBatch, _ admission: Admission, _ call: Call
    ) throws(Refusal) {
        guard let actor = call.actor else { return }
        guard try admission.idempotency(call) == nil else {
            throw Refusal(
                .malformed, field: "Idempotency-Key", finding: "the key goes with a single job",
                remedy: "Give every job a metadata.name: a second try is then refused by name")
        }
        let managers = admission.ownership(of: .jobs).created()
        var submissions: [(command: Command, draft: DocumentDraft?)] = []
        submissions.reserveCapacity(batch.parts.count)
        var warnings: [String] = []
        var defects = Defects()
        for part in batch.parts {
            do throws(Refusal) {
                let proposal = try admission.propose(part.value, as: .jobs)
                warnings += proposal.warnings.map { "\(part.path): \($0)" }
                let submission = try submission(proposal, admission, managers, actor, call)
                submissions.append(submission)
            } catch {
                // What the decoder says of a list's item is named from the list's root already.
                defects.add(error.field.hasPrefix(part.path) ? error : error.under(part.path))
            }
        }
        try defects.refuse()
        if admission.isDryRun { submissions = submissions.map { (.trial($0.command), nil) } }
        let posted = submit(submissions) { [unowned self] replies in
            answer(replies, submissions.map { $0.command }, warnings, call)
        }
        if !posted { refuse(Self.busy, call) }
    }

    private func submission(
        _ proposal: Proposal, _ admission: Admission, _ managers: [UInt8], _ actor: Actor,
        _ call: Call
    ) throws(Refusal) -> (command: Command, draft: DocumentDraft?) {
        guard case .job(let spec) = proposal.part else {
            preconditionFailure("a list of jobs holds jobs")
        }
        let namespace = try admission.namespace(call, proposal.metadata)
        let name = try admission.name(proposal.metadata)
        let order = try admission.order(
            spec, ObjectName(.job, namespace: namespace, name: name), actor: actor,
            isHeld: !(proposal.metadata.finalizers ?? []).isEmpty, key: nil)
        let draft = DocumentDraft(
            head: ObjectJSON.head(
                proposal.metadata, name: name, namespace: namespace, user: actor.name),
            body: DocumentBody(content: proposal.content, managers: managers).stored,
            labels: proposal.metadata.labels ?? [:], user: actor.name)
        return (.submit(order), draft)
    }

    private func answer(
        _ replies: [Reply], _ commands: [Command], _ warnings: [String], _ call: Call
    ) {
        var json = JSONWriter(capacity: replies.count * 200)
        ObjectJSON.open("PartialObjectMetadataList", "meta.k8s.io/v1", into: &json)
        ObjectJSON.listMetadata(version: catalog.version, next: nil, remaining: nil, into: &json)
        json.key("items")
        json.openArray()
        var areAllCreated = true
        for (reply, command) in zip(replies, commands) {
            guard let order = command.order else { continue }
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
        answer(areAllCreated ? 201 : 207, json.bytes, warnings: warnings, call)
    }
}

extension Command {
    /// The job that is submitted, in earnest or for trial.
    fileprivate var order: JobOrder? {
        switch self {
        case .submit(let order): order
        case .trial(let command): command.order
        default: nil
        }
    }
}
