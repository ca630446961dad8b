import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: what carries finalizers is marked, not removed, and goes with the last of them.
/// Method: each kind, in each state in which its deletion may find it.
@Suite struct FinalizerTests {
    /// Kinds that the kernel knows by name only.
    static let plainKinds = Kind.allCases.filter { $0 != .job && $0 != .node }

    @Test(arguments: plainKinds, [false, true])
    func `an object that is held is marked and goes when it is released`(kind: Kind, twice: Bool) {
        var cluster = Cluster()
        let name = ObjectName(kind, namespace: kind.isNamespaced ? "default" : "", name: "kept")
        cluster.feed(.create(name, isHeld: true))
        let uid = cluster.kernel.uid(of: name) ?? 0
        #expect(cluster.kernel.object(uid)?.isHeld == true)
        cluster.feed(.delete(name, Precondition()))
        #expect(cluster.isAccepted)
        let marked = cluster.kernel.object(uid)?.deletedAt
        #expect(marked == cluster.now)
        if twice {
            cluster.pass(seconds: 5)
            let before = cluster.kernel.sequence
            cluster.feed(.delete(name, Precondition()))
            #expect(cluster.isAccepted)
            #expect(cluster.kernel.sequence == before)
            #expect(cluster.kernel.object(uid)?.deletedAt == marked)
        }
        cluster.release(name)
        #expect(cluster.refusal == nil)
        #expect(cluster.kernel.object(uid) == nil)
        cluster.expectReplay()
    }

    @Test(arguments: plainKinds)
    func `releasing what nobody deleted keeps it, holding and releasing is a revision`(kind: Kind) {
        var cluster = Cluster()
        let name = ObjectName(kind, namespace: kind.isNamespaced ? "default" : "", name: "free")
        cluster.feed(.create(name))
        let uid = cluster.kernel.uid(of: name) ?? 0
        cluster.hold(name)
        #expect(cluster.kernel.object(uid)?.isHeld == true)
        #expect(cluster.kernel.object(uid)?.version == cluster.kernel.sequence)
        cluster.release(name)
        #expect(cluster.kernel.object(uid)?.isHeld == false)
        #expect(cluster.kernel.object(uid)?.revision == 2)
        cluster.feed(.delete(name, Precondition()))
        #expect(cluster.kernel.object(uid) == nil)
    }

    @Test func `a held job that waits ends at once when deleted, and stays until released`() {
        var cluster = Cluster()
        let uid = cluster.submit(.held("kept").with { $0.allowUnplaceable = true })
        cluster.feed(.delete(.job("kept"), Precondition()))
        #expect(cluster.isAccepted)
        #expect(cluster.phase(uid) == .cancelled)
        #expect(cluster.kernel.job(uid)?.isDeleting == true)
        #expect(cluster.kernel.pendingCount == 0)
        cluster.addNode("a")
        #expect(cluster.phase(uid) == .cancelled)
        cluster.release(.job("kept"))
        #expect(cluster.kernel.job(uid) == nil)
        cluster.expectReplay()
    }

    @Test func `a held job that runs is stopped when deleted, ends and stays until released`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.held("kept", ranks: 2).with { $0.retryLimit = 3 })
        cluster.tell(uid, .started)
        cluster.feed(.delete(.job("kept"), Precondition()))
        #expect(cluster.phase(uid) == .stopping)
        cluster.tell(uid, .killed)
        #expect(cluster.phase(uid) == .cancelled)
        #expect(cluster.cause(uid) == .deleted)
        #expect(!cluster.hasForgotten(uid))
        cluster.release(.job("kept"))
        #expect(cluster.kernel.job(uid) == nil)
        #expect(cluster.hasForgotten(uid))
        cluster.expectReplay()
    }

    @Test func `a job that is released while its ranks still end goes with the last of them`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.held("kept", ranks: 2))
        cluster.tell(uid, .started)
        cluster.feed(.delete(.job("kept"), Precondition()))
        cluster.release(.job("kept"))
        #expect(cluster.isAccepted)
        #expect(cluster.phase(uid) == .stopping)
        cluster.tell(uid, .killed)
        #expect(cluster.kernel.job(uid) == nil)
        cluster.expectReplay()
    }

    @Test func `a held job that has ended stays through deletion and is removed once`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.held("kept"))
        cluster.tell(uid, .succeeded)
        #expect(cluster.phase(uid) == .succeeded)
        cluster.feed(.delete(.job("kept"), Precondition()))
        #expect(cluster.isAccepted)
        #expect(cluster.phase(uid) == .succeeded)
        cluster.release(.job("kept"))
        #expect(cluster.kernel.job(uid) == nil)
        #expect(cluster.records.count { $0 == .removed(uid: uid) } == 1)
    }

    @Test func `the retirement of old jobs waits for their finalizers, and for no others`() {
        var limits = Limits()
        limits.finishedJobs = 1
        var cluster = Cluster(limits: limits)
        cluster.addNode("a")
        let uids = (0..<4).map { number in
            let uid = cluster.submit(
                number == 0 ? .held("job-0") : .gang("job-\(number)"))
            cluster.tell(uid, .succeeded)
            return uid
        }
        cluster.pass(seconds: 1)
        #expect(uids.map { cluster.kernel.job($0) != nil } == [true, false, false, true])
        #expect(cluster.kernel.job(uids[0])?.isDeleting == true)
        cluster.release(.job("job-0"))
        #expect(cluster.kernel.job(uids[0]) == nil)
        cluster.expectReplay()
    }

    @Test func `a node that runs ranks keeps its finalizer until it may go`() {
        var cluster = Cluster()
        let name = ObjectName(.node, name: "a")
        cluster.addNode("a")
        cluster.hold(name)
        let uid = cluster.submit(.gang("here"))
        cluster.tell(uid, .started)
        cluster.feed(.delete(name, Precondition()))
        #expect(cluster.isAccepted)
        let before = cluster.kernel.snapshot()
        cluster.release(name)
        #expect(cluster.refusal?.reason == .conflict)
        #expect(cluster.kernel.snapshot() == before)
        cluster.tell(uid, .succeeded)
        cluster.release(name)
        #expect(cluster.refusal == nil)
        #expect(cluster.kernel.uid(of: name) == nil)
        cluster.expectReplay()
    }

    @Test func `a silent node that is released takes its ranks with it`() {
        var cluster = Cluster()
        let name = ObjectName(.node, name: "a")
        cluster.addNode("a")
        cluster.hold(name)
        let uid = cluster.submit(.gang("here"))
        cluster.tell(uid, .started)
        cluster.feed(.delete(name, Precondition()))
        cluster.pass(seconds: 20)
        cluster.release(name)
        #expect(cluster.kernel.uid(of: name) == nil)
        #expect(cluster.phase(uid) == .failed)
        #expect(cluster.cause(uid) == .rankLost)
        cluster.addNode("a")
        #expect(cluster.kernel.uid(of: name) != nil)
        cluster.expectReplay()
    }

    @Test func `a queue that waits for its finalizers takes no jobs, so that it can go`() {
        var cluster = Cluster()
        let name = ObjectName(.queue, name: "old")
        cluster.feed(.create(name, isHeld: true))
        cluster.feed(.delete(name, Precondition()))
        cluster.feed(
            .submit(
                .gang("late").with {
                    $0.queue = "old"
                    $0.allowUnplaceable = true
                }))
        #expect(cluster.refusal?.reason == .conflict)
        cluster.release(name)
        #expect(cluster.kernel.uid(of: name) == nil)
    }

    @Test func `a queue with jobs is neither removed nor marked`() {
        var cluster = Cluster()
        _ = cluster.submit(.gang("here").with { $0.allowUnplaceable = true })
        let name = ObjectName(.queue, name: "default")
        for isHeld in [false, true] {
            if isHeld { cluster.hold(name) }
            cluster.feed(.delete(name, Precondition()))
            #expect(cluster.refusal?.reason == .conflict)
            let uid = cluster.kernel.uid(of: name) ?? 0
            #expect(cluster.kernel.object(uid)?.deletedAt == nil)
        }
    }

    @Test func `a revision that names another revision is refused, status does not count`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("shared"))
        cluster.tell(uid, .started)
        let change = Command.revise(
            .job("shared"), Precondition(revision: 0), specChanged: false, terms: nil)
        cluster.feed(change)
        #expect(cluster.refusal == nil)
        cluster.feed(change)
        #expect(cluster.refusal?.reason == .conflict)
        #expect(cluster.kernel.object(uid)?.revision == 1)
        #expect(cluster.kernel.object(uid)?.generation == 1)
    }

    @Test func `other labels change each pod that is shown, in a record of its own`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("shown", ranks: 3))
        cluster.tell(uid, .started)
        cluster.tell(uid, .succeeded, ranks: [1])
        cluster.feed(.evict(.job("shown"), attempt: 1, rank: 1))
        cluster.feed(
            .revise(.job("shown"), Precondition(), specChanged: false, terms: nil, relabels: true))
        let changed = cluster.outcome.changes.filter {
            if case .rank = $0.subject { true } else { false }
        }
        #expect(changed.map(\.subject) == [0, 2].map { .rank(job: uid, rank: $0) })
        #expect(changed[0].version < changed[1].version)
        for change in changed {
            guard case .rank(_, let rank) = change.subject else { continue }
            #expect(cluster.kernel.job(uid)?.ranks[Int(rank)].version == change.version)
        }
        cluster.expectReplay()
    }
}
