import Control
import HTTP
import Kernel
import Network
import Primitives
import Resources
import Wire

// Deleting: one object, a selection of them, or a rank from its node.

/// How a deletion is wanted, from the query and the body alike.
struct DeletionOptions {
    var condition = Precondition()
    var isDryRun = false

    /// What of dependents is understood: they go with their job, in this order or that.
    private static let policies = ["Background", "Foreground", "Orphan"]

    init(_ call: Call) throws(Refusal) {
        isDryRun = try Admission.isDryRun(call.query["dryRun"] ?? "")
        try Self.check(policy: call.query["propagationPolicy"], call)
        guard !call.request.body.isEmpty else { return }
        let document = try Admission.document(call)
        guard document.root.kind == .object else {
            throw Refusal(
                .malformed, finding: "the options of a deletion are no object",
                remedy: "Send DeleteOptions, or nothing")
        }
        try read(document.root, call)
    }

    private mutating func read(_ root: Document.Value, _ call: Call) throws(Refusal) {
        try Self.check(policy: root["propagationPolicy"]?.string, call)
        for word in root["dryRun"]?.elements ?? [] {
            if try Admission.isDryRun(word.string ?? "?") { isDryRun = true }
        }
        let wanted = root["preconditions"]
        if let uid = wanted?["uid"]?.string {
            guard let number = UIDText.number(uid) else {
                throw Refusal(
                    .conflict, field: "preconditions.uid", finding: "no object has this uid",
                    remedy: "Read the object again")
            }
            condition.uid = number
        }
        if let version = wanted?["resourceVersion"]?.string {
            guard let number = UInt64(version) else {
                throw Refusal(
                    .malformed, field: "preconditions.resourceVersion",
                    finding: "\"\(version.prefix(40))\" is no version",
                    remedy: "Send the resourceVersion that you have read")
            }
            condition.version = number
        }
    }

    private static func check(policy: String?, _ call: Call) throws(Refusal) {
        guard let policy, !policy.isEmpty else { return }
        guard policies.contains(policy) else {
            throw Refusal(
                .malformed, field: "propagationPolicy",
                finding: "\"\(policy.prefix(40))\" is not known",
                remedy: "Use Background, Foreground or Orphan")
        }
        guard policy == "Orphan", case .delete(.jobs) = call.endpoint else { return }
        throw Refusal(
            .invalid, field: "propagationPolicy",
            finding: "the processes of a job cannot outlive it",
            remedy: "Use Background or Foreground")
    }
}

extension Server {
    func delete(_ resource: Resource, _ call: Call) throws(Refusal) {
        let options = try DeletionOptions(call)
        if resource == .pods { return try evict(call, options, status: 200) }
        let name = ObjectName(
            kind(of: resource), namespace: call.namespace ?? "", name: call.name ?? "")
        try checkOwnToken(name, call)
        let command = Command.delete(name, options.condition)
        post(options.isDryRun ? .trial(command) : command, nil, call) { [unowned self] reply in
            if case .accepted = reply, let item = item(name.kind, reply) {
                return self.reply(200, objects.encode(item), call.exchange)
            }
            // What was accepted may be gone by now: a namespace that was emptied at once.
            let uid: UInt64
            switch reply {
            case .refused(let refusal): return refuse(refusal, call)
            case .done(let number, _), .accepted(let number, _), .existing(let number, _):
                uid = number
            }
            let words = KindWords.of(resource)
            self.reply(
                200,
                StatusJSON.success(
                    kind: words.plural, group: words.group, name: name.name,
                    uid: UIDText.text(uid)),
                call.exchange)
        }
    }

    private func checkOwnToken(_ name: ObjectName, _ call: Call) throws(Refusal) {
        guard name.kind == .token, call.actor?.name == name.name else { return }
        throw Refusal(
            .conflict, field: "metadata.name", finding: "this is the token you are using",
            remedy: "Create another admin token and revoke this one with it")
    }

    /// Takes one rank from its node, as a deletion or an eviction of its pod asks for.
    func evict(_ call: Call, _ options: DeletionOptions, status: Int) throws(Refusal) {
        guard case .pod(let view, let rank) = try find(.pods, call) else { return }
        let uid = objects.pods.uid(view.uid, attempt: view.job.attempt, rank: rank)
        let command = try eviction(view, rank, options)
        let name = call.name ?? ""
        post(options.isDryRun ? .trial(command) : command, nil, call) { [unowned self] reply in
            if case .refused(let refusal) = reply { return refuse(refusal, call) }
            guard status == 200 else {
                let success = StatusJSON.success(kind: "pods", group: "", name: name, uid: uid)
                return self.reply(status, success, call.exchange)
            }
            // A deletion of a pod is answered with the pod: typed clients read nothing else.
            let now = catalog.job(uid: view.uid) ?? view
            let isThere = now.job.attempt == view.job.attempt && rank < now.job.ranks.count
            let item = Item.pod(isThere ? now : view, rank: rank)
            self.reply(200, objects.encode(item), call.exchange)
        }
    }

    private func eviction(
        _ view: JobView, _ rank: Int, _ options: DeletionOptions
    ) throws(Refusal) -> Command {
        if let version = options.condition.version, version != view.job.ranks[rank].version {
            throw Refusal(
                .conflict, field: "preconditions.resourceVersion",
                finding: "the pod has changed since version \(version)",
                remedy: "Read it again and retry")
        }
        return .evict(
            ObjectName(.job, namespace: view.namespace, name: view.name),
            attempt: view.job.attempt, rank: UInt32(rank))
    }

    /// The body says nothing that the path does not; its options are those of a deletion.
    func evictPod(_ call: Call) throws(Refusal) {
        var options = try DeletionOptions(call)
        if !call.request.body.isEmpty,
            let inner = try Admission.document(call).root["deleteOptions"]
        {
            for word in inner["dryRun"]?.elements ?? [] {
                if try Admission.isDryRun(word.string ?? "?") { options.isDryRun = true }
            }
        }
        try evict(call, options, status: 201)
    }

    /// Everything of a list that the selectors leave. The answer says how much that was.
    func deleteCollection(_ resource: Resource, _ call: Call) throws(Refusal) {
        let options = try DeletionOptions(call)
        let filter = try Filter(call.query, resource, objects.pods)
        let items = catalog.list(resource, namespace: call.namespace).items.filter(filter.matches)
        var commands: [Command] = []
        commands.reserveCapacity(items.count)
        for item in items {
            if case .pod(let view, let rank) = item {
                commands.append(try eviction(view, rank, DeletionOptions()))
            } else if let name = item.objectName,
                name.kind != .token || name.name != call.actor?.name
            {
                commands.append(.delete(name, Precondition(uid: item.uid)))
            }
        }
        if options.isDryRun { commands = commands.map { .trial($0) } }
        deleteNext(commands[...], of: resource, deleted: 0, call)
    }

    private static let deletionsAtATime = 1000

    private func deleteNext(
        _ commands: ArraySlice<Command>, of resource: Resource, deleted: Int, _ call: Call
    ) {
        guard !commands.isEmpty else {
            return reply(
                200, StatusJSON.success(words: KindWords.of(resource), deleted: deleted),
                call.exchange)
        }
        let batch = commands.prefix(Self.deletionsAtATime)
        let posted = submit(batch.map { ($0, nil) }) { [unowned self] replies in
            var count = deleted
            for reply in replies {
                guard case .refused(let refusal) = reply else {
                    count += 1
                    continue
                }
                // Gone since the list was made is what was wanted.
                guard refusal.reason != .notFound else { continue }
                return refuse(refusal, call)
            }
            deleteNext(commands.dropFirst(batch.count), of: resource, deleted: count, call)
        }
        if !posted { refuse(Self.busy, call) }
    }
}

extension DeletionOptions {
    init() {}
}
