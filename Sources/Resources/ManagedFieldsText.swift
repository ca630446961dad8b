public import Primitives
public import Wire

// metadata.managedFields as text: what is stored, what is shown, and what clients send back.

extension ManagedFields {
    /// Reads what ``storedJSON`` wrote: an entry without `fieldsV1` owns everything.
    public init(stored json: JSON?) throws(Refusal) {
        self.init(entries: try Self.entries(json, mayBeCompact: true))
    }

    /// Reads what a client sent: an entry without `fieldsV1` owns nothing and is dropped.
    public init(sent json: JSON?) throws(Refusal) {
        let read = ManagedFields(entries: try Self.entries(json, mayBeCompact: false)).capped()
        guard read.entries.count <= Self.entriesMax else {
            throw Refusal(
                .invalid, field: "metadata.managedFields",
                finding: "there are \(read.entries.count) entries",
                remedy: "Use at most \(Self.entriesMax) entries")
        }
        self = read
    }

    private static func entries(_ json: JSON?, mayBeCompact: Bool) throws(Refusal) -> [Entry] {
        switch json {
        case nil, .null: return []
        case .array(let elements):
            var entries: [Entry] = []
            for (index, element) in elements.enumerated() {
                do throws(Refusal) {
                    let entry = try Entry(element)
                    let ownsNothing = entry.fields.map(\.isEmpty) ?? !mayBeCompact
                    if !ownsNothing { gather(entry, into: &entries) }
                } catch {
                    throw error.under("metadata.managedFields[\(index)]")
                }
            }
            return entries
        case .bool, .number, .string, .object:
            throw Refusal(
                .malformed, field: "metadata.managedFields", finding: "this is not a list",
                remedy: "Leave it out, or send it as it was read")
        }
    }

    /// Two entries of one writer count as one.
    static func gather(_ entry: Entry, into entries: inout [Entry]) {
        let place = entries.firstIndex { $0.hasOwner(of: entry) }
        guard let place else { return entries.append(entry) }
        guard let known = entries[place].fields, let fields = entry.fields else { return }
        entries[place].fields = known.union(fields)
    }

    /// The list in its stored form; short entries stay short.
    public var storedJSON: JSON { .array(entries.map(\.json)) }

    /// Writes the list as it is stored, as the next value.
    public func writeStored(into json: inout JSONWriter) {
        json.openArray()
        for entry in entries {
            entry.write(into: &json) { json in
                guard let fields = entry.fields else { return }
                json.key("fieldsV1")
                fields.write(into: &json)
            }
        }
        json.closeArray()
    }
}

extension ManagedFields.Entry {
    init(_ json: JSON) throws(Refusal) {
        guard case .object = json else {
            throw Refusal(
                .malformed, finding: "an entry is not an object",
                remedy: "Leave managedFields out, or send them as they were read")
        }
        guard let operation = json["operation"]?.string.flatMap(ManagedFields.Operation.init) else {
            throw Refusal(
                .invalid, field: "operation", finding: "the operation is neither Apply nor Update",
                remedy: "Use Apply or Update")
        }
        if let type = json["fieldsType"], type != "FieldsV1" {
            throw Refusal(
                .invalid, field: "fieldsType", finding: "this form of fields is not known",
                remedy: "Use FieldsV1")
        }
        self.operation = operation
        manager = try Self.text("manager", of: json, bytesMax: FieldAuthor.managerBytesMax)
        apiVersion = try Self.text("apiVersion", of: json, bytesMax: 253)
        subresource = try Self.text("subresource", of: json, bytesMax: 253)
        switch json["time"] {
        case nil, .null: time = nil
        case .string(let text):
            do throws(Refusal) {
                time = try Timestamp(text).wholeSeconds
            } catch {
                throw error.under("time")
            }
        case .bool, .number, .array, .object:
            throw Refusal(
                .malformed, field: "time", finding: "this is not a moment in time",
                remedy: "Write it like 2026-11-20T10:00:00Z")
        }
        switch json["fieldsV1"] {
        case nil, .null: fields = nil
        case .some(let value):
            do throws(Refusal) {
                fields = try FieldSet(fieldsV1: value)
            } catch {
                throw error.under("fieldsV1")
            }
        }
    }

    private static func text(
        _ key: String, of json: JSON, bytesMax: Int
    ) throws(Refusal) -> String {
        switch json[key] {
        case nil, .null: return ""
        case .string(let text) where text.utf8.count <= bytesMax: return text
        case .some:
            throw Refusal(
                .invalid, field: key, finding: "this is not text, or too long",
                remedy: "Use at most \(bytesMax) bytes of text")
        }
    }

    var json: JSON {
        var members = [
            JSON.Member("manager", .string(manager)),
            JSON.Member("operation", .string(operation.rawValue)),
            JSON.Member("apiVersion", .string(apiVersion)),
        ]
        if let time { members.append(JSON.Member("time", .string(time.description))) }
        members.append(JSON.Member("fieldsType", "FieldsV1"))
        if let fields { members.append(JSON.Member("fieldsV1", fields.fieldsV1)) }
        if !subresource.isEmpty { members.append(JSON.Member("subresource", .string(subresource))) }
        return .object(members)
    }

    /// Writes the entry as Kubernetes does; `fields` adds the member fieldsV1.
    func write(into json: inout JSONWriter, _ fields: (inout JSONWriter) -> Void) {
        json.openObject()
        json.member("manager", manager)
        json.member("operation", operation.rawValue)
        json.member("apiVersion", apiVersion)
        if let time { json.member("time", time.description) }
        json.member("fieldsType", "FieldsV1")
        fields(&json)
        if !subresource.isEmpty { json.member("subresource", subresource) }
        json.closeObject()
    }
}
