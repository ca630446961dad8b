import Foundation
import Host
import Primitives
import Testing

/// Goal: hostile orders start nothing and break nothing. Method: broken files, then random damage.
@Suite struct StepOrderTests {
    /// Runs raw bytes as an order.
    private func outcome(_ bytes: [UInt8]) throws -> RankEnding.Outcome {
        let rank = try Rank()
        try Files.makeDirectory(rank.directory.path, mode: 0o700)
        try Files.write(bytes, to: "\(rank.directory.path)/order", mode: 0o600, durable: false)
        try rank.startStep()
        return try rank.end().outcome
    }

    private static let good = "muster-step 1\0D/\0G1\0A/bin/true\0"

    @Test(arguments: [
        "", "\0", "muster-step 1", "muster-step 2\0D/\0G1\0A/bin/true\0.\0", good, good + ".",
        good + ".\0x\0", good + "Zx\0.\0", good + "D/\0.\0", good + "G2\0.\0", good + "\0.\0",
        "muster-step 1\0D/\0A/bin/true\0.\0", "muster-step 1\0G1\0A/bin/true\0.\0",
        "muster-step 1\0Dtmp\0G1\0A/bin/true\0.\0", "muster-step 1\0D/\0G-1\0A/bin/true\0.\0",
        "muster-step 1\0D/\0G99999999999999999999\0A/bin/true\0.\0",
        "muster-step 1\0D/\0G86401\0A/bin/true\0.\0", "muster-step 1\0D/\0G\0A/bin/true\0.\0",
        "muster-step 1\0D/\0G1\0.\0", good + "T315360001\0.\0", good + "T1\0T1\0.\0",
        good + "Enovalue\0.\0", good + "E=x\0.\0", good + "E1A=x\0.\0", good + "EA B=x\0.\0",
        good + "U0\0P1000\0.\0", good + "U1000\0P0\0.\0", good + "U1000\0.\0",
        good + "P1000\0.\0", good + "S1000\0.\0", good + "U1000\0P1000\0S0\0.\0",
        good + "U4294967295\0P1000\0.\0",
    ])
    func `a broken order is refused before a process is made`(text: String) throws {
        let outcome = try outcome(Array(text.utf8))
        guard case .launchFailed(0, let why) = outcome else {
            Issue.record("accepted \(text.debugDescription): \(outcome)")
            return
        }
        #expect(why.hasPrefix("order: "))
    }

    @Test func `an order is bounded in every direction`() throws {
        let orders = [
            Self.good + String(repeating: "Ax\0", count: 4096) + ".\0",
            Self.good + String(repeating: "EA=\0", count: 4097) + ".\0",
            Self.good + "U1\0P1\0" + String(repeating: "S5\0", count: 65) + ".\0",
            Self.good + "A" + String(repeating: "x", count: 131_071) + "\0.\0",
            Self.good + String(repeating: "x", count: 1 << 20),
        ]
        for order in orders {
            guard case .launchFailed(0, _) = try outcome(Array(order.utf8)) else {
                Issue.record("accepted \(order.utf8.count) bytes")
                continue
            }
        }
    }

    @Test(arguments: UInt64(0)..<48)
    func `random damage always ends in a record`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var bytes = Array((Self.good + "EPATH=/bin\0T60\0.\0").utf8)
        for _ in 0...dice.below(4) {
            let at = dice.below(bytes.count)
            switch dice.below(3) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: dice.next())
            case 1: bytes.remove(at: at)
            default: bytes.insert(UInt8(truncatingIfNeeded: dice.next()), at: at)
            }
        }
        _ = try outcome(bytes)
    }

    @Test func `links and pipes in the order's place are refused`() throws {
        for kind in ["link", "pipe", "script"] {
            let rank = try Rank()
            let path = rank.directory.path
            try rank.directory.create(Rank.order(["true"]))
            switch kind {
            case "link":
                rename("\(path)/order", "\(path)/real")
                symlink("real", "\(path)/order")
            case "pipe":
                unlink("\(path)/order")
                mkfifo("\(path)/order", 0o600)
            default: symlink("/bin/true", "\(path)/script")
            }
            try rank.startStep()
            guard case .launchFailed(0, _) = try rank.end().outcome else {
                Issue.record("a \(kind) was taken")
                continue
            }
        }
    }

    @Test func `the writer refuses what the step would refuse`() throws {
        let changes: [(inout RankOrder) -> Void] = [
            { $0.workingDirectory = "tmp" }, { $0.graceSeconds = 86_401 },
            { $0.timeLimitSeconds = 315_360_001 }, { $0.arguments = ["a\0b"] },
            { $0.arguments = Array(repeating: "x", count: 4097) },
            { $0.environment.append(.init("1", "")) },
            { $0.environment.append(.init("PATH", "")) }, { $0.identity = .init(uid: 0, gid: 5) },
            { $0.identity = .init(uid: 5, gid: 5, groups: [0]) },
            { $0.arguments = [String(repeating: "x", count: 131_071)] },
            { $0.arguments = Array(repeating: String(repeating: "x", count: 100_000), count: 11) },
        ]
        for (index, change) in changes.enumerated() {
            var order = Rank.order(["true"])
            change(&order)
            #expect(throws: Refusal.self, "change \(index)") { try order.encoded() }
        }
        let rank = try Rank()
        #expect(throws: Refusal.self) { try rank.directory.create(Rank.order([])) }
        #expect(!Files.exists(rank.directory.path))
    }

    @Test func `the largest permitted order runs`() throws {
        var order = Rank.order(["sh", "-c", "echo $#", "sh"])
        order.arguments += Array(repeating: "y", count: 4092)
        order.arguments[4] = String(repeating: "x", count: 131_070)
        order.environment += (0..<4095).map { .init("V\($0)", "1") }
        let rank = try Rank()
        #expect(try rank.run(order).outcome == .exited(code: 0))
        let log = try rank.log()
        #expect(log == "4092\n")
    }

    @Test(.enabled(if: getuid() == 0))
    func `the rank becomes its user for good`() throws {
        let rank = try Rank()
        var order = Rank.order([])
        order.identity = .init(uid: 65_534, gid: 65_533, groups: [4321])
        let ending = try rank.run(
            order,
            script: """
                id -u; id -g; id -G
                grep -E '^(CapPrm|CapEff|NoNewPrivs)' /proc/self/status
                cd \(rank.directory.path) 2>/dev/null && echo inside
                for file in order log; do cat \(rank.directory.path)/$file 2>/dev/null || true; done
                kill -9 $PPID 2>/dev/null && echo murder
                exit 0
                """)
        #expect(ending.outcome == .exited(code: 0))
        let log = try rank.log()
        #expect(
            log == """
                65534
                65533
                65533 4321
                CapPrm:\t0000000000000000
                CapEff:\t0000000000000000
                NoNewPrivs:\t1

                """)
    }
}
