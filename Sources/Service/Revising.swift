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

/// The part of an object that a path gives access to.
enum ObjectPart {
    case whole, status, scale

    /// As owners of fields are noted with it.
    var subresource: String {
        switch self {
        case .whole: ""
        case .status: "status"
        case .scale: "scale"
        }
    }
}

/// One change of one object on its way to the core.
struct Revision {
    let resource: Resource
    let part: ObjectPart
    let change: Change
    let admission: Admission
    let call: Call
    /// How often it may still be built anew because somebody else was faster.
    var tries = 8
}

extension Server {
    func update(_ resource: Resource, _ part: ObjectPart, _ call: Call) throws(Refusal) {
        let admission = try Admission(call)
        let object = JSON(try admission.document(call))
        try revise(
            Revision(
                resource: resource, part: part, change: .replace(object), admission: admission,
                call: call))
    }

    func patch(_ resource: Resource, _ part: ObjectPart, _ call: Call) throws(Refusal) {
        let admission = try Admission(call)
        let change = try Change.patch(call, resource, admission)
        if case .apply(let config, _) = change, part == .whole,
            try isMissing(resource, call)
        {
            return try createByApply(config, resource, admission, call)
        }
        try revise(
            Revision(
                resource: resource, part: part, change: change, admission: admission, call: call))
    }

    private func isMissing(_ resource: Resource, _ call: Call) throws(Refusal) -> Bool {
        do throws(Refusal) {
            _ = try find(resource, call)
            return false
        } catch {
            guard error.reason == .notFound, KindWords.of(resource).verbs.contains("create") else {
                throw error
            }
            return true
        }
    }

    /// What is applied and not there is created.
    private func createByApply(
        _ config: JSON, _ resource: Resource, _ admission: Admission, _ call: Call
    ) throws(Refusal) {
        if let version = config["metadata"]?["resourceVersion"]?.string, !version.isEmpty {
            throw Refusal(
                .conflict, field: "metadata.resourceVersion",
                finding: "there is no such object to be at version \(version.prefix(40))",
                remedy: "Leave the version out to create it")
        }
        var named = config
        var metadata = config["metadata"] ?? .object([])
        if metadata["name"] == nil { metadata["name"] = .string(call.name ?? "") }
        named["metadata"] = metadata
        guard metadata["name"]?.string == call.name else {
            throw Refusal(
                .malformed, field: "metadata.name",
                finding: "the name is not the one of the path",
                remedy: "Use \"\(call.name ?? "")\", or leave it out")
        }
        let ownership = admission.ownership(of: resource)
        let applied: Applied
        do throws(ApplyFailure) {
            applied = try ManagedFields().applying(
                named, to: nil, by: ownership.author, force: false, ownership.rules)
        } catch {
            throw error.refusal
        }
        try create(
            resource, try Document(applied.object), admission,
            managers: Ownership.stored(applied.fields), call)
    }

    /// Builds the new object from the present one and posts it.
    func revise(_ revision: Revision) throws(Refusal) {
        let item = try find(revision.resource, revision.call)
        guard let name = item.objectName, let published = objects.texts(of: item) else {
            return try refuseProjected(revision, item)
        }
        let version = try revision.change.version(at: item.version)
        if let version, version != item.version { throw stale(item, version) }
        var present = Present(
            item: item, texts: published, revision: item.revision, isSettled: true)
        // Who names a version builds on what is published; everybody else on what is under way.
        if let latest = underWay.latest(item.uid) {
            present = Present(
                item: item, texts: version == nil ? latest.texts : published,
                revision: latest.revision, isSettled: false)
        }
        let draft = try drafted(revision, present)
        if present.isSettled, draft.isSame(as: published) {
            return answer(
                200, shown(item, draft.texts, revision.part), warnings: draft.warnings,
                revision.call)
        }
        let condition =
            version.map { Precondition(uid: item.uid, version: $0) }
            ?? Precondition(uid: item.uid, revision: present.revision)
        var commands = [
            Command.revise(
                name, condition, specChanged: draft.contentChanged, terms: draft.terms,
                isHeld: draft.isHeld, relabels: draft.labels != present.labels)
        ]
        commands += draft.followUps
        if revision.admission.isDryRun {
            return tryOut(commands[0], revision, item, draft)
        }
        try write(
            commands, revision, present, draft,
            insists: version != nil && !revision.change.testsForItself)
    }

    private func tryOut(
        _ command: Command, _ revision: Revision, _ item: Item, _ draft: RevisedDraft
    ) {
        post(.trial(command), nil, revision.call) { [unowned self] reply in
            if case .refused(let refusal) = reply { return refuse(refusal, revision.call) }
            answer(
                200, shown(item, draft.texts, revision.part), warnings: draft.warnings,
                revision.call)
        }
    }

    private func write(
        _ commands: [Command], _ revision: Revision, _ present: Present, _ draft: RevisedDraft,
        insists: Bool
    ) throws(Refusal) {
        let item = present.item
        let call = revision.call
        let text = DocumentDraft(
            head: draft.texts.head, body: draft.texts.body.stored, labels: draft.labels,
            user: item.user)
        let submissions = commands.enumerated().map { index, command in
            (command: command, draft: index == 0 ? text : nil)
        }
        let chain = underWay.begin(item.uid, draft.texts, after: present.revision)
        let posted = submit(submissions) { [unowned self] replies in
            guard let first = replies.first else { return }
            if case .refused(let refusal) = first {
                underWay.end(item.uid, chain: chain, isDone: false)
                return again(revision, after: refusal, insists: insists)
            }
            underWay.end(item.uid, chain: chain, isDone: true)
            for case .refused(let refusal) in replies { return refuse(refusal, call) }
            // Without its last finalizer it may be gone: then it is shown as it last was.
            let newest = self.item(kind(of: revision.resource), first)
            let body =
                newest.map { shown($0, nil, revision.part) }
                ?? shown(item, draft.texts, revision.part)
            answer(200, body, warnings: draft.warnings, call)
        }
        guard !posted else { return }
        underWay.end(item.uid, chain: chain, isDone: false)
        throw Self.busy
    }

    private func again(_ revision: Revision, after refusal: Refusal, insists: Bool) {
        guard refusal.reason == .conflict, refusal.field == "metadata.resourceVersion", !insists,
            revision.tries > 1
        else { return refuse(refusal, revision.call) }
        var next = revision
        next.tries -= 1
        do throws(Refusal) {
            try revise(next)
        } catch {
            refuse(error, next.call)
        }
    }

    private func stale(_ item: Item, _ version: UInt64) -> Refusal {
        Refusal(
            .conflict, field: "metadata.resourceVersion",
            finding: "the object has changed since version \(version)",
            remedy: "Read it again, apply your change to version \(item.version), and retry")
    }

    /// Pods and events show what is elsewhere: a patch that changes nothing is all they take.
    private func refuseProjected(_ revision: Revision, _ item: Item) throws(Refusal) {
        let words = KindWords.of(revision.resource)
        let current = JSON(try Document(json: objects.encode(item), limits: .trusted))
        if case .apply = revision.change {
            throw projected(words)
        }
        guard try revision.change.made(of: current, kind: words.kind) == current else {
            throw projected(words)
        }
        answer(200, objects.encode(item), warnings: [], revision.call)
    }

    private func projected(_ words: KindWords) -> Refusal {
        Refusal(
            .invalid, finding: "a \(words.singular) only shows what its job does",
            remedy: "Change the job: its labels are also those of its pods")
    }

    /// An object as the path that was written to shows it.
    func shown(_ item: Item, _ texts: Texts?, _ part: ObjectPart) -> [UInt8] {
        part == .scale ? objects.scale(of: item, texts) : objects.encode(item, as: texts)
    }
}

extension ApplyFailure {
    /// As an answer; conflicts are told one by one in the causes.
    var refusal: Refusal {
        switch self {
        case .refused(let refusal): refusal
        case .conflicts:
            Refusal(
                .conflict, finding: message,
                remedy: "Use other values, or add ?force=true to take the fields over")
        }
    }
}
