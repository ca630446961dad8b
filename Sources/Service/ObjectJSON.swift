import Control
import Kernel
import Primitives
import Resources
import Wire

// Objects as clients see them. Stored text is copied as it is; only what moves is written anew.

/// Writes items as JSON objects.
struct ObjectJSON {
    let catalog: Catalog
    let pods: PodNames

    init(catalog: Catalog) {
        self.catalog = catalog
        pods = PodNames(catalog)
    }

    /// Appends one whole object, as of the version of its deletion if one is given.
    func write(_ item: Item, version: UInt64? = nil, into json: inout JSONWriter) {
        let version = version ?? item.version
        switch item {
        case .job(let view): writeJob(view, version, into: &json)
        case .pod(let view, let rank): writePod(view, rank, version, into: &json)
        case .node(let view): writeNode(view, version, into: &json)
        case .object(let view): writeObject(view, version, into: &json)
        case .event(let view): writeEvent(view, into: &json)
        }
    }

    func encode(_ item: Item) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        write(item, into: &json)
        return json.bytes
    }

    static func open(_ kind: String, _ apiVersion: String, into json: inout JSONWriter) {
        json.openObject()
        json.member("apiVersion", apiVersion)
        json.member("kind", kind)
    }

    /// Metadata: the stored head, then what the server knows.
    static func metadata(
        head: [UInt8], uid: UInt64, version: UInt64, generation: UInt32, createdAt: Tick?,
        deletedAt: Tick? = nil, into json: inout JSONWriter
    ) {
        var inner = JSONWriter()
        inner.openObject()
        inner.member("uid", UIDText.text(uid))
        inner.member("resourceVersion", "\(version)")
        inner.member("generation", generation)
        if let createdAt { inner.member("creationTimestamp", text(createdAt)) }
        if let deletedAt { inner.member("deletionTimestamp", text(deletedAt)) }
        inner.closeObject()
        json.key("metadata")
        json.raw(joined(head, inner.bytes))
    }

    /// Metadata of a list or a table: its version, and where the next page begins.
    static func listMetadata(
        version: UInt64, next: String?, remaining: Int?, into json: inout JSONWriter
    ) {
        json.key("metadata")
        json.openObject()
        json.member("resourceVersion", "\(version)")
        if let next {
            json.member("continue", next)
            if let remaining { json.member("remainingItemCount", remaining) }
        }
        json.closeObject()
    }

    /// Two JSON objects as one: `{a}` and `{b}` give `{a,b}`; either may be empty.
    static func joined(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        guard left.count > 2 else { return right }
        guard right.count > 2 else { return left }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(left.count + right.count)
        bytes.append(contentsOf: left.dropLast())
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: right.dropFirst())
        return bytes
    }

    static func text(_ tick: Tick) -> String {
        Timestamp(milliseconds: tick.milliseconds).description
    }

    private func writeObject(_ view: ObjectView, _ version: UInt64, into json: inout JSONWriter) {
        switch view.kind {
        case .namespace: Self.open("Namespace", "v1", into: &json)
        case .queue: Self.open("Queue", Group.version, into: &json)
        case .token: Self.open("Token", Group.version, into: &json)
        case .job, .node: preconditionFailure("jobs and nodes have views of their own")
        }
        Self.metadata(
            head: view.text.head, uid: view.uid, version: version, generation: view.generation,
            createdAt: view.createdAt, into: &json)
        json.key("spec")
        json.raw(view.kind == .token ? TokenText.withoutDigest(view.text.body) : view.text.body)
        json.key("status")
        json.openObject()
        if view.kind == .namespace { json.member("phase", "Active") }
        json.closeObject()
        json.closeObject()
    }

    private func writeEvent(_ view: EventView, into json: inout JSONWriter) {
        let note = view.note
        Self.open("Event", "v1", into: &json)
        json.key("metadata")
        json.openObject()
        json.member("name", view.name)
        json.member("namespace", view.namespace)
        json.member("uid", UIDText.text(view.uid))
        json.member("resourceVersion", "\(view.version)")
        json.member("creationTimestamp", Self.text(Tick(note.at)))
        json.closeObject()
        json.key("involvedObject")
        json.openObject()
        json.member("apiVersion", note.kind == "Job" ? Group.version : "v1")
        json.member("kind", note.kind)
        if !note.namespace.isEmpty { json.member("namespace", note.namespace) }
        json.member("name", note.name)
        json.member("uid", UIDText.text(note.uid))
        json.closeObject()
        json.member("type", note.isWarning ? "Warning" : "Normal")
        json.member("reason", note.reason)
        json.member("message", note.message)
        json.member("firstTimestamp", Self.text(Tick(note.at)))
        json.member("lastTimestamp", Self.text(Tick(note.at)))
        json.member("count", 1)
        json.key("source")
        json.openObject()
        json.member("component", "muster")
        json.closeObject()
        json.closeObject()
    }
}

/// Counters as the API's uid strings, and back.
enum UIDText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The counter in the shape of a version 8 UUID.
    static func text(_ uid: UInt64) -> String {
        var bytes = Array("00000000-0000-8000-8000-000000000000".utf8)
        var rest = uid
        var index = bytes.count - 1
        while rest > 0, index >= 0 {
            if index == 14 || index == 19 || bytes[index] == UInt8(ascii: "-") {
                index -= 1
                continue
            }
            bytes[index] = digits[Int(rest & 15)]
            rest >>= 4
            index -= 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func number(_ text: String) -> UInt64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var value: UInt64 = 0
        for (index, byte) in bytes.enumerated()
        where index != 14 && index != 19 && byte != UInt8(ascii: "-") {
            guard let digit = digits.firstIndex(of: byte), value >> 60 == 0 else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
