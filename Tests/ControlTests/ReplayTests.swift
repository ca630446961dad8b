import Kernel
import Primitives
import Scheduling
import Storage
import Testing

@testable import Control

/// Goal: a stored history is proved, and what is wrong with it is named. Method: a kernel's steps
/// in a real store, some of them altered.
@Suite struct ReplayTests {
    private func history() throws -> StoredHistory {
        let history = try StoredHistory()
        try history.begin()
        for name in ["a", "b", "c"] { try history.submit(name) }
        return history
    }

    private func replay(
        _ history: StoredHistory, _ span: Replay.Span = Replay.Span()
    ) throws -> ReplayReport {
        try Replay.run(try JournalReader.open(history.directory), span)
    }

    @Test func `a whole history is proved to its digest, beside its writer and after its end`()
        throws
    {
        let history = try history()
        try history.finish("a")
        for isClosed in [false, true] {
            if isClosed { history.store.close() }
            let report = try replay(history)
            #expect(report.isProved)
            #expect(report.digest == history.kernel.digest)
            #expect(report.reached == history.kernel.sequence && report.start == 0)
            #expect(report.records == history.kernel.sequence && report.batches == 7)
            #expect(report.jobs == 3 && report.nodes == 1 && report.pending == 1)
        }
    }

    @Test func `a reader goes on with the state that it began with`() throws {
        let history = try history()
        let journal = try JournalReader.open(history.directory)
        let end = history.kernel.sequence
        try history.submit("later")
        #expect(try Replay.run(journal).reached == end)
        #expect(try replay(history).reached == history.kernel.sequence)
    }

    @Test func `a flipped byte of a journal row is named by its sequence`() throws {
        let history = try history()
        try history.alter(
            "UPDATE journal SET body = CAST(x'ff' || substr(body, 2) AS BLOB) WHERE first = 3")
        let report = try replay(history)
        #expect(report.faults.map(\.kind) == [.damage])
        #expect(report.faults.first?.text == "the journal's chain breaks at sequence 3")
        #expect(report.reached == 2)
    }

    @Test func `a wrong digest is named with what was stored and what was computed`() throws {
        let history = try StoredHistory()
        try history.begin()
        let before = history.kernel.sequence
        try history.step([.create(ObjectName(.namespace, name: "team"))], digest: 7)
        try history.submit("a")
        let fault = try #require(try replay(history).faults.first)
        #expect(fault.kind == .digest)
        #expect(fault.firstSequence == before + 1 && fault.lastSequence == before + 1)
        #expect(fault.stored == Digest(7) && fault.computed != fault.stored)
        #expect(fault.text.contains("digest 0000000000000007 is stored"))
        #expect(throws: Refusal.self) { try StoredState.newestKernel(of: history.directory) }
    }

    @Test func `snapshots on the way are compared, and another state in one is named`() throws {
        let history = try history()
        try history.snapshot()
        let place = history.kernel.sequence
        try history.submit("d")
        #expect(try replay(history).snapshots == 1)
        let other = Kernel().snapshot()
        try history.store.saveSnapshot(sequence: place, body: other)
        let fault = try #require(try replay(history).faults.first)
        #expect(fault.kind == .snapshot && fault.lastSequence == place)
    }

    @Test func `a range begins at the newest snapshot before it and ends with a whole batch`()
        throws
    {
        let history = try history()
        try history.snapshot()
        let place = history.kernel.sequence
        try history.submit("d")
        let middle = history.kernel.sequence
        try history.finish("a")
        let late = try replay(history, Replay.Span(after: middle))
        #expect(late.start == place && late.isFromSnapshot && late.from == middle)
        #expect(late.digest == history.kernel.digest && late.isProved)
        let early = try replay(history, Replay.Span(after: 1, upTo: place - 1))
        #expect(early.start == 0 && early.to >= place - 1 && early.isProved)
        #expect(early.reached == early.to && early.reached <= place)
        let here = try replay(history, Replay.Span(after: place, upTo: place))
        #expect(here.batches == 0 && here.reached == place && here.isProved)
        for span in [Replay.Span(after: 999), Replay.Span(upTo: 999)] {
            #expect(throws: Refusal.self) { try replay(history, span) }
        }
    }

    @Test func `a trimmed history says where it can start`() throws {
        let history = try history()
        try history.snapshot()
        let older = history.kernel.sequence
        try history.submit("d")
        try history.snapshot()
        try history.submit("e")
        let report = try replay(history)
        #expect(report.start == older && report.from == older && report.isProved)
        #expect(report.snapshots == 1)
        let refusal = #expect(throws: Refusal.self) {
            try replay(history, Replay.Span(after: 2))
        }
        #expect(refusal?.reason == .gone)
        #expect(refusal?.finding.contains("resourceVersion \(older) and later") == true)
    }

    @Test func `the stored state is the writer's own, at the end and at a version`() throws {
        let history = try history()
        try history.snapshot()
        let then = (history.kernel.sequence, history.kernel.snapshot())
        try history.submit("d")
        let newest = try StoredState.newestKernel(of: history.directory)
        #expect(newest.kernel.snapshot() == history.kernel.snapshot())
        #expect(newest.tick == Tick(history.now))
        let earlier = try StoredState.newestKernel(of: history.directory, upTo: then.0)
        #expect(earlier.kernel.snapshot() == then.1)
        #expect(earlier.tick == Tick(history.now - 1000))
    }
}

/// Goal: a job's story says what it waited for. Method: two jobs for one machine, one after the
/// other.
@Suite struct JobStoryTests {
    private func story(
        _ name: String, of history: StoredHistory, _ span: Replay.Span = Replay.Span()
    ) throws -> JobStory {
        let journal = try JournalReader.open(history.directory)
        var teller = Storyteller(of: JobReference(namespace: "default", name: name))
        let report = try Replay.run(
            journal, span, begin: { teller.begin($0) }, visit: { teller.follow($0, $1) })
        return try teller.tell(journal, report)
    }

    private func waits(_ story: JobStory) -> [JobStory.Wait] {
        story.entries.compactMap { if case .waited(let wait) = $0.event { wait } else { nil } }
    }

    @Test func `a job that waited tells for whom, behind whom and who let it in`() throws {
        let history = try StoredHistory()
        try history.begin()
        for name in ["a", "b", "c"] { try history.submit(name) }
        try history.finish("a")
        try history.finish("b")
        let third = waits(try story("c", of: history))
        #expect(third.count == 1)
        let wait = try #require(third.first)
        #expect(wait.first?.ahead == 1 && wait.last?.ahead == 0)
        #expect(wait.first?.blocker == .tooFewFree(placed: 0, wanted: 1, role: 0))
        guard case .rank(_, "default", "b", 0, _, "n1")? = wait.release else {
            Issue.record("let in by \(String(describing: wait.release))")
            return
        }
        #expect(wait.until?.since(wait.since) == Duration64(seconds: 4))
        #expect(waits(try story("a", of: history)).isEmpty)
    }

    @Test func `a job that still waits is told to the end, also from the middle`() throws {
        let history = try StoredHistory()
        try history.begin()
        try history.submit("a")
        try history.submit("b")
        let middle = history.kernel.sequence
        try history.submit("c")
        let whole = try story("b", of: history)
        let wait = try #require(waits(whole).first)
        #expect(wait.endVersion == nil && wait.last?.ahead == 0 && wait.release == nil)
        let part = try story("b", of: history, Replay.Span(after: middle))
        #expect(waits(part).first?.first?.version == middle)
        #expect(throws: Refusal.self) { try story("nobody", of: history) }
    }

    @Test func `attempts name their nodes and devices, and a name used again its newest job`()
        throws
    {
        let history = try StoredHistory()
        try history.begin()
        try history.submit("a")
        try history.finish("a", code: 3)
        let first = history.kernel.uid(of: ObjectName(.job, namespace: "default", name: "a"))
        try history.step([
            .delete(ObjectName(.job, namespace: "default", name: "a"), Precondition())
        ])
        try history.submit("a")
        let told = try story("a", of: history)
        #expect(told.namesakes == [try #require(first)])
        let places = told.entries.compactMap { entry in
            if case .attempt(1, let places) = entry.event { places.first } else { nil }
        }
        #expect(places.map(\.node) == ["n1"] && places.first?.devices.numbers == [0])
    }
}
