import Glibc
import Host
import Kernel
import Primitives
import Scheduling
import Testing
import Wire

@testable import Control

/// A kernel whose jobs all wait, and a catalog that shows them.
struct WaitingJobs {
    var kernel = Kernel()
    let catalog = Catalog(bodies: BodyCache(nil))

    init() {
        publish(
            [
                .create(ObjectName(.namespace, name: "default")),
                .create(ObjectName(.namespace, name: "other")),
                .create(ObjectName(.queue, name: "default")),
            ], bodies: [])
    }

    static func name(_ number: Int) -> ObjectName {
        ObjectName(.job, namespace: number % 3 == 0 ? "other" : "default", name: "j\(number)")
    }

    static func submit(_ number: Int) -> Command {
        let role = JobOrder.Role(
            ranks: 1, cpuMilli: 1000, memoryBytes: 0, gpuMilli: 0, models: [])
        let name = name(number)
        return .submit(
            JobOrder(
                namespace: name.namespace, name: name.name, queue: "default", roles: [role],
                terms: JobTerms(priority: 100, timeLimit: .zero, gracePeriod: .zero),
                allowUnplaceable: true))
    }

    static func revise(_ number: Int) -> Command {
        .revise(name(number), Precondition(), specChanged: true, terms: nil)
    }

    /// The core's duties; `stored` stands for the commit and gets the new bodies.
    mutating func publish(
        _ commands: [Command], bodies: [[UInt8]], stored: ([(UInt64, [UInt8])]) -> Void = { _ in }
    ) {
        let outcome = kernel.step(commands, at: Tick(1_700_000_000_000))
        var texts: [UInt64: DocumentText] = [:]
        var kept: [(UInt64, [UInt8])] = []
        for (offset, reply) in outcome.replies.enumerated() {
            guard case .done(let uid, _) = reply, kernel.object(uid) != nil else { continue }
            let isJob = kernel.job(uid) != nil
            let body = isJob ? bodies[offset] : Array("{}".utf8)
            texts[uid] = DocumentText(
                head: Array("{}".utf8), residentBody: isJob ? nil : body,
                pin: isJob ? catalog.pin(forBody: body, of: uid) : .unused, labels: [:], user: "")
            if isJob { kept.append((uid, body)) }
        }
        for change in outcome.changes {
            if case .removed(.job, let uid) = change.subject { catalog.retireBody(of: uid) }
        }
        stored(kept)
        for (uid, body) in kept { catalog.bodies.keep(uid, body) }
        catalog.publish(outcome, of: kernel, texts: texts, events: [])
    }
}

/// Goal: a view shows the specification that it was made with, whatever came later. Method: views
/// kept through revisions and removal; then readers in threads while a writer revises.
@Suite struct BodyHistoryTests {
    private func body(_ generation: UInt32) -> [UInt8] { Array("{\"g\":\(generation)}".utf8) }

    @Test func `older views keep their bodies when a job is revised and removed`() throws {
        var jobs = WaitingJobs()
        jobs.publish([WaitingJobs.submit(1)], bodies: [body(1)])
        var views: [JobView] = []
        for generation in 2...5 {
            views.append(try #require(jobs.catalog.job("default", "j1")))
            jobs.publish([WaitingJobs.revise(1)], bodies: [body(UInt32(generation))])
        }
        views.append(try #require(jobs.catalog.job("default", "j1")))
        jobs.publish([.delete(WaitingJobs.name(1), Precondition())], bodies: [[]])
        #expect(jobs.catalog.job("default", "j1") == nil)
        for (offset, view) in views.enumerated() {
            #expect(jobs.catalog.body(of: view).stored == body(UInt32(offset + 1)))
        }
    }

    @Test func `a body that does not change is not kept twice, and both views go on with it`()
        throws
    {
        var jobs = WaitingJobs()
        jobs.publish([WaitingJobs.submit(1)], bodies: [body(1)])
        let first = try #require(jobs.catalog.job("default", "j1"))
        jobs.publish([WaitingJobs.revise(1)], bodies: [body(1)])
        let second = try #require(jobs.catalog.job("default", "j1"))
        #expect(first.text.pin === second.text.pin)
        #expect(first.text !== second.text)
        jobs.publish([WaitingJobs.revise(1)], bodies: [body(2)])
        #expect(jobs.catalog.body(of: first).stored == body(1))
        #expect(jobs.catalog.body(of: second).stored == body(1))
    }

    @Test func `a write that fails after the pin was set leaves every view as it was`() throws {
        var jobs = WaitingJobs()
        jobs.publish([WaitingJobs.submit(1)], bodies: [body(1)])
        let view = try #require(jobs.catalog.job("default", "j1"))
        _ = jobs.catalog.pin(forBody: body(9), of: view.uid)
        jobs.catalog.retireBody(of: view.uid)
        #expect(jobs.catalog.body(of: view).stored == body(1))
        jobs.publish([WaitingJobs.revise(1)], bodies: [body(2)])
        #expect(jobs.catalog.body(of: view).stored == body(1))
        let now = try #require(jobs.catalog.job("default", "j1"))
        #expect(jobs.catalog.body(of: now).stored == body(2))
    }

    @Test(.timeLimit(.minutes(1)))
    func `readers in threads never see a body of another version`() throws {
        var jobs = WaitingJobs()
        jobs.publish([WaitingJobs.submit(1)], bodies: [body(1)])
        let catalog = jobs.catalog
        let findings = Lock([String]())
        let reads = Lock(0)
        let isOver = Lock(false)
        var threads: [Host.Thread] = []
        for _ in 0..<4 {
            threads.append(
                try Host.Thread.spawn(name: "reader") {
                    var older: [JobView] = []
                    while !isOver.withLock({ $0 }) {
                        guard let view = catalog.job("default", "j1") else { continue }
                        if older.last?.version != view.version { older.append(view) }
                        if older.count > 32 { older.removeFirst(16) }
                        for view in older {
                            let seen = catalog.body(of: view).stored
                            let wanted = Array("{\"g\":\(view.generation)}".utf8)
                            if seen != wanted {
                                findings.withLock {
                                    $0.append(
                                        "\(view.generation): "
                                            + String(decoding: seen, as: UTF8.self)
                                    )
                                }
                            }
                        }
                        reads.withLock { $0 += older.count }
                    }
                })
        }
        for generation in 2...UInt32(3000) {
            jobs.publish([WaitingJobs.revise(1)], bodies: [body(generation)]) { stored in
                // As the disk has it from here on: readers may come by before it is announced.
                for (uid, body) in stored { catalog.bodies.keep(uid, body) }
                if generation % 64 == 0 { usleep(200) }
            }
        }
        isOver.withLock { $0 = true }
        for thread in threads { thread.join() }
        #expect(findings.withLock { $0.prefix(5) } == [])
        #expect(reads.withLock { $0 } > 3000)
    }
}

/// Goal: a shelf is a sorted map whose readings never change. Method: a model, at random.
@Suite struct ShelfTests {
    @Test(arguments: 1...6)
    func `a shelf finds, lists and counts like its model, and readings stay`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var shelf = Shelf<EventView>()
        var model: [UInt64: EventView] = [:]
        var readings: [(ShelfReading<EventView>, [UInt64])] = []
        for round in 0..<6_000 {
            let uid = UInt64(1 + dice.below(round < 3_000 ? 4_000 : 600))
            if dice.below(round < 3_000 ? 10 : 3) == 0 {
                #expect((shelf.remove(uid) != nil) == (model.removeValue(forKey: uid) != nil))
            } else {
                let view = event(uid, namespace: uid % 3 == 0 ? "a" : "b")
                #expect((shelf.put(view) == nil) == (model[uid] == nil))
                model[uid] = view
            }
            if round % 300 == 0 {
                readings.append((shelf.reading(of: nil), model.keys.sorted()))
            }
        }
        #expect(shelf.count == model.count)
        for (uid, view) in model {
            #expect(shelf[uid] === view)
            #expect(shelf[view.namespace, view.name] === view)
        }
        #expect(shelf.reading(of: "a").count.views == model.values.count { $0.namespace == "a" })
        for (reading, uids) in readings {
            #expect(reading.count.views == uids.count)
            var place = reading.place(from: 0)
            var seen: [UInt64] = []
            while let view = reading.next(&place) { seen.append(view.uid) }
            #expect(seen == uids, "seed \(seed)")
            let middle = UInt64(dice.below(4_000))
            var from = reading.place(from: middle)
            #expect(reading.next(&from)?.uid == uids.first { $0 >= middle })
        }
        for uid in model.keys.shuffled() { #expect(shelf.remove(uid) != nil) }
        #expect(shelf.count == 0)
        #expect(shelf.reading(of: nil).chunks.isEmpty)
    }

    private func event(_ uid: UInt64, namespace: String) -> EventView {
        EventView(
            version: uid,
            note: EventNote(
                kind: "Job", namespace: namespace, name: "j", uid: 1, isWarning: false,
                reason: "r", message: "m", at: 0))
    }
}

/// Goal: pages from one listing are that listing. Method: every limit, over one that goes stale.
@Suite struct ListingTests {
    @Test(arguments: [1, 2, 7, 600])
    func `pages of one listing are the listing, though everything is deleted meanwhile`(
        limit: Int
    ) throws {
        var jobs = WaitingJobs()
        for number in 1...600 {
            jobs.publish([WaitingJobs.submit(number)], bodies: [Array("{}".utf8)])
        }
        for namespace in [nil, "default", "other"] {
            let listing = jobs.catalog.list(.jobs, namespace: namespace)
            let wanted = (1...600).map { WaitingJobs.name($0) }
                .filter { namespace == nil || $0.namespace == namespace }.map(\.name)
            #expect(listing.count == wanted.count)
            let deleting = namespace == "other"
            var found: [String] = []
            var place: ListPlace?
            while true {
                var cursor = listing.cursor(after: place)
                var page: [Item] = []
                while page.count < limit, let item = cursor.next() { page.append(item) }
                guard let last = page.last else { break }
                place = ListPlace(after: last)
                for case .job(let view) in page { found.append(view.name) }
                guard deleting else { continue }
                for case .job(let view) in page {
                    let number = Int(view.name.dropFirst()) ?? 0
                    jobs.publish(
                        [.delete(WaitingJobs.name(number), Precondition())], bodies: [[]])
                }
            }
            #expect(found == wanted)
            #expect(
                jobs.catalog.list(.jobs, namespace: namespace).count
                    == (deleting ? 0 : wanted.count))
        }
    }

    @Test func `an older version can be listed while nothing of the resource has changed`() {
        var jobs = WaitingJobs()
        jobs.publish([WaitingJobs.submit(1)], bodies: [Array("{}".utf8)])
        let version = jobs.catalog.version
        jobs.publish([.create(ObjectName(.queue, name: "q"))], bodies: [[]])
        #expect(jobs.catalog.list(.jobs, namespace: nil, exactly: version)?.version == version)
        #expect(jobs.catalog.list(.jobs, namespace: nil, exactly: version)?.items.count == 1)
        #expect(jobs.catalog.list(.queues, namespace: nil, exactly: version) == nil)
        #expect(jobs.catalog.list(.jobs, namespace: nil, exactly: version - 1) == nil)
        #expect(jobs.catalog.list(.jobs, namespace: nil, exactly: version + 5) == nil)
    }

    @Test func `a queue counts the jobs that wait in it`() {
        var jobs = WaitingJobs()
        for number in 1...5 {
            jobs.publish([WaitingJobs.submit(number)], bodies: [Array("{}".utf8)])
        }
        #expect(jobs.catalog.counts(ofQueue: "default") == QueueCounts(waiting: 5, running: 0))
        jobs.publish([.cancel(WaitingJobs.name(2), Precondition())], bodies: [[]])
        jobs.publish([.delete(WaitingJobs.name(4), Precondition())], bodies: [[]])
        #expect(jobs.catalog.counts(ofQueue: "default") == QueueCounts(waiting: 3, running: 0))
        #expect(jobs.catalog.counts(ofQueue: "other") == QueueCounts())
    }
}
