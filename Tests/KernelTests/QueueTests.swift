import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: jobs wait for good reasons only. Method: clusters that are full, empty or unsuited.
@Suite struct QueueTests {
    @Test func `the higher priority starts first, the older among equals`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 1)
        let first = cluster.submit(.gang("first"))
        let second = cluster.submit(.gang("second"))
        let third = cluster.submit(.gang("third"))
        let urgent = cluster.submit(.gang("urgent").with { $0.terms.priority = 900 })
        var order: [UInt64] = []
        for _ in 0..<4 {
            for uid in [first, second, third, urgent] where cluster.phase(uid) == .starting {
                order.append(uid)
                cluster.tell(uid, .succeeded)
                break
            }
        }
        #expect(order == [first, urgent, second, third])
    }

    @Test func `a changed priority counts from then on`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 1)
        let first = cluster.submit(.gang("first"))
        _ = cluster.submit(.gang("second"))
        let third = cluster.submit(.gang("third"))
        cluster.feed(
            .revise(
                .job("third"), Precondition(), specChanged: true,
                terms: JobTerms(priority: 200, timeLimit: .zero, gracePeriod: .zero)))
        cluster.tell(first, .succeeded)
        #expect(cluster.phase(third) == .starting)
    }

    @Test func `a job that can never fit holds nobody up, also not the next job in its row`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 4)
        _ = cluster.submit(.gang("huge", cpus: 100).with { $0.allowUnplaceable = true })
        cluster.feed(.delete(.job("huge"), Precondition()))
        // The new shape takes the row of the one that slept; nothing will ever be freed here.
        let small = cluster.submit(.gang("small", cpus: 2))
        #expect(cluster.phase(small) == .starting)
    }

    @Test func `what can never run is refused, and leaves no trace`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 4, gpus: 1, model: "H100")
        let before = cluster.kernel.sequence
        for order in [
            JobOrder.gang("cpus", cpus: 5), .gang("gpus", gpus: 2), .gang("ranks", ranks: 5),
            .gang("model", gpus: 1, models: ["B300"]),
        ] {
            cluster.feed(.submit(order))
            #expect(cluster.refusal?.reason == .invalid)
        }
        #expect(cluster.kernel.sequence == before)
    }

    @Test func `jobs cannot use up the model names that nodes will need`() {
        var cluster = Cluster()
        for number in 0..<80 {
            cluster.feed(
                .submit(
                    .gang("job-\(number)", gpus: 1, models: ["M\(number)"]).with {
                        $0.allowUnplaceable = true
                    }))
        }
        cluster.addNode("a", gpus: 1, model: "H100")
        #expect(cluster.refusal == nil)
    }

    @Test func `a device whose model nobody named is no device of another model`() {
        var cluster = Cluster()
        cluster.addNode("a", gpus: 1, model: "H100")
        cluster.addNode("b", gpus: 1)
        let first = cluster.submit(.gang("first", gpus: 1, models: ["H100"]))
        let second = cluster.submit(.gang("second", gpus: 1, models: ["H100"]))
        let third = cluster.submit(.gang("third", gpus: 1))
        #expect(cluster.phase(first) == .starting)
        #expect(cluster.phase(second) == .pending)
        #expect(cluster.phase(third) == .starting)
    }

    @Test func `shares of one device add up to one device at most`() {
        var cluster = Cluster()
        cluster.addNode("a", gpus: 1, model: "H100")
        let jobs = (0..<5).map { number in
            cluster.submit(
                JobOrder.gang("share-\(number)").with { $0.roles[0].gpuMilli = 250 })
        }
        #expect(jobs.map { cluster.phase($0) == .starting } == [true, true, true, true, false])
    }

    @Test func `the same key gives the same job, another body under it is refused`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let order = JobOrder.gang("once").with {
            $0.idempotencyKey = "k"
            $0.bodyDigest = 7
        }
        let uid = cluster.submit(order)
        let before = cluster.kernel.sequence
        cluster.feed(.submit(order))
        guard case .existing(uid, _)? = cluster.outcome.replies.first else {
            Issue.record("\(cluster.outcome.replies)")
            return
        }
        cluster.feed(.submit(order.with { $0.bodyDigest = 8 }))
        #expect(cluster.refusal?.reason == .invalid)
        #expect(cluster.kernel.sequence == before)
    }

    @Test func `of two changes to one version the second is refused`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 1)
        let uid = cluster.submit(.gang("shared"))
        let version = cluster.kernel.object(uid)?.version
        let change = Command.revise(
            .job("shared"), Precondition(version: version), specChanged: false, terms: nil)
        cluster.feed(change, change)
        guard case .done? = cluster.outcome.replies.first,
            case .refused(let refusal)? = cluster.outcome.replies.last
        else {
            Issue.record("\(cluster.outcome.replies)")
            return
        }
        #expect(refusal.reason == .conflict)
    }
}
