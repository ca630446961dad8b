import Host
import Storage

/// Ties the views of one specification together: empty while it is the one that the store holds.
// Unchecked: the bytes are owned by the cache, which holds its mutex whenever it touches them.
final class BodyPin: @unchecked Sendable {
    fileprivate var bytes: [UInt8]?

    init() {}

    /// For texts that hold their body themselves.
    static let unused = BodyPin()
}

/// The specifications of jobs: on disk, with those that were written or read of late in memory.
///
/// A hundred thousand waiting jobs would otherwise cost their whole text in memory. Any thread may
/// ask; a read from disk happens under the lock, since one statement serves all. Before a newer
/// specification is stored, or the job is removed, the present one is pinned to the views that
/// were made with it: whoever still holds one reads what was true then.
final class BodyCache: Sendable {
    /// Bytes in each of the two generations.
    static let generationBytes = 8 << 20

    private struct State {
        var young: [UInt64: [UInt8]] = [:]
        var old: [UInt64: [UInt8]] = [:]
        var youngBytes = 0
        var reader: BodyReader?

        /// Everything unused for a whole generation is dropped at once.
        mutating func keep(_ uid: UInt64, _ body: [UInt8]) {
            youngBytes += body.count
            young[uid] = body
            guard youngBytes > BodyCache.generationBytes else { return }
            old = young
            young = [:]
            youngBytes = 0
        }

        mutating func present(_ uid: UInt64) -> [UInt8] {
            if let body = young[uid] { return body }
            if let body = old[uid] {
                keep(uid, body)
                return body
            }
            guard let body = try? reader?.body(of: uid) else { return Array("{}".utf8) }
            keep(uid, body)
            return body
        }
    }

    private let state: Lock<State>

    init(_ reader: sending BodyReader?) { state = Lock(State(reader: reader)) }

    func keep(_ uid: UInt64, _ body: [UInt8]) { state.withLock { $0.keep(uid, body) } }

    /// The body that belongs to the pin: its own if it was superseded, else the one last stored;
    /// an empty object for a document that is gone.
    func body(of uid: UInt64, _ pin: BodyPin) -> [UInt8] {
        state.withLock { state in pin.bytes ?? state.present(uid) }
    }

    /// Pins the stored body before `next` takes its place; gives the pin that goes with `next`,
    /// which is the same where nothing changes.
    func supersede(_ uid: UInt64, _ pin: BodyPin, by next: [UInt8]) -> BodyPin {
        state.withLock { state in
            let present = pin.bytes ?? state.present(uid)
            if present == next, pin.bytes == nil { return pin }
            pin.bytes = present
            return BodyPin()
        }
    }

    /// Pins the stored body before its document is removed.
    func retire(_ uid: UInt64, _ pin: BodyPin) {
        state.withLock { state in
            if pin.bytes == nil { pin.bytes = state.present(uid) }
            state.young[uid] = nil
            state.old[uid] = nil
        }
    }
}
