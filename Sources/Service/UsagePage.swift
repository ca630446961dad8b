import Control
import Kernel
import Primitives
import Resources
import Wire

/// Figures as clients ask for them: whole objects, rows for people, or metadata only.
struct UsagePage {
    private let resource: Resource
    private let form: Form
    private let objects: ObjectJSON
    private let now: Tick

    init(_ resource: Resource, _ form: Form, _ objects: ObjectJSON, now: Tick) {
        self.resource = resource
        self.form = form
        self.objects = objects
        self.now = now
    }

    private var kind: String { resource == .nodes ? "NodeMetrics" : "PodMetrics" }

    private static let columns = [
        TableColumn("Name", "Name of the node or pod.", format: "name"),
        TableColumn("CPU", "CPUs that were busy on average."),
        TableColumn("Memory", "Memory in use."),
        TableColumn("Window", "The span that the average is over."),
        TableColumn("Age", "Time since the figures came."),
    ]

    /// One object of its own; a table of one row where rows are wanted.
    func writeOne(
        _ item: Item, _ reading: UsageBoard.Reading, version: UInt64, into json: inout JSONWriter
    ) {
        guard case .table = form else { return write(item, reading, into: &json) }
        open(version: version, into: &json)
        write(item, reading, into: &json)
        close(into: &json)
    }

    /// Everything up to the first item.
    func open(version: UInt64, into json: inout JSONWriter) {
        switch form {
        case .objects: ObjectJSON.open("\(kind)List", KindWords.usageVersion, into: &json)
        case .metadata:
            ObjectJSON.open("PartialObjectMetadataList", Form.metadataVersion, into: &json)
        case .table(let tableVersion, _): ObjectJSON.open("Table", tableVersion, into: &json)
        }
        ObjectJSON.listMetadata(version: version, next: nil, remaining: nil, into: &json)
        if case .table = form {
            TableColumn.write(Self.columns, into: &json)
            json.key("rows")
        } else {
            json.key("items")
        }
        json.openArray()
    }

    func close(into json: inout JSONWriter) {
        json.closeArray()
        json.closeObject()
    }

    /// One item or row.
    func write(_ item: Item, _ reading: UsageBoard.Reading, into json: inout JSONWriter) {
        switch form {
        case .objects: writeObject(item, reading, into: &json)
        case .metadata: writePartial(item, reading, Form.metadataVersion, into: &json)
        case .table(let version, let rows):
            json.openObject()
            json.key("cells")
            json.openArray()
            json.string(item.name(objects.pods))
            json.string("\(reading.used.cpuNano / 1_000_000)m")
            json.string("\(reading.used.memoryBytes >> 20)Mi")
            json.string(window(reading.used))
            json.string("\(now.since(reading.at).milliseconds / 1_000)s")
            json.closeArray()
            json.key("object")
            switch rows {
            case .none: json.null()
            case .metadata: writePartial(item, reading, version, into: &json)
            case .object: writeObject(item, reading, into: &json)
            }
            json.closeObject()
        }
    }

    private func writePartial(
        _ item: Item, _ reading: UsageBoard.Reading, _ version: String,
        into json: inout JSONWriter
    ) {
        ObjectJSON.open("PartialObjectMetadata", version, into: &json)
        writeMetadata(item, reading, into: &json)
        json.closeObject()
    }

    private func writeObject(
        _ item: Item, _ reading: UsageBoard.Reading, into json: inout JSONWriter
    ) {
        ObjectJSON.open(kind, KindWords.usageVersion, into: &json)
        writeMetadata(item, reading, into: &json)
        json.member("timestamp", ObjectJSON.text(reading.at))
        json.member("window", window(reading.used))
        if case .pod(let view, let rank) = item {
            json.key("containers")
            json.openArray()
            json.openObject()
            json.member("name", objects.pods.roleName(of: rank, in: view))
            write(reading.used, into: &json)
            json.closeObject()
            json.closeArray()
        } else {
            write(reading.used, into: &json)
        }
        json.closeObject()
    }

    private func writeMetadata(
        _ item: Item, _ reading: UsageBoard.Reading, into json: inout JSONWriter
    ) {
        json.key("metadata")
        json.openObject()
        json.member("name", item.name(objects.pods))
        if !item.namespace.isEmpty { json.member("namespace", item.namespace) }
        json.member("creationTimestamp", ObjectJSON.text(reading.at))
        json.key("labels")
        json.raw(WireEncoder.encode(item.labels(objects.pods)))
        json.closeObject()
    }

    private func write(_ used: Usage, into json: inout JSONWriter) {
        json.key("usage")
        json.openObject()
        json.member("cpu", "\(used.cpuNano)n")
        json.member("memory", "\(used.memoryBytes >> 10)Ki")
        json.closeObject()
    }

    /// A duration as Go writes it.
    private func window(_ used: Usage) -> String {
        let tail = "\(1_000 + used.windowMilliseconds % 1_000)".dropFirst()
        return "\(used.windowMilliseconds / 1_000).\(tail)s"
    }
}
