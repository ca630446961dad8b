import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

// Revising: PUT and PATCH. The new object is built from the one that is there, checked like a new
// one, and written only if nobody was faster.

extension Server {
    func now() -> Int64 { Clock.now().milliseconds }

    func update(_ resource: Resource, _ call: Call) throws(Refusal) {
        try refuseDryRun(call)
        let admission = try Admission(call.query)
        let document = try admission.document(call)
        try revise(resource, call, tries: 1) { _ throws(Refusal) in document }
    }

    func patch(_ resource: Resource, _ call: Call) throws(Refusal) {
        try refuseDryRun(call)
        let type = call.request.head.headers["content-type"] ?? ""
        let bare = type.split(separator: ";").first.map { String($0) } ?? ""
        let mayBeStrategic = resource == .nodes
        guard
            bare == "application/merge-patch+json" || bare == "application/json-patch+json"
                || (mayBeStrategic && bare == "application/strategic-merge-patch+json")
        else {
            throw Refusal(
                .unsupportedMediaType, field: "Content-Type",
                finding: "\"\(bare.prefix(80))\" is not a patch that is understood here",
                remedy: "Use application/merge-patch+json")
        }
        let patch = JSON(try Document(json: call.request.body))
        let isList = if case .array = patch { true } else { false }
        guard isList == (bare == "application/json-patch+json") else {
            throw Refusal(
                .malformed, finding: "the patch does not have the form of its content type",
                remedy: "Send an object for a merge patch, a list for a JSON patch")
        }
        try revise(resource, call, tries: 5) { current throws(Refusal) in
            let patched = isList ? try current.applying(jsonPatch: patch) : current.merging(patch)
            return try Document(patched)
        }
    }

    /// Builds the new object from the present one and posts it; tries again when somebody else was
    /// faster and the client did not name a version.
    private func revise(
        _ resource: Resource, _ call: Call, tries: Int,
        _ build: @escaping (JSON) throws(Refusal) -> Document
    ) throws(Refusal) {
        let item = try find(resource, call)
        let current = JSON(try Document(json: objects.encode(item), limits: .trusted))
        let wanted = try build(current)
        let admission = try Admission(call.query)
        let named = wanted.root["metadata"]?["resourceVersion"]?.string
        var condition = Precondition(version: item.version)
        if let named, named != "\(item.version)" {
            condition.version = try version(named, field: "metadata.resourceVersion")
        }
        let isVersionNamed =
            named != nil && JSON(wanted)["metadata"]?["resourceVersion"] != nil && tries == 1
        let again: (Refusal) -> Void = { [unowned self] refusal in
            guard refusal.reason == .conflict, tries > 1, !isVersionNamed else {
                return refuse(refusal, call.exchange)
            }
            do throws(Refusal) {
                try revise(resource, call, tries: tries - 1, build)
            } catch {
                refuse(error, call.exchange)
            }
        }
        switch item {
        case .job(let view): try reviseJob(view, wanted, admission, condition, call, again)
        case .node(let view): try reviseNode(view, wanted, admission, condition, call, again)
        case .object(let view):
            try revisePlain(view, resource, wanted, admission, condition, call, again)
        case .pod, .event: preconditionFailure("no route changes these")
        }
    }

    private func checkIdentity(_ metadata: Metadata?, _ item: Item) throws(Refusal) {
        if let name = metadata?.name, name != item.name(objects.pods) {
            throw Refusal(
                .invalid, field: "metadata.name", finding: "an object's name cannot change",
                remedy: "Create a new object under that name")
        }
        if let uid = metadata?.uid, uid != item.uidText(objects.pods) {
            throw Refusal(
                .conflict, field: "metadata.uid", finding: "this is another object than expected",
                remedy: "Read it again; it was deleted and created anew")
        }
    }

    private func reviseJob(
        _ view: JobView, _ wanted: Document, _ admission: Admission, _ condition: Precondition,
        _ call: Call, _ again: @escaping (Refusal) -> Void
    ) throws(Refusal) {
        let manifest = try admission.decode(
            JobSpec.self, wanted, kind: "Job", apiVersion: Group.version)
        try checkIdentity(manifest.metadata, .job(view))
        guard let spec = try manifest.spec?.validated() else {
            throw Refusal(
                .invalid, field: "spec", finding: "the job has no specification",
                remedy: "Send the whole object")
        }
        let stored = catalog.body(of: view)
        let old = try WireDecoder.decode(
            JobSpec.self, from: Document(json: stored, limits: .trusted), unknown: .ignore)
        try refuseFixedChanges(from: old, to: spec, view.job.phase)
        let body = WireEncoder.encode(spec)
        let draft = admission.draft(
            manifest.metadata ?? Metadata(), name: view.name, namespace: view.namespace,
            user: view.text.user, body: body)
        guard draft.head != view.text.head || body != stored else {
            if let version = condition.version, version != view.version {
                throw stale(.job(view), version)
            }
            return reply(200, objects.encode(.job(view)), call.exchange)
        }
        let command = Command.revise(
            ObjectName(.job, namespace: view.namespace, name: view.name), condition,
            specChanged: body != stored, terms: Admission.terms(of: spec))
        post(command, draft, call) { [unowned self] reply in
            if case .refused(let refusal) = reply { return again(refusal) }
            answerWithJob(reply, created: false, call)
        }
    }

    private func stale(_ item: Item, _ version: UInt64) -> Refusal {
        Refusal(
            .conflict, field: "metadata.resourceVersion",
            finding: "the object has changed since version \(version)",
            remedy: "Read it again, apply your change to version \(item.version), and retry")
    }

    /// What has been planned or started by it cannot be changed under a job.
    private func refuseFixedChanges(
        from old: JobSpec, to new: JobSpec, _ phase: Phase
    ) throws(Refusal) {
        var allowed = old
        allowed.priority = new.priority
        if phase == .pending {
            allowed.timeLimit = new.timeLimit
            allowed.gracePeriod = new.gracePeriod
        }
        guard allowed != new else { return }
        let fields: [(String, Bool)] = [
            ("spec.queue", old.queue != new.queue), ("spec.roles", old.roles != new.roles),
            ("spec.success", old.success != new.success),
            ("spec.retries", old.retries != new.retries),
            ("spec.timeLimit", old.timeLimit != new.timeLimit),
            ("spec.gracePeriod", old.gracePeriod != new.gracePeriod),
            ("spec.rankEnvironment", old.rankEnvironment != new.rankEnvironment),
            ("spec.allowUnplaceable", old.allowUnplaceable != new.allowUnplaceable),
        ]
        throw Refusal(
            .invalid, field: fields.first { $0.1 }?.0 ?? "spec",
            finding: phase == .pending
                ? "this field of a job cannot be changed"
                : "this field of a job in phase \(phase.word) cannot be changed",
            remedy:
                "Change priority, timeLimit or gracePeriod of a waiting job, or submit a new one")
    }

    private func reviseNode(
        _ view: NodeView, _ wanted: Document, _ admission: Admission, _ condition: Precondition,
        _ call: Call, _ again: @escaping (Refusal) -> Void
    ) throws(Refusal) {
        let object = JSON(wanted)
        if let directive = object["spec"]?.members.first(where: { $0.key.hasPrefix("$") }) {
            throw Refusal(
                .invalid, field: "spec.\(directive.key)",
                finding: "patch directives are not available",
                remedy: "Send the fields themselves")
        }
        let metadata = try WireDecoder.decode(
            Manifest<NodeSpec>.self, from: wanted, unknown: .ignore)
        try checkIdentity(metadata.metadata, .node(view))
        try metadata.metadata?.validate()
        let cordon = metadata.spec?.unschedulable ?? false
        let draft = admission.draft(
            metadata.metadata ?? Metadata(), name: view.name, namespace: "", user: "",
            body: view.text.body)
        let name = ObjectName(.node, name: view.name)
        var submissions: [(command: Command, draft: DocumentDraft?)] = []
        if draft.head != view.text.head {
            submissions.append((.revise(name, condition, specChanged: false, terms: nil), draft))
        }
        if cordon != view.state.node.isCordoned {
            let condition = submissions.isEmpty ? condition : Precondition()
            submissions.append((.cordon(name: view.name, cordon, condition), nil))
        }
        guard !submissions.isEmpty else {
            return reply(200, objects.encode(.node(view)), call.exchange)
        }
        let posted = submit(submissions) { [unowned self] replies in
            for case .refused(let refusal) in replies { return again(refusal) }
            if let reply = replies.last { answerWithObject(reply, .node, status: 200, call) }
        }
        if !posted { refuse(Self.busy, call.exchange) }
    }

    private func revisePlain(
        _ view: ObjectView, _ resource: Resource, _ wanted: Document, _ admission: Admission,
        _ condition: Precondition, _ call: Call, _ again: @escaping (Refusal) -> Void
    ) throws(Refusal) {
        let words = KindWords.of(resource)
        let body: [UInt8]
        let metadata: Metadata?
        if view.kind == .queue {
            let manifest = try admission.decode(
                QueueSpec.self, wanted, kind: words.kind, apiVersion: words.apiVersion)
            body = WireEncoder.encode(manifest.spec ?? QueueSpec())
            metadata = manifest.metadata
        } else {
            let manifest = try admission.decode(
                NamespaceSpec.self, wanted, kind: words.kind, apiVersion: words.apiVersion)
            body = WireEncoder.encode(manifest.spec ?? NamespaceSpec())
            metadata = manifest.metadata
        }
        try checkIdentity(metadata, .object(view))
        let draft = admission.draft(
            metadata ?? Metadata(), name: view.name, namespace: "", user: view.text.user, body: body
        )
        guard draft.head != view.text.head || body != view.text.body else {
            return reply(200, objects.encode(.object(view)), call.exchange)
        }
        let command = Command.revise(
            ObjectName(view.kind, name: view.name), condition,
            specChanged: body != view.text.body, terms: nil)
        post(command, draft, call) { [unowned self] reply in
            if case .refused(let refusal) = reply { return again(refusal) }
            answerWithObject(reply, view.kind, status: 200, call)
        }
    }
}
