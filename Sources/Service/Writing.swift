import Control
import HTTP
import Kernel
import Network
import Primitives
import Resources
import Wire

// Writing: creating, deleting, cancelling. Answers wait until the change is durable and readable.

extension Server {
    /// Refuses what is asked for but not built, rather than doing the opposite of a dry run.
    func refuseDryRun(_ call: Call) throws(Refusal) {
        guard let dryRun = call.query["dryRun"], !dryRun.isEmpty else { return }
        throw Refusal(
            .invalid, field: "dryRun", finding: "dry runs are not available in this version",
            remedy: "Leave dryRun out to make the change")
    }

    /// Posts one command; a full mailbox is an answer, not a wait.
    func post(
        _ command: Command, _ draft: DocumentDraft?, _ call: Call,
        then done: @escaping (Reply) -> Void
    ) {
        let posted = submit([(command, draft)]) { replies in
            if let reply = replies.first { done(reply) }
        }
        if !posted { refuse(Self.busy, call.exchange) }
    }

    static let busy = Refusal(
        .tooManyRequests, finding: "the controller has more waiting work than it may hold",
        remedy: "Send the request again in a second")

    func create(_ resource: Resource, _ call: Call) throws(Refusal) {
        try refuseDryRun(call)
        let admission = try Admission(call.query)
        switch resource {
        case .jobs: try createJobs(admission, call)
        case .tokens: try createToken(admission, call)
        case .namespaces:
            try createPlain(NamespaceSpec.self, .namespace, resource, admission, call)
        case .queues: try createPlain(QueueSpec.self, .queue, resource, admission, call)
        case .nodes, .pods, .events: preconditionFailure("no route creates these")
        }
    }

    private func createJobs(_ admission: Admission, _ call: Call) throws(Refusal) {
        guard let actor = call.actor else { return }
        let isLarge = call.request.body.count > 1 << 20
        let limits =
            isLarge ? WireLimits(keys: 200_000, documentBytes: 8 << 20) : WireLimits.request
        let document = try admission.document(call, limits: limits)
        if let kind = document.root["kind"]?.string, kind == "JobList" || kind == "List" {
            return try createJobList(document, admission, actor, call)
        }
        guard !isLarge else {
            throw Refusal(
                .tooLarge, finding: "a job may be 1 MiB long",
                remedy: "Keep large programs in files and call them")
        }
        let key = call.request.head.headers["idempotency-key"] ?? ""
        guard key.utf8.count <= 128 else {
            throw Refusal(
                .malformed, field: "Idempotency-Key", finding: "the key is too long",
                remedy: "Use at most 128 characters")
        }
        var digest = Digest()
        if !key.isEmpty { digest.mix(call.request.body) }
        let manifest = try admission.decode(
            JobSpec.self, document, kind: "Job", apiVersion: Group.version)
        let namespace = try admission.namespace(call, manifest.metadata)
        let (order, draft) = try admission.job(
            manifest, namespace: namespace, name: try admission.name(manifest.metadata),
            actor: actor, key: key, digest: digest.value)
        post(.submit(order), draft, call) { [unowned self] reply in
            answerWithJob(reply, created: true, call)
        }
    }

    func answerWithJob(_ reply: Reply, created: Bool, _ call: Call) {
        switch reply {
        case .refused(let refusal): refuse(refusal, call.exchange)
        case .done(let uid, _), .accepted(let uid, _), .existing(let uid, _):
            guard let view = catalog.job(uid: uid) else {
                refuse(
                    Refusal(
                        .gone, field: "metadata.name", finding: "the job has been deleted since",
                        remedy: "Submit it under a new key"), call.exchange)
                return
            }
            var isNew = created
            if case .existing = reply { isNew = false }
            self.reply(isNew ? 201 : 200, objects.encode(.job(view)), call.exchange)
        }
    }

    /// Many jobs in one request: each is created or refused on its own, in their order.
    private func createJobList(
        _ document: Document, _ admission: Admission, _ actor: Actor, _ call: Call
    ) throws(Refusal) {
        let items = document.root["items"]?.elements ?? []
        guard !items.isEmpty, items.count <= 1000 else {
            throw Refusal(
                .invalid, field: "items", finding: "the list has \(items.count) jobs",
                remedy: "Send 1 to 1000 jobs at a time")
        }
        var submissions: [(command: Command, draft: DocumentDraft?)] = []
        submissions.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            let manifest = try WireDecoder.decode(
                Manifest<JobSpec>.self, at: item,
                unknown: admission.validation == .strict ? .refuse : .ignore)
            do throws(Refusal) {
                try manifest.check(apiVersion: Group.version, kind: "Job")
                let namespace = try admission.namespace(call, manifest.metadata)
                let (order, draft) = try admission.job(
                    manifest, namespace: namespace, name: try admission.name(manifest.metadata),
                    actor: actor, key: "", digest: 0)
                submissions.append((.submit(order), draft))
            } catch {
                throw error.under("items[\(index)]")
            }
        }
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

    private func createPlain<Spec: Codable & Sendable>(
        _ type: Spec.Type, _ kind: Kind, _ resource: Resource, _ admission: Admission, _ call: Call
    ) throws(Refusal) {
        let words = KindWords.of(resource)
        let manifest = try admission.decode(
            type, try admission.document(call), kind: words.kind, apiVersion: words.apiVersion)
        let name = try admission.name(manifest.metadata)
        let body = manifest.spec.map { WireEncoder.encode($0) } ?? Array("{}".utf8)
        let draft = admission.draft(
            manifest.metadata ?? Metadata(), name: name, namespace: "",
            user: call.actor?.name ?? "",
            body: body)
        post(.create(ObjectName(kind, name: name)), draft, call) { [unowned self] reply in
            answerWithObject(reply, kind, status: 201, call)
        }
    }

    func answerWithObject(_ reply: Reply, _ kind: Kind, status: Int, _ call: Call) {
        switch reply {
        case .refused(let refusal): refuse(refusal, call.exchange)
        case .done(let uid, _), .accepted(let uid, _), .existing(let uid, _):
            let item: Item? =
                kind == .node
                ? catalog.node(uid: uid).map { .node($0) }
                : catalog.object(kind, uid: uid).map { .object($0) }
            self.reply(status, item.map(objects.encode) ?? Array("{}".utf8), call.exchange)
        }
    }

    private func createToken(_ admission: Admission, _ call: Call) throws(Refusal) {
        let manifest = try admission.decode(
            TokenSpec.self, try admission.document(call), kind: "Token", apiVersion: Group.version)
        guard var spec = manifest.spec else {
            throw Refusal(
                .invalid, field: "spec.role", finding: "the token has no role",
                remedy: "Give spec.role: admin or agent")
        }
        let name = try admission.name(manifest.metadata)
        let secret = try TokenText.make(name: name)
        spec.digest = TokenText.digest(of: secret)
        spec.expires = spec.expires ?? Timestamp(milliseconds: now() + TokenText.lifeMilliseconds)
        let draft = admission.draft(
            manifest.metadata ?? Metadata(), name: name, namespace: "",
            user: call.actor?.name ?? "",
            body: WireEncoder.encode(spec))
        post(.create(ObjectName(.token, name: name)), draft, call) { [unowned self] reply in
            guard case .done(let uid, _) = reply, let view = catalog.object(.token, uid: uid) else {
                return answerWithObject(reply, .token, status: 201, call)
            }
            // The secret is shown here, once, and kept nowhere.
            let shown = objects.encode(.object(view))
            guard let document = try? Document(json: shown, limits: .trusted) else {
                return answerWithObject(reply, .token, status: 201, call)
            }
            var object = JSON(document)
            object["status"] = ["token": .string(secret)]
            self.reply(201, object.encode(), call.exchange)
        }
    }

    func delete(_ resource: Resource, _ call: Call) throws(Refusal) {
        try refuseDryRun(call)
        let condition = try deletionCondition(call)
        let words = KindWords.of(resource)
        let name = ObjectName(
            kind(of: resource), namespace: call.namespace ?? "", name: call.name ?? "")
        if resource == .tokens, call.actor?.name == call.name {
            throw Refusal(
                .conflict, field: "metadata.name", finding: "this is the token you are using",
                remedy: "Create another admin token and revoke this one with it")
        }
        post(.delete(name, condition), nil, call) { [unowned self] reply in
            switch reply {
            case .refused(let refusal): refuse(refusal, call.exchange)
            case .done(let uid, _), .existing(let uid, _):
                self.reply(
                    200, StatusJSON.success(kind: words.plural, name: name.name, uid: uid),
                    call.exchange)
            case .accepted: answerWithJob(reply, created: false, call)
            }
        }
    }

    private func deletionCondition(_ call: Call) throws(Refusal) -> Precondition {
        guard !call.request.body.isEmpty else { return Precondition() }
        let document = try Admission.document(call)
        let wanted = document.root["preconditions"]
        var condition = Precondition()
        if let uid = wanted?["uid"]?.string {
            guard let number = UIDText.number(uid) else {
                throw Refusal(
                    .conflict, field: "preconditions.uid", finding: "no object has this uid",
                    remedy: "Read the object again")
            }
            condition.uid = number
        }
        if let version = wanted?["resourceVersion"]?.string {
            condition.version = try self.version(version, field: "preconditions.resourceVersion")
        }
        return condition
    }

    func version(_ text: String, field: String) throws(Refusal) -> UInt64 {
        guard let number = UInt64(text) else {
            throw Refusal(
                .malformed, field: field, finding: "\"\(text.prefix(40))\" is no version",
                remedy: "Send the resourceVersion that you have read")
        }
        return number
    }

    func kind(of resource: Resource) -> Kind {
        switch resource {
        case .jobs, .pods, .events: .job
        case .nodes: .node
        case .namespaces: .namespace
        case .queues: .queue
        case .tokens: .token
        }
    }

    func cancelJob(_ call: Call) throws(Refusal) {
        let name = ObjectName(.job, namespace: call.namespace ?? "", name: call.name ?? "")
        post(.cancel(name, Precondition()), nil, call) { [unowned self] reply in
            answerWithJob(reply, created: false, call)
        }
    }
}
