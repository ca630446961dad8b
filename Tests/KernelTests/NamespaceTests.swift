import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: a namespace that is deleted empties itself, bit by bit, and then goes.
/// Method: namespaces with each kind of content, step by step where the steps matter.
@Suite struct NamespaceTests {
    private static let name = ObjectName(.namespace, name: "team")
    private static let content: [Kind] = [.lease, .configMap, .secret]

    private func order(_ name: String, cpus: Int64 = 1) -> JobOrder {
        .gang(name, cpus: cpus).with {
            $0.namespace = "team"
            $0.allowUnplaceable = true
        }
    }

    private func inTeam(_ kind: Kind, _ name: String) -> ObjectName {
        ObjectName(kind, namespace: "team", name: name)
    }

    private func teamCluster(limits: Limits = Limits()) -> Cluster {
        var cluster = Cluster(limits: limits)
        cluster.feed(.create(Self.name))
        return cluster
    }

    @Test func `an empty namespace goes at once, the default one never`() {
        var cluster = teamCluster()
        cluster.feed(.delete(Self.name, Precondition()))
        #expect(cluster.kernel.uid(of: Self.name) == nil)
        let lasting = ObjectName(.namespace, name: "default")
        cluster.feed(.trial(.delete(lasting, Precondition())))
        #expect(cluster.refusal?.reason == .forbidden)
        cluster.feed(.delete(lasting, Precondition()))
        #expect(cluster.refusal?.reason == .forbidden)
        #expect(cluster.kernel.uid(of: lasting) != nil)
    }

    @Test func `what is in a namespace goes with it, its neighbours stay`() {
        var cluster = teamCluster()
        for kind in Self.content {
            cluster.feed(.create(inTeam(kind, "mine")))
            cluster.feed(.create(ObjectName(kind, namespace: "default", name: "mine")))
        }
        let waiting = cluster.submit(order("waiting"))
        let other = cluster.submit(.gang("waiting").with { $0.allowUnplaceable = true })
        cluster.feed(.delete(Self.name, Precondition()))
        #expect(cluster.isAccepted)
        #expect(cluster.kernel.uid(of: Self.name) == nil)
        #expect(cluster.kernel.job(waiting) == nil)
        #expect(cluster.kernel.job(other) != nil)
        for kind in Self.content {
            let name = ObjectName(kind, namespace: "default", name: "mine")
            #expect(cluster.kernel.uid(of: name) != nil)
        }
        // The name is free again, and what was in it does not come back.
        cluster.feed(.create(Self.name))
        #expect(cluster.refusal == nil)
        for kind in Self.content { #expect(cluster.kernel.uid(of: inTeam(kind, "mine")) == nil) }
        cluster.expectReplay()
    }

    @Test func `a namespace waits for ranks that still end`() {
        var cluster = teamCluster()
        cluster.addNode("a")
        let uid = cluster.submit(order("running"))
        cluster.tell(uid, .started)
        cluster.feed(.delete(Self.name, Precondition()))
        #expect(cluster.phase(uid) == .stopping)
        #expect(cluster.kernel.uid(of: Self.name) != nil)
        cluster.expectReplay()
        cluster.tell(uid, .killed)
        #expect(cluster.kernel.job(uid) == nil)
        #expect(cluster.kernel.uid(of: Self.name) == nil)
        cluster.expectReplay()
    }

    @Test(arguments: content)
    func `a namespace waits for what is held in it`(kind: Kind) {
        var cluster = teamCluster()
        let held = inTeam(kind, "held")
        cluster.feed(.create(held, isHeld: true))
        cluster.feed(.create(inTeam(kind, "free")))
        cluster.feed(.delete(Self.name, Precondition()))
        let uid = cluster.kernel.uid(of: held) ?? 0
        #expect(cluster.kernel.object(uid)?.deletedAt == cluster.now)
        #expect(cluster.kernel.uid(of: inTeam(kind, "free")) == nil)
        cluster.release(held)
        #expect(cluster.kernel.object(uid) == nil)
        #expect(cluster.kernel.uid(of: Self.name) == nil)
        cluster.expectReplay()
    }

    @Test func `a held namespace empties itself and stays until it is released`() {
        var cluster = teamCluster()
        cluster.hold(Self.name)
        let uid = cluster.submit(order("waiting"))
        cluster.feed(.delete(Self.name, Precondition()))
        #expect(cluster.kernel.job(uid) == nil)
        #expect(cluster.kernel.uid(of: Self.name) != nil)
        cluster.release(Self.name)
        #expect(cluster.kernel.uid(of: Self.name) == nil)
        cluster.expectReplay()
    }

    @Test func `a namespace that is released before it is empty goes when it is`() {
        var cluster = teamCluster()
        cluster.hold(Self.name)
        let held = inTeam(.lease, "held")
        cluster.feed(.create(held, isHeld: true))
        cluster.feed(.delete(Self.name, Precondition()))
        cluster.release(Self.name)
        #expect(cluster.isAccepted)
        #expect(cluster.kernel.uid(of: Self.name) != nil)
        cluster.release(held)
        #expect(cluster.kernel.uid(of: Self.name) == nil)
    }

    @Test func `nothing new comes into a namespace that is going`() {
        var cluster = teamCluster()
        cluster.hold(Self.name)
        cluster.feed(.delete(Self.name, Precondition()))
        let before = cluster.kernel.snapshot()
        var late: [Command] = [.submit(order("late"))]
        late += Self.content.map { .create(inTeam($0, "late")) }
        for command in late {
            for asked in [command, .trial(command)] {
                cluster.feed(asked)
                #expect(cluster.refusal?.reason == .forbidden)
            }
        }
        #expect(cluster.kernel.snapshot() == before)
    }

    @Test func `a large namespace is emptied in steps, each of them bounded`() {
        var limits = Limits()
        limits.departuresPerPass = 500
        var kernel = Kernel(limits: limits)
        var now = Tick(1_700_000_000_000)
        _ = kernel.step(
            [.create(Self.name), .create(ObjectName(.queue, name: "default"))], at: now)
        _ = kernel.step((0..<5000).map { .submit(order("job-\($0)")) }, at: now)
        let outcome = kernel.step([.delete(Self.name, Precondition())], at: now)
        var next = outcome.nextTimer
        var steps = 1
        #expect(kernel.jobCount >= 4500)
        while kernel.uid(of: Self.name) != nil, steps < 100, let timer = next, timer <= now {
            now = now.after(Duration64(milliseconds: 1))
            let outcome = kernel.step([], at: now)
            // Marked, ended, removed: three records a job.
            #expect(outcome.records.count <= 3 * limits.departuresPerPass + 1)
            next = outcome.nextTimer
            steps += 1
        }
        #expect(kernel.check().isEmpty)
        #expect(kernel.uid(of: Self.name) == nil)
        #expect(kernel.jobCount == 0)
        #expect(steps > 10)
    }

    @Test func `jobs with many ranks count for more, so that a step stays short`() {
        var limits = Limits()
        limits.departuresPerPass = 100
        var cluster = teamCluster(limits: limits)
        cluster.addNode("a", cpus: 200)
        for number in 0..<10 {
            let uid = cluster.submit(
                order("wide-\(number)", cpus: 0).with { $0.roles[0].ranks = 80 })
            cluster.tell(uid, .failed, ranks: [0])
            cluster.tell(uid, .killed)
        }
        var kernel = cluster.kernel
        let outcome = kernel.step([.delete(Self.name, Precondition())], at: cluster.now)
        #expect(outcome.records.count < 300)
        #expect(outcome.nextTimer == cluster.now)
        cluster.feed(.delete(Self.name, Precondition()))
        #expect(cluster.kernel.uid(of: Self.name) == nil)
    }

    @Test func `whoever takes over in the middle empties the rest`() throws {
        var limits = Limits()
        limits.departuresPerPass = 4
        var cluster = teamCluster(limits: limits)
        for number in 0..<20 { _ = cluster.submit(order("job-\(number)")) }
        var first = cluster.kernel
        _ = first.step([.delete(Self.name, Precondition())], at: cluster.now)
        #expect(first.jobCount > 10)
        cluster.kernel = try Kernel(snapshot: first.snapshot(), limits: limits)
        cluster.feed(.tick)
        #expect(cluster.kernel.jobCount == 0)
        #expect(cluster.kernel.uid(of: Self.name) == nil)
    }

    @Test func `several namespaces go side by side`() {
        var limits = Limits()
        limits.departuresPerPass = 3
        var cluster = Cluster(limits: limits)
        let names = (0..<4).map { ObjectName(.namespace, name: "team-\($0)") }
        for name in names {
            cluster.feed(.create(name))
            for kind in Self.content {
                cluster.feed(.create(ObjectName(kind, namespace: name.name, name: "x")))
            }
        }
        for name in names.reversed() { cluster.feed(.delete(name, Precondition())) }
        for name in names { #expect(cluster.kernel.uid(of: name) == nil) }
        #expect(cluster.kernel.objectUIDs.count == 2)
        cluster.expectReplay()
    }
}
