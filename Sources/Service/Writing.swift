import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

// Writing: how commands reach the core, and creation. Answers wait until the change is durable and
// readable; a dry run is decided by the core like the real thing, and leaves nothing.

extension Server {
    func now() -> Int64 { Clock.now().milliseconds }

    /// Posts one command; a full mailbox is an answer, not a wait.
    func post(
        _ command: Command, _ draft: DocumentDraft?, _ call: Call,
        then done: @escaping (Reply) -> Void
    ) {
        let posted = submit([(command, draft)]) { replies in
            if let reply = replies.first { done(reply) }
        }
        if !posted { refuse(Self.busy, call) }
    }

    static let busy = Refusal(
        .tooManyRequests, finding: "the controller has more waiting work than it may hold",
        remedy: "Send the request again in a second")

    /// Answers with an object; what was ignored in the request goes into Warning headers.
    func answer(_ status: Int, _ body: [UInt8], warnings: [String], _ call: Call) {
        var headers = Self.jsonHeaders
        for warning in warnings.prefix(20) {
            let text = warning.unicodeScalars.reduce(into: "") { text, scalar in
                if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
                text.unicodeScalars.append(
                    (0x20..<0x7f).contains(scalar.value) ? scalar : "?")
            }
            headers.append("Warning", "299 - \"\(text.prefix(1000))\"")
        }
        answer(status, headers, body, call.exchange)
    }

    /// The present form of what a reply is about.
    func item(_ kind: Kind, _ reply: Reply) -> Item? {
        let uid: UInt64
        switch reply {
        case .refused: return nil
        case .done(let number, _), .accepted(let number, _), .existing(let number, _): uid = number
        }
        switch kind {
        case .job: return catalog.job(uid: uid).map { .job($0) }
        case .node: return catalog.node(uid: uid).map { .node($0) }
        case .namespace, .queue, .token, .nodePool, .lease, .configMap, .secret:
            return catalog.object(kind, uid: uid).map { .object($0) }
        }
    }

    func create(_ resource: Resource, _ call: Call) throws(Refusal) {
        let admission = try Admission(call)
        let isLarge = call.request.body.count > 1 << 20
        let limits =
            isLarge ? WireLimits(keys: 200_000, documentBytes: 8 << 20) : WireLimits.request
        if resource == .jobs, call.hasYAML {
            let documents = try call.yamlDocuments()
            if documents.count > 1 {
                return try createJobs(JobBatch(documents), admission, call)
            }
        }
        let document = try admission.document(call, limits: limits)
        if resource == .jobs, let kind = document.root["kind"]?.string,
            kind == "JobList" || kind == "List"
        {
            return try createJobs(JobBatch(list: document), admission, call)
        }
        guard !isLarge else {
            throw Refusal(
                .tooLarge, finding: "an object may be 1 MiB long",
                remedy: "Keep large programs in files and call them")
        }
        try create(resource, document, admission, managers: nil, call)
    }

    /// Creates one object. `managers` is given where an apply has found out who owns what of it.
    func create(
        _ resource: Resource, _ document: Document, _ admission: Admission, managers: [UInt8]?,
        _ call: Call
    ) throws(Refusal) {
        guard let actor = call.actor else { return }
        var proposal = try admission.propose(document.root, as: resource)
        let isNamespaced = KindWords.of(resource).isNamespaced
        let namespace = isNamespaced ? try admission.namespace(call, proposal.metadata) : ""
        let name = try admission.name(proposal.metadata)
        var secret: String?
        if case .token(var spec) = proposal.part {
            let made = try TokenText.make(name: name)
            secret = made
            spec.digest = TokenText.digest(of: made)
            spec.expires =
                spec.expires ?? Timestamp(milliseconds: now() + TokenText.lifeMilliseconds)
            proposal.content = WireEncoder.encode(spec)
        }
        let texts = Texts(
            head: ObjectJSON.head(
                proposal.metadata, name: name, namespace: namespace, user: actor.name),
            body: DocumentBody(
                content: proposal.content,
                managers: managers ?? admission.ownership(of: resource).created()))
        let subject = ObjectName(kind(of: resource), namespace: namespace, name: name)
        let isHeld = !(proposal.metadata.finalizers ?? []).isEmpty
        let command: Command
        if case .job(let spec) = proposal.part {
            command = .submit(
                try admission.order(
                    spec, subject, actor: actor, isHeld: isHeld,
                    key: try admission.idempotency(call)))
        } else {
            command = .create(subject, isHeld: isHeld)
        }
        let warnings = proposal.warnings
        guard !admission.isDryRun else {
            return post(.trial(command), nil, call) { [unowned self] reply in
                if case .refused(let refusal) = reply { return refuse(refusal, call) }
                answer(201, objects.draft(texts, of: resource), warnings: warnings, call)
            }
        }
        let draft = DocumentDraft(
            head: texts.head, body: texts.body.stored, labels: proposal.metadata.labels ?? [:],
            user: actor.name)
        post(command, draft, call) { [unowned self] reply in
            answerCreated(subject.kind, reply, secret: secret, warnings, call)
        }
    }

    private func answerCreated(
        _ kind: Kind, _ reply: Reply, secret: String?, _ warnings: [String], _ call: Call
    ) {
        if case .refused(let refusal) = reply { return refuse(refusal, call) }
        guard let item = item(kind, reply) else {
            return refuse(
                Refusal(
                    .gone, field: "metadata.name", finding: "the object has been deleted since",
                    remedy: "Create it anew; a job under a new idempotency key"), call.exchange)
        }
        var isNew = true
        if case .existing = reply { isNew = false }
        var body = objects.encode(item)
        if let secret, let document = try? Document(json: body, limits: .trusted) {
            // The secret is shown here, once, and kept nowhere.
            var object = JSON(document)
            object["status"] = ["token": .string(secret)]
            body = object.encode()
        }
        answer(isNew ? 201 : 200, body, warnings: warnings, call)
    }

    func kind(of resource: Resource) -> Kind {
        switch resource {
        case .jobs, .pods, .events: .job
        case .nodes: .node
        case .namespaces, .queues, .tokens, .nodePools, .leases, .configMaps, .secrets:
            resource.plainKind ?? .job
        }
    }

    func cancelJob(_ call: Call) throws(Refusal) {
        let name = ObjectName(.job, namespace: call.namespace ?? "", name: call.name ?? "")
        let command = Command.cancel(name, Precondition())
        let isDryRun = try Admission(call).isDryRun
        post(isDryRun ? .trial(command) : command, nil, call) { [unowned self] reply in
            if case .refused(let refusal) = reply { return refuse(refusal, call) }
            guard let item = item(.job, reply) else {
                // A held back deletion was waiting for this end.
                return self.reply(
                    200,
                    StatusJSON.success(
                        kind: "jobs", group: Group.name, name: name.name, uid: UIDText.text(0)),
                    call.exchange)
            }
            self.reply(200, objects.encode(item), call.exchange)
        }
    }
}

extension ObjectJSON {
    /// An object that a dry run would have created.
    func draft(_ texts: Texts, of resource: Resource) -> [UInt8] {
        let words = KindWords.of(resource)
        var json = JSONWriter(capacity: 1024)
        Self.open(words.kind, words.apiVersion, into: &json)
        Self.metadata(
            texts, kind: words.kind, uid: 0, version: 0, generation: 1, createdAt: Clock.now(),
            into: &json)
        Self.writeContent(resource.plainKind ?? .job, texts.body.content, into: &json)
        json.closeObject()
        return json.bytes
    }
}
