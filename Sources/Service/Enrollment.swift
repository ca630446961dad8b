import Control
import Primitives
import Resources
import Wire

/// What is stored of a node when its agent introduces itself: the agent's word on the machine, and
/// what people have noted on the node before.
struct Enrollment {
    let catalog: Catalog
    let underWay: WritesUnderWay

    func draft(_ hello: AgentHello) -> DocumentDraft {
        let view = catalog.node(hello.name)
        let published = view.map { Texts(head: $0.text.head, body: $0.text.body) }
        // A change that is still on its way to the disk must not be undone.
        let known = view.flatMap { underWay.latest($0.uid)?.texts } ?? published
        var metadata = known.flatMap { texts in
            try? WireDecoder.decode(
                Metadata.self, json: texts.head, limits: .trusted, unknown: .ignore)
        }
        var labels = metadata?.labels ?? [:]
        for (key, value) in hello.labels
        where labels[key] != nil || labels.count < Naming.labelsMax - 1 {
            labels[key] = value
        }
        labels["kubernetes.io/hostname"] = hello.name
        metadata = metadata ?? Metadata()
        metadata?.labels = labels
        var text = NodeText(
            address: hello.address, hostName: hello.hostName, version: hello.version,
            topology: hello.topology, system: hello.system)
        text.taints = known.flatMap { texts in
            try? WireDecoder.decode(
                NodeText.self, json: texts.body.content, limits: .trusted, unknown: .ignore
            ).taints
        }
        var body = known?.body ?? DocumentBody(content: [])
        body.content = WireEncoder.encode(text)
        return DocumentDraft(
            head: ObjectJSON.head(
                metadata ?? Metadata(), name: hello.name, namespace: "", user: ""),
            body: body.stored, labels: labels, user: "")
    }
}
