import Control
import Kernel
import Primitives
import Resources
import Wire

// What a revision means for kinds that are more than their text.

extension Server {
    /// What has been planned or started by it cannot be changed under a job.
    func refuseFixedChanges(
        from old: JobSpec, to new: JobSpec, _ phase: Phase
    ) throws(Refusal) {
        var allowed = old
        allowed.priority = new.priority
        if phase == .pending {
            allowed.timeLimit = new.timeLimit
            allowed.gracePeriod = new.gracePeriod
        }
        guard allowed != new else { return }
        let fields: [(String, Bool)] = [
            ("spec.queue", old.queue != new.queue), ("spec.roles", old.roles != new.roles),
            ("spec.success", old.success != new.success),
            ("spec.retries", old.retries != new.retries),
            ("spec.timeLimit", old.timeLimit != new.timeLimit),
            ("spec.gracePeriod", old.gracePeriod != new.gracePeriod),
            ("spec.rankEnvironment", old.rankEnvironment != new.rankEnvironment),
            ("spec.allowUnplaceable", old.allowUnplaceable != new.allowUnplaceable),
        ]
        throw Refusal(
            .invalid, field: fields.first { $0.1 }?.0 ?? "spec",
            finding: phase == .pending
                ? "this field of a job cannot be changed"
                : "this field of a job in phase \(phase.word) cannot be changed",
            remedy:
                "Change priority, timeLimit or gracePeriod of a waiting job, or submit a new one")
    }

    /// What the agent said of the node, with the users' taints in place of the old ones.
    func nodeContent(_ stored: [UInt8], taints: [Taint]?) throws(Refusal) -> [UInt8] {
        var text = try WireDecoder.decode(
            NodeText.self, json: stored, limits: .trusted, unknown: .ignore)
        text.taints = taints
        return WireEncoder.encode(text)
    }

    /// The kernel knows of taints only whether they keep work away.
    func nodeCommands(_ spec: NodeSpec, _ view: NodeView) -> [Command] {
        var commands: [Command] = []
        let node = view.state.node
        let cordon = spec.unschedulable ?? false
        if cordon != node.isCordoned {
            commands.append(.cordon(name: view.name, cordon, Precondition()))
        }
        let taints = spec.taints ?? []
        let evicts = taints.contains { $0.effect == "NoExecute" }
        if taints.isEmpty == node.isTainted || (evicts && node.liveRanks > 0) {
            commands.append(.taint(name: view.name, !taints.isEmpty, evicting: evicts))
        }
        return commands
    }
}
