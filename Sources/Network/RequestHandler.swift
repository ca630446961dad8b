public import HTTP

/// Who sent a request.
public enum Peer: Hashable, Sendable {
    /// A process on this machine, over the Unix socket; `user` is its uid as the kernel saw it.
    case unix(user: UInt32)
    /// A host, by the text of its address without port.
    case address(String, isLoopback: Bool)

    public var isLocal: Bool {
        switch self {
        case .unix: true
        case .address(_, let isLoopback): isLoopback
        }
    }
}

/// One complete request: head, body and where it came from.
public struct Request: Sendable {
    public let head: RequestHead
    public let body: [UInt8]
    public let peer: Peer
    public let isTLS: Bool

    public init(head: RequestHead, body: [UInt8], peer: Peer, isTLS: Bool) {
        self.head = head
        self.body = body
        self.peer = peer
        self.isTLS = isTLS
    }
}

/// What the service is to the reactor; all of it is called on the reactor's thread.
public protocol RequestHandler: AnyObject {
    /// How long the body of this request may be; asked once the head is read, before the body.
    func bodyLimit(for head: RequestHead) -> Int

    /// Answers now through the exchange, or keeps its `id` and answers later.
    func handle(_ request: Request, on exchange: Exchange)

    /// The JSON body that goes with a refusal made below the handler: bad framing, limits, time.
    func refusalBody(status: Int, message: String) -> [UInt8]
}

/// Names an exchange across threads; `Reactor.exchange(_:)` gives it back while the peer waits.
public struct ExchangeID: Hashable, Sendable, BitwiseCopyable {
    let slot: UInt32
    let serial: UInt64
}
