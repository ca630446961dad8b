import Kernel
import Primitives
import Resources
import Scheduling
import Testing
import Wire

@testable import Control
@testable import Service

/// A cluster in which everything has happened once that changes how objects are written.
private struct Eventful {
    let catalog = Catalog(bodies: BodyCache(nil))
    private var kernel = Kernel()
    private var texts: [UInt64: DocumentText] = [:]
    private var now: Int64 = 1_700_000_000_000

    init() throws {
        for name in ["default"] {
            step(.create(ObjectName(.namespace, name: name)))
            step(.create(ObjectName(.queue, name: name)))
        }
        step(
            .create(ObjectName(.token, name: "t")),
            body: #"{"role":"agent","digest":"00","expires":"2027-01-01T00:00:00Z"}"#)
        createPlainObjects()
        for name in ["n0", "n1"] {
            step(
                .register(
                    NodeReport(
                        name: name, bootID: "1", cpuMilli: 8000, memoryBytes: 1 << 34, gpus: 2,
                        gpuModel: "H100")),
                body: #"{"address":"10.0.0.1","hostName":"a","version":"1","topology":"#
                    + #"{"packages":1,"numaNodes":1,"cores":4,"threads":8}}"#)
        }
        for name in ["fine", "bad", "killed", "lost", "runs", "placed", "waits"] { submit(name) }
        report("fine", 0, .started)
        report("fine", 0, .ended(RankEnd(.exited)))
        for name in ["bad", "killed", "runs"] { report(name, 0, .started) }
        report("bad", 0, .ended(RankEnd(.exited, code: 3)))
        report("killed", 0, .ended(RankEnd(.signalled, code: 9, timedOut: true)))
        report("lost", 0, .ended(RankEnd(.launchFailed, code: 2)))
        step(.cordon(name: "n1", true, Precondition()))
    }

    private mutating func createPlainObjects() {
        step(
            .create(ObjectName(.nodePool, name: "p")),
            body: #"{"providerRef":{"kind":"ProviderClass","name":"a"},"replicas":1,"weight":10,"#
                + #""instanceTypes":[{"name":"a","cpus":"8","memory":"1Gi","gpus":1,"#
                + #""pricePerHour":"1.5","leadTime":"1m"}]}"#)
        let bodies: [(Kind, String)] = [
            (.configMap, #"{"data":{"a":"b"},"immutable":true}"#),
            (.secret, #"{"type":"Opaque","data":{"a":"YQ=="}}"#),
            (.lease, #"{"holderIdentity":"a","leaseDurationSeconds":15}"#),
        ]
        for (kind, body) in bodies {
            step(.create(ObjectName(kind, namespace: "default", name: "x")), body: body)
        }
    }

    private mutating func submit(_ name: String) {
        let isHuge = name == "waits"
        let role = JobOrder.Role(
            ranks: isHuge ? 4 : 1, cpuMilli: isHuge ? 8000 : 500, memoryBytes: 0,
            gpuMilli: isHuge ? 0 : 250, models: [])
        step(
            .submit(
                JobOrder(
                    namespace: "default", name: name, queue: "default", roles: [role],
                    terms: JobTerms(priority: 100, timeLimit: .zero, gracePeriod: .zero),
                    allowUnplaceable: true)),
            body: #"{"roles":[{"name":"worker","command":["a"]}]}"#)
    }

    private mutating func report(_ name: String, _ rank: UInt32, _ news: RankReport.News) {
        guard let uid = kernel.uid(of: ObjectName(.job, namespace: "default", name: name)),
            let job = kernel.job(uid), job.ranks.count > Int(rank)
        else { return }
        let node = kernel.object(job.ranks[Int(rank)].node)?.name ?? ""
        step(
            .report(
                RankReport(
                    node: node, bootID: "1", job: uid, attempt: job.attempt, rank: rank, news: news,
                    at: Tick(now))))
    }

    private mutating func step(_ command: Command, body: String = "{}") {
        now += 1000
        let outcome = kernel.step([command], at: Tick(now))
        for change in outcome.changes {
            guard case .object(let uid) = change.subject, texts[uid] == nil,
                let object = kernel.object(uid)
            else { continue }
            let body = body + "\n" + managers
            texts[uid] = text(object, body)
            if object.kind == .job { catalog.bodies.keep(uid, Array(body.utf8)) }
        }
        let notes = outcome.records.compactMap { EventNote.of($0, in: kernel, at: Tick(now)) }
        catalog.publish(
            outcome, of: kernel, texts: texts,
            events: notes.enumerated().map {
                EventView(version: kernel.sequence + UInt64($0.offset), note: $0.element)
            })
    }
}

/// Who wrote the object: one who owns all of it, and one who set a label later.
private let managers =
    #"[{"manager":"kubectl","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z"},"#
    + #"{"manager":"k","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","#
    + #""fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{"f:a":{}}}}}]"#

/// The text that is stored with an object.
private func text(_ object: ObjectState, _ body: String) -> DocumentText {
    let head =
        #"{"name":"\#(object.name)","labels":{"a":"b"},"annotations":{"c":"d"},"#
        + #""finalizers":["a/b"],"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"a","#
        + #""uid":"1","controller":true,"blockOwnerDeletion":true}]}"#
    return DocumentText(
        head: Array(head.utf8), residentBody: object.kind == .job ? nil : Array(body.utf8),
        labels: [:], user: "")
}

/// Goal: the schema does not lie. Method: everything that the server writes is decoded strictly
/// into the types that the schema is made of.
@Suite struct WrittenShapesTests {
    @Test func `every object that is written has the shape that is published`() throws {
        let eventful = try Eventful()
        let objects = ObjectJSON(catalog: eventful.catalog)
        var seen: Set<String> = []
        for words in KindWords.all {
            guard let resource = words.resource else { continue }
            let shape = try #require(KindShape.of(words.kind, words.apiVersion), "\(words.kind)")
            for item in eventful.catalog.list(resource, namespace: nil).items {
                let bytes = objects.encode(item)
                let text = String(decoding: bytes, as: UTF8.self)
                let document = try Document(json: bytes, limits: .trusted)
                do { try shape.check(document) } catch { Issue.record("\(error) in \(text)") }
                #expect(document.root["kind"]?.string == words.kind)
                #expect(document.root["apiVersion"]?.string == words.apiVersion)
                if document.root["metadata"]?["managedFields"]?.elements.isEmpty == false {
                    seen.insert("managedFields")
                }
                seen.insert(words.kind)
                if let phase = document.root["status"]?["phase"]?.string { seen.insert(phase) }
            }
        }
        let expected = [
            "Job", "Queue", "Token", "NodePool", "ConfigMap", "Secret", "Lease", "Node", "Pod",
            "Namespace", "Event", "Pending", "Starting",
            "Running", "Succeeded", "Failed", "Active", "managedFields",
        ]
        for word in expected { #expect(seen.contains(word), "\(word) was never written") }
    }

    @Test func `what is not declared is found`() throws {
        let shape = try #require(KindShape.of("Job", Group.version))
        let job = #"{"spec":{"roles":[]},"status":{"phase":"Running","attempt":1,"new":1}}"#
        let document = try Document(json: Array(job.utf8))
        #expect(throws: (any Error).self) { try shape.check(document) }
    }

    @Test func `a failure is written as a Status`() throws {
        let refusal = Refusal(.invalid, field: "spec", finding: "it is bad", remedy: "Mend it")
        for bytes in [
            StatusJSON.failure(refusal),
            StatusJSON.success(kind: "jobs", group: "muster.dev", name: "a", uid: "7"),
        ] {
            _ = try WireDecoder.decode(StatusObject.self, json: bytes, unknown: .refuse)
        }
    }

    @Test func `phases are called the same inside and outside`() {
        #expect(JobPhase.allCases.map(\.rawValue) == Phase.allCases.map(\.word))
    }
}
