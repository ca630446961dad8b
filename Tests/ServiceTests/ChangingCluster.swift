import Kernel
import Primitives
import Scheduling
import Wire

@testable import Control
@testable import Service

/// A kernel and its catalog, driven at random as the core would, without disk or threads.
struct ChangingCluster {
    let catalog = Catalog(bodies: BodyCache(nil))
    let objects: ObjectJSON
    private(set) var kernel = Kernel()
    private var dice: Dice
    private var now = Tick(1_700_000_000_000)
    private var count = 0
    private var nodes: [String] = []

    init(seed: UInt64) {
        dice = Dice(seed: seed)
        objects = ObjectJSON(catalog: catalog)
        feed([
            (.create(ObjectName(.namespace, name: "default")), draft("default")),
            (.create(ObjectName(.namespace, name: "other")), draft("other")),
            (.create(ObjectName(.queue, name: "default")), draft("default")),
        ])
        for number in 0..<3 { register("n\(number)") }
    }

    /// One random batch.
    mutating func change() {
        now = now.after(Duration64(seconds: Int64(dice.below(20))))
        var batch: [(Command, DocumentDraft?)] = []
        for _ in 0...dice.below(4) { batch.append(contentsOf: someCommand()) }
        feed(batch)
    }

    private mutating func someCommand() -> [(Command, DocumentDraft?)] {
        let jobs = catalog.list(.jobs, namespace: nil).items.compactMap { item -> JobView? in
            if case .job(let view) = item { view } else { nil }
        }
        guard !jobs.isEmpty, dice.below(4) > 0 else { return [submission()] }
        let view = jobs[dice.below(jobs.count)]
        let name = ObjectName(.job, namespace: view.namespace, name: view.name)
        switch dice.below(10) {
        case 0: return [(.cancel(name, Precondition()), nil)]
        case 1: return [(.delete(name, Precondition()), nil)]
        case 2, 3, 4:
            let changesBody = dice.below(2) == 0
            let text = draft(
                view.name, labels: someLabels(),
                body: changesBody
                    ? body(marked: dice.next()) : catalog.body(of: view).stored)
            return [
                (
                    .revise(
                        name, Precondition(), specChanged: changesBody, terms: nil, relabels: true),
                    text
                )
            ]
        case 5:
            let node = nodes[dice.below(nodes.count)]
            return [(.cordon(name: node, dice.below(2) == 0, Precondition()), nil)]
        default: return reports(of: view)
        }
    }

    /// The news of every rank of a gang: started, or ended well or badly.
    private mutating func reports(of view: JobView) -> [(Command, DocumentDraft?)] {
        var found: [(Command, DocumentDraft?)] = []
        for (number, rank) in view.job.ranks.enumerated() where !rank.state.isEnded {
            let news: RankReport.News =
                switch (rank.state, dice.below(4)) {
                case (.placed, _): .started
                case (_, 0): .ended(RankEnd(.exited, code: 1))
                default: .ended(RankEnd(.exited))
                }
            found.append(
                (
                    .report(
                        RankReport(
                            node: view.nodeNames[number], bootID: "1", job: view.uid,
                            attempt: view.job.attempt, rank: UInt32(number), news: news, at: now)),
                    nil
                ))
        }
        return found
    }

    private mutating func submission() -> (Command, DocumentDraft?) {
        count += 1
        let role = JobOrder.Role(
            ranks: UInt32(1 + dice.below(3)), cpuMilli: 1000, memoryBytes: 0, gpuMilli: 0,
            models: [])
        let order = JobOrder(
            namespace: dice.below(4) == 0 ? "other" : "default", name: "job-\(count)",
            queue: "default", roles: [role],
            terms: JobTerms(priority: 100, timeLimit: .zero, gracePeriod: .zero), retryLimit: 2,
            backoff: Duration64(seconds: 1))
        return (
            .submit(order),
            draft(order.name, labels: someLabels(), body: body(marked: dice.next()))
        )
    }

    private mutating func someLabels() -> StringMap {
        var labels: StringMap = [:]
        for key in ["team", "tier"] {
            let choice = dice.below(4)
            if choice < 3 { labels[key] = ["a", "b", ""][choice] }
        }
        return labels
    }

    private func body(marked mark: UInt64) -> [UInt8] {
        Array(#"{"roles":[{"name":"w","command":["a"]}],"mark":"\#(mark)"}"#.utf8)
    }

    private func draft(
        _ name: String, labels: StringMap = [:], body: [UInt8] = Array("{}".utf8)
    ) -> DocumentDraft {
        var head = JSONWriter()
        head.openObject()
        head.member("name", name)
        head.key("labels")
        head.raw(WireEncoder.encode(labels))
        head.closeObject()
        return DocumentDraft(head: head.bytes, body: body, labels: labels, user: "")
    }

    private mutating func register(_ name: String) {
        nodes.append(name)
        let report = NodeReport(
            name: name, bootID: "1", cpuMilli: 4000, memoryBytes: 1 << 30, gpus: 0, gpuModel: "")
        feed([(.register(report), draft(name))])
    }

    /// The core's duties, but for the disk.
    private mutating func feed(_ batch: [(Command, DocumentDraft?)]) {
        let outcome = kernel.step(batch.map(\.0), at: now)
        var texts: [UInt64: DocumentText] = [:]
        var bodies: [UInt64: [UInt8]] = [:]
        for ((_, draft), reply) in zip(batch, outcome.replies) {
            guard let draft, case .done(let uid, _) = reply else { continue }
            let isJob = kernel.job(uid) != nil
            texts[uid] = DocumentText(
                head: draft.head, residentBody: isJob ? nil : draft.body,
                pin: isJob ? catalog.pin(forBody: draft.body, of: uid) : .unused,
                labels: draft.labels, user: "")
            if isJob { bodies[uid] = draft.body }
        }
        for change in outcome.changes {
            if case .removed(.job, let uid) = change.subject { catalog.retireBody(of: uid) }
        }
        for (uid, body) in bodies { catalog.bodies.keep(uid, body) }
        let notes = outcome.records.enumerated().compactMap { offset, record in
            EventNote.of(record, in: kernel, at: now).map {
                EventView(version: outcome.firstSequence + UInt64(offset), note: $0)
            }
        }
        catalog.publish(outcome, of: kernel, texts: texts, events: notes)
    }
}
