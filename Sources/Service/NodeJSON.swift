import Control
import Kernel
import Primitives
import Resources
import Scheduling
import Wire

/// What the store keeps of a node beside its metadata: the agent's hello, as JSON.
struct NodeText: Codable, Sendable {
    var address: String
    var hostName: String
    var version: String
    var topology: NodeTopology?
    var system: NodeSystem?
    /// What users set: reasons for new work to stay away.
    var taints: [Taint]?
}

extension ObjectJSON {
    func writeNode(
        _ view: NodeView, _ version: UInt64, _ texts: Texts, into json: inout JSONWriter
    ) {
        let node = view.state.node
        let text = try? WireDecoder.decode(
            NodeText.self, json: texts.body.content, unknown: .ignore)
        Self.open("Node", "v1", into: &json)
        writeMetadata(.node(view), version, texts, into: &json)
        var spec = NodeSpec()
        spec.unschedulable = node.isCordoned ? true : nil
        let taints = (text?.taints ?? []) + (node.isCordoned ? [Taint.unschedulable] : [])
        spec.taints = taints.isEmpty ? nil : taints
        json.key("spec")
        json.raw(WireEncoder.encode(spec))
        json.key("status")
        Self.status(with: texts.body.status, into: &json) { writeNodeStatus(view, text, into: &$0) }
        json.closeObject()
    }

    private func writeNodeStatus(
        _ view: NodeView, _ text: NodeText?, into json: inout JSONWriter
    ) {
        let state = view.state
        json.openObject()
        json.key("capacity")
        writeAmounts(
            cpuMilli: state.node.supply.cpuMilli, memory: state.node.supply.memoryBytes,
            gpuMilli: Int64(state.node.supply.gpus) * 1000, into: &json)
        json.key("allocatable")
        writeAmounts(
            cpuMilli: state.node.supply.cpuMilli, memory: state.node.supply.memoryBytes,
            gpuMilli: Int64(state.node.supply.gpus) * 1000, into: &json)
        json.key("free")
        writeAmounts(
            cpuMilli: state.cpuFree, memory: state.memoryFree,
            gpuMilli: state.deviceShares.reduce(0, +), into: &json)
        if state.node.supply.gpus > 0 { json.member("gpuModel", view.model) }
        json.member("ranks", state.node.liveRanks)
        json.key("conditions")
        json.openArray()
        json.openObject()
        json.member("type", "Ready")
        json.member("status", state.node.isReady ? "True" : "Unknown")
        json.member("reason", state.node.isReady ? "AgentHeard" : "AgentSilent")
        json.member(
            "message", state.node.isReady ? "the agent is heard" : "the agent has been silent")
        json.member("lastTransitionTime", Self.text(state.node.changedAt))
        // Clients print the year 1 without it. What moves without a version stays out of objects.
        json.member("lastHeartbeatTime", Self.text(state.node.changedAt))
        json.closeObject()
        json.closeArray()
        if let text {
            json.key("addresses")
            json.openArray()
            for (type, address) in [("InternalIP", text.address), ("Hostname", text.hostName)] {
                json.openObject()
                json.member("type", type)
                json.member("address", address)
                json.closeObject()
            }
            json.closeArray()
            json.key("nodeInfo")
            writeNodeInfo(text, bootID: state.node.bootID, into: &json)
            if let topology = text.topology {
                json.key("topology")
                json.raw(WireEncoder.encode(topology))
            }
        }
        json.closeObject()
    }

    /// Typed clients take a node only with all of these, so what is not known is empty.
    private func writeNodeInfo(_ text: NodeText, bootID: String, into json: inout JSONWriter) {
        json.openObject()
        json.member("architecture", text.system?.architecture ?? "")
        json.member("bootID", bootID)
        json.member("containerRuntimeVersion", "muster-step://\(text.version)")
        json.member("kernelVersion", text.system?.kernel ?? "")
        json.member("kubeProxyVersion", "")
        json.member("kubeletVersion", text.version)
        json.member("machineID", text.system?.machineID ?? "")
        json.member("operatingSystem", "linux")
        json.member("osImage", text.system?.distribution ?? "")
        json.member("systemUUID", text.system?.machineID ?? "")
        json.closeObject()
    }

    private func writeAmounts(
        cpuMilli: Int64, memory: Int64, gpuMilli: Int64, into json: inout JSONWriter
    ) {
        json.openObject()
        json.member("cpu", Quantity(milli: cpuMilli).description)
        json.member("memory", "\(memory >> 10)Ki")
        json.member("gpus", Quantity(milli: gpuMilli).description)
        json.closeObject()
    }
}
