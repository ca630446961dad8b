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
        let page = UsagePage(resource, try call.form(), objects, now: Clock.now())
        var json = JSONWriter(capacity: 512)
        page.writeOne(item, reading, version: catalog.version, into: &json)
        reply(200, json.bytes, call.exchange)
    }

    /// The figures of all nodes or pods that have some; the others are left out.
    func listUsage(_ resource: Resource, _ call: Call) throws(Refusal) {
        let page = UsagePage(resource, try call.form(), objects, now: Clock.now())
        let filter = try Filter(call.query, resource, objects.pods)
        let listing = catalog.list(resource, namespace: call.namespace)
        var json = JSONWriter(capacity: 256 + listing.items.count * 256)
        page.open(version: listing.version, into: &json)
        for item in listing.items {
            // The figures first: most pods of a long list have none.
            guard let reading = usage(of: item), filter.isEmpty || filter.matches(item) else {
                continue
            }
            page.write(item, reading, into: &json)
        }
        page.close(into: &json)
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
}
