import Primitives
import Wire

/// Many jobs in one request: the items of a list, or the documents of a YAML stream.
struct JobBatch {
    static let most = 1000

    /// Each with the path by which refusals name it.
    let parts: [(path: String, value: Document.Value)]

    init(list: Document) throws(Refusal) {
        try self.init(list.root["items"]?.elements ?? [], named: "items")
    }

    init(_ documents: [Document]) throws(Refusal) {
        try self.init(documents.map(\.root), named: "documents")
    }

    private init(_ values: [Document.Value], named field: String) throws(Refusal) {
        guard !values.isEmpty, values.count <= Self.most else {
            throw Refusal(
                .invalid, field: field, finding: "there are \(values.count) jobs",
                remedy: "Send 1 to \(Self.most) jobs at a time")
        }
        parts = values.enumerated().map { ("\(field)[\($0.offset)]", $0.element) }
    }
}
