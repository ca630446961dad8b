import Network
import Primitives

/// Counts failed authentications by peer, so that guessing is slow and its noise is bounded.
///
/// A peer has so many attempts in hand; they come back over time. Those who present a valid token
/// are never looked up here. The table is bounded: the oldest entry makes room for a new peer.
struct FailedAttempts {
    /// Attempts that may fail at once, and the time in which all of them come back.
    static let allowed: Int64 = 20
    static let windowMilliseconds: Int64 = 10_000
    static let peersMax = 4096

    private struct Entry {
        let peer: Peer
        /// When the peer would have all its attempts in hand again.
        var restoredAt: Int64
    }

    /// What one attempt costs in time.
    private static let cost = windowMilliseconds / allowed

    private var entries: [Entry] = []
    private var places: [Peer: Int] = [:]
    private var oldest = 0

    init() {}

    var count: Int { entries.count }

    /// Takes note of a failure; false where the peer had no attempts left. `now` is a clock that
    /// only goes forward.
    mutating func note(_ peer: Peer, at now: Int64) -> Bool {
        let place = place(of: peer, now)
        let restoredAt = max(entries[place].restoredAt, now) + Self.cost
        guard restoredAt - now <= Self.windowMilliseconds else { return false }
        entries[place].restoredAt = restoredAt
        return true
    }

    private mutating func place(of peer: Peer, _ now: Int64) -> Int {
        if let place = places[peer] { return place }
        let entry = Entry(peer: peer, restoredAt: now)
        guard entries.count >= Self.peersMax else {
            entries.append(entry)
            places[peer] = entries.count - 1
            return entries.count - 1
        }
        let place = oldest
        oldest = (oldest + 1) % Self.peersMax
        places[entries[place].peer] = nil
        entries[place] = entry
        places[peer] = place
        return place
    }
}
