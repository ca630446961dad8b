import Control
import Host
import Kernel
import Primitives
import Resources
import Wire

/// Writes events as lines, each once for all the watchers of its form.
final class WatchLines {
    private struct Key: Hashable {
        let resource: UInt8
        let version: UInt64
        let form: Form
        let hasColumns: Bool
        let word: WatchWord
    }

    /// Beyond this the lines that were written are forgotten.
    private static let bytesMax = 4 << 20

    private let tables: TableJSON
    private var known: [Key: [UInt8]] = [:]
    private var bytes = 0
    private var since: Int64 = 0

    init(_ tables: TableJSON) { self.tables = tables }

    /// Forgets what was written before: ages in tables go on.
    func forget() {
        guard !known.isEmpty else { return }
        known.removeAll(keepingCapacity: true)
        bytes = 0
    }

    /// The line of a change, written for the first watcher that asks.
    func line(_ word: WatchWord, _ change: WatchChange, _ watcher: Watcher, at now: Int64)
        -> [UInt8]
    {
        if now - since > 200 || bytes > Self.bytesMax {
            forget()
            since = now
        }
        let subscription = watcher.subscription
        let key = Key(
            resource: subscription.resource.rawValue, version: change.version,
            form: subscription.form, hasColumns: !watcher.hasColumns, word: word)
        watcher.hasColumns = subscription.form.isTable
        if let line = known[key] { return line }
        // What leaves a selection is shown as it was when it was last in it.
        let leaves = word == .deleted && change.kind != .deleted
        let item = leaves ? change.previous ?? change.item : change.item
        let line = write(
            word, item, subscription, version: change.version, hasColumns: key.hasColumns)
        known[key] = line
        bytes += line.count
        return line
    }

    /// The line of an object that was there when the watch began.
    func opening(_ item: Item, _ watcher: Watcher) -> [UInt8] {
        defer { watcher.hasColumns = watcher.subscription.form.isTable }
        return write(
            .added, item, watcher.subscription, version: item.version,
            hasColumns: !watcher.hasColumns)
    }

    private func write(
        _ word: WatchWord, _ item: Item, _ subscription: Subscription, version: UInt64,
        hasColumns: Bool
    ) -> [UInt8] {
        Self.event(word.rawValue, capacity: 2048) { json in
            switch subscription.form {
            case .objects: tables.objects.write(item, version: version, into: &json)
            case .metadata:
                tables.objects.writePartial(
                    item, version: version, Form.metadataVersion, isWhole: true, into: &json)
            case .table(let group, let rows):
                let table = TableWriter(
                    tables, subscription.resource, group, rows, now: Clock.now())
                table.open(
                    version: version, next: nil, remaining: nil, hasColumns: hasColumns,
                    into: &json)
                table.row(item, version: version, into: &json)
                table.close(into: &json)
            }
        }
    }

    /// Says up to which version the watcher has been told everything.
    static func bookmark(
        _ subscription: Subscription, at version: UInt64, endsOpening: Bool = false
    ) -> [UInt8] {
        event("BOOKMARK", capacity: 256) { json in
            let words = KindWords.of(subscription.resource)
            switch subscription.form {
            case .objects: ObjectJSON.open(words.kind, words.apiVersion, into: &json)
            case .metadata:
                ObjectJSON.open("PartialObjectMetadata", Form.metadataVersion, into: &json)
            case .table(let group, _): ObjectJSON.open("Table", group, into: &json)
            }
            json.key("metadata")
            json.openObject()
            json.member("resourceVersion", "\(version)")
            if endsOpening {
                json.key("annotations")
                json.openObject()
                json.member("k8s.io/initial-events-end", "true")
                json.closeObject()
            }
            json.closeObject()
            if subscription.form.isTable {
                json.key("columnDefinitions")
                json.openArray()
                json.closeArray()
                json.key("rows")
                json.openArray()
                json.closeArray()
            }
            json.closeObject()
        }
    }

    /// Ends a watch for a reason.
    static func error(_ refusal: Refusal) -> [UInt8] {
        event("ERROR", capacity: 512) { $0.raw(StatusJSON.failure(refusal)) }
    }

    private static func event(
        _ word: String, capacity: Int, _ object: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter(capacity: capacity)
        json.openObject()
        json.member("type", word)
        json.key("object")
        object(&json)
        json.closeObject()
        json.separator(UInt8(ascii: "\n"))
        return json.bytes
    }
}

extension Form {
    var isTable: Bool {
        if case .table = self { return true }
        return false
    }
}
