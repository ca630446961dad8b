import Kernel
import Primitives
import Scheduling
import Testing

// What the tests of deletion, eviction and trials ask of a cluster, beyond its steps.

extension Cluster {
    /// Whether the first reply says that the object goes later.
    var isAccepted: Bool {
        if case .accepted? = outcome.replies.first { true } else { false }
    }

    /// Puts a finalizer on the object.
    mutating func hold(_ name: ObjectName) {
        feed(.revise(name, Precondition(), specChanged: false, terms: nil, isHeld: true))
    }

    /// Takes the last finalizer off the object.
    mutating func release(_ name: ObjectName) {
        feed(.revise(name, Precondition(), specChanged: false, terms: nil))
    }

    /// Whether the last step told a node to forget the job.
    func hasForgotten(_ uid: UInt64) -> Bool {
        outcome.effects.contains { if case .forget(_, uid) = $0 { true } else { false } }
    }

    /// The journal rebuilds the state to the byte, a snapshot gives itself, no record is lost.
    func expectReplay(sourceLocation: SourceLocation = #_sourceLocation) {
        var replayed = Kernel(limits: kernel.limits)
        do {
            for (tick, body) in journal { _ = try replayed.replay(body, at: tick) }
            let again = try Kernel(snapshot: replayed.snapshot(), limits: kernel.limits)
            #expect(again.snapshot() == kernel.snapshot(), sourceLocation: sourceLocation)
            #expect(again.check().isEmpty, sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
        let broken = replayed.check()
        #expect(broken.isEmpty, "\(broken.first ?? "")", sourceLocation: sourceLocation)
        #expect(replayed.digest == kernel.digest, sourceLocation: sourceLocation)
        #expect(replayed.snapshot() == kernel.snapshot(), sourceLocation: sourceLocation)
    }
}

extension JobOrder {
    /// A gang that carries a finalizer.
    static func held(_ name: String, ranks: UInt32 = 1) -> JobOrder {
        gang(name, ranks: ranks).with { $0.isHeld = true }
    }
}
