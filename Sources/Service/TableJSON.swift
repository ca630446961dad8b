import Control
import Host
import Kernel
import Primitives
import Resources
import Scheduling
import Wire

/// Lists as rows and columns, for people: what `kubectl get` and `muster get` print.
struct TableJSON {
    struct Column {
        let name: String
        let type: String
        /// Zero is always shown, one only with `-o wide`.
        let priority: Int

        init(_ name: String, _ type: String = "string", wide: Bool = false) {
            self.name = name
            self.type = type
            priority = wide ? 1 : 0
        }
    }

    enum Cell {
        case text(String)
        case number(Int64)
    }

    let objects: ObjectJSON

    static func columns(of resource: Resource) -> [Column] {
        switch resource {
        case .jobs:
            [
                Column("Name"), Column("Queue"), Column("Phase"), Column("Ranks"), Column("GPUs"),
                Column("Reason"), Column("Age"), Column("Nodes", wide: true),
                Column("Priority", "integer", wide: true), Column("Start", wide: true),
            ]
        case .pods:
            [
                Column("Name"), Column("Ready"), Column("Status"), Column("Restarts", "integer"),
                Column("Age"), Column("Node", wide: true), Column("Exit", wide: true),
                Column("Devices", wide: true),
            ]
        case .nodes:
            [
                Column("Name"), Column("Status"), Column("CPUs"), Column("Memory"), Column("GPUs"),
                Column("Model"), Column("Ranks", "integer"), Column("Age"),
            ]
        case .namespaces: [Column("Name"), Column("Status"), Column("Age")]
        case .queues, .nodePools, .leases, .configMaps, .secrets: [Column("Name"), Column("Age")]
        case .tokens:
            [
                Column("Name"), Column("Role"), Column("Expires"), Column("Description"),
                Column("Age"),
            ]
        case .events:
            [
                Column("Last Seen"), Column("Type"), Column("Reason"), Column("Object"),
                Column("Message"),
            ]
        }
    }

    /// Appends a whole table.
    func write(
        _ resource: Resource, _ items: [Item], version: UInt64, next: String?, remaining: Int?,
        now: Tick, into json: inout JSONWriter
    ) {
        ObjectJSON.open("Table", "meta.k8s.io/v1", into: &json)
        ObjectJSON.listMetadata(version: version, next: next, remaining: remaining, into: &json)
        json.key("columnDefinitions")
        json.openArray()
        for column in Self.columns(of: resource) {
            json.openObject()
            json.member("name", column.name)
            json.member("type", column.type)
            json.member("format", column.name == "Name" ? "name" : "")
            json.member("description", "")
            json.member("priority", column.priority)
            json.closeObject()
        }
        json.closeArray()
        json.key("rows")
        json.openArray()
        for item in items { row(item, now: now, into: &json) }
        json.closeArray()
        json.closeObject()
    }

    private func row(_ item: Item, now: Tick, into json: inout JSONWriter) {
        json.openObject()
        json.key("cells")
        json.openArray()
        for cell in cells(item, now: now) {
            switch cell {
            case .text(let text): json.string(text)
            case .number(let number): json.int(number)
            }
        }
        json.closeArray()
        json.key("object")
        ObjectJSON.open("PartialObjectMetadata", "meta.k8s.io/v1", into: &json)
        json.key("metadata")
        json.openObject()
        json.member("name", item.name(objects.pods))
        if !item.namespace.isEmpty { json.member("namespace", item.namespace) }
        json.member("uid", item.uidText(objects.pods))
        json.member("resourceVersion", "\(item.version)")
        json.closeObject()
        json.closeObject()
        json.closeObject()
    }

    private func cells(_ item: Item, now: Tick) -> [Cell] {
        switch item {
        case .job(let view): return jobCells(view, now)
        case .pod(let view, let rank): return podCells(view, rank, now)
        case .node(let view):
            let node = view.state.node
            let ready = node.isReady ? "Ready" : "NotReady"
            let free = Quantity(milli: view.state.deviceShares.reduce(0, +)).description
            return [
                .text(view.name), .text(node.isCordoned ? "\(ready),SchedulingDisabled" : ready),
                .text(
                    Quantity(milli: view.state.cpuFree).description + "/"
                        + Quantity(milli: node.supply.cpuMilli).description),
                .text("\(view.state.memoryFree >> 30)/\(node.supply.memoryBytes >> 30)Gi"),
                .text("\(free)/\(node.supply.gpus)"),
                .text(node.supply.gpus > 0 ? view.model : "<none>"), .number(Int64(node.liveRanks)),
                .text(age(node.registeredAt, now)),
            ]
        case .object(let view): return objectCells(view, now)
        case .event(let view):
            let note = view.note
            return [
                .text(age(Tick(note.at), now)), .text(note.isWarning ? "Warning" : "Normal"),
                .text(note.reason), .text("\(note.kind.lowercased())/\(note.name)"),
                .text(note.message),
            ]
        }
    }

    private func jobCells(_ view: JobView, _ now: Tick) -> [Cell] {
        let job = view.job
        let gpus = view.shape.roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.gpuMilli }
        let total = view.shape.rankCount
        var nodes: [String] = []
        for name in view.nodeNames where !nodes.contains(name) { nodes.append(name) }
        return [
            .text(view.name), .text(view.queue), .text(job.phase.word),
            .text("\(job.phase.isFinal ? job.succeededRanks : job.activeRanks)/\(total)"),
            .text(Quantity(milli: gpus).description), .text(job.cause.word),
            .text(age(view.createdAt, now)),
            .text(nodes.isEmpty ? "<none>" : nodes.joined(separator: ",")),
            .number(Int64(job.terms.priority)),
            .text(job.startedAt.map(ObjectJSON.text) ?? "<none>"),
        ]
    }

    private func podCells(_ view: JobView, _ number: Int, _ now: Tick) -> [Cell] {
        let rank = view.job.ranks[number]
        let devices = rank.devices.numbers.map { "\($0)" }.joined(separator: ",")
        return [
            .text(objects.pods.name(of: number, in: view)),
            .text(rank.state == .running ? "1/1" : "0/1"), .text(ObjectJSON.podPhase(of: rank)),
            .number(0), .text(age(view.job.startedAt ?? view.createdAt, now)),
            .text(view.nodeNames[number]), .text(rank.end.map { ObjectJSON.text(of: $0) } ?? ""),
            .text(devices.isEmpty ? "<none>" : devices),
        ]
    }

    private func objectCells(_ view: ObjectView, _ now: Tick) -> [Cell] {
        switch view.kind {
        case .namespace:
            return [.text(view.name), .text("Active"), .text(age(view.createdAt, now))]
        case .token:
            let spec = try? WireDecoder.decode(TokenSpec.self, json: view.text.body.content)
            return [
                .text(view.name), .text(spec?.role.rawValue ?? ""),
                .text(spec?.expires?.description ?? "never"),
                .text(spec?.description ?? ""), .text(age(view.createdAt, now)),
            ]
        case .queue, .job, .node, .nodePool, .lease, .configMap, .secret:
            return [.text(view.name), .text(age(view.createdAt, now))]
        }
    }

    /// How long ago, in at most two units, as kubectl writes it.
    func age(_ then: Tick, _ now: Tick) -> String {
        let seconds = now.since(then).milliseconds / 1000
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600:
            return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(seconds % 60)s"
        case ..<7200: return "\(seconds / 60)m"
        case ..<172_800: return "\(seconds / 3600)h"
        default: return "\(seconds / 86_400)d"
        }
    }
}

extension Item {
    var version: UInt64 {
        switch self {
        case .job(let view): view.version
        case .pod(let view, let rank): view.job.ranks[rank].version
        case .node(let view): view.version
        case .object(let view): view.version
        case .event(let view): view.version
        }
    }

    var namespace: String {
        switch self {
        case .job(let view), .pod(let view, _): view.namespace
        case .event(let view): view.namespace
        case .object(let view): view.namespace
        case .node: ""
        }
    }

    /// Orders a list: uids grow with creation.
    var order: UInt64 {
        switch self {
        case .job(let view), .pod(let view, _): view.uid
        case .node(let view): view.uid
        case .object(let view): view.uid
        case .event(let view): view.uid
        }
    }

    func name(_ pods: PodNames) -> String {
        switch self {
        case .job(let view): view.name
        case .pod(let view, let rank): pods.name(of: rank, in: view)
        case .node(let view): view.name
        case .object(let view): view.name
        case .event(let view): view.name
        }
    }

    func uidText(_ pods: PodNames) -> String {
        if case .pod(let view, let rank) = self {
            return pods.uid(view.uid, attempt: view.job.attempt, rank: rank)
        }
        return UIDText.text(order)
    }

    func labels(_ pods: PodNames) -> StringMap {
        switch self {
        case .job(let view): view.labels
        case .pod(let view, let rank): pods.labels(of: rank, in: view)
        case .node(let view): view.labels
        case .object(let view): view.labels
        case .event: [:]
        }
    }

    /// The value of a field that selectors may name; nil for a field the kind does not have.
    func field(_ name: String, _ pods: PodNames) -> String? {
        switch (self, name) {
        case (_, "metadata.name"): return self.name(pods)
        case (_, "metadata.namespace"): return namespace
        case (.job(let view), "status.phase"): return view.job.phase.word
        case (.job(let view), "spec.queue"): return view.queue
        case (.pod(let view, let rank), "status.phase"):
            return ObjectJSON.podPhase(of: view.job.ranks[rank])
        case (.pod(let view, let rank), "spec.nodeName"): return view.nodeNames[rank]
        case (.node(let view), "spec.unschedulable"):
            return view.state.node.isCordoned ? "true" : "false"
        case (.event(let view), "involvedObject.name"): return view.note.name
        case (.event(let view), "involvedObject.namespace"): return view.note.namespace
        case (.event(let view), "involvedObject.kind"): return view.note.kind
        case (.event(let view), "involvedObject.uid"): return UIDText.text(view.note.uid)
        case (.event(let view), "reason"): return view.note.reason
        case (.event(let view), "type"): return view.note.isWarning ? "Warning" : "Normal"
        default: return nil
        }
    }

    /// The field selectors that a resource understands.
    static func fields(of resource: Resource) -> [String] {
        let common = ["metadata.name", "metadata.namespace"]
        switch resource {
        case .jobs: return common + ["status.phase", "spec.queue"]
        case .pods: return common + ["status.phase", "spec.nodeName"]
        case .nodes: return common + ["spec.unschedulable"]
        case .events:
            return common + [
                "involvedObject.name", "involvedObject.namespace", "involvedObject.kind",
                "involvedObject.uid", "reason", "type",
            ]
        case .namespaces, .queues, .tokens, .nodePools, .leases, .configMaps, .secrets:
            return common
        }
    }
}
