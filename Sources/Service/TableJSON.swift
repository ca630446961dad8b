import Control
import Host
import Kernel
import Primitives
import Resources
import Scheduling
import Wire

/// What the cells of a table's rows say: what `kubectl get` and `muster get` print.
struct TableJSON {
    enum Cell {
        case text(String)
        case number(Int64)
    }

    let objects: ObjectJSON

    func cells(_ item: Item, now: Tick) -> [Cell] {
        switch item {
        case .job(let view): jobCells(view, now)
        case .pod(let view, let rank): podCells(view, rank, now)
        case .node(let view): nodeCells(view, now)
        case .object(let view): objectCells(view, now)
        case .event(let view): eventCells(view, now)
        }
    }

    private func jobCells(_ view: JobView, _ now: Tick) -> [Cell] {
        let job = view.job
        let gpus = view.shape.roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.gpuMilli }
        let total = view.shape.rankCount
        return [
            .text(view.name), .text(view.queue), .text(job.phase.word),
            .text("\(job.phase.isFinal ? job.succeededRanks : job.activeRanks)/\(total)"),
            .text(Quantity(milli: gpus).description), .text(job.cause.word),
            .text(age(view.createdAt, now)), .text(nodes(of: view)),
            .number(Int64(job.terms.priority)),
            .text(job.startedAt.map(ObjectJSON.text) ?? "<none>"),
        ]
    }

    /// The distinct nodes of a gang, which holds those of a node together.
    private func nodes(of view: JobView) -> String {
        var seen = Lookup<String, Bool>()
        var names: [String] = []
        for name in view.nodeNames where names.last != name && seen[name] == nil {
            seen[name] = true
            names.append(name)
        }
        return names.isEmpty ? "<none>" : names.joined(separator: ",")
    }

    private func podCells(_ view: JobView, _ number: Int, _ now: Tick) -> [Cell] {
        let rank = view.job.ranks[number]
        let devices = rank.devices.numbers.map { "\($0)" }.joined(separator: ",")
        return [
            .text(objects.pods.name(of: number, in: view)),
            .text(rank.state == .running ? "1/1" : "0/1"), .text(ObjectJSON.podPhase(of: rank)),
            .number(0), .text(age(view.job.startedAt ?? view.createdAt, now)),
            .text(view.nodeNames[number]),
            .text(rank.end.map { ObjectJSON.text(of: $0) } ?? "<none>"),
            .text(devices.isEmpty ? "<none>" : devices),
        ]
    }

    private func nodeCells(_ view: NodeView, _ now: Tick) -> [Cell] {
        let node = view.state.node
        let ready = node.isReady ? "Ready" : "NotReady"
        let free = Quantity(milli: view.state.deviceShares.reduce(0, +)).description
        let text = try? WireDecoder.decode(
            NodeText.self, json: view.text.body.content, unknown: .ignore)
        return [
            .text(view.name), .text(node.isCordoned ? "\(ready),SchedulingDisabled" : ready),
            .text(
                Quantity(milli: view.state.cpuFree).description + "/"
                    + Quantity(milli: node.supply.cpuMilli).description),
            .text("\(view.state.memoryFree >> 30)/\(node.supply.memoryBytes >> 30)Gi"),
            .text("\(free)/\(node.supply.gpus)"),
            .text(node.supply.gpus > 0 ? view.model : "<none>"),
            .text(view.labels["muster.dev/pool"] ?? "<none>"), .number(Int64(node.liveRanks)),
            .text(age(node.registeredAt, now)), .text(text?.address ?? "<none>"),
            .text(text?.version ?? "<none>"),
        ]
    }

    private func objectCells(_ view: ObjectView, _ now: Tick) -> [Cell] {
        let content = view.text.body.content
        return [.text(view.name)] + details(of: view, content) + [.text(age(view.createdAt, now))]
    }

    /// What stands between an object's name and its age.
    private func details(of view: ObjectView, _ content: [UInt8]) -> [Cell] {
        switch view.kind {
        case .namespace: return [.text(view.deletedAt == nil ? "Active" : "Terminating")]
        case .token:
            let spec = try? WireDecoder.decode(TokenSpec.self, json: content, unknown: .ignore)
            return [
                .text(spec?.role.rawValue ?? ""), .text(spec?.expires?.description ?? "never"),
                .text(spec?.description ?? ""),
            ]
        case .queue:
            let counts = objects.catalog.counts(ofQueue: view.name)
            return [.number(Int64(counts.waiting)), .number(Int64(counts.running))]
        case .lease:
            let spec = try? WireDecoder.decode(LeaseSpec.self, json: content, unknown: .ignore)
            return [.text(spec?.holderIdentity ?? "")]
        case .configMap:
            let map = try? WireDecoder.decode(
                ConfigMapContent.self, json: content, limits: .trusted, unknown: .ignore)
            return [.number(Int64((map?.data?.count ?? 0) + (map?.binaryData?.count ?? 0)))]
        case .secret:
            let secret = try? WireDecoder.decode(
                SecretContent.self, json: content, limits: .trusted, unknown: .ignore)
            return [.text(secret?.type ?? "Opaque"), .number(Int64(secret?.data?.count ?? 0))]
        case .nodePool:
            let spec = try? WireDecoder.decode(NodePoolSpec.self, json: content, unknown: .ignore)
            let status = ObjectJSON.status(ofPool: view)
            return [
                .text(spec?.providerRef.name ?? ""),
                .text(spec?.replicas.map { "\($0)" } ?? "auto"), .number(Int64(status.replicas)),
                .number(Int64(status.ready)),
            ]
        case .job, .node: return []
        }
    }

    private func eventCells(_ view: EventView, _ now: Tick) -> [Cell] {
        let note = view.note
        let seen = age(Tick(note.at), now)
        return [
            .text(seen), .text(note.isWarning ? "Warning" : "Normal"), .text(note.reason),
            .text("\(note.kind.lowercased())/\(note.name)"), .text(""), .text("muster"),
            .text(note.message), .text(seen), .number(1), .text(view.name),
        ]
    }

    /// How long ago, in at most two units, as kubectl writes it.
    func age(_ then: Tick, _ now: Tick) -> String {
        let seconds = max(0, now.since(then).milliseconds / 1000)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        func two(_ big: Int64, _ bigUnit: String, _ small: Int64, _ smallUnit: String) -> String {
            small == 0 ? "\(big)\(bigUnit)" : "\(big)\(bigUnit)\(small)\(smallUnit)"
        }
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return two(minutes, "m", seconds % 60, "s")
        case ..<10_800: return "\(minutes)m"
        case ..<28_800: return two(hours, "h", minutes % 60, "m")
        case ..<172_800: return "\(hours)h"
        case ..<691_200: return two(days, "d", hours % 24, "h")
        case ..<63_072_000: return "\(days)d"
        default: return two(days / 365, "y", days % 365, "d")
        }
    }
}

/// Writes one table: its head, row by row, its end.
struct TableWriter {
    private let tables: TableJSON
    private let resource: Resource
    private let version: String
    private let rows: RowObject
    private let now: Tick

    init(
        _ tables: TableJSON, _ resource: Resource, _ version: String, _ rows: RowObject, now: Tick
    ) {
        self.tables = tables
        self.resource = resource
        self.version = version
        self.rows = rows
        self.now = now
    }

    /// Everything up to the first row; later events of a watch go without their columns.
    func open(
        version: UInt64, next: String?, remaining: Int?, hasColumns: Bool = true,
        into json: inout JSONWriter
    ) {
        ObjectJSON.open("Table", self.version, into: &json)
        ObjectJSON.listMetadata(version: version, next: next, remaining: remaining, into: &json)
        TableColumn.write(hasColumns ? TableColumn.of(resource) : [], into: &json)
        json.key("rows")
        json.openArray()
    }

    /// One row with as much of its object as was asked for.
    func row(_ item: Item, version: UInt64, into json: inout JSONWriter) {
        json.openObject()
        json.key("cells")
        json.openArray()
        for cell in tables.cells(item, now: now) {
            switch cell {
            case .text(let text): json.string(text)
            case .number(let number): json.int(number)
            }
        }
        json.closeArray()
        json.key("object")
        switch rows {
        case .none: json.null()
        case .metadata:
            tables.objects.writePartial(item, version: version, self.version, into: &json)
        case .object: tables.objects.write(item, version: version, into: &json)
        }
        json.closeObject()
    }

    func close(into json: inout JSONWriter) {
        json.closeArray()
        json.closeObject()
    }
}
