import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: whatever the world and the policy, a run breaks no law of nature and none of the kernel's
/// promises. Method: small random worlds by seed, each run checked against a second book.
@Suite struct RandomRunTests {
    static let policies = ["muster", "fcfs", "easy", "conservative", "easy-sjbf", "sjf"]

    private func run(_ world: SmallWorld, _ name: String) throws -> RunResult {
        let policy = try #require(SimulationPolicy.named(name))
        var options = Simulator.Options()
        options.batchesPerCheck = 1
        return Simulator.run(
            world.workload, on: world.cluster, under: policy, options: options)
    }

    private func check(_ result: RunResult, _ seed: UInt64) {
        let place = "seed \(seed), \(result.policy)"
        #expect(result.findings.isEmpty, "\(place): \(result.findings.first ?? "")")
        let faults = Audit(result).faults
        #expect(faults.isEmpty, "\(place): \(faults.prefix(3))")
        var isHeld = Set<UInt32>()
        for dependency in result.workload.dependencies
        where isHeld.contains(dependency.on)
            || result.fates[Int(dependency.on)].ending != .succeeded
        {
            isHeld.insert(dependency.job)
        }
        for (row, fate) in result.fates.enumerated() where fate.ending == .open {
            #expect(fate.submitted < 0, "\(place): job \(row) never ended")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `with failures and dependencies every job's story holds`(seed: UInt64) throws {
        let world = try SmallWorld(seed: seed, outages: false)
        for name in Self.policies { check(try run(world, name), seed) }
    }

    @Test(arguments: UInt64(100)..<120)
    func `with machines that break every job's story holds`(seed: UInt64) throws {
        let world = try SmallWorld(seed: seed, outages: true)
        for name in Self.policies { check(try run(world, name), seed) }
    }

    @Test(arguments: UInt64(200)..<205)
    func `one by one and planned ends first are as lawful as together`(seed: UInt64) throws {
        let world = try SmallWorld(seed: seed, outages: seed % 2 == 0)
        for name in Self.policies {
            for order in [EventOrder.oneByOne, .plannedEndsFirst] {
                var policy = try #require(SimulationPolicy.named(name))
                policy.events = order
                check(Simulator.run(world.workload, on: world.cluster, under: policy), seed)
            }
        }
    }

    @Test(arguments: UInt64(300)..<305)
    func `the same world gives the same result twice, to the last byte`(seed: UInt64) throws {
        let (one, other) = (
            try SmallWorld(seed: seed, outages: true), try SmallWorld(seed: seed, outages: true)
        )
        for name in Self.policies + ["fgd", "random"] {
            let first = try run(one, name)
            let second = try run(other, name)
            #expect(first.digest == second.digest && first.fates == second.fates, "\(name)")
            #expect(first.stints == second.stints && first.spots == second.spots, "\(name)")
            #expect(JobFiles.csv(first) == JobFiles.csv(second), "\(name)")
        }
    }

    @Test func `other worlds give other digests`() throws {
        let digests = try (0..<8).map {
            try run(SmallWorld(seed: $0, outages: true), "muster").digest.value
        }
        #expect(Set(digests).count == 8)
    }

    @Test(arguments: UInt64(400)..<405)
    func `a second book that is right finds what is wrong`(seed: UInt64) throws {
        let world = try SmallWorld(seed: seed, outages: false)
        let result = try run(world, "easy")
        var early = result
        let row = try #require(early.fates.firstIndex { $0.ending == .succeeded })
        early.fates[row].ended -= 1
        #expect(!Audit(early).faults.isEmpty)
        var twice = result
        let stint = try #require(
            twice.stints.indices.last { place in
                let stint = twice.stints[place]
                return stint.ended > stint.began
                    && twice.spots(of: stint).contains { $0.devices.count == 1 }
            })
        twice.stints.append(twice.stints[stint])
        #expect(!Audit(twice).faults.isEmpty)
        var lost = result
        lost.stints.removeLast()
        #expect(!Audit(lost).faults.isEmpty)
    }
}
