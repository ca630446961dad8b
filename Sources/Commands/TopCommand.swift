import Client
import HTTP
import Primitives
import Wire

/// `top nodes|pods`
struct TopCommand: Command {
    static let synopsis = Synopsis(
        words: "top nodes|pods [NAME] [flags]",
        summary: "Show what nodes and ranks use of CPU and memory now.",
        options: [
            Synopsis.Option("-A, --all-namespaces", "look into all namespaces"),
            Synopsis.Option("-l, --selector SELECTOR", "labels, such as muster.dev/job=train"),
            Synopsis.Option("--sort-by WORD", "cpu or memory, most first (default: name)"),
            OutputFormat.option,
        ],
        example: "muster top nodes\nmuster top pods -l muster.dev/job=train --sort-by cpu")

    private enum Order: String { case name, cpu, memory }

    private let kind: Kind
    private let name: String?
    private let isEverywhere: Bool
    private let labels: String?
    private let order: Order
    private let format: OutputFormat

    init(_ arguments: inout Arguments) throws(Refusal) {
        isEverywhere = try arguments.flag("--all-namespaces", "-A")
        labels = try arguments.option("--selector", "-l")
        let word = try arguments.option("--sort-by") ?? "name"
        guard let order = Order(rawValue: word) else {
            throw Refusal(
                .malformed, field: "--sort-by", finding: "\"\(word)\" is nothing to sort by",
                remedy: "Use cpu or memory")
        }
        self.order = order
        format = try OutputFormat(&arguments)
        kind = try Kind.find(try arguments.word("nodes or pods"))
        guard kind == .node || kind == .pod else {
            throw Refusal(
                .malformed, field: kind.plural, finding: "there are figures of nodes and pods only",
                remedy: "Use muster top nodes, or muster top pods")
        }
        name = try arguments.optionalWord()
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = isEverywhere ? nil : try session.namespace()
        var path = "/apis/metrics.k8s.io/v1beta1/"
        if kind.isNamespaced, let namespace { path += "namespaces/\(percentEncoded(namespace))/" }
        path += kind.plural
        if let name { path += "/\(percentEncoded(name))" }
        let tree = try client.send(Call(.get, path).asking("labelSelector", labels)).json()
        guard format.isTable else {
            let text = try Payload(tree: tree, kind: kind).text(format)
            session.console.write(Array(text.utf8))
            return .done
        }
        let rows = (tree["items"]?.elements ?? [tree]).map { Figures($0) }.sorted(by: comesFirst)
        if rows.isEmpty {
            session.console.note("no figures of \(kind.plural) from the last minute")
        }
        let table = kind == .node ? try nodes(rows, client) : pods(rows)
        session.console.write(Array(table.text().utf8))
        return .done
    }

    private func comesFirst(_ left: Figures, _ right: Figures) -> Bool {
        switch order {
        case .cpu where left.cpuMilli != right.cpuMilli: return left.cpuMilli > right.cpuMilli
        case .memory where left.memoryBytes != right.memoryBytes:
            return left.memoryBytes > right.memoryBytes
        case .name, .cpu, .memory:
            return (left.namespace, left.name) < (right.namespace, right.name)
        }
    }

    private func pods(_ rows: [Figures]) -> Table {
        var table = Table(header: (isEverywhere ? ["NAMESPACE"] : []) + ["NAME", "CPU", "MEMORY"])
        for row in rows {
            table.rows.append(
                (isEverywhere ? [row.namespace] : []) + [row.name, row.cpu, row.memory])
        }
        return table
    }

    /// Nodes also show the part of what they offer.
    private func nodes(_ rows: [Figures], _ client: APIClient) throws(Refusal) -> Table {
        let list = try client.list(Call(.get, Kind.node.path(in: nil)))
        var table = Table(header: ["NAME", "CPU", "CPU%", "MEMORY", "MEMORY%"])
        for row in rows {
            let node = list["items"]?.elements.first { $0["metadata"]?["name"]?.string == row.name }
            let offer = Figures(usage: node?["status"]?["allocatable"] ?? .null)
            table.rows.append([
                row.name, row.cpu, Figures.part(row.cpuMilli, of: offer.cpuMilli), row.memory,
                Figures.part(row.memoryBytes, of: offer.memoryBytes),
            ])
        }
        return table
    }
}

/// One line of figures.
private struct Figures {
    var name = ""
    var namespace = ""
    var cpuMilli: Int64 = 0
    var memoryBytes: Int64 = 0

    init(_ object: JSON) {
        let containers = object["containers"]?.elements ?? []
        self.init(usage: object["usage"] ?? containers.first?["usage"] ?? .null)
        name = object["metadata"]?["name"]?.string ?? ""
        namespace = object["metadata"]?["namespace"]?.string ?? ""
    }

    init(usage: JSON) {
        // What cannot be read counts as none, which the table shows.
        cpuMilli = (try? Quantity(usage["cpu"]?.string ?? "0"))?.milli ?? 0
        memoryBytes = (try? Quantity(usage["memory"]?.string ?? "0"))?.whole ?? 0
    }

    var cpu: String { "\(cpuMilli)m" }
    var memory: String { "\(memoryBytes >> 20)Mi" }

    static func part(_ used: Int64, of offered: Int64) -> String {
        guard offered > 0 else { return "" }
        return "\(Int(Double(used) * 100 / Double(offered)))%"
    }
}
