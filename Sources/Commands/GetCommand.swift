import Client
import HTTP
import Primitives
import Wire

/// `get KIND [NAME...]`
struct GetCommand: Command {
    static let synopsis = Synopsis(
        words: "get KIND [NAME...] [flags]",
        summary: "List objects: jobs, queues, nodes, pods, events, namespaces, tokens.",
        options: [
            Synopsis.Option("-A, --all-namespaces", "look into all namespaces"),
            Synopsis.Option("-l, --selector SELECTOR", "labels, such as team=vision,!test"),
            Synopsis.Option("--field-selector SELECTOR", "fields, such as status.phase=Running"),
            Synopsis.Option("-w, --watch", "go on with every change"),
            OutputFormat.option,
        ],
        example: "muster get jobs -A -o wide\nmuster get pods -l muster.dev/job=train -w")

    private let kind: Kind
    private let names: [String]
    private let isEverywhere: Bool
    private let labels: String?
    private let fields: String?
    private let isWatched: Bool
    private let format: OutputFormat

    init(_ arguments: inout Arguments) throws(Refusal) {
        isEverywhere = try arguments.flag("--all-namespaces", "-A")
        labels = try arguments.option("--selector", "-l")
        fields = try arguments.option("--field-selector")
        isWatched = try arguments.flag("--watch", "-w")
        format = try OutputFormat(&arguments)
        let first = try arguments.word("KIND")
        var names = try arguments.rest()
        if first.contains("/") {
            let (kind, name) = try Kind.reference(first, assumed: nil)
            self.kind = kind
            names.insert(name, at: 0)
        } else {
            kind = try Kind.find(first)
        }
        guard names.isEmpty || !isEverywhere else {
            throw Refusal(
                .malformed, field: "--all-namespaces", finding: "a name lives in one namespace",
                remedy: "Leave the name out, or name the namespace with -n")
        }
        self.names = names
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = isEverywhere ? nil : try session.namespace()
        if isWatched { return try watch(session, client, namespace) }
        guard !names.isEmpty else {
            let list = try client.list(collection(namespace))
            try show(list, session, namespace)
            return .done
        }
        for name in names {
            let call = Call(.get, kind.path(name, in: namespace ?? "")).asTable(format.isTable)
            try show(try client.send(call).json(), session, namespace)
        }
        return .done
    }

    private func collection(_ namespace: String?) -> Call {
        Call(.get, kind.path(in: namespace)).asking("labelSelector", labels)
            .asking("fieldSelector", fields).asTable(format.isTable)
    }

    private func show(
        _ tree: JSON, _ session: Session, _ namespace: String?
    ) throws(Refusal) {
        let payload = Payload(tree: tree, kind: kind)
        let showsNamespace = kind.isNamespaced && isEverywhere
        let text = try payload.text(format, showsNamespace: showsNamespace)
        if format.isTable, payload.objects.isEmpty {
            let place = namespace.map { kind.isNamespaced ? " in namespace \($0)" : "" } ?? ""
            session.console.note("no \(kind.plural) found\(place)")
        }
        session.console.write(Array(text.utf8))
    }

    private func watch(
        _ session: Session, _ client: APIClient, _ namespace: String?
    ) throws(Refusal) -> ExitCode {
        guard names.count <= 1, fields == nil || names.isEmpty else {
            throw Refusal(
                .malformed, field: "--watch", finding: "only one name can be watched",
                remedy: "Give one name, or a selector")
        }
        let only = names.first.map { "metadata.name=\($0)" }
        let call = collection(namespace).asking("fieldSelector", only)
        let printer = ChangePrinter(
            kind: kind, format: format, showsNamespace: kind.isNamespaced && isEverywhere)
        try ChangePrinter.follow(call, printer, client, session.console)
        return .done
    }
}

/// Changes as lines of one table, or as one object after the other.
struct ChangePrinter {
    let kind: Kind
    let format: OutputFormat
    let showsNamespace: Bool
    private var widths: [Int] = []
    private var columns: JSON?

    init(kind: Kind, format: OutputFormat, showsNamespace: Bool) {
        self.kind = kind
        self.format = format
        self.showsNamespace = showsNamespace
    }

    /// Prints all there is and then every change, until the caller is interrupted.
    static func follow(
        _ call: Call, _ start: ChangePrinter, _ client: APIClient, _ console: Console
    ) throws(Refusal) {
        var printer = start
        var problem: Refusal?
        try client.follow(call) { change in
            do throws(Refusal) {
                console.write(Array(try printer.text(change).utf8))
            } catch {
                problem = error
            }
            return problem == nil
        }
        if let problem { throw problem }
    }

    mutating func text(_ change: Change) throws(Refusal) -> String {
        var tree: JSON
        var isFirst = false
        switch change {
        case .listed(let list):
            tree = list
            isFirst = columns == nil
        case .added(let object), .modified(let object), .deleted(let object): tree = object
        }
        guard format.isTable else {
            let payload = Payload(tree: tree, kind: kind)
            let separator = format == .yaml ? "---\n" : ""
            var text = ""
            for object in payload.objects {
                text += separator + (try Payload(tree: object, kind: kind).text(format))
            }
            return text
        }
        // Events carry their columns only once, or not at all.
        if let own = tree["columnDefinitions"], !own.elements.isEmpty {
            columns = own
        } else if tree["rows"] != nil, let columns {
            tree["columnDefinitions"] = columns
        }
        let table = Payload(tree: tree, kind: kind).table(
            isWide: format == .wide, showsNamespace: showsNamespace)
        widths = table.widths(atLeast: widths)
        return table.text(withHeader: isFirst, widths: widths)
    }
}
