import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: a trial is answered as the command would be, and nothing remembers it.
/// Method: random commands by seed, each first tried on a copy; and the cases that are special.
@Suite struct TrialTests {
    @Test(arguments: UInt64(0)..<30)
    func `a trial says what the command is answered and leaves no trace`(seed: UInt64) {
        var cluster = Cluster()
        var dice = Dice(seed: seed)
        cluster.feed(.create(ObjectName(.namespace, name: "team")))
        cluster.addNode("a", cpus: 4)
        for _ in 0..<150 {
            let command = dice.command(in: cluster)
            expectNoTrace(of: command, in: cluster, "seed \(seed): \(command)")
            cluster.feed(command)
            if dice.hits(1, outOf: 6) { cluster.pass(seconds: Int64(dice.below(20))) }
        }
        #expect(cluster.records.count > 50)
        cluster.expectReplay()
    }

    /// The cluster has nothing left to do at this moment, so all that a step does is the command's.
    private func expectNoTrace(of command: Command, in cluster: Cluster, _ note: Comment) {
        let before = cluster.kernel.snapshot()
        var tried = cluster.kernel
        let trial = tried.step([.trial(command)], at: cluster.now)
        #expect(trial.records.isEmpty, note)
        #expect(trial.effects.isEmpty, note)
        #expect(trial.changes.isEmpty, note)
        #expect(trial.encoded.count == 0, note)
        #expect(tried.snapshot() == before, note)
        #expect(tried.sequence == cluster.kernel.sequence, note)
        var real = cluster.kernel
        let outcome = real.step([command], at: cluster.now)
        #expect(trial.replies.map(\.gist) == outcome.replies.map(\.gist), note)
        // Whoever was tried goes on like its twin that was not, also in what no snapshot holds.
        var untried = cluster.kernel
        for seconds in [Int64(10), 16, 200] {
            let now = cluster.now.after(Duration64(seconds: seconds))
            let expected = untried.step([], at: now)
            let found = tried.step([], at: now)
            #expect(found.encoded.bytes == expected.encoded.bytes, note)
        }
    }

    @Test func `a trial between commands sees what those before it did, and hides nothing`() {
        var cluster = Cluster()
        let name = ObjectName(.queue, name: "new")
        cluster.feed(
            .trial(.create(name)), .create(name), .trial(.create(name)),
            .trial(.delete(name, Precondition())), .create(name))
        #expect(
            cluster.outcome.replies.map { $0.gist.prefix(4) } == [
                "done", "done", "refu", "done", "refu",
            ])
        #expect(cluster.kernel.uid(of: name) != nil)
        cluster.expectReplay()
    }

    @Test func `a trial of a trial is a trial`() {
        var cluster = Cluster()
        let name = ObjectName(.lease, namespace: "default", name: "new")
        cluster.feed(.trial(.trial(.create(name))), .trial(.create(name)))
        #expect(cluster.records.count == 2)
        #expect(cluster.kernel.uid(of: name) == nil)
        cluster.feed(.create(name))
        #expect(cluster.kernel.uid(of: name) != nil)
    }

    @Test func `a node that only tried to register is not there`() {
        var cluster = Cluster()
        let report = NodeReport(
            name: "a", bootID: "1", cpuMilli: 1000, memoryBytes: 1 << 30, gpus: 1, gpuModel: "H100")
        let next = cluster.kernel.nextUID
        cluster.feed(.trial(.register(report)))
        #expect(cluster.outcome.replies.map(\.gist) == ["done \(next)"])
        #expect(cluster.kernel.uid(of: ObjectName(.node, name: "a")) == nil)
    }

    @Test func `a heartbeat that was only tried keeps no node ready`() {
        var cluster = Cluster()
        cluster.addNode("a")
        cluster.now = cluster.now.after(Duration64(seconds: 10))
        cluster.feed(.trial(.heartbeat(node: "a")))
        cluster.pass(seconds: 6)
        let uid = cluster.kernel.uid(of: ObjectName(.node, name: "a")) ?? 0
        #expect(cluster.kernel.node(uid)?.node.isReady == false)
    }

    @Test func `a trial tells whether a job would go at once or later`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 1)
        let running = cluster.submit(.gang("running"))
        _ = cluster.submit(.gang("waiting"))
        _ = cluster.submit(.held("held"))
        cluster.tell(running, .started)
        for (name, word) in [("running", "accepted"), ("waiting", "done"), ("held", "accepted")] {
            cluster.feed(.trial(.delete(.job(name), Precondition())))
            #expect(cluster.outcome.replies.first?.gist.hasPrefix(word) == true, "\(name)")
        }
        #expect(cluster.phase(running) == .running)
    }
}

extension Reply {
    /// What a reply says, without the version, which a trial cannot know.
    var gist: String {
        switch self {
        case .done(let uid, _): "done \(uid)"
        case .existing(let uid, _): "existing \(uid)"
        case .accepted(let uid, _): "accepted \(uid)"
        case .refused(let refusal): "refused \(refusal.reason) \(refusal.finding)"
        }
    }
}

extension Dice {
    /// A command that may or may not make sense just now.
    fileprivate mutating func command(in cluster: Cluster) -> Command {
        let job = ObjectName(.job, namespace: space(), name: "job-\(below(8))")
        let condition = condition()
        switch below(16) {
        case 0..<3: return .submit(order(job))
        case 3: return .create(object(), isHeld: hits(1, outOf: 3))
        case 4: return .delete(object(), condition)
        case 5: return .delete(job, condition)
        case 6: return .cancel(job, condition)
        case 7:
            let attempt = UInt32(1 + below(2))
            return .evict(job, attempt: attempt, rank: UInt32(below(3)))
        case 8:
            return .taint(name: node(), hits(1, outOf: 2), evicting: hits(1, outOf: 2))
        case 9: return .cordon(name: node(), hits(1, outOf: 3), condition)
        case 10: return .heartbeat(node: node())
        case 11:
            return .register(
                NodeReport(
                    name: node(), bootID: "\(1 + below(2))", cpuMilli: 4000, memoryBytes: 64 << 30,
                    gpus: UInt8(below(2)), gpuModel: "M\(below(3))"))
        case 12:
            return .revise(
                object(), condition, specChanged: hits(1, outOf: 2), terms: nil,
                isHeld: hits(1, outOf: 2))
        case 13:
            let terms = JobTerms(
                priority: Int32(below(9)), timeLimit: .zero, gracePeriod: .zero)
            return .revise(
                job, condition, specChanged: true, terms: terms, isHeld: hits(1, outOf: 2),
                relabels: hits(1, outOf: 2))
        default: return news(of: cluster.kernel.uid(of: job) ?? 0, in: cluster)
        }
    }

    private mutating func space() -> String { hits(1, outOf: 3) ? "team" : "default" }
    private mutating func node() -> String { ["a", "b", "c"][below(3)] }

    private mutating func condition() -> Precondition {
        guard hits(1, outOf: 6) else { return Precondition() }
        return hits(1, outOf: 2)
            ? Precondition(revision: UInt32(below(2))) : Precondition(uid: UInt64(below(20)))
    }

    private mutating func object() -> ObjectName {
        let kinds: [Kind] = [.namespace, .queue, .lease, .configMap, .secret, .nodePool, .node]
        let kind = kinds[below(kinds.count)]
        if kind == .node { return ObjectName(.node, name: node()) }
        let name = kind == .namespace ? "team" : "object-\(below(3))"
        return ObjectName(kind, namespace: kind.isNamespaced ? space() : "", name: name)
    }

    private mutating func order(_ name: ObjectName) -> JobOrder {
        JobOrder.gang(name.name, ranks: UInt32(1 + below(3)), cpus: Int64(below(3))).with {
            $0.namespace = name.namespace
            $0.isHeld = hits(1, outOf: 3)
            $0.retryLimit = UInt32(below(2))
            $0.allowUnplaceable = hits(1, outOf: 2)
            $0.queue = hits(1, outOf: 4) ? "object-\(below(3))" : "default"
            $0.idempotencyKey = hits(1, outOf: 4) ? "key-\(below(3))" : ""
        }
    }

    private mutating func news(of uid: UInt64, in cluster: Cluster) -> Command {
        guard let job = cluster.kernel.job(uid), !job.ranks.isEmpty else { return .tick }
        let number = below(job.ranks.count)
        let node = job.ranks[number].node
        let stories: [RankReport.News] = [.started, .succeeded, .failed, .killed]
        return .report(
            RankReport(
                node: cluster.kernel.object(node)?.name ?? "",
                bootID: cluster.kernel.node(node)?.node.bootID ?? "", job: uid,
                attempt: job.attempt, rank: UInt32(number), news: stories[below(4)],
                at: cluster.now))
    }
}
