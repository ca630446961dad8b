import HTTP
import Primitives

/// What a client takes, from its Accept field: best first.
struct Accept {
    /// One media range with its parameters.
    struct Range {
        let type: String
        let parameters: [(name: String, value: String)]
        /// In thousandths; zero forbids.
        let quality: Int

        subscript(name: String) -> String? {
            parameters.first { $0.name == name }?.value
        }

        func covers(_ type: String) -> Bool {
            if self.type == type || self.type == "*/*" { return true }
            guard self.type.hasSuffix("/*") else { return false }
            return type.hasPrefix(self.type.dropLast())
        }

        /// Whether it names YAML, which every JSON answer can be written as.
        var isYAML: Bool {
            ["application/yaml", "application/x-yaml", "text/yaml"].contains(type)
        }
    }

    /// In order of quality, then as written; empty where anything is welcome.
    let ranges: [Range]

    init(_ headers: Headers) {
        let fields = headers.all("accept").joined(separator: ",")
        let found = fields.utf8.split(separator: UInt8(ascii: ",")).prefix(64)
            .compactMap { Self.range(Substring($0)) }
        ranges = found.enumerated()
            .sorted {
                ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
            }
            .map(\.element)
    }

    /// Whether YAML is liked better than JSON.
    var prefersYAML: Bool {
        ranges.first { $0.quality > 0 && ($0.isYAML || $0.covers("application/json")) }?.isYAML
            ?? false
    }

    private static func range(_ text: Substring) -> Range? {
        let parts = text.split(separator: ";").map(trimmed)
        guard let type = parts.first, !type.isEmpty else { return nil }
        var parameters: [(name: String, value: String)] = []
        var quality = 1000
        for part in parts.dropFirst() {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            let name = trimmed(sides[0]).lowercased()
            let value = trimmed(sides[1])
            if name == "q" {
                quality = thousandths(value)
            } else {
                parameters.append((name, value))
            }
        }
        return Range(type: type.lowercased(), parameters: parameters, quality: quality)
    }

    /// `0.8` as 800; what is no quality counts as none.
    private static func thousandths(_ text: String) -> Int {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int($0) }), whole == 0 || whole == 1,
            parts.count <= 2
        else { return 0 }
        guard whole == 0, parts.count == 2, let tail = parts.last else { return whole * 1000 }
        let digits = tail.prefix(3)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits)
        else { return 0 }
        return number * [100, 10, 1][digits.utf8.count - 1]
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var view = Substring(text)
        while let first = view.utf8.first, first == 0x20 || first == 0x09 { view.removeFirst() }
        while let last = view.utf8.last, last == 0x20 || last == 0x09 { view.removeLast() }
        return String(view)
    }
}

/// What of each object goes with a table's row.
enum RowObject: String, Sendable, CaseIterable {
    case none = "None"
    case metadata = "Metadata"
    case object = "Object"
}

/// How objects are shown: whole, as rows for people, or their metadata only.
enum Form: Hashable, Sendable {
    case objects
    /// The group version of the table, and what goes with its rows.
    case table(String, RowObject)
    case metadata

    /// The form that the client likes best of those there are.
    init(_ accept: Accept, _ query: Query) throws(Refusal) {
        guard !accept.ranges.isEmpty else {
            self = .objects
            return
        }
        for range in accept.ranges
        where range.quality > 0 && (range.isYAML || range.covers("application/json")) {
            guard let shape = range["as"] else {
                self = .objects
                return
            }
            guard range["g"] == "meta.k8s.io", let version = range["v"] else { continue }
            switch (shape, version) {
            case ("Table", "v1"), ("Table", "v1beta1"):
                self = .table("meta.k8s.io/\(version)", try Self.rowObject(query))
                return
            case ("PartialObjectMetadata", "v1"), ("PartialObjectMetadataList", "v1"):
                self = .metadata
                return
            default: continue
            }
        }
        throw Refusal(
            .notAcceptable, field: "Accept", finding: "none of these forms is available",
            remedy:
                "Use application/yaml, or application/json alone or with as=Table, "
                + "as=PartialObjectMetadata or as=PartialObjectMetadataList "
                + "and g=meta.k8s.io;v=v1")
    }

    private static func rowObject(_ query: Query) throws(Refusal) -> RowObject {
        guard let text = query["includeObject"], !text.isEmpty else { return .metadata }
        guard let found = RowObject(rawValue: text) else {
            throw Refusal(
                .malformed, field: "includeObject",
                finding: "\"\(text.prefix(40))\" is not among the choices",
                remedy: "Use one of \(RowObject.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return found
    }
}
