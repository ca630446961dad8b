public import HTTP
import Host
import Network
public import Primitives
public import Wire

/// The API as one thread sees it: blocking calls that are repeated where that is safe.
public final class APIClient {
    public let access: Access
    private let connection: ClientConnection
    private var dice: Dice
    let patience: Patience

    /// A whole answer with a status below 300.
    public struct Answer: Sendable {
        public let status: Int
        public let headers: Headers
        public let body: [UInt8]

        /// The body as a tree; lists may be large.
        public func json() throws(Refusal) -> JSON {
            let limits = WireLimits(
                keys: 50_000_000, stringBytes: 64 << 20, documentBytes: 512 << 20)
            return JSON(try Document(json: body, limits: limits))
        }
    }

    public init(_ access: Access, patience: Patience = Patience()) {
        self.access = access
        self.patience = patience
        connection = ClientConnection(to: access.endpoint, tls: access.tls)
        dice = Dice(seed: Self.seed())
    }

    /// A client for another thread, with a connection of its own.
    public func another() -> APIClient { APIClient(access, patience: patience) }

    private static func seed() -> UInt64 {
        do throws(SystemError) {
            return try Entropy.word()
        } catch {
            // Jitter may be poor; it only spreads retries.
            return UInt64(truncatingIfNeeded: Clock.monotonicNanoseconds())
        }
    }

    // MARK: One request

    /// Sends a call until it is answered: lost connections and answers 429 and 503 are tried again.
    public func send(_ call: Call) throws(Refusal) -> Answer {
        let headers = self.headers(call)
        var failures = 0
        while true {
            let refusal: Refusal
            let wish: Int64
            switch attempt(call, headers) {
            case .answered(let answer): return answer
            case .refused(let final): throw final
            case .unlucky(let passing, let pause): (refusal, wish) = (passing, pause)
            }
            failures += 1
            guard failures < patience.attempts else { throw refusal }
            rest(milliseconds: pause(after: failures, atLeast: wish))
        }
    }

    private enum Attempt {
        case answered(Answer)
        case refused(Refusal)
        /// Worth repeating, after the pause that the server wished for.
        case unlucky(Refusal, pause: Int64)
    }

    private func attempt(_ call: Call, _ headers: Headers) -> Attempt {
        do throws(Refusal) {
            let answer = try connection.send(
                call.method, call.target, headers: headers, body: call.body)
            guard answer.status >= 300 else {
                return .answered(
                    Answer(status: answer.status, headers: answer.headers, body: answer.body))
            }
            let refusal = Refusal(status: answer.status, body: answer.body)
            guard answer.status == 429 || answer.status == 503 else { return .refused(refusal) }
            return .unlucky(refusal, pause: Self.retryAfter(answer.headers))
        } catch {
            return error.isPassing && call.mayRepeat
                ? .unlucky(error, pause: 0) : .refused(error)
        }
    }

    func pause(after failures: Int, atLeast wish: Int64 = 0) -> Int64 {
        patience.pause(after: failures, atLeast: wish, &dice)
    }

    /// Seconds only; the other form of the header is a date, which nobody uses here.
    static func retryAfter(_ headers: Headers) -> Int64 {
        guard let text = headers["Retry-After"], let seconds = Int64(text), seconds > 0 else {
            return 0
        }
        return min(seconds, 3600) * 1000
    }

    private func headers(_ call: Call) -> Headers {
        var headers = Headers()
        headers.append("Accept", call.accept)
        headers.append("User-Agent", "muster/1")
        if !access.token.isEmpty { headers.append("Authorization", "Bearer \(access.token)") }
        if !call.body.isEmpty { headers.append("Content-Type", call.contentType) }
        if let key = call.idempotencyKey { headers.append("Idempotency-Key", key) }
        return headers
    }

    // MARK: Streams

    /// Sends one call, once, and hands its body over as it comes; false from `onBytes` ends it.
    ///
    /// Returns at the end of the stream. A refused call throws what the server said.
    public func stream(
        _ call: Call, silenceMilliseconds: Int32, onBytes: ([UInt8]) -> Bool
    ) throws(Refusal) {
        var refused: (status: Int, body: [UInt8])?
        _ = try connection.stream(
            call.method, call.target, headers: headers(call), body: call.body,
            silenceMilliseconds: silenceMilliseconds,
            onHead: { head in
                if head.status >= 300 { refused = (head.status, []) }
                return true
            },
            onBytes: { piece in
                guard refused != nil else { return onBytes(piece) }
                refused?.body.append(contentsOf: piece)
                return (refused?.body.count ?? 0) < 1 << 20
            })
        if let refused { throw Refusal(status: refused.status, body: refused.body) }
    }
}

// MARK: Objects

extension APIClient {
    public func get(_ path: String) throws(Refusal) -> JSON {
        try send(Call(.get, path)).json()
    }

    /// Creates an object; the key makes it safe to repeat after a lost connection.
    public func create(_ path: String, _ object: JSON) throws(Refusal) -> JSON {
        var call = Call(.post, path, object)
        do throws(SystemError) {
            call.idempotencyKey = try Entropy.hexToken()
        } catch {
            throw error.refusal(remedy: "Check that getrandom is allowed here")
        }
        return try send(call).json()
    }

    /// Changes what the merge patch names.
    public func patch(_ path: String, _ change: JSON) throws(Refusal) -> JSON {
        try send(Call(.patch, path, change)).json()
    }

    /// Asks for an object's end; it may go on for a while.
    public func delete(_ path: String) throws(Refusal) {
        _ = try send(Call(.delete, path))
    }

    /// Nil where there is no such object.
    public func find(_ path: String) throws(Refusal) -> JSON? {
        do throws(Refusal) {
            return try get(path)
        } catch {
            guard error.reason == .notFound else { throw error }
            return nil
        }
    }

    /// A whole list or table, read page by page; the rows or items of all pages are joined.
    public func list(_ call: Call, pageSize: Int = 500) throws(Refusal) -> JSON {
        var whole: JSON?
        var token: String?
        repeat {
            let page = try send(
                call.asking("limit", "\(pageSize)").asking("continue", token)
            ).json()
            token = page["metadata"]?["continue"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            guard var sum = whole else {
                whole = page
                continue
            }
            for key in ["items", "rows"] {
                guard let more = page[key]?.elements else { continue }
                sum[key] = .array((sum[key]?.elements ?? []) + more)
            }
            whole = sum
        } while token != nil
        return whole ?? .null
    }
}
