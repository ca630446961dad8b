import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

// The group metrics.k8s.io, which `kubectl top` and autoscalers read.

extension KindWords {
    /// Figures have kinds of their own, under the names of what they are about.
    static let usage: [KindWords] = [
        KindWords(
            asked: "NodeMetrics", apiVersion: usageVersion, plural: "nodes",
            [Action("get", .usage(.nodes)), Action("list", .usageList(.nodes))]),
        KindWords(
            asked: "PodMetrics", apiVersion: usageVersion, plural: "pods", isNamespaced: true,
            [Action("get", .usage(.pods)), Action("list", .usageList(.pods))]),
    ]

    static let usageVersion = "metrics.k8s.io/v1beta1"
}

extension Server {
    /// The figures of one node or pod.
    func getUsage(_ resource: Resource, _ call: Call) throws(Refusal) {
        let item = try find(resource, call)
        guard let reading = usage(of: item) else {
            throw Refusal(
                .notFound, field: "metadata.name",
                finding: "there are no figures of \(KindWords.of(resource).singular) "
                    + "\"\(call.name ?? "")\" from the last minute",
                remedy: "Wait for its agent's next report; one comes every ten seconds")
        }
        var json = JSONWriter(capacity: 512)
        write(item, reading, asWhole: true, into: &json)
        reply(200, json.bytes, call.exchange)
    }

    /// The figures of all nodes or pods that have some; the others are left out.
    func listUsage(_ resource: Resource, _ call: Call) throws(Refusal) {
        let filter = try Filter(call.query, resource, objects.pods)
        let listing = catalog.list(resource, namespace: call.namespace)
        var json = JSONWriter(capacity: 256 + listing.items.count * 256)
        ObjectJSON.open(
            resource == .nodes ? "NodeMetricsList" : "PodMetricsList", KindWords.usageVersion,
            into: &json)
        ObjectJSON.listMetadata(version: listing.version, next: nil, remaining: nil, into: &json)
        json.key("items")
        json.openArray()
        for item in listing.items {
            // The figures first: most pods of a long list have none.
            guard let reading = usage(of: item), filter.isEmpty || filter.matches(item) else {
                continue
            }
            write(item, reading, asWhole: false, into: &json)
        }
        json.closeArray()
        json.closeObject()
        reply(200, json.bytes, call.exchange)
    }

    private func usage(of item: Item) -> UsageBoard.Reading? {
        let now = Clock.monotonicMilliseconds()
        switch item {
        case .node(let view): return agents.usage.node(view.uid, monotonic: now)
        case .pod(let view, let number):
            let rank = view.job.ranks[number]
            guard !rank.state.isEnded else { return nil }
            return agents.usage.rank(
                UInt32(number), of: view.uid, attempt: view.job.attempt, on: rank.node,
                monotonic: now)
        case .job, .object, .event: return nil
        }
    }

    private func write(
        _ item: Item, _ reading: UsageBoard.Reading, asWhole: Bool, into json: inout JSONWriter
    ) {
        if asWhole {
            let kind = if case .node = item { "NodeMetrics" } else { "PodMetrics" }
            ObjectJSON.open(kind, KindWords.usageVersion, into: &json)
        } else {
            json.openObject()
        }
        json.key("metadata")
        json.openObject()
        json.member("name", item.name(objects.pods))
        if !item.namespace.isEmpty { json.member("namespace", item.namespace) }
        json.member("creationTimestamp", ObjectJSON.text(reading.at))
        json.key("labels")
        json.raw(WireEncoder.encode(item.labels(objects.pods)))
        json.closeObject()
        json.member("timestamp", ObjectJSON.text(reading.at))
        json.member("window", window(reading.used))
        if case .pod(let view, let rank) = item {
            json.key("containers")
            json.openArray()
            json.openObject()
            json.member("name", objects.pods.roleName(of: rank, in: view))
            write(reading.used, into: &json)
            json.closeObject()
            json.closeArray()
        } else {
            write(reading.used, into: &json)
        }
        json.closeObject()
    }

    private func write(_ used: Usage, into json: inout JSONWriter) {
        json.key("usage")
        json.openObject()
        json.member("cpu", "\(used.cpuNano)n")
        json.member("memory", "\(used.memoryBytes >> 10)Ki")
        json.closeObject()
    }

    /// A duration as Go writes it.
    private func window(_ used: Usage) -> String {
        let tail = "\(1_000 + used.windowMilliseconds % 1_000)".dropFirst()
        return "\(used.windowMilliseconds / 1_000).\(tail)s"
    }
}
