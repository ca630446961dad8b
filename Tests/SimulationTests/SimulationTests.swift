import Simulation
import Testing

/// Goal: the kernel keeps its promises whatever happens. Method: worlds full of faults, by seed.
@Suite struct WorldTests {
    @Test(arguments: UInt64(0)..<24)
    func `a faulty world breaks no promise and drains when it heals`(seed: UInt64) {
        var world = World(seed: seed)
        world.run(steps: 400)
        #expect(world.findings.isEmpty, "seed \(seed): \(world.findings.first.map(\.text) ?? "")")
        #expect(world.jobCount > 50)
    }

    @Test func `in all worlds together everything that is promised was put to the test`() {
        var deeds: [Deeds] = []
        for seed in UInt64(0)..<8 {
            var world = World(seed: seed)
            world.run(steps: 400)
            deeds.append(world.deeds)
        }
        for count in [
            \Deeds.evictions, \.taints, \.namespacesGone, \.releases, \.nodesDeleted, \.trials,
        ] {
            let sum = deeds.reduce(0) { $0 + $1[keyPath: count] }
            #expect(sum >= 4, "\(count): \(sum)")
        }
    }

    @Test func `the same seed gives the same digest, another seed another`() {
        var first = World(seed: 7)
        var second = World(seed: 7)
        var other = World(seed: 8)
        first.run(steps: 200)
        second.run(steps: 200)
        other.run(steps: 200)
        #expect(first.digest == second.digest)
        #expect(first.digest != other.digest)
    }
}
