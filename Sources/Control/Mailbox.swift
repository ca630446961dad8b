import Host
public import Kernel
public import Wire

/// The text of an object as admission prepared it; opaque to the kernel.
public struct DocumentDraft: Sendable {
    /// The user's part of the metadata: a JSON object with name, namespace, labels, annotations.
    public let head: [UInt8]
    /// The specification, a JSON object.
    public let body: [UInt8]
    public let labels: StringMap
    public let user: String

    public init(head: [UInt8], body: [UInt8], labels: StringMap, user: String) {
        self.head = head
        self.body = body
        self.labels = labels
        self.user = user
    }
}

/// One command on its way to the core.
public struct CoreRequest: Sendable {
    public let command: Command
    public let draft: DocumentDraft?
    /// Comes back with the answer; zero when nobody waits for one.
    public let ticket: UInt64

    public init(_ command: Command, draft: DocumentDraft? = nil, ticket: UInt64 = 0) {
        self.command = command
        self.draft = draft
        self.ticket = ticket
    }
}

/// Commands from many threads to the one thread that owns the kernel.
///
/// Bounded: a full mailbox refuses work at the door instead of growing in the dark.
public final class Mailbox: Sendable {
    private struct Content: Sendable {
        var waiting: [CoreRequest] = []
        var isClosed = false
    }

    private let content = Lock(Content())
    private let capacity: Int

    public init(capacity: Int = 16_384) { self.capacity = capacity }

    /// Takes all of them or none; false means full or closed: answer 429 and let the client return.
    public func post(_ submissions: [CoreRequest]) -> Bool {
        content.change { content in
            guard !content.isClosed, content.waiting.count + submissions.count <= capacity else {
                return false
            }
            content.waiting.append(contentsOf: submissions)
            return true
        }
    }

    /// Lets the core drain what is here and then stop.
    public func close() { content.change { $0.isClosed = true } }

    /// Waits at most that long, then takes everything; nil when closed and empty.
    func takeBatch(atMostMilliseconds milliseconds: Int64) -> [CoreRequest]? {
        content.wait(
            atMostMilliseconds: milliseconds, until: { !$0.waiting.isEmpty || $0.isClosed },
            { content -> [CoreRequest]? in
                if content.waiting.isEmpty, content.isClosed { return nil }
                defer { content.waiting = [] }
                return content.waiting
            })
    }
}
