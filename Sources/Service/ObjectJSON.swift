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
    /// Whether waiting jobs say why they wait. That goes on without a new version of the object, so
    /// lists, watches and answers to writes, which tell of versions, leave it out.
    private(set) var explains = false

    /// For who asks how one object is doing at this moment.
    var explaining: ObjectJSON {
        var copy = self
        copy.explains = true
        return copy
    }

    init(catalog: Catalog) {
        self.catalog = catalog
        pods = PodNames(catalog)
    }

    /// Appends one whole object, as of the version of its deletion if one is given; `texts` stands
    /// for what is stored where a write is only tried.
    func write(
        _ item: Item, version: UInt64? = nil, as texts: Texts? = nil, into json: inout JSONWriter
    ) {
        let version = version ?? item.version
        switch item {
        case .job(let view):
            let texts = texts ?? Texts(head: view.text.head, body: catalog.body(of: view))
            writeJob(view, version, texts, into: &json)
        case .pod(let view, let rank): writePod(view, rank, version, into: &json)
        case .node(let view):
            let texts = texts ?? Texts(head: view.text.head, body: view.text.body)
            writeNode(view, version, texts, into: &json)
        case .object(let view):
            let texts = texts ?? Texts(head: view.text.head, body: view.text.body)
            writeObject(view, version, texts, into: &json)
        case .event(let view): writeEvent(view, into: &json)
        }
    }

    func encode(_ item: Item, as texts: Texts? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        write(item, as: texts, into: &json)
        return json.bytes
    }

    static func open(_ kind: String, _ apiVersion: String, into json: inout JSONWriter) {
        json.openObject()
        json.member("apiVersion", apiVersion)
        json.member("kind", kind)
    }

    /// Metadata: the stored head, then what the server knows.
    static func metadata(
        _ texts: Texts, kind: String, uid: UInt64, version: UInt64, generation: UInt32,
        createdAt: Tick?, deletedAt: Tick? = nil, into json: inout JSONWriter
    ) {
        var inner = JSONWriter(capacity: 256)
        inner.openObject()
        if uid > 0 { inner.member("uid", UIDText.text(uid)) }
        if version > 0 { inner.member("resourceVersion", "\(version)") }
        inner.member("generation", generation)
        if let createdAt { inner.member("creationTimestamp", text(createdAt)) }
        if let deletedAt {
            inner.member("deletionTimestamp", text(deletedAt))
            inner.member("deletionGracePeriodSeconds", 0)
        }
        if let managers = managedFields(of: texts, kind: kind) {
            inner.key("managedFields")
            inner.raw(managers)
        }
        inner.closeObject()
        json.key("metadata")
        json.raw(joined(texts.head, inner.bytes))
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

    private func writeObject(
        _ view: ObjectView, _ version: UInt64, _ texts: Texts, into json: inout JSONWriter
    ) {
        let words = KindWords.of(Resource(of: view.kind))
        Self.open(words.kind, words.apiVersion, into: &json)
        writeMetadata(.object(view), version, texts, into: &json)
        Self.writeContent(view.kind, texts.body.content, into: &json)
        guard !view.kind.isFlat, view.kind != .lease else { return json.closeObject() }
        json.key("status")
        Self.status(with: texts.body.status, into: &json) { json in
            json.openObject()
            if view.kind == .namespace {
                json.member("phase", view.deletedAt == nil ? "Active" : "Terminating")
            }
            if view.kind == .nodePool {
                json.members(of: WireEncoder.encode(Self.status(ofPool: view)))
            }
            json.closeObject()
        }
        json.closeObject()
    }

    static func status(ofPool view: ObjectView) -> NodePoolStatus {
        NodePoolStatus.unserved(
            since: Timestamp(milliseconds: view.createdAt.milliseconds),
            generation: Int64(view.generation))
    }

    /// The server's status, and beside it what clients keep there.
    static func status(
        with clients: [UInt8], into json: inout JSONWriter, _ write: (inout JSONWriter) -> Void
    ) {
        guard clients.count > 2 else { return write(&json) }
        var own = JSONWriter(capacity: 512)
        write(&own)
        guard let ours = try? Document(json: own.bytes, limits: .trusted),
            let theirs = try? Document(json: clients, limits: .trusted)
        else { return json.raw(own.bytes) }
        json.raw(ClientStatus.joined(JSON(ours), JSON(theirs)).encode())
    }

    /// The object's own part: under `spec`, or beside the metadata.
    static func writeContent(_ kind: Kind, _ content: [UInt8], into json: inout JSONWriter) {
        guard kind.isFlat else {
            json.key("spec")
            json.raw(kind == .token ? TokenText.withoutDigest(content) : content)
            return
        }
        json.members(of: content)
    }

    private func writeEvent(_ view: EventView, into json: inout JSONWriter) {
        let note = view.note
        Self.open("Event", "v1", into: &json)
        writeMetadata(.event(view), view.version, nil, into: &json)
        json.key("involvedObject")
        json.openObject()
        json.member("apiVersion", note.apiVersion)
        json.member("kind", note.kind)
        if !note.namespace.isEmpty { json.member("namespace", note.namespace) }
        json.member("name", note.name)
        json.member("uid", note.uidText)
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
public enum UIDText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The counter in the shape of a version 8 UUID.
    public static func text(_ uid: UInt64) -> String {
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

    /// The counter behind such a text, or nil where it is none.
    public static func number(_ text: String) -> UInt64? {
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

extension Kind {
    /// Whether the object's own part stands beside the metadata instead of under `spec`.
    var isFlat: Bool { self == .configMap || self == .secret }
}
