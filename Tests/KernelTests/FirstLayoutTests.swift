import Kernel
import Primitives
import Scheduling
import Testing

/// Goal: what the build before finalizers and evictions stored can still be read and goes on.
/// Method: a journal and a snapshot that it wrote, of a small cluster in the middle of its work.
@Suite struct FirstLayoutTests {
    private static let now = Tick(1_700_000_000_000)

    private func job(_ kernel: borrowing Kernel, _ name: String) -> UInt64 {
        kernel.uid(of: .job(name)) ?? 0
    }

    private func replayed() throws -> Kernel {
        var kernel = Kernel()
        _ = try kernel.replay(bytes(Self.journal), at: Self.now)
        return kernel
    }

    @Test func `the old snapshot and the old journal give the same state as ever`() throws {
        let loaded = try Kernel(snapshot: bytes(Self.snapshot))
        let replayed = try replayed()
        #expect(loaded.check().isEmpty)
        #expect(replayed.check().isEmpty)
        #expect(loaded.digest == replayed.digest)
        #expect(loaded.digest == Digest(0xe535_3492_0fea_8c7d))
        // Written anew in the layout of today, they are equal to the byte.
        #expect(loaded.snapshot() == replayed.snapshot())
        #expect(loaded.snapshot() != bytes(Self.snapshot))
    }

    @Test func `what the old snapshot says is what was`() throws {
        let kernel = try Kernel(snapshot: bytes(Self.snapshot))
        #expect(kernel.sequence == 35)
        #expect(kernel.nextUID == 11)
        let phases = ["running", "failed", "going", "waiting", "gone"].map {
            kernel.job(job(kernel, $0))?.phase
        }
        #expect(phases == [.running, .failed, .stopping, .pending, .stopping])
        for uid in kernel.objectUIDs {
            let object = kernel.object(uid)
            #expect(object?.isHeld == false)
            #expect(object?.revision == 0)
        }
        let nodes = ["a", "b"].map { kernel.node(kernel.uid(of: ObjectName(.node, name: $0)) ?? 0) }
        #expect(nodes.map { $0?.node.isTainted } == [false, false])
        #expect(nodes.map { $0?.node.isCordoned } == [false, true])
        let running = kernel.job(job(kernel, "running"))
        #expect(running?.evictions == 0)
        #expect(running?.ranks.map(\.isHidden) == [false, false])
    }

    @Test func `what was being deleted then is marked now, and can be held and released`() throws {
        var kernel = try Kernel(snapshot: bytes(Self.snapshot))
        let uid = job(kernel, "going")
        #expect(kernel.object(uid)?.deletedAt == Self.now)
        let end = RankReport(
            node: "a", bootID: "1", job: uid, attempt: 1, rank: 0,
            news: .ended(RankEnd(.signalled, code: 15)), at: Self.now)
        func hold(_ isHeld: Bool) -> Command {
            .revise(
                .job("going"), Precondition(), specChanged: false, terms: nil, isHeld: isHeld)
        }
        _ = kernel.step([hold(true), .report(end)], at: Self.now)
        #expect(kernel.job(uid)?.phase == .cancelled)
        #expect(kernel.check().isEmpty)
        _ = kernel.step([hold(false)], at: Self.now)
        #expect(kernel.job(uid) == nil)
        #expect(kernel.check().isEmpty)
    }

    @Test func `the powers of today work on the cluster of then`() throws {
        var kernel = try Kernel(snapshot: bytes(Self.snapshot))
        let outcome = kernel.step(
            [
                .evict(.job("running"), attempt: 1, rank: 1),
                .evict(.job("running"), attempt: 1, rank: 0),
                .taint(name: "a", true, evicting: true),
            ], at: Self.now)
        #expect(outcome.replies.allSatisfy { if case .refused = $0 { false } else { true } })
        #expect(kernel.job(job(kernel, "running"))?.ranks.map(\.isHidden) == [false, true])
        #expect(kernel.job(job(kernel, "running"))?.cause == .evicted)
        #expect(kernel.check().isEmpty)
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    /// Two nodes, one of them cordoned; jobs that run, have failed, wait and are being deleted.
    private static let journal = """
        0101010764656661756c740102020764656661756c740105030263690504483130300d0401610131c03e8080\
        8080800402000d0501620131d00f808080800800000f0501060601020772756e6e696e670102d00f00d00f00\
        c80100e0d403000000046f6e6365000706080604010806040209060080a0abfef96209060180a0abfef9620c\
        0602000000000a060100000080a0abfef96206070102066661696c65640101d00f000000c80100e0d4030000\
        00000007070807040009070080a0abfef9620c0702000000000a070000060080a0abfef9620c070505050100\
        04000600000608010205676f696e670101d00f000000c80100e0d403000000000007080808040009080080a0\
        abfef9620c08020000000003080c08030b060000060901020777616974696e670101d00f00a01f00c80100e0\
        d4030000000000060a010204676f6e650101d00f000000c80100e0d4030000000000070a080a04000c0a030a\
        060000030a
        """

    private static let snapshot = """
        01230b7d8cea0f923435e501044831303003010102d00f00d00f0001010101d00f00000003010101d00f00a0\
        1f0001000a010101000764656661756c7480a0abfef962010105ffffffff0f010202000764656661756c7480\
        a0abfef962020105ffffffff0f0105030002636980a0abfef962030100ffffffff0f01030400016180a0abfe\
        f9622101000001030500016280a0abfef96207010001010406010772756e6e696e6780a0abfef9620f010000\
        01040701066661696c656480a0abfef962160100010104080105676f696e6780a0abfef9621d010002010409\
        010777616974696e6780a0abfef9621e01000301040a0104676f6e6580a0abfef96223010004000501060102\
        00c80100e0d40300000080a0abfef962020000010000000180a0abfef9620080a0abfef96202040101000180\
        a0abfef962000c040202010000000180a0abfef9620180a0abfef9620f0107010201c80100e0d40300000080\
        a0abfef9620505010004000600010500000180a0abfef9620180a0abfef96280a0abfef96201040002010006\
        000180a0abfef9620180a0abfef962150108010201c80100e0d40300000080a0abfef962030b000106010001\
        80a0abfef9620080a0abfef96201040001000180a0abfef962001a0109010202c80100e0d40300000080a0ab\
        fef96200010000000000000080a0abfef96200010a010201c80100e0d40300000080a0abfef962030a000106\
        01000180a0abfef9620080a0abfef9620104000000000021000204013101000080a0abfef96280a0abfef962\
        c03e8080808080040200030306080a05013101010080a0abfef96280a0abfef962d00f808080800800000000\
        01046f6e6365060080a0abfef962
        """
}
