import Control

/// Listings whose first page has been read, kept for the pages behind it; bounded in every way.
///
/// A listing shares its views with the catalog, so it costs what has changed since it was taken.
struct HeldListings {
    struct Limits {
        var perOwner = 64
        var count = 1_024
        /// In small views, over all.
        var weight = 500_000
        /// Since a page was last read.
        var idleMilliseconds: Int64 = 300_000
    }

    private struct Held {
        let number: UInt64
        let owner: UInt64
        let listing: Listing
        var usedAt: Int64

        /// What it keeps that would be gone without it: no more than has changed since.
        func weight(at version: UInt64) -> Int {
            let changes = Int(clamping: version >= listing.version ? version - listing.version : 0)
            let each = max(1, listing.weight / max(1, listing.count))
            let (lost, overflow) = changes.multipliedReportingOverflow(by: each)
            return 1 + (overflow ? listing.weight : min(lost, listing.weight))
        }
    }

    private let limits: Limits
    /// Those used longest ago first.
    private var held: [Held] = []
    private var lastNumber: UInt64 = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var count: Int { held.count }

    /// Keeps a listing for its owner and gives the number to ask for it with.
    mutating func hold(_ listing: Listing, for owner: UInt64, at now: Int64, newest: UInt64)
        -> UInt64
    {
        forgetIdle(at: now)
        let known = held.firstIndex {
            $0.owner == owner && $0.listing.version == listing.version
                && $0.listing.resource == listing.resource
                && $0.listing.namespace == listing.namespace
        }
        if let known {
            touch(known, at: now)
            return held[held.count - 1].number
        }
        lastNumber += 1
        held.append(Held(number: lastNumber, owner: owner, listing: listing, usedAt: now))
        makeRoom(for: owner, newest: newest)
        return lastNumber
    }

    /// The listing of that number, if it is the owner's and still here.
    mutating func find(_ number: UInt64, of owner: UInt64, at now: Int64) -> Listing? {
        forgetIdle(at: now)
        guard let index = held.firstIndex(where: { $0.number == number && $0.owner == owner })
        else { return nil }
        touch(index, at: now)
        return held[held.count - 1].listing
    }

    /// A listing of exactly that version, whoever had it kept.
    mutating func find(
        _ resource: Resource, namespace: String?, version: UInt64, at now: Int64
    ) -> Listing? {
        forgetIdle(at: now)
        return held.first {
            $0.listing.version == version && $0.listing.resource == resource
                && $0.listing.namespace == namespace
        }?.listing
    }

    mutating func forgetIdle(at now: Int64) {
        held.removeAll { now - $0.usedAt > limits.idleMilliseconds }
    }

    private mutating func touch(_ index: Int, at now: Int64) {
        var entry = held.remove(at: index)
        entry.usedAt = now
        held.append(entry)
    }

    /// Lets the oldest go until everything is within its limit; the newest always stays.
    private mutating func makeRoom(for owner: UInt64, newest: UInt64) {
        var own = held.count { $0.owner == owner }
        while own > limits.perOwner, let first = held.firstIndex(where: { $0.owner == owner }) {
            held.remove(at: first)
            own -= 1
        }
        var weight = held.reduce(0) { $0 + $1.weight(at: newest) }
        while held.count > 1, held.count > limits.count || weight > limits.weight {
            weight -= held[0].weight(at: newest)
            held.removeFirst()
        }
    }
}
