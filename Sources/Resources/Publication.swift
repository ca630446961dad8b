import Primitives
public import Wire

/// How one API group and version publishes its types: under which names, and with which words.
public struct Publication: Sendable {
    public let apiVersion: String
    /// How lists merge, as members of the schema of a `Type.field`.
    private let merging: Lookup<String, [JSON.Member]>

    public init(_ apiVersion: String) {
        self.apiVersion = apiVersion
        var notes = MergeNotes(isBuiltIn: apiVersion != Group.version)
        for shape in KindShape.all where shape.apiVersion == apiVersion { notes.add(shape) }
        merging = notes.members
    }

    /// What stands before the names of the group's own types, such as `dev.muster.v1.`.
    public var prefix: String {
        let parts = apiVersion.split(separator: "/")
        guard parts.count == 2 else { return "io.k8s.api.core.\(apiVersion)." }
        return parts[0].split(separator: ".").reversed().joined(separator: ".") + ".\(parts[1])."
    }

    /// What a book of schemas needs to know.
    public var words: SchemaBook.Words {
        SchemaBook.Words(
            name: { [self] in name(of: $0) },
            description: { TextForm.named($0)?.about ?? Manual.text($0) ?? Self.common($0) },
            notes: { [self] path in
                // Clients may keep members of their own beside those of the server.
                let open = [JSON.Member("x-kubernetes-preserve-unknown-fields", true)]
                return Bounds.of(path) + (merging[path] ?? [])
                    + (path == "Shown.status" ? open : [])
            })
    }

    /// What is said of the members that all kinds have.
    private static func common(_ path: String) -> String? {
        let parts = path.split(separator: ".")
        guard parts.count == 2, ["apiVersion", "kind", "metadata"].contains(parts[1]) else {
            return nil
        }
        return Manual.text("Shown.\(parts[1])")
    }

    /// The published name of a declared type or a text format.
    public func name(of type: String) -> String? {
        if let form = TextForm.named(type) { return form.published }
        if type.contains(".") { return nil }
        if let common = Self.common.first(where: { $0.type == type }) {
            return Self.meta + common.published
        }
        return prefix + type
    }

    private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

    /// Types that all groups share, with the names that clients know them by.
    private static let common: [(type: String, published: String)] = [
        ("ObjectMeta", "ObjectMeta"), ("OwnerReference", "OwnerReference"),
        ("FieldManagerEntry", "ManagedFieldsEntry"), ("ListMeta", "ListMeta"),
        ("Condition", "Condition"), ("StatusObject", "Status"), ("StatusDetails", "StatusDetails"),
        ("StatusCause", "StatusCause"), ("DeleteOptions", "DeleteOptions"),
        ("DeletePreconditions", "Preconditions"), ("Patch", "Patch"),
    ]
}

extension Publication {
    /// Writes a kind, its list and everything they consist of; returns their published names.
    public func write(
        _ shape: KindShape, into book: inout SchemaBook
    ) -> (object: String, list: String) {
        let object = prefix + shape.kind
        let list = object + "List"
        book.define(object) { book in
            kind(book.shape(shape.schema), shape.kind, about: shape.about)
        }
        let reference = book.reference(to: object)
        book.define(list) { book in
            var written = book.shape(Schema.of(ShownList<JSON>.self))
            var members = written["properties"] ?? [:]
            var items = members["items"] ?? [:]
            items["items"] = reference
            members["items"] = items
            written["properties"] = members
            return kind(written, "\(shape.kind)List", about: "A list of \(shape.kind) objects.")
        }
        return (object, list)
    }

    /// A shape with what it is about and which kind it is.
    private func kind(_ shape: JSON, _ kind: String, about: String) -> JSON {
        var written: JSON = .object(
            [JSON.Member("description", .string(about))] + shape.members)
        written["x-kubernetes-group-version-kind"] = [Self.groupVersionKind(kind, apiVersion)]
        return written
    }

    /// A kind's group, version and name, as clients look for them.
    public static func groupVersionKind(_ kind: String, _ apiVersion: String) -> JSON {
        let parts = apiVersion.split(separator: "/").map(String.init)
        return .object([
            JSON.Member("group", .string(parts.count == 2 ? parts[0] : "")),
            JSON.Member("kind", .string(kind)),
            JSON.Member("version", .string(parts.last ?? "")),
        ])
    }
}

/// A text with a form of its own, published as a type so that its form is explained once.
struct TextForm: Sendable {
    let format: String
    let published: String
    let about: String

    static func named(_ format: String) -> TextForm? { all.first { $0.format == format } }

    private static let all = [
        TextForm(
            format: "quantity", published: "io.k8s.apimachinery.pkg.api.resource.Quantity",
            about: """
                An amount: a number with a suffix or without. "m" is a thousandth ("500m" is one \
                half); "k", "M", "G", "T" stand for thousands and more; "Ki", "Mi", "Gi", "Ti" for \
                1024 and more ("64Gi"). Nothing finer than a thousandth.
                """),
        TextForm(
            format: "duration", published: "dev.muster.v1.Duration",
            about: """
                A span of time: numbers with the units "d", "h", "m", "s" and "ms", the largest \
                first, such as "4h30m" or "1d12h"; a number alone is seconds. At most "36525d".
                """),
        TextForm(
            format: "price", published: "dev.muster.v1.Price",
            about: """
                An amount of money such as "98.32", in the currency that the cluster's owner pays \
                in: zero or more, with at most six decimals.
                """),
        TextForm(
            format: "portion", published: "dev.muster.v1.Portion",
            about: "A number such as 2, or a share of the whole such as \"10%\"."),
        TextForm(
            format: "date-time", published: "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
            about: "A moment as RFC 3339 writes it, such as \"2026-11-20T10:00:00Z\"."),
    ]
}
