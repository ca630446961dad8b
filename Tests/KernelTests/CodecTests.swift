import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: what is written can be read back, also what earlier builds wrote.
/// Method: each record by itself, and the bytes of a build from before finalizers and evictions.
@Suite struct CodecTests {
    static let records: [Record] = [
        .created(.queue, uid: 1, name: "q", namespace: 0),
        .created(.secret, uid: 300, name: "s", namespace: 7),
        .created(.nodePool, uid: .max, name: "", namespace: 0),
        .created(.lease, uid: 2, name: "ünïcode", namespace: .max),
        .created(.configMap, uid: 2, name: "c", namespace: 128),
        .revised(uid: 9, specChanged: true, terms: nil),
        .deletionMarked(uid: 1 << 40),
        .removed(uid: 3),
        .rankForgotten(job: 4),
        .held(uid: 5, true), .held(uid: .max, false),
        .nodeTainted(uid: 6, true), .nodeTainted(uid: 1 << 63, false),
        .rankHidden(job: 7, rank: 0), .rankHidden(job: .max, rank: .max),
        .rankRelabelled(job: 8, rank: 16_383), .rankRelabelled(job: 1, rank: .max),
        .moved(
            job: 1, to: .stopping, cause: .evicted, fate: .pending, culprit: nil,
            notBefore: Tick(.min)),
    ]

    @Test(arguments: records)
    func `a record is read back as it was written, and only whole`(record: Record) throws {
        var writer = ByteWriter()
        record.encode(into: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try Record(from: &reader) == record)
        #expect(reader.isAtEnd)
        for length in 0..<writer.count {
            var short = ByteReader(Array(writer.bytes[..<length]))
            #expect(throws: DecodingFailure.self) { _ = try Record(from: &short) }
        }
    }

    @Test func `numbers of kinds and records of a newer build are refused`() {
        let newer: [[UInt8]] = [
            [1, 10, 1, 1, 97], [1, 0, 1, 1, 97], [0], [21], [255], [16, 1, 2],
        ]
        for bytes in newer {
            var reader = ByteReader(bytes)
            #expect(throws: DecodingFailure.self) { _ = try Record(from: &reader) }
        }
    }

    @Test func `the state of held, tainted, evicted and hidden things survives a snapshot`() throws
    {
        var cluster = Cluster()
        cluster.feed(.create(ObjectName(.namespace, name: "team")))
        let lease = ObjectName(.lease, namespace: "team", name: "held")
        cluster.feed(.create(lease, isHeld: true))
        cluster.addNode("a")
        let uid = cluster.submit(.held("pair", ranks: 2))
        cluster.tell(uid, .started)
        cluster.feed(.evict(.job("pair"), attempt: 1, rank: 0))
        cluster.tell(uid, .killed)
        cluster.tell(uid, .succeeded, ranks: [1])
        cluster.feed(.evict(.job("pair"), attempt: 2, rank: 1))
        cluster.feed(.taint(name: "a", true, evicting: false))
        cluster.feed(.delete(ObjectName(.namespace, name: "team"), Precondition()))
        var again = try Kernel(snapshot: cluster.kernel.snapshot())
        #expect(again.snapshot() == cluster.kernel.snapshot())
        #expect(again.check().isEmpty)
        #expect(again.job(uid)?.evictions == 1)
        #expect(again.job(uid)?.ranks.map(\.isHidden) == [false, true])
        let node = again.uid(of: ObjectName(.node, name: "a")) ?? 0
        #expect(again.node(node)?.node.isTainted == true)
        #expect(again.object(again.uid(of: lease) ?? 0)?.deletedAt == cluster.now)
        let release = Command.revise(lease, Precondition(), specChanged: false, terms: nil)
        _ = again.step([release], at: cluster.now)
        #expect(again.uid(of: ObjectName(.namespace, name: "team")) == nil)
    }

    @Test func `every snapshot that was cut or has a byte too many is refused`() {
        var cluster = Cluster()
        cluster.feed(.create(ObjectName(.lease, namespace: "default", name: "x"), isHeld: true))
        let bytes = cluster.kernel.snapshot()
        for length in 0..<bytes.count {
            #expect(throws: DecodingFailure.self) {
                _ = try Kernel(snapshot: Array(bytes[..<length]))
            }
        }
        #expect(throws: DecodingFailure.self) { _ = try Kernel(snapshot: bytes + [0]) }
        #expect(throws: DecodingFailure.self) { _ = try Kernel(snapshot: [3] + bytes.dropFirst()) }
    }
}
