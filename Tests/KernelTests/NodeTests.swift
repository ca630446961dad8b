import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: what is known of machines decides what is known of ranks. Method: silence, boots, removal.
@Suite struct NodeTests {
    private func nodeIsReady(_ cluster: Cluster, _ name: String) -> Bool? {
        cluster.kernel.uid(of: ObjectName(.node, name: name))
            .flatMap { cluster.kernel.node($0)?.node.isReady }
    }

    @Test func `a silent node gets no new work and loses none`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("here"))
        cluster.tell(uid, .started)
        cluster.pass(seconds: 16)
        #expect(nodeIsReady(cluster, "a") == false)
        #expect(cluster.phase(uid) == .running)
        let next = cluster.submit(.gang("next"))
        #expect(cluster.phase(next) == .pending)
        cluster.feed(.heartbeat(node: "a"))
        #expect(nodeIsReady(cluster, "a") == true)
        #expect(cluster.phase(next) == .starting)
    }

    @Test func `a boot proves that the ranks from before it are dead`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("here", ranks: 2).with { $0.retryLimit = 1 })
        cluster.tell(uid, .started)
        cluster.pass(seconds: 16)
        cluster.addNode("a", boot: "2")
        #expect(cluster.kernel.job(uid)?.attempt == 2)
        #expect(cluster.phase(uid) == .starting)
        cluster.feed(
            .report(
                RankReport(
                    node: "a", bootID: "1", job: uid, attempt: 2, rank: 0, news: .succeeded,
                    at: cluster.now)))
        #expect(cluster.refusal?.reason == .conflict)
    }

    @Test func `nobody takes the name of a node that is heard and declares its ranks dead`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("here", ranks: 2).with { $0.retryLimit = 1 })
        cluster.tell(uid, .started)
        cluster.addNode("a", boot: "2")
        #expect(cluster.refusal?.reason == .conflict)
        #expect(cluster.kernel.job(uid)?.attempt == 1)
        #expect(cluster.phase(uid) == .running)
    }

    @Test func `other amounts are refused while ranks run`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 4)
        let uid = cluster.submit(.gang("here"))
        cluster.addNode("a", cpus: 2)
        #expect(cluster.refusal?.reason == .conflict)
        cluster.tell(uid, .succeeded)
        cluster.addNode("a", cpus: 2)
        #expect(cluster.refusal == nil)
    }

    @Test func `a cordoned node keeps its work and gets no more`() {
        var cluster = Cluster()
        cluster.addNode("a")
        let first = cluster.submit(.gang("first"))
        cluster.feed(.cordon(name: "a", true, Precondition()))
        let second = cluster.submit(.gang("second"))
        #expect(cluster.phase(first) == .starting)
        #expect(cluster.phase(second) == .pending)
        cluster.feed(.cordon(name: "a", false, Precondition()))
        #expect(cluster.phase(second) == .starting)
    }

    @Test func `a node that is heard cannot be removed from under its ranks, a silent one can`() {
        var cluster = Cluster()
        cluster.addNode("a")
        cluster.addNode("b")
        let uid = cluster.submit(.gang("wide", ranks: 10, cpus: 1).with { $0.retryLimit = 1 })
        cluster.tell(uid, .started)
        cluster.feed(.delete(ObjectName(.node, name: "a"), Precondition()))
        #expect(cluster.refusal?.reason == .conflict)
        cluster.pass(seconds: 10)
        cluster.feed(.heartbeat(node: "b"))
        cluster.pass(seconds: 10)
        cluster.feed(.delete(ObjectName(.node, name: "a"), Precondition()))
        #expect(cluster.refusal == nil)
        #expect(cluster.phase(uid) == .stopping)
        #expect(cluster.cause(uid) == .rankLost)
    }

    @Test func `a restart gives nodes their time to be heard and gangs their time to start`() throws
    {
        var cluster = Cluster()
        cluster.addNode("a")
        let uid = cluster.submit(.gang("under-way", ranks: 2))
        cluster.tell(uid, .started, ranks: [0])
        cluster.kernel = try Kernel(snapshot: cluster.kernel.snapshot())
        cluster.now = cluster.now.after(Duration64(seconds: 600))
        cluster.kernel.grantGrace(at: cluster.now)
        cluster.feed(.tick)
        #expect(nodeIsReady(cluster, "a") == true)
        #expect(cluster.phase(uid) == .starting)
        cluster.tell(uid, .started, ranks: [1])
        #expect(cluster.phase(uid) == .running)
        cluster.pass(seconds: 16)
        #expect(nodeIsReady(cluster, "a") == false)
    }

    @Test func `neither nodes nor jobs come into being by their names alone`() {
        var cluster = Cluster()
        let before = cluster.kernel.sequence
        for name in [ObjectName(.node, name: "a"), .job("b")] {
            for command in [Command.create(name), .trial(.create(name))] {
                cluster.feed(command)
                #expect(cluster.refusal?.reason == .invalid)
            }
        }
        #expect(cluster.kernel.sequence == before)
    }

    @Test func `hostile amounts and names are refused`() {
        var cluster = Cluster()
        cluster.addNode("a", cpus: 0)
        #expect(cluster.refusal?.reason == .invalid)
        cluster.addNode("a", cpus: .max / 1000)
        #expect(cluster.refusal?.reason == .invalid)
        cluster.addNode("a", gpus: 65)
        #expect(cluster.refusal?.reason == .invalid)
        cluster.addNode("a", gpus: 1, model: String(repeating: "m", count: 100))
        #expect(cluster.refusal?.reason == .invalid)
        cluster.addNode("a", boot: String(repeating: "b", count: 1000))
        #expect(cluster.refusal?.reason == .invalid)
    }
}
