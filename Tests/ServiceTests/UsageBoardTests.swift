import HTTP
import Primitives
import Resources
import Testing
import Wire

@testable import Service

/// Goal: only the newest figures, only for a minute, and never many. Method: a board and a clock.
@Suite struct UsageBoardTests {
    private let used = Usage(cpuNano: 5, memoryBytes: 7, windowMilliseconds: 10_000)

    private func report(node: Bool = true, ranks: [UInt32]) -> UsageReport {
        UsageReport(
            node: node ? used : nil,
            ranks: ranks.map { RankUsage(job: 1, attempt: 2, rank: $0, used: used) })
    }

    private func take(_ board: UsageBoard, _ report: UsageReport, node: UInt64 = 9, at now: Int64)
        -> Bool
    {
        board.take(report, node: node, at: Tick(now), monotonic: now)
    }

    private func rank(_ board: UsageBoard, _ number: UInt32, attempt: UInt32 = 2, at now: Int64)
        -> Tick?
    {
        board.rank(number, of: 1, attempt: attempt, on: 9, monotonic: now)?.at
    }

    @Test func `figures are shown for a minute, then no more`() {
        let board = UsageBoard()
        #expect(take(board, report(ranks: [0]), at: 1_000))
        #expect(board.node(9, monotonic: 61_000)?.at == Tick(1_000))
        #expect(rank(board, 0, at: 61_000) == Tick(1_000))
        #expect(board.node(9, monotonic: 61_001) == nil)
        #expect(rank(board, 0, at: 61_001) == nil)
        #expect(board.node(8, monotonic: 1_000) == nil)
        #expect(rank(board, 0, attempt: 1, at: 1_000) == nil)
    }

    @Test func `a reading replaces the one before, and may come in pieces`() {
        let board = UsageBoard()
        #expect(take(board, report(ranks: [0, 1]), at: 1_000))
        #expect(take(board, report(node: false, ranks: [2]), at: 1_001))
        for number in UInt32(0)...2 { #expect(rank(board, number, at: 2_000) != nil) }
        #expect(take(board, report(ranks: [3]), at: 11_000))
        for number in UInt32(0)...2 { #expect(rank(board, number, at: 11_000) == nil) }
        #expect(rank(board, 3, at: 11_000) != nil)
    }

    @Test func `figures out of all bounds, and too many of them, are turned down`() {
        let board = UsageBoard()
        for wrong in [
            Usage(cpuNano: -1, memoryBytes: 0, windowMilliseconds: 0),
            Usage(cpuNano: .max, memoryBytes: 0, windowMilliseconds: 0),
            Usage(cpuNano: 0, memoryBytes: .min, windowMilliseconds: 0),
            Usage(cpuNano: 0, memoryBytes: 0, windowMilliseconds: .max),
        ] {
            #expect(!take(board, UsageReport(node: wrong, ranks: []), at: 1))
        }
        #expect(board.node(9, monotonic: 1) == nil)
        let crowd = (0..<UInt32(UsageBoard.Limits.ranksPerNode)).map { $0 }
        #expect(take(board, report(ranks: crowd), at: 2))
        #expect(!take(board, report(node: false, ranks: [99_999]), at: 3))
        #expect(rank(board, 99_999, at: 3) == nil)
    }

    @Test func `another version is no failure and no figures`() {
        let board = UsageBoard()
        var later = report(ranks: [0])
        later.version = 2
        #expect(take(board, later, at: 1))
        #expect(board.node(9, monotonic: 1) == nil)
    }
}

/// Goal: what clients may ask of a log, and what they are told. Method: queries as they come.
@Suite struct LogQueryTests {
    private func wish(_ query: String) throws -> LogWish {
        try LogWish(Query(query), container: "worker")
    }

    @Test func `everything that kubectl asks for is understood`() throws {
        let all = try wish(
            "container=worker&follow=true&insecureSkipTLSVerifyBackend=true&limitBytes=9"
                + "&previous=false&sinceSeconds=10&tailLines=5&timestamps=true&stream=All")
        #expect(all.follows && all.hasTimestamps && !all.isPrevious)
        #expect(all.limitBytes == 9 && all.tailLines == 5 && all.sinceMilliseconds == 10_000)
        let since = try wish("sinceTime=2026-11-21T06%3A10%3A07.5%2B02%3A00")
        #expect(since.sinceTime == 1_795_234_207_500)
        let request = all.request(1, job: 2, attempt: 3, rank: 4)
        #expect(request.timestamps == true && request.sinceMilliseconds == 10_000)
        #expect(try wish("").request(1, job: 2, attempt: 3, rank: 4).timestamps == nil)
    }

    @Test(arguments: [
        ("sinceSeconds=0", "sinceSeconds"), ("sinceSeconds=-1", "sinceSeconds"),
        ("sinceSeconds=99999999999", "sinceSeconds"), ("sinceTime=noon", "sinceTime"),
        ("sinceTime=2026-11-21T06:10:07Z&sinceSeconds=1", "sinceTime"),
        ("tailLines=x", "tailLines"), ("limitBytes=0", "limitBytes"), ("follow=maybe", "follow"),
        ("timestamps=2", "timestamps"), ("container=other", "container"),
        ("stream=Stderr", "stream"), ("previous=no", "previous"),
    ])
    func `what is wrong is refused with its field and a way out`(query: String, field: String) {
        let refusal = #expect(throws: Refusal.self) { try wish(query) }
        #expect(refusal?.field == field)
        #expect([400, 422].contains(refusal?.reason.statusCode))
        #expect(refusal?.remedy.isEmpty == false)
    }
}
