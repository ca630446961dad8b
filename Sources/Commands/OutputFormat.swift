import Client
import Configuration
import Primitives
import Wire

/// How `-o` wants an answer to look.
enum OutputFormat: String, CaseIterable, Sendable {
    case table, wide, json, yaml, name

    static let option = Synopsis.Option("-o, --output FORMAT", "table, wide, json, yaml or name")

    init(_ arguments: inout Arguments) throws(Refusal) {
        self = try OutputFormat.optional(&arguments) ?? .table
    }

    /// Nil where the flag is not given.
    static func optional(_ arguments: inout Arguments) throws(Refusal) -> OutputFormat? {
        guard let text = try arguments.option("--output", "-o") else { return nil }
        guard let format = OutputFormat(rawValue: text) else {
            let names = allCases.map(\.rawValue)
            throw Refusal(
                .malformed, field: "--output", finding: "\"\(text)\" is not a format",
                remedy: nearest(text, among: names).map { "Use \($0)" }
                    ?? "Use one of \(names.joined(separator: ", "))")
        }
        return format
    }

    var isTable: Bool { self == .table || self == .wide }
}

/// One answer of the server, printed in any format.
struct Payload {
    let tree: JSON
    let kind: Kind

    /// The text of the whole answer; tables without rows are empty.
    func text(_ format: OutputFormat, showsNamespace: Bool = false) throws(Refusal) -> String {
        switch format {
        case .table, .wide:
            return table(isWide: format == .wide, showsNamespace: showsNamespace).text()
        case .json: return PrettyJSON.text(tree)
        case .yaml: return yaml()
        case .name:
            return objects.map { "\(kind.reference(to: $0["metadata"]?["name"]?.string ?? ""))\n" }
                .joined()
        }
    }

    /// The objects inside: rows' objects, items, or the object itself.
    var objects: [JSON] {
        if let rows = tree["rows"] { return rows.elements.compactMap { $0["object"] } }
        if let items = tree["items"] { return items.elements }
        return [tree]
    }

    /// The server's own table, or a plain one for answers that are none.
    func table(isWide: Bool, showsNamespace: Bool) -> Table {
        guard let rows = tree["rows"], let columns = tree["columnDefinitions"] else {
            return plainTable(showsNamespace)
        }
        let shown = columns.elements.enumerated().filter { _, column in
            isWide || column["priority"] == nil || column["priority"] == .number("0")
        }
        var table = Table(
            header: (showsNamespace ? ["NAMESPACE"] : [])
                + shown.map { ($0.element["name"]?.string ?? "").uppercased() })
        for row in rows.elements {
            let cells = row["cells"]?.elements ?? []
            let namespace = row["object"]?["metadata"]?["namespace"]?.string ?? ""
            table.rows.append(
                (showsNamespace ? [namespace] : [])
                    + shown.map { $0.offset < cells.count ? Self.text(of: cells[$0.offset]) : "" })
        }
        return table
    }

    private func plainTable(_ showsNamespace: Bool) -> Table {
        var table = Table(header: (showsNamespace ? ["NAMESPACE"] : []) + ["NAME", "PHASE"])
        for object in objects {
            let metadata = object["metadata"] ?? .null
            let phase = object["status"]?["phase"]?.string ?? ""
            table.rows.append(
                (showsNamespace ? [metadata["namespace"]?.string ?? ""] : [])
                    + [metadata["name"]?.string ?? "", phase])
        }
        return table
    }

    private func yaml() -> String {
        YAMLWriter.text(tree)
    }

    static func text(of value: JSON) -> String {
        switch value {
        case .null: ""
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text), .string(let text): text
        case .array, .object: String(decoding: value.encode(), as: UTF8.self)
        }
    }
}
