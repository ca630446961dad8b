import Kernel
import Primitives

/// How often the rarer things have happened: a world in which they do not proves nothing.
public struct Deeds: Sendable {
    public internal(set) var evictions = 0
    public internal(set) var taints = 0
    public internal(set) var namespacesGone = 0
    public internal(set) var releases = 0
    public internal(set) var nodesDeleted = 0
    public internal(set) var trials = 0
}

/// What a world knows of its finalizers and of namespaces that go.
struct Unrest: Sendable {
    struct Held: Sendable {
        let name: ObjectName
        let uid: UInt64
    }

    /// Objects that may not go, whatever is done to them.
    var held: [Held] = []
    /// Namespaces that were deleted: nothing of them may be younger than `before`.
    var leaving: [(uid: UInt64, before: UInt64)] = []
    var deeds = Deeds()
}

// Disturbances beyond broken machines: evictions, taints, finalizers, namespaces that go.

extension World {
    private static let content: [Kind] = [.lease, .configMap, .secret]
    private static let names = (0..<3).map { ObjectName(.namespace, name: "team-\($0)") }

    /// Most of the time the default one; another one may be missing or going.
    mutating func anyNamespace() -> String {
        dice.hits(1, outOf: 3) ? Self.names[dice.below(Self.names.count)].name : "default"
    }

    /// Something that the machines have no part in.
    mutating func disturb() {
        switch dice.below(12) {
        case 0..<2: evict()
        case 2:
            let isTainted = dice.hits(1, outOf: 2)
            let name = nodes[dice.below(nodes.count)].name
            let reply = feed([.taint(name: name, isTainted, evicting: dice.hits(1, outOf: 2))])
            if reply.isGood { unrest.deeds.taints += 1 }
        case 3..<5: feed([.create(Self.names[dice.below(Self.names.count)])])
        case 5: delete(Self.names[dice.below(Self.names.count)])
        case 6..<8: create()
        case 8: delete(anyObject())
        case 9: hold(anyObject())
        case 10: hold(anyJob())
        default: release()
        }
    }

    private mutating func evict() {
        let name = anyJob()
        let job = kernel.uid(of: name).flatMap { kernel.job($0) }
        let attempt = (job?.attempt ?? 1) + (dice.hits(1, outOf: 6) ? 1 : 0)
        let reply = feed([.evict(name, attempt: attempt, rank: UInt32(dice.below(4)))])
        if reply.isGood { unrest.deeds.evictions += 1 }
    }

    private mutating func delete(_ name: ObjectName) {
        guard let uid = kernel.uid(of: name) else { return }
        let before = kernel.nextUID
        guard feed([.delete(name, Precondition())]).isGood else { return }
        if name.kind == .namespace { unrest.leaving.append((uid, before)) }
        noteGone(name, uid)
    }

    /// An operator says that the machine is gone, and it is.
    private mutating func noteGone(_ name: ObjectName, _ uid: UInt64) {
        guard name.kind == .node, kernel.object(uid) == nil,
            let index = nodes.firstIndex(where: { $0.name == name.name })
        else { return }
        unrest.deeds.nodesDeleted += 1
        nodes[index].isCutOff = true
        fell(index)
    }

    private mutating func anyObject() -> ObjectName {
        switch dice.below(8) {
        case 0: return Self.names[dice.below(Self.names.count)]
        case 1: return ObjectName(.node, name: nodes[dice.below(nodes.count)].name)
        case 2: return ObjectName(.queue, name: "queue-\(dice.below(2))")
        default:
            let kind = Self.content[dice.below(Self.content.count)]
            return ObjectName(kind, namespace: anyNamespace(), name: "object-\(dice.below(5))")
        }
    }

    private mutating func create() {
        let name = anyObject()
        guard name.kind != .node else { return }
        let isHeld = dice.hits(1, outOf: 3)
        if feed([.create(name, isHeld: isHeld)]).isGood, isHeld { noteHeld(name) }
    }

    private mutating func hold(_ name: ObjectName) {
        let command = Command.revise(
            name, Precondition(), specChanged: false, terms: nil, isHeld: true,
            relabels: dice.hits(1, outOf: 3))
        if feed([command]).isGood { noteHeld(name) }
    }

    /// The object carries a finalizer from now on.
    mutating func noteHeld(_ name: ObjectName) {
        guard let uid = kernel.uid(of: name), kernel.object(uid)?.isHeld == true,
            !unrest.held.contains(where: { $0.uid == uid })
        else { return }
        unrest.held.append(Unrest.Held(name: name, uid: uid))
    }

    private mutating func release() {
        guard !unrest.held.isEmpty else { return }
        release(unrest.held[dice.below(unrest.held.count)])
    }

    private mutating func release(_ held: Unrest.Held) {
        // It may go within the very step that releases it.
        unrest.held.removeAll { $0.uid == held.uid }
        let reply = feed([
            .revise(held.name, Precondition(uid: held.uid), specChanged: false, terms: nil)
        ])
        guard reply.isGood else { return noteHeld(held.name) }
        unrest.deeds.releases += 1
        noteGone(held.name, held.uid)
    }

    /// Finalizers go. Who runs ranks keeps them, until the next time.
    mutating func releaseAll() {
        for held in unrest.held { release(held) }
    }
}

// What must be true of all that at any time.

extension World {
    /// The trial that came first, and the reply that came of it, say the same.
    mutating func compareTrial(_ replies: [Reply]) {
        unrest.deeds.trials += 1
        guard replies.count == 2 else { return note("a trial or its command was not answered") }
        let (promised, became) = (gist(of: replies[0]), gist(of: replies[1]))
        if promised != became { note("a trial said \(promised), and it became \(became)") }
    }

    /// A reply without the version, which a trial cannot know.
    private func gist(of reply: Reply) -> String {
        switch reply {
        case .done(let uid, _): "done \(uid)"
        case .accepted(let uid, _): "accepted \(uid)"
        case .existing(let uid, _): "existing \(uid)"
        case .refused(let refusal): refusal.finding
        }
    }

    /// Who is held is there, and who is going takes nothing in.
    mutating func checkHeld() {
        for held in unrest.held where kernel.object(held.uid)?.isHeld != true {
            note("\(held.name.kind.word) \(held.uid) has gone though it was held")
        }
        for uid in kernel.objectUIDs {
            guard let object = kernel.object(uid), object.namespace != 0 else { continue }
            let leaving = unrest.leaving.first { $0.uid == object.namespace }
            guard let leaving else { continue }
            if kernel.object(leaving.uid) == nil {
                note("\(object.kind.word) \(uid) outlived its namespace")
            } else if uid >= leaving.before {
                note("\(object.kind.word) \(uid) came into a namespace that was going")
            }
        }
    }

    /// When all is healed and released, who was deleted is gone.
    mutating func checkRest() {
        for uid in kernel.objectUIDs {
            guard let object = kernel.object(uid) else { continue }
            if object.isHeld { note("\(object.kind.word) \(uid) cannot be released") }
            if object.deletedAt != nil { note("\(object.kind.word) \(uid) never goes") }
        }
        for leaving in unrest.leaving where kernel.object(leaving.uid) == nil {
            unrest.deeds.namespacesGone += 1
        }
    }
}

extension Reply? {
    /// Whether the command was not refused.
    fileprivate var isGood: Bool {
        switch self {
        case .done, .accepted, .existing: true
        case .refused, nil: false
        }
    }
}
