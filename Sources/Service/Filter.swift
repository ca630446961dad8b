import Control
import HTTP
import Kernel
import Primitives
import Resources
import Wire

/// Label and field selectors of a request, held against items.
struct Filter {
    let labels: Selector
    let fields: Selector
    let pods: PodNames

    init(_ query: Query, _ resource: Resource, _ pods: PodNames) throws(Refusal) {
        labels = try Selector(parsing: query["labelSelector"] ?? "")
        fields = try Selector(fields: query["fieldSelector"] ?? "")
        let known = Item.fields(of: resource)
        if let unknown = fields.keys.first(where: { !known.contains($0) }) {
            throw Refusal(
                .malformed, field: "fieldSelector",
                finding: "\"\(unknown.prefix(80))\" is not a field that can be selected by",
                remedy: "Use one of \(known.joined(separator: ", "))")
        }
        self.pods = pods
    }

    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    func matches(_ item: Item) -> Bool {
        if !labels.isEmpty, !labels.matches({ item.label($0, pods) }) { return false }
        return fields.isEmpty || fields.matches { item.field($0, pods) }
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
    var order: UInt64 { ListPlace(after: self).uid }

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
        switch self {
        case .job(let view): UIDText.text(view.uid)
        case .pod(let view, let rank):
            pods.uid(view.uid, attempt: view.job.attempt, rank: rank)
        case .node(let view): UIDText.text(view.uid)
        case .object(let view): UIDText.text(view.uid)
        case .event(let view): UIDText.text(view.uid)
        }
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

    /// One label, without making the map of them all.
    func label(_ key: String, _ pods: PodNames) -> String? {
        switch self {
        case .job(let view): view.labels[key]
        case .pod(let view, let rank): pods.label(key, of: rank, in: view)
        case .node(let view): view.labels[key]
        case .object(let view): view.labels[key]
        case .event: nil
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
        case (.event(let view), _): return view.note.field(name)
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
                "involvedObject.uid", "involvedObject.apiVersion", "reason", "type",
            ]
        case .namespaces, .queues, .tokens, .nodePools, .leases, .configMaps, .secrets:
            return common
        }
    }
}

extension EventNote {
    /// The group version of the object that the event is about.
    var apiVersion: String { kind == "Job" ? Group.version : "v1" }

    /// The uid of that object. Of a node it is the name, by which clients look for its events.
    var uidText: String { kind == "Node" ? name : UIDText.text(uid) }

    fileprivate func field(_ name: String) -> String? {
        switch name {
        case "involvedObject.name": self.name
        case "involvedObject.namespace": namespace
        case "involvedObject.kind": kind
        case "involvedObject.uid": uidText
        case "involvedObject.apiVersion": apiVersion
        case "reason": reason
        case "type": isWarning ? "Warning" : "Normal"
        default: nil
        }
    }
}
