import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: ranks leave their node on demand, and their gang pays nothing for it.
/// Method: evictions and taints in each phase of a gang.
@Suite struct EvictionTests {
    private func evict(_ name: String, attempt: UInt32 = 1, rank: UInt32 = 0) -> Command {
        .evict(.job(name), attempt: attempt, rank: rank)
    }

    @Test func `the whole gang leaves and starts anew, without costing a retry`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("moved", ranks: 3))
        for attempt in UInt32(1)...5 {
            cluster.tell(uid, .started)
            #expect(cluster.phase(uid) == .running)
            cluster.feed(evict("moved", attempt: attempt, rank: 1))
            #expect(cluster.isAccepted)
            #expect(cluster.phase(uid) == .stopping)
            #expect(cluster.cause(uid) == .evicted)
            cluster.tell(uid, .killed)
            #expect(cluster.kernel.job(uid)?.attempt == attempt + 1)
            #expect(cluster.kernel.job(uid)?.evictions == attempt)
        }
        cluster.expectReplay()
        // No retry was allowed, and none was used up: the first failure is the last.
        cluster.tell(uid, .failed)
        #expect(cluster.phase(uid) == .failed)
    }

    @Test func `retries and their pauses count failures, not evictions`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(
            .gang("again").with {
                $0.retryLimit = 1
                $0.backoff = Duration64(seconds: 4)
            })
        for attempt in UInt32(1)...3 {
            cluster.feed(evict("again", attempt: attempt))
            cluster.tell(uid, .killed)
        }
        cluster.tell(uid, .failed)
        #expect(cluster.cause(uid) == .backingOff)
        cluster.pass(seconds: 4)
        #expect(cluster.phase(uid) == .starting)
        cluster.tell(uid, .failed)
        #expect(cluster.phase(uid) == .failed)
        #expect(cluster.kernel.job(uid)?.attempt == 5)
    }

    @Test func `an evicted gang waits in its old place`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 1)
        let first = cluster.submit(.gang("first"))
        let second = cluster.submit(.gang("second"))
        cluster.tell(first, .started)
        cluster.feed(evict("first"))
        cluster.tell(first, .killed)
        #expect(cluster.phase(first) == .starting)
        #expect(cluster.phase(second) == .pending)
    }

    @Test func `a rank that has ended is only taken from sight`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("pair", ranks: 2))
        cluster.tell(uid, .started)
        cluster.tell(uid, .succeeded, ranks: [0])
        cluster.feed(evict("pair"))
        #expect(cluster.phase(uid) == .running)
        #expect(cluster.kernel.job(uid)?.ranks.map(\.isHidden) == [true, false])
        let gone = cluster.outcome.changes.filter { $0.subject == .rankRemoved(job: uid, rank: 0) }
        #expect(gone.count == 1)
        cluster.feed(evict("pair"))
        #expect(cluster.refusal?.reason == .notFound)
        cluster.tell(uid, .succeeded, ranks: [1])
        #expect(cluster.phase(uid) == .succeeded)
        cluster.expectReplay()
        // What was told as gone is not told again when the books are closed.
        cluster.feed(.delete(.job("pair"), Precondition()))
        let closing = cluster.outcome.changes.map(\.subject)
        #expect(closing.contains(.rankRemoved(job: uid, rank: 1)))
        #expect(!closing.contains(.rankRemoved(job: uid, rank: 0)))
    }

    @Test func `ranks of another attempt, of none or beyond the gang are not there`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 2)
        _ = cluster.submit(.gang("here", cpus: 2))
        _ = cluster.submit(.gang("waiting", cpus: 2))
        let before = cluster.kernel.snapshot()
        for command in [
            evict("here", attempt: 0), evict("here", attempt: 2), evict("here", rank: 1),
            evict("here", rank: .max), evict("waiting", attempt: 0), evict("nobody"),
        ] {
            cluster.feed(command)
            #expect(cluster.refusal?.reason == .notFound)
        }
        #expect(cluster.kernel.snapshot() == before)
    }

    @Test func `evicting twice is evicting once`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("moved", ranks: 2))
        cluster.tell(uid, .started)
        cluster.feed(evict("moved"))
        let before = cluster.kernel.sequence
        cluster.feed(evict("moved", rank: 1))
        #expect(cluster.isAccepted)
        #expect(cluster.kernel.sequence == before)
        cluster.tell(uid, .killed)
        #expect(cluster.kernel.job(uid)?.evictions == 1)
    }

    @Test(arguments: [false, true])
    func `a person's wish overrides an eviction under way`(deletes: Bool) {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("moved"))
        cluster.tell(uid, .started)
        cluster.feed(evict("moved"))
        cluster.feed(
            deletes
                ? .delete(.job("moved"), Precondition()) : .cancel(.job("moved"), Precondition()))
        cluster.tell(uid, .killed)
        #expect(cluster.phase(uid) == (deletes ? nil : .cancelled))
        cluster.expectReplay()
    }

    @Test func `an eviction does not save a job that is on its way out`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("going", ranks: 2))
        cluster.tell(uid, .started)
        cluster.feed(.cancel(.job("going"), Precondition()))
        cluster.feed(evict("going"))
        cluster.tell(uid, .killed)
        #expect(cluster.phase(uid) == .cancelled)
        #expect(cluster.kernel.job(uid)?.evictions == 0)
    }

    @Test func `a tainted node keeps its work and gets no more`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let first = cluster.submit(.gang("first"))
        cluster.feed(.taint(name: "a", true, evicting: false))
        let second = cluster.submit(.gang("second"))
        #expect(cluster.phase(first) == .starting)
        #expect(cluster.phase(second) == .pending)
        let before = cluster.kernel.sequence
        cluster.feed(.taint(name: "a", true, evicting: false))
        #expect(cluster.kernel.sequence == before)
        // Free of taints is not free of a cordon.
        cluster.feed(.cordon(name: "a", true, Precondition()))
        cluster.feed(.taint(name: "a", false, evicting: false))
        #expect(cluster.phase(second) == .pending)
        cluster.feed(.cordon(name: "a", false, Precondition()))
        #expect(cluster.phase(second) == .starting)
        cluster.expectReplay()
    }

    @Test func `an evicting taint moves every gang of the node elsewhere, and only those`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 3)
        let wide = cluster.submit(.gang("wide", ranks: 2).with { $0.terms.priority = 500 })
        let small = cluster.submit(.gang("small"))
        cluster.addNode("b", cpus: 4)
        let other = cluster.submit(.gang("other"))
        for uid in [wide, small, other] { cluster.tell(uid, .started) }
        cluster.feed(.taint(name: "a", true, evicting: true))
        #expect(cluster.phase(wide) == .stopping)
        #expect(cluster.phase(small) == .stopping)
        #expect(cluster.phase(other) == .running)
        for uid in [wide, small] { cluster.tell(uid, .killed) }
        let home = cluster.kernel.uid(of: ObjectName(.node, name: "b"))
        for uid in [wide, small] {
            #expect(cluster.phase(uid) == .starting)
            #expect(cluster.kernel.job(uid)?.ranks.allSatisfy { $0.node == home } == true)
        }
        cluster.expectReplay()
    }

    @Test func `a taint names a node that is there`() {
        var cluster = Cluster()
        cluster.feed(.taint(name: "nowhere", true, evicting: true))
        #expect(cluster.refusal?.reason == .notFound)
    }
}
