import Host
public import Primitives
public import Wire

/// What a feed reports: first all there is, then one change after the other.
public enum Change: Hashable, Sendable {
    /// The whole list or table; it comes again where the server no longer knows what was missed.
    case listed(JSON)
    case added(JSON)
    case modified(JSON)
    case deleted(JSON)
}

extension APIClient {
    /// Lists a collection, then follows it across lost connections until `visit` returns false.
    ///
    /// Fails where the server refuses, or where it cannot be reached for longer than our patience.
    public func follow(_ collection: Call, _ visit: (Change) -> Bool) throws(Refusal) {
        var feed = Feed()
        var failures = 0
        var troubleSince: Int64?
        while true {
            let before = feed.eventCount
            let trouble: Refusal
            do throws(Refusal) {
                if feed.version == nil {
                    let list = try list(collection)
                    feed.version = list["metadata"]?["resourceVersion"]?.string ?? "0"
                    guard visit(.listed(list)) else { return }
                }
                guard try watch(collection, &feed, visit) else { return }
                // The end of a stream is usual: servers bound how long a watch lasts.
                (failures, troubleSince) = (0, nil)
                rest(milliseconds: feed.eventCount == before ? patience.firstPauseMilliseconds : 0)
                continue
            } catch {
                trouble = error
            }
            if trouble.reason == .gone {
                feed.version = nil
            } else if !trouble.isPassing {
                throw trouble
            }
            if feed.eventCount > before { (failures, troubleSince) = (0, nil) }
            failures += 1
            let since = troubleSince ?? Clock.monotonicMilliseconds()
            troubleSince = since
            guard Clock.monotonicMilliseconds() - since < patience.outageMilliseconds else {
                throw trouble
            }
            rest(milliseconds: pause(after: failures))
        }
    }

    /// One stream of events; false where the visitor has had enough.
    private func watch(
        _ collection: Call, _ feed: inout Feed, _ visit: (Change) -> Bool
    ) throws(Refusal) -> Bool {
        let call =
            collection.asking("watch", "true").asking("resourceVersion", feed.version)
            .asking("allowWatchBookmarks", "true").asking("timeoutSeconds", "300")
        var lines = LineBuffer()
        var problem: Refusal?
        var goesOn = true
        // The server ends a watch after 300 s of silence; one that does not is dead.
        try stream(call, silenceMilliseconds: 330_000) { bytes in
            for line in lines.add(bytes) where !line.isEmpty {
                switch feed.read(line) {
                case .success(let change):
                    if let change, !visit(change) { goesOn = false }
                case .failure(let found): problem = found
                }
                guard goesOn, problem == nil else { return false }
            }
            return true
        }
        if let problem { throw problem }
        return goesOn
    }
}

/// How far a watch has come: the version after which it goes on.
struct Feed {
    /// Nil before the first list, and when the list must be read anew.
    var version: String?
    private(set) var eventCount = 0

    /// One line of the stream; nil for what only moves the version on.
    mutating func read(_ line: [UInt8]) -> Result<Change?, Refusal> {
        do throws(Refusal) {
            return .success(try change(line))
        } catch {
            return .failure(error)
        }
    }

    private mutating func change(_ line: [UInt8]) throws(Refusal) -> Change? {
        let event: JSON
        do throws(Refusal) {
            let limits = WireLimits(
                keys: 1_000_000, stringBytes: 32 << 20, documentBytes: LineBuffer.longest)
            event = JSON(try Document(json: line, limits: limits))
        } catch {
            // Half a line: the connection broke inside it, and the next one brings it again.
            throw Refusal(
                .unavailable, field: "watch", finding: "an event is not JSON: \(error.finding)",
                remedy: "Check that a Muster server answers there")
        }
        let object = event["object"] ?? .null
        if event["type"]?.string == "ERROR" {
            let code = if case .number(let text)? = object["code"] { Int(text) ?? 500 } else { 500 }
            throw Refusal(status: object, code: code)
        }
        eventCount += 1
        if let found = Self.version(of: object) { version = found }
        return switch event["type"]?.string {
        case "ADDED": .added(object)
        case "MODIFIED": .modified(object)
        case "DELETED": .deleted(object)
        default: nil
        }
    }

    /// Tables carry it themselves or in their last row.
    private static func version(of object: JSON) -> String? {
        let own = object["metadata"]?["resourceVersion"]?.string
        if let own, !own.isEmpty { return own }
        return object["rows"]?.elements.last?["object"]?["metadata"]?["resourceVersion"]?.string
    }
}
