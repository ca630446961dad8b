import HTTP
import Primitives
import Testing

@testable import Control
@testable import Service

/// Goal: versions in queries mean what the Kubernetes API says. Method: the table of its manual.
@Suite struct VersionDemandTests {
    private func demand(_ query: String, paged: Bool = false) throws -> VersionDemand {
        try VersionDemand(try Query(query), isPaged: paged)
    }

    @Test func `each combination that has a meaning has the one of the manual`() throws {
        #expect(try demand("") == .newest)
        #expect(try demand("resourceVersion=0") == .newest)
        #expect(try demand("resourceVersion=0&resourceVersionMatch=NotOlderThan") == .newest)
        #expect(try demand("resourceVersion=7") == .notOlder(7))
        #expect(try demand("resourceVersion=7&resourceVersionMatch=NotOlderThan") == .notOlder(7))
        #expect(try demand("resourceVersion=7&resourceVersionMatch=Exact") == .exactly(7))
        #expect(try demand("resourceVersion=7", paged: true) == .exactly(7))
        #expect(try demand("resourceVersion=0", paged: true) == .newest)
        #expect(
            try demand("resourceVersion=7&resourceVersionMatch=NotOlderThan", paged: true)
                == .notOlder(7))
        #expect(try demand("continue=x&resourceVersion=0") == .newest)
    }

    @Test(arguments: [
        "resourceVersionMatch=Exact", "resourceVersionMatch=NotOlderThan",
        "resourceVersion=0&resourceVersionMatch=Exact", "resourceVersion=7&resourceVersionMatch=x",
        "resourceVersion=seven", "resourceVersion=-1", "resourceVersion=18446744073709551616",
        "continue=x&resourceVersion=7",
        "continue=x&resourceVersion=0&resourceVersionMatch=NotOlderThan",
    ])
    func `the other combinations are refused with 400`(query: String) throws {
        let refusal = #expect(throws: Refusal.self) { try demand(query) }
        #expect(refusal?.reason == .malformed)
        #expect(refusal?.field.hasPrefix("resourceVersion") ?? false)
    }

    @Test func `a watch begins where it says`() throws {
        func start(_ query: String, _ initial: Bool?) throws -> WatchStart {
            try WatchStart(try Query(query), sendInitialEvents: initial)
        }
        #expect(try start("", nil) == .state(marked: false))
        #expect(try start("resourceVersion=0", nil) == .state(marked: false))
        #expect(try start("resourceVersion=9", nil) == .version(9))
        let match = "resourceVersionMatch=NotOlderThan"
        #expect(try start(match, true) == .state(marked: true))
        #expect(try start("\(match)&resourceVersion=9", true) == .state(marked: true))
        #expect(try start("\(match)&resourceVersion=9", false) == .version(9))
        #expect(try start(match, false) == .now)
        #expect(throws: Refusal.self) { try start("", true) }
        #expect(throws: Refusal.self) { try start("resourceVersionMatch=Exact", true) }
        #expect(throws: Refusal.self) { try start(match, nil) }
        #expect(throws: Refusal.self) { try start("resourceVersion=x", nil) }
    }
}

/// Goal: a mark comes back as it went, and what is none is refused. Method: edges and seeds.
@Suite struct PageMarkTests {
    @Test func `a mark comes back from its text`() throws {
        var dice = Dice(seed: 3)
        for _ in 0..<200 {
            let mark = PageMark(
                epoch: dice.next(), listing: dice.next(),
                place: ListPlace(
                    uid: dice.next(), rank: dice.below(1 << 20) - 1),
                seen: dice.below(1 << 30), request: dice.next())
            #expect(try PageMark(mark.text) == mark)
        }
    }

    @Test(arguments: [
        "", "x", "1.2.3", "1.2.3.4.5.6.7", "1.2.3.4.5.-6", ".....", "1.2.3.zzzzzzzzzzzz.5.6",
        "1.2.3.4.zzzzzzzzzzzzz.6", "99999999999999999999.2.3.4.5.6",
        String(repeating: "1", count: 200) + ".2.3.4.5.6",
    ])
    func `what is no mark is refused with 400`(text: String) throws {
        let refusal = #expect(throws: Refusal.self) { try PageMark(text) }
        #expect(refusal?.reason == .malformed)
    }

    @Test func `each part of a request makes another digest`() throws {
        let base = try Query("labelSelector=a")
        let one = PageMark.digest(.jobs, "x", base, owner: 1)
        #expect(one == PageMark.digest(.jobs, "x", try Query("labelSelector=a&limit=5"), owner: 1))
        for other in [
            PageMark.digest(.pods, "x", base, owner: 1),
            PageMark.digest(.jobs, nil, base, owner: 1),
            PageMark.digest(.jobs, "x", base, owner: 2),
            PageMark.digest(.jobs, "x", try Query("fieldSelector=a"), owner: 1),
            PageMark.digest(.jobs, "x", try Query(""), owner: 1),
        ] {
            #expect(other != one)
        }
    }
}

/// Goal: listings are kept for as long as promised and no longer. Method: a virtual clock.
@Suite struct HeldListingsTests {
    private func listing(_ version: UInt64, jobs: Int = 0) -> Listing {
        let reading = ShelfReading<JobView>(
            chunks: [], count: ShelfCount(views: jobs, parts: 0))
        return Listing(
            resource: .jobs, namespace: nil, version: version, source: .jobs(reading))
    }

    @Test func `a listing that is read stays, one that is not goes`() {
        var held = HeldListings()
        let read = held.hold(listing(1), for: 7, at: 0, newest: 1)
        let idle = held.hold(listing(2), for: 7, at: 0, newest: 2)
        #expect(read != idle)
        #expect(held.find(read, of: 7, at: 200_000)?.version == 1)
        #expect(held.find(read, of: 7, at: 400_000)?.version == 1)
        #expect(held.find(idle, of: 7, at: 400_000) == nil)
        #expect(held.find(read, of: 7, at: 700_001) == nil)
        #expect(held.count == 0)
    }

    @Test func `the same version is kept once for its owner, and for nobody else`() {
        var held = HeldListings()
        let mine = held.hold(listing(5), for: 1, at: 0, newest: 5)
        #expect(held.hold(listing(5), for: 1, at: 1, newest: 5) == mine)
        #expect(held.hold(listing(5), for: 2, at: 1, newest: 5) != mine)
        #expect(held.find(mine, of: 2, at: 2) == nil)
        #expect(held.find(.jobs, namespace: nil, version: 5, at: 2) != nil)
        #expect(held.find(.jobs, namespace: "x", version: 5, at: 2) == nil)
        #expect(held.find(.pods, namespace: nil, version: 5, at: 2) == nil)
    }

    @Test func `an owner with too many loses its oldest`() {
        var limits = HeldListings.Limits()
        limits.perOwner = 3
        limits.count = 5
        var held = HeldListings(limits)
        let other = held.hold(listing(1), for: 2, at: 0, newest: 1)
        let numbers = (2...5).map { held.hold(listing($0), for: 1, at: 0, newest: $0) }
        #expect(held.find(numbers[0], of: 1, at: 0) == nil)
        for number in numbers.dropFirst() { #expect(held.find(number, of: 1, at: 0) != nil) }
        #expect(held.find(other, of: 2, at: 0) != nil)
        for version in 6...8 {
            _ = held.hold(listing(UInt64(version)), for: UInt64(version), at: 0, newest: 8)
        }
        #expect(held.count == 5)
    }

    @Test func `what has changed since counts, and the newest always stays`() {
        var limits = HeldListings.Limits()
        limits.weight = 1000
        var held = HeldListings(limits)
        let old = held.hold(listing(1, jobs: 5000), for: 1, at: 0, newest: 1)
        let next = held.hold(listing(400, jobs: 5000), for: 1, at: 0, newest: 400)
        #expect(held.find(old, of: 1, at: 0) != nil)
        // Now 1,900 and 1,500 views are kept by them alone.
        let newest = held.hold(listing(1900, jobs: 5000), for: 1, at: 0, newest: 1900)
        #expect(held.find(old, of: 1, at: 0) == nil)
        #expect(held.find(next, of: 1, at: 0) == nil)
        #expect(held.find(newest, of: 1, at: 0) != nil)
    }
}

/// Goal: one place decides what a client gets. Method: the fields that clients send.
@Suite struct AcceptTests {
    private func form(_ accept: String?, _ query: String = "") throws -> Form {
        let headers = Headers(accept.map { [("Accept", $0)] } ?? [])
        return try Form(Accept(headers), try Query(query))
    }

    @Test func `clients get the form that they like best`() throws {
        let kubectl =
            "application/json;as=Table;v=v1;g=meta.k8s.io,"
            + "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        #expect(try form(kubectl) == .table("meta.k8s.io/v1", .metadata))
        #expect(
            try form(kubectl, "includeObject=Object") == .table("meta.k8s.io/v1", .object))
        #expect(try form(kubectl, "includeObject=None") == .table("meta.k8s.io/v1", .none))
        #expect(
            try form("application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json")
                == .table("meta.k8s.io/v1beta1", .metadata))
        let metadata =
            "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
            + "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
        #expect(try form(metadata) == .metadata)
        for plain in [
            nil, "", "*/*", "application/*", "application/json", "APPLICATION/JSON",
            "application/json;stream=watch", "text/html,application/xml;q=0.9,*/*;q=0.8",
            "application/vnd.kubernetes.protobuf,application/json", "application/yaml",
            "application/json;as=Unknown;g=meta.k8s.io;v=v1,application/json",
            "application/json;as=Table;v=v9;g=meta.k8s.io,*/*",
        ] {
            #expect(try form(plain) == .objects, "\(plain ?? "none")")
        }
    }

    @Test func `quality goes before order`() throws {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
        #expect(try form("\(table);q=0.5,application/json") == .objects)
        #expect(try form("application/json;q=0.5, \(table);q=0.51").isTable)
        #expect(try form("\(table);q=0,application/json;q=0.1") == .objects)
    }

    @Test(arguments: [
        "text/html", "application/vnd.kubernetes.protobuf", "application/json;q=0",
        "application/json;as=Table;v=v9;g=meta.k8s.io", "image/*",
    ])
    func `where nothing fits the answer is 406 and says what there is`(accept: String) throws {
        let refusal = #expect(throws: Refusal.self) { try form(accept) }
        #expect(refusal?.reason == .notAcceptable)
        #expect(refusal?.remedy.contains("application/json") ?? false)
    }

    @Test func `an unknown includeObject is refused`() throws {
        #expect(throws: Refusal.self) {
            try form("application/json;as=Table;v=v1;g=meta.k8s.io", "includeObject=All")
        }
    }
}
