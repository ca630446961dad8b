import HTTP
import Host
public import Primitives

/// Which log, and how much of it.
public struct LogRequest: Hashable, Sendable {
    public var namespace: String
    public var pod: String
    public var isFollowed: Bool
    /// Lines from the end to begin with; nil means all.
    public var tail: Int?
    /// Only lines that are this many seconds old or younger.
    public var sinceSeconds: Int64?
    /// Only lines from this moment on, as RFC 3339 writes it.
    public var sinceTime: String?
    /// Put its time in front of each line.
    public var hasTimestamps = false
    /// Read the attempt before the present one.
    public var isPrevious = false

    public init(namespace: String, pod: String, isFollowed: Bool, tail: Int? = nil) {
        self.namespace = namespace
        self.pod = pod
        self.isFollowed = isFollowed
        self.tail = tail
    }

    var call: Call {
        let path =
            "/api/v1/namespaces/\(percentEncoded(namespace))/pods/\(percentEncoded(pod))/log"
        var call = Call(.get, path)
        call.accept = "*/*"
        return call.asking("follow", isFollowed ? "true" : nil)
            .asking("tailLines", tail.map { "\($0)" })
            .asking("sinceSeconds", sinceSeconds.map { "\($0)" })
            .asking("sinceTime", sinceTime)
            .asking("timestamps", hasTimestamps ? "true" : nil)
            .asking("previous", isPrevious ? "true" : nil)
    }

    /// Whether what was seen so far tells where in the log to go on.
    var isResumable: Bool {
        tail == nil && sinceSeconds == nil && sinceTime == nil && !hasTimestamps
    }
}

extension APIClient {
    /// Hands a log over as it grows, until its end or until `onBytes` returns false.
    ///
    /// After a lost connection the log goes on at the byte where it broke off; one that began
    /// elsewhere, or has times in it, is asked for again, and `onGap` is told that lines may lack
    /// or repeat.
    public func readLog(
        _ request: LogRequest, onGap: () -> Void = {}, _ onBytes: ([UInt8]) -> Bool
    ) throws(Refusal) {
        var seen = 0
        var failures = 0
        var troubleSince: Int64?
        while true {
            var hasProgress = false
            let trouble: Refusal
            do throws(Refusal) {
                let isResumed = request.isResumable && seen > 0
                let call = request.call.asking("offset", isResumed ? "\(seen)" : nil)
                try stream(call, silenceMilliseconds: 900_000) { bytes in
                    hasProgress = true
                    seen += bytes.count
                    return onBytes(bytes)
                }
                return
            } catch {
                trouble = error
            }
            guard trouble.isPassing else { throw trouble }
            if hasProgress { (failures, troubleSince) = (0, nil) }
            failures += 1
            let since = troubleSince ?? Clock.monotonicMilliseconds()
            troubleSince = since
            let isTooLong =
                Clock.monotonicMilliseconds() - since >= patience.outageMilliseconds
            guard !isTooLong, request.isFollowed || failures < patience.attempts else {
                throw trouble
            }
            rest(milliseconds: pause(after: failures))
            if !request.isResumable, seen > 0 { onGap() }
        }
    }
}
