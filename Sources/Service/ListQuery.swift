import Control
import HTTP
import Primitives
import Resources

/// How new a list or an object has to be.
enum VersionDemand: Hashable {
    case newest
    case notOlder(UInt64)
    case exactly(UInt64)

    /// Reads `resourceVersion` and `resourceVersionMatch` of a list.
    init(_ query: Query, isPaged: Bool) throws(Refusal) {
        let text = query["resourceVersion"] ?? ""
        let match = query["resourceVersionMatch"] ?? ""
        if !(query["continue"] ?? "").isEmpty {
            guard match.isEmpty, text.isEmpty || text == "0" else {
                throw Self.refusal(
                    match.isEmpty ? "resourceVersion" : "resourceVersionMatch",
                    "this is not possible together with continue",
                    "Leave it out: the continue value says of which version the list is")
            }
        }
        guard ["", "Exact", "NotOlderThan"].contains(match) else {
            throw Self.refusal(
                "resourceVersionMatch", "\"\(match.prefix(40))\" is not among the choices",
                "Use Exact or NotOlderThan, or leave it out")
        }
        guard match.isEmpty || !text.isEmpty else {
            throw Self.refusal(
                "resourceVersionMatch", "there is no resourceVersion that it could apply to",
                "Send resourceVersion too, or leave it out")
        }
        guard let version = try Self.number(text), version > 0 else {
            guard match != "Exact" else {
                throw Self.refusal(
                    "resourceVersionMatch", "there is no list of exactly version 0",
                    "Send the resourceVersion of a list")
            }
            self = .newest
            return
        }
        // Pages of a version that is named have always been pages of exactly that version.
        self =
            match == "Exact" || (match.isEmpty && isPaged) ? .exactly(version) : .notOlder(version)
    }

    /// The version that a text names; nil where it is empty.
    static func number(_ text: String) throws(Refusal) -> UInt64? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(text) else {
            throw refusal(
                "resourceVersion", "\"\(text.prefix(40))\" is no version",
                "Send the resourceVersion of an object or a list, 0, or nothing")
        }
        return number
    }

    private static func refusal(_ field: String, _ finding: String, _ remedy: String) -> Refusal {
        Refusal(.malformed, field: field, finding: finding, remedy: remedy)
    }
}

/// What the `continue` of a page says: which held listing goes on, and where.
struct PageMark: Hashable {
    /// The start of the controller that held it; listings do not outlive it.
    let epoch: UInt64
    let listing: UInt64
    let place: ListPlace
    /// Items that earlier pages have shown.
    let seen: Int
    /// Of the request's resource, namespace and selectors.
    let request: UInt64

    init(epoch: UInt64, listing: UInt64, place: ListPlace, seen: Int, request: UInt64) {
        self.epoch = epoch
        self.listing = listing
        self.place = place
        self.seen = seen
        self.request = request
    }

    init(_ text: String) throws(Refusal) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            .map { UInt64($0, radix: 36) }
        guard text.utf8.count <= 128, parts.count == 6, let epoch = parts[0],
            let listing = parts[1], let uid = parts[2], let rank = parts[3], let seen = parts[4],
            let request = parts[5], rank <= 1 << 31, seen <= 1 << 40
        else { throw Self.foreign }
        self.epoch = epoch
        self.listing = listing
        place = ListPlace(uid: uid, rank: Int(rank) - 1)
        self.seen = Int(seen)
        self.request = request
    }

    var text: String {
        [epoch, listing, place.uid, UInt64(place.rank + 1), UInt64(seen), request]
            .map { String($0, radix: 36) }.joined(separator: ".")
    }

    static let foreign = Refusal(
        .malformed, field: "continue", finding: "this is not a place in this list",
        remedy: "Send the continue value of the page before, with the same selectors and token")

    static let expired = Refusal(
        .gone, field: "continue",
        finding: "the provided continue parameter is too old to display a consistent list result",
        remedy: "Start a new list without the continue parameter")

    /// Tells requests apart that must not go on with each other's pages.
    static func digest(
        _ resource: Resource, _ namespace: String?, _ query: Query, owner: UInt64
    ) -> UInt64 {
        var digest = Digest()
        digest.mix(UInt64(resource.rawValue))
        digest.mix(owner)
        for text in [namespace ?? "/", query["labelSelector"] ?? "", query["fieldSelector"] ?? ""] {
            digest.mix(UInt64(text.utf8.count))
            digest.mix(Array(text.utf8))
        }
        return digest.value
    }
}
