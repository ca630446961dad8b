import Kernel
import Primitives
import Scheduling

// Event notes: the records that people want to hear of, in words.

extension EventNote {
    /// The note of one record, if it deserves one; read against the state after the batch.
    static func of(_ record: Record, in kernel: Kernel, at tick: Tick) -> EventNote? {
        switch record {
        case .attemptStarted(let uid):
            guard let job = kernel.job(uid) else { return nil }
            return about(
                uid, in: kernel, at: tick, "Scheduled",
                "attempt \(job.attempt): \(job.ranks.count) ranks placed on "
                    + nodes(of: job, kernel)
            )
        case .moved(let uid, let phase, let cause, _, let culprit, _):
            guard let job = kernel.job(uid) else { return nil }
            return moved(job, to: phase, cause, culprit, in: kernel, at: tick)
        case .nodeRegistered(let uid, _, _, let supply):
            return about(
                uid, in: kernel, at: tick, "Registered",
                "\(supply.cpuMilli / 1000) CPUs, \(supply.memoryBytes >> 20) MiB, "
                    + "\(supply.gpus) GPUs"
            )
        case .nodeReady(let uid, let isReady):
            return about(
                uid, in: kernel, at: tick, isReady ? "Ready" : "NotReady",
                isReady ? "the agent is heard again" : "the agent has been silent for 15 s",
                isWarning: !isReady)
        case .nodeCordoned(let uid, let on):
            return about(
                uid, in: kernel, at: tick, on ? "Cordoned" : "Uncordoned",
                on ? "no new work is placed here" : "new work is placed here again")
        case .nodeTainted(let uid, let on):
            return about(
                uid, in: kernel, at: tick, on ? "Tainted" : "Untainted",
                on ? "its taints keep new work away" : "no taint keeps new work away any more")
        case .created, .held, .rankHidden, .rankRelabelled, .revised, .deletionMarked, .removed,
            .modelNamed,
            .submitted, .rankPlaced,
            .rankStarted, .rankEnded, .rankForgotten:
            return nil
        }
    }

    private static func moved(
        _ job: Job, to phase: Phase, _ cause: Cause, _ culprit: Culprit?, in kernel: Kernel,
        at tick: Tick
    ) -> EventNote? {
        let why = culprit.map { ": " + $0.text(in: kernel) } ?? ""
        let reason: String
        let message: String
        switch phase {
        case .pending where cause == .backingOff || job.attempt > 0:
            reason = "Retrying"
            message = "attempt \(job.attempt) failed\(why)"
        case .pending, .starting: return nil
        case .running:
            reason = "Running"
            message = "all ranks have started"
        case .stopping:
            reason = "Stopping"
            message = "the remaining ranks are being stopped (\(cause.word))\(why)"
        case .succeeded, .failed, .cancelled:
            reason = phase.word
            message = "the job ended (\(cause.word))\(why)"
        }
        return about(
            job.uid, in: kernel, at: tick, reason, message, isWarning: phase == .failed)
    }

    private static func about(
        _ uid: UInt64, in kernel: Kernel, at tick: Tick, _ reason: String, _ message: String,
        isWarning: Bool = false
    ) -> EventNote? {
        guard let object = kernel.object(uid) else { return nil }
        let namespace = object.namespace == 0 ? "" : kernel.object(object.namespace)?.name ?? ""
        return EventNote(
            kind: object.kind == .job ? "Job" : "Node", namespace: namespace, name: object.name,
            uid: uid, isWarning: isWarning, reason: reason, message: message, at: tick.milliseconds)
    }

    /// The distinct nodes of a gang, at most four by name.
    private static func nodes(of job: Job, _ kernel: Kernel) -> String {
        var names: [String] = []
        for rank in job.ranks {
            let name = kernel.object(rank.node)?.name ?? "?"
            if names.last != name, !names.contains(name) { names.append(name) }
            if names.count > 4 { return names[..<4].joined(separator: ", ") + ", …" }
        }
        return names.joined(separator: ", ")
    }
}

extension Culprit {
    func text(in kernel: Kernel) -> String {
        "rank \(rank) on \(kernel.object(node)?.name ?? "a node that is gone") \(end)"
    }
}
