import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: what a gang goes through is what its records say. Method: one small cluster a test.
@Suite struct LifeTests {
    @Test func `a gang starts only whole`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 4)
        let uid = cluster.submit(
            .gang("wide", ranks: 3, cpus: 2).with { $0.allowUnplaceable = true })
        #expect(cluster.phase(uid) == .pending)
        #expect(cluster.kernel.job(uid)?.ranks.isEmpty == true)
        cluster.addNode("b", cpus: 4)
        #expect(cluster.phase(uid) == .starting)
        #expect(cluster.kernel.job(uid)?.ranks.count == 3)
        cluster.tell(uid, .started, ranks: [0, 1])
        #expect(cluster.phase(uid) == .starting)
        cluster.tell(uid, .started, ranks: [2])
        #expect(cluster.phase(uid) == .running)
    }

    @Test func `a gang has succeeded when all ranks have`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("pair", ranks: 2))
        cluster.tell(uid, .started)
        cluster.tell(uid, .succeeded, ranks: [1])
        #expect(cluster.phase(uid) == .running)
        cluster.tell(uid, .succeeded, ranks: [0])
        #expect(cluster.phase(uid) == .succeeded)
        #expect(cluster.cause(uid) == .allRanksSucceeded)
    }

    @Test func `the first failure stops the rest and is the one that is named`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("trio", ranks: 3))
        cluster.tell(uid, .started)
        cluster.tell(uid, .failed, ranks: [1])
        #expect(cluster.phase(uid) == .stopping)
        let node = cluster.kernel.uid(of: ObjectName(.node, name: "a")) ?? 0
        #expect(cluster.outcome.effects == [.stop(node: node, job: uid, attempt: 1)])
        cluster.tell(uid, .killed, ranks: [0])
        #expect(cluster.phase(uid) == .stopping)
        cluster.tell(uid, .killed, ranks: [2])
        #expect(cluster.phase(uid) == .failed)
        #expect(cluster.kernel.job(uid)?.culprit?.rank == 1)
        #expect(cluster.kernel.job(uid)?.culprit?.end.code == 3)
    }

    @Test func `the success of the named role is enough`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let order = JobOrder.gang("lead", ranks: 1).with {
            $0.roles.append(JobOrder.gang("", ranks: 2).roles[0])
            $0.success = .role(0)
        }
        let uid = cluster.submit(order)
        cluster.tell(uid, .started)
        cluster.tell(uid, .succeeded, ranks: [0])
        #expect(cluster.phase(uid) == .stopping)
        cluster.tell(uid, .killed, ranks: [1, 2])
        #expect(cluster.phase(uid) == .succeeded)
        #expect(cluster.cause(uid) == .roleSucceeded)
    }

    @Test func `a failed gang is tried again after a pause that doubles`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(
            .gang("again").with {
                $0.retryLimit = 2
                $0.backoff = Duration64(seconds: 4)
            })
        for (attempt, pause) in [(1, 4), (2, 8)] {
            #expect(cluster.kernel.job(uid)?.attempt == UInt32(attempt))
            cluster.tell(uid, .started)
            cluster.tell(uid, .failed)
            #expect(cluster.phase(uid) == .pending)
            #expect(cluster.cause(uid) == .backingOff)
            cluster.pass(seconds: Int64(pause) - 1)
            #expect(cluster.phase(uid) == .pending)
            cluster.pass(seconds: 1)
            #expect(cluster.phase(uid) == .starting)
        }
        cluster.tell(uid, .failed)
        #expect(cluster.phase(uid) == .failed)
    }

    @Test func `news of an older attempt changes nothing`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("late").with { $0.retryLimit = 1 })
        cluster.tell(uid, .failed)
        #expect(cluster.kernel.job(uid)?.attempt == 2)
        let before = cluster.kernel.sequence
        cluster.feed(
            .report(
                RankReport(
                    node: "a", bootID: "1", job: uid, attempt: 1, rank: 0, news: .succeeded,
                    at: cluster.now)))
        #expect(cluster.refusal == nil)
        #expect(cluster.kernel.sequence == before)
    }

    @Test func `cancelling a waiting job ends it at once, a running one when its ranks have ended`()
    {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 2)
        let running = cluster.submit(.gang("first", cpus: 2))
        let waiting = cluster.submit(.gang("second", cpus: 2))
        cluster.feed(.cancel(.job("second"), Precondition()))
        #expect(cluster.phase(waiting) == .cancelled)
        cluster.feed(.cancel(.job("first"), Precondition()))
        #expect(cluster.phase(running) == .stopping)
        cluster.tell(running, .succeeded)
        #expect(cluster.phase(running) == .cancelled)
        cluster.feed(.cancel(.job("first"), Precondition()))
        #expect(cluster.refusal?.reason == .conflict)
    }

    @Test func `a job that is deleted while it runs goes when its ranks have ended`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("gone").with { $0.retryLimit = 5 })
        cluster.tell(uid, .started)
        cluster.feed(.delete(.job("gone"), Precondition()))
        guard case .accepted? = cluster.outcome.replies.first else {
            Issue.record("\(cluster.outcome.replies)")
            return
        }
        #expect(cluster.kernel.job(uid)?.isDeleting == true)
        cluster.tell(uid, .killed)
        #expect(cluster.kernel.job(uid) == nil)
        #expect(cluster.outcome.effects.contains { if case .forget = $0 { true } else { false } })
    }

    @Test func `a gang that does not start in time is stopped`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("slow", ranks: 2))
        cluster.tell(uid, .started, ranks: [0])
        cluster.pass(seconds: 121)
        #expect(cluster.phase(uid) == .stopping)
        #expect(cluster.cause(uid) == .startTimedOut)
    }

    @Test func `the journal alone and a snapshot give the same state`() throws {
        var cluster = Cluster()
        cluster.addNode("a", gpus: 2, model: "H100")
        let uid = cluster.submit(.gang("kept", gpus: 1).with { $0.retryLimit = 1 })
        cluster.tell(uid, .failed)
        _ = cluster.submit(.gang("other", gpus: 1))
        cluster.feed(.cancel(.job("kept"), Precondition()))
        var replayed = Kernel()
        for (tick, body) in cluster.journal { _ = try replayed.replay(body, at: tick) }
        #expect(replayed.snapshot() == cluster.kernel.snapshot())
        #expect(try Kernel(snapshot: replayed.snapshot()).snapshot() == replayed.snapshot())
        #expect(replayed.digest == cluster.kernel.digest)
    }

    @Test func `a controller that was killed does not start running gangs again`() throws {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("running", ranks: 2))
        cluster.tell(uid, .started)
        let waiting = cluster.submit(.gang("waiting", cpus: 8))
        var replayed = Kernel()
        for (tick, body) in cluster.journal { _ = try replayed.replay(body, at: tick) }
        replayed.grantGrace(at: cluster.now)
        let outcome = replayed.step([], at: cluster.now)
        #expect(outcome.records.isEmpty)
        #expect(outcome.effects.isEmpty)
        #expect(replayed.check().isEmpty)
        #expect(replayed.job(uid)?.attempt == 1)
        #expect(replayed.job(waiting)?.phase == .pending)
    }
}
