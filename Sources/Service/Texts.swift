import Control
import Kernel
import Primitives
import Resources
import Wire

// The stored text of objects: what is kept, how it is shown, and what writes under way make of it.

/// The two parts in which an object's text is stored.
struct Texts {
    /// The user's part of the metadata.
    var head: [UInt8]
    var body: DocumentBody
}

/// An object as the next write will find it.
struct Present {
    let item: Item
    let texts: Texts
    let revision: UInt32
    /// False while writes of it are on their way to the disk.
    let isSettled: Bool

    var labels: StringMap {
        let head = try? WireDecoder.decode(
            StoredHead.self, json: texts.head, limits: .trusted, unknown: .ignore)
        return head?.labels ?? [:]
    }
}

/// Writes that the core has not answered yet.
///
/// A second writer of an object builds on what the first one wrote without waiting for the disk;
/// the kernel refuses the second where the first one failed. Reactor thread only.
final class WritesUnderWay {
    private struct Chain {
        var texts: Texts
        var revision: UInt32
        var writes: Int
        let number: UInt64
    }

    private var chains: [UInt64: Chain] = [:]
    private var lastNumber: UInt64 = 0

    /// What the object will be when all that is under way has arrived.
    func latest(_ uid: UInt64) -> (texts: Texts, revision: UInt32)? {
        chains[uid].map { ($0.texts, $0.revision) }
    }

    /// Notes a write that follows `revision`; the number that ends it.
    func begin(_ uid: UInt64, _ texts: Texts, after revision: UInt32) -> UInt64 {
        let next = revision &+ 1
        if var chain = chains[uid], chain.revision == revision {
            chain.texts = texts
            chain.revision = next
            chain.writes += 1
            chains[uid] = chain
            return chain.number
        }
        lastNumber += 1
        chains[uid] = Chain(texts: texts, revision: next, writes: 1, number: lastNumber)
        return lastNumber
    }

    /// After a failure what was built on it fails too: later writers start from what is published.
    func end(_ uid: UInt64, chain number: UInt64, isDone: Bool) {
        guard var chain = chains[uid], chain.number == number else { return }
        chain.writes -= 1
        chains[uid] = isDone && chain.writes > 0 ? chain : nil
    }
}

extension ObjectJSON {
    /// The stored text of an item; nil for what has none of its own.
    func texts(of item: Item) -> Texts? {
        switch item {
        case .job(let view): Texts(head: view.text.head, body: catalog.body(of: view))
        case .node(let view): Texts(head: view.text.head, body: view.text.body)
        case .object(let view): Texts(head: view.text.head, body: view.text.body)
        case .pod, .event: nil
        }
    }

    /// The user's part of the metadata, as it is stored.
    static func head(
        _ metadata: Metadata, name: String, namespace: String, user: String
    ) -> [UInt8] {
        var annotations = metadata.annotations ?? [:]
        if !user.isEmpty { annotations[StoredHead.userKey] = user }
        var json = JSONWriter(capacity: 256)
        json.openObject()
        json.member("name", name)
        if !namespace.isEmpty { json.member("namespace", namespace) }
        if let labels = metadata.labels, !labels.isEmpty {
            json.key("labels")
            json.raw(WireEncoder.encode(labels))
        }
        if !annotations.isEmpty {
            json.key("annotations")
            json.raw(WireEncoder.encode(annotations))
        }
        if let finalizers = metadata.finalizers, !finalizers.isEmpty {
            json.key("finalizers")
            json.raw(WireEncoder.encode(finalizers))
        }
        if let owners = metadata.ownerReferences, !owners.isEmpty {
            json.key("ownerReferences")
            json.raw(JSON.array(owners).encode())
        }
        json.closeObject()
        return json.bytes
    }
}

extension Item {
    /// Counts what users have written over it.
    var revision: UInt32 {
        switch self {
        case .job(let view): view.revision
        case .node(let view): view.revision
        case .object(let view): view.revision
        case .pod, .event: 0
        }
    }

    var uid: UInt64 { ListPlace(after: self).uid }

    var deletedAt: Tick? {
        switch self {
        case .job(let view), .pod(let view, _): view.deletedAt
        case .node(let view): view.deletedAt
        case .object(let view): view.deletedAt
        case .event: nil
        }
    }

    var objectName: ObjectName? {
        switch self {
        case .job(let view): ObjectName(.job, namespace: view.namespace, name: view.name)
        case .node(let view): ObjectName(.node, name: view.name)
        case .object(let view): ObjectName(view.kind, namespace: view.namespace, name: view.name)
        case .pod, .event: nil
        }
    }

    /// The one who made it, as its annotation says.
    var user: String {
        switch self {
        case .job(let view): view.text.user
        case .object(let view): view.text.user
        case .node, .pod, .event: ""
        }
    }
}
