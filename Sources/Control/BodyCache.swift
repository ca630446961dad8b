import Host
import Storage

/// The specifications of jobs: on disk, with those that were written or read of late in memory.
///
/// A hundred thousand waiting jobs would otherwise cost their whole text in memory. Any thread may
/// ask; a read from disk happens under the lock, since one statement serves all.
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
    }

    private let state: Lock<State>

    init(_ reader: sending BodyReader?) { state = Lock(State(reader: reader)) }

    func keep(_ uid: UInt64, _ body: [UInt8]) { state.withLock { $0.keep(uid, body) } }

    /// The body as last stored; an empty object for a document that is gone.
    func body(of uid: UInt64) -> [UInt8] {
        state.withLock { state in
            if let body = state.young[uid] { return body }
            if let body = state.old[uid] {
                state.keep(uid, body)
                return body
            }
            guard let body = try? state.reader?.body(of: uid) else { return Array("{}".utf8) }
            state.keep(uid, body)
            return body
        }
    }
}
