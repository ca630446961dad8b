import Control
import HTTP
import Network
import Primitives
import Resources

/// What one watcher wants to see.
struct Subscription {
    let resource: Resource
    let namespace: String?
    let filter: Filter
    let form: Form
    let bookmarks: Bool
    let token: UInt64
}

/// Where a watch begins.
enum WatchStart: Hashable {
    /// With everything there is, as additions; `marked` by a bookmark at the end of these.
    case state(marked: Bool)
    /// With what changes from now on.
    case now
    /// With what has changed since a version.
    case version(UInt64)

    /// Reads `resourceVersion`, `resourceVersionMatch` and `sendInitialEvents` of a watch.
    init(_ query: Query, sendInitialEvents: Bool?) throws(Refusal) {
        let version = try VersionDemand.number(query["resourceVersion"] ?? "") ?? 0
        let match = query["resourceVersionMatch"] ?? ""
        guard let sendInitialEvents else {
            guard match.isEmpty else {
                throw Refusal(
                    .malformed, field: "resourceVersionMatch",
                    finding: "a watch has no match unless sendInitialEvents is given",
                    remedy: "Leave it out, or send sendInitialEvents too")
            }
            self = version == 0 ? .state(marked: false) : .version(version)
            return
        }
        guard match == "NotOlderThan" else {
            throw Refusal(
                .malformed, field: "resourceVersionMatch",
                finding: "sendInitialEvents needs to know how old the state may be",
                remedy: "Send resourceVersionMatch=NotOlderThan")
        }
        if sendInitialEvents {
            self = .state(marked: true)
        } else {
            self = version == 0 ? .now : .version(version)
        }
    }
}

extension Server {
    /// Turns a list request into a stream of changes, chunked or over a WebSocket.
    func watch(
        _ resource: Resource, _ call: Call, _ filter: Filter, _ form: Form
    ) throws(Refusal) {
        guard AnswerForm(rawValue: call.exchange.note) != .yaml else {
            throw Refusal(
                .notAcceptable, field: "Accept", finding: "a watch is a stream of JSON lines",
                remedy: "Accept application/json")
        }
        // A limit means nothing here, but client libraries send one.
        guard (call.query["continue"] ?? "").isEmpty else {
            throw Refusal(
                .malformed, field: "continue", finding: "a watch has no pages",
                remedy: "Leave it out")
        }
        let initial = try flag("sendInitialEvents", call.query)
        let start = try WatchStart(call.query, sendInitialEvents: initial)
        if initial == true,
            let version = try VersionDemand.number(call.query["resourceVersion"] ?? ""),
            version > catalog.version
        {
            return refuseAhead(of: version, call)
        }
        let seconds = try integer("timeoutSeconds", in: 0...86_400, call.query) ?? 0
        guard watchers.hasRoom(for: call.actor?.tokenUID ?? 0) else {
            throw Refusal(
                .tooManyRequests, finding: "too many watches are open for this token",
                remedy: "Close watches that are no longer read")
        }
        let subscription = Subscription(
            resource: resource, namespace: call.namespace, filter: filter, form: form,
            bookmarks: try flag("allowWatchBookmarks", call.query) ?? false,
            token: call.actor?.tokenUID ?? 0)
        watchers.open(subscription, start, seconds: seconds == 0 ? nil : seconds, call)
    }
}
