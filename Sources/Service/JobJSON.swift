import Control
import Glibc
import Kernel
import Primitives
import Resources
import Scheduling
import Wire

// Jobs and their pods as JSON.

extension ObjectJSON {
    func writeJob(
        _ view: JobView, _ version: UInt64, _ texts: Texts, into json: inout JSONWriter
    ) {
        Self.open("Job", Group.version, into: &json)
        writeMetadata(.job(view), version, texts, into: &json)
        json.key("spec")
        json.raw(texts.body.content)
        json.key("status")
        Self.status(with: texts.body.status, into: &json) { writeJobStatus(view, into: &$0) }
        json.closeObject()
    }

    private func writeJobStatus(_ view: JobView, into json: inout JSONWriter) {
        let job = view.job
        json.openObject()
        json.member("phase", job.phase.word)
        if job.cause != .none { json.member("reason", job.cause.word) }
        let message = message(of: view)
        if !message.isEmpty { json.member("message", message) }
        json.member("attempt", job.attempt)
        json.key("ranks")
        json.openObject()
        json.member("total", view.shape.rankCount)
        json.member("active", job.activeRanks)
        json.member("succeeded", job.succeededRanks)
        json.member("failed", job.failedRanks)
        json.closeObject()
        if job.phase.isFinal { json.member("exitCode", Self.exitCode(of: job)) }
        if let start = job.startedAt { json.member("startTime", Self.text(start)) }
        if let end = job.endedAt { json.member("completionTime", Self.text(end)) }
        writeConditions(job, into: &json)
        writePlacements(view, into: &json)
        json.closeObject()
    }

    /// The code that `muster run` ends with: a shell's convention for signals.
    static func exitCode(of job: Job) -> Int32 {
        switch job.phase {
        case .succeeded: return 0
        case .pending, .starting, .running, .stopping, .failed, .cancelled:
            guard let end = job.culprit?.end else { return job.phase == .cancelled ? 130 : 1 }
            switch end.how {
            case .exited: return end.code == 0 ? 1 : end.code
            case .signalled: return 128 &+ end.code
            case .launchFailed: return end.code == ENOENT ? 127 : 126
            case .lost: return 1
            }
        }
    }

    func message(of view: JobView) -> String {
        let job = view.job
        if let culprit = job.culprit {
            let node =
                Int(culprit.rank) < view.nodeNames.count
                ? view.nodeNames[Int(culprit.rank)] : view.culpritNode ?? "a node that is gone"
            return "rank \(culprit.rank) on \(node) \(Self.text(of: culprit.end))"
        }
        if explains, job.phase == .pending, job.cause == .waitingForResources {
            return catalog.blocker(of: view) ?? ""
        }
        return ""
    }

    static func text(of end: RankEnd) -> String {
        guard end.how == .launchFailed, end.code > 0 else { return end.description }
        guard let detail = strerror(end.code) else { return end.description }
        return "\(end.description): \(String(cString: detail))"
    }

    private func writeConditions(_ job: Job, into json: inout JSONWriter) {
        let condition: (name: String, reason: String)
        switch job.phase {
        case .pending, .starting: condition = ("Pending", job.cause.word)
        case .running: condition = ("Running", "AllRanksStarted")
        case .stopping: condition = ("Stopping", job.cause.word)
        case .succeeded: condition = ("Complete", job.cause.word)
        case .failed, .cancelled: condition = ("Failed", job.cause.word)
        }
        json.key("conditions")
        json.openArray()
        json.openObject()
        json.member("type", condition.name)
        json.member("status", "True")
        json.member("reason", condition.reason.isEmpty ? job.phase.word : condition.reason)
        json.member("lastTransitionTime", Self.text(job.changedAt))
        json.closeObject()
        json.closeArray()
    }

    private func writePlacements(_ view: JobView, into json: inout JSONWriter) {
        guard !view.job.ranks.isEmpty else { return }
        json.key("placements")
        json.openArray()
        for (number, rank) in view.job.ranks.enumerated() {
            json.openObject()
            json.member("rank", number)
            json.member("pod", pods.name(of: number, in: view))
            json.member("node", view.nodeNames[number])
            if rank.devices.count > 0 {
                json.key("devices")
                json.openArray()
                for device in rank.devices.numbers { json.int(device) }
                json.closeArray()
            }
            json.closeObject()
        }
        json.closeArray()
    }

    func writePod(
        _ view: JobView, _ number: Int, _ version: UInt64, into json: inout JSONWriter
    ) {
        let rank = view.job.ranks[number]
        let role = pods.roleName(of: number, in: view)
        Self.open("Pod", "v1", into: &json)
        writeMetadata(.pod(view, rank: number), version, nil, into: &json)
        json.key("spec")
        json.openObject()
        json.member("nodeName", view.nodeNames[number])
        json.member("restartPolicy", "Never")
        json.key("containers")
        json.openArray()
        writeContainer(view, number, into: &json)
        json.closeArray()
        json.closeObject()
        json.key("status")
        writePodStatus(rank, role, into: &json)
        json.closeObject()
    }

    private func writeContainer(_ view: JobView, _ number: Int, into json: inout JSONWriter) {
        json.openObject()
        json.member("name", pods.roleName(of: number, in: view))
        json.member("image", "process")
        let command = pods.command(of: number, in: view)
        if !command.isEmpty {
            json.key("command")
            json.raw(command)
        }
        let demand = view.shape.roles[view.role(ofRank: number)].demand
        json.key("resources")
        json.openObject()
        json.key("requests")
        json.openObject()
        json.member("cpu", Quantity(milli: demand.cpuMilli).description)
        if demand.memoryBytes > 0 {
            json.member("memory", Quantity(whole: demand.memoryBytes)?.description ?? "0")
        }
        if demand.gpuMilli > 0 {
            json.member("gpus", Quantity(milli: demand.gpuMilli).description)
        }
        json.closeObject()
        json.closeObject()
        json.closeObject()
    }

    static func podPhase(of rank: Rank) -> String {
        switch rank.state {
        case .placed: "Pending"
        case .running: "Running"
        case .ended: rank.end?.isSuccess ?? false ? "Succeeded" : "Failed"
        }
    }

    /// A rank is ready while it runs; it is scheduled from the first, for it exists by that.
    private func writePodConditions(_ rank: Rank, into json: inout JSONWriter) {
        let isReady = rank.state == .running
        let moment = rank.endedAt ?? rank.startedAt
        json.key("conditions")
        json.openArray()
        for type in ["PodScheduled", "Initialized", "ContainersReady", "Ready"] {
            let isAlways = type == "PodScheduled" || type == "Initialized"
            json.openObject()
            json.member("type", type)
            json.member("status", isAlways || isReady ? "True" : "False")
            if !isAlways, !isReady {
                json.member("reason", rank.state.isEnded ? "PodCompleted" : "Starting")
            }
            if let moment { json.member("lastTransitionTime", Self.text(moment)) }
            json.closeObject()
        }
        json.closeArray()
    }

    private func writePodStatus(_ rank: Rank, _ role: String, into json: inout JSONWriter) {
        json.openObject()
        json.member("phase", Self.podPhase(of: rank))
        if let end = rank.end, !end.isSuccess { json.member("message", Self.text(of: end)) }
        if let start = rank.startedAt { json.member("startTime", Self.text(start)) }
        writePodConditions(rank, into: &json)
        json.key("containerStatuses")
        json.openArray()
        json.openObject()
        json.member("name", role)
        json.member("image", "process")
        json.member("imageID", "")
        json.member("ready", rank.state == .running)
        json.member("restartCount", 0)
        json.key("state")
        json.openObject()
        if let end = rank.end {
            json.key("terminated")
            json.openObject()
            json.member("exitCode", end.how == .exited ? end.code : 128 &+ end.code)
            if end.how == .signalled { json.member("signal", end.code) }
            json.member("reason", end.isSuccess ? "Completed" : "Error")
            if let start = rank.startedAt { json.member("startedAt", Self.text(start)) }
            if let stop = rank.endedAt { json.member("finishedAt", Self.text(stop)) }
            json.closeObject()
        } else if rank.state == .running {
            json.key("running")
            json.openObject()
            if let start = rank.startedAt { json.member("startedAt", Self.text(start)) }
            json.closeObject()
        } else {
            json.key("waiting")
            json.openObject()
            json.member("reason", "Starting")
            json.closeObject()
        }
        json.closeObject()
        json.closeObject()
        json.closeArray()
        json.closeObject()
    }
}
