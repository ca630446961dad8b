public import HTTP

/// The answering side of one request. Reactor thread only; calls after its end do nothing.
///
/// Either `reply` once, or `begin`, `send` as often as wanted and `finish`, or `upgrade` once.
public struct Exchange {
    let connection: HTTPConnection
    let serial: UInt64

    /// What another thread keeps in order to answer later.
    public var id: ExchangeID { ExchangeID(slot: connection.channel.slot, serial: serial) }

    /// Whether the peer still waits for this answer or its rest.
    public var isOpen: Bool { connection.serial == serial }

    public var reactor: Reactor { connection.channel.reactor }

    /// Who the service found the peer to be; kept for the life of the connection.
    public var principal: AnyObject? {
        get { connection.principal }
        nonmutating set { connection.principal = newValue }
    }

    /// What the service has noted about this request's answer; it sets it anew for each request.
    public var note: UInt8 {
        get { connection.note }
        nonmutating set { connection.note = newValue }
    }

    /// Sends the whole answer. A HEAD request gets its length only; `mayCompress` allows gzip.
    public func reply(
        _ status: Int, _ headers: Headers, body: [UInt8] = [], mayCompress: Bool = true
    ) {
        guard isOpen else { return }
        connection.reply(status, headers, parts: [body], mayCompress: mayCompress)
    }

    /// Sends the whole answer from pieces that need not be joined first.
    public func replyParts(
        _ status: Int, _ headers: Headers, parts: [[UInt8]], mayCompress: Bool = true
    ) {
        guard isOpen else { return }
        connection.reply(status, headers, parts: parts, mayCompress: mayCompress)
    }

    /// Starts an answer of unknown length; each `send` goes out with the next flush, packed where
    /// `mayCompress` allows it and the peer takes gzip.
    public func begin(_ status: Int, _ headers: Headers, mayCompress: Bool = false) {
        guard isOpen else { return }
        connection.begin(status, headers, mayCompress: mayCompress)
    }

    /// Adds bytes to a begun answer; look at `unsentBytes` before sending more to a slow reader.
    public func send(_ bytes: [UInt8]) {
        guard isOpen else { return }
        connection.send(bytes)
    }

    /// Ends a begun answer; the connection goes on to the next request.
    public func finish() {
        guard isOpen else { return }
        connection.finish()
    }

    /// Cuts the connection without finishing the answer, so that the peer sees it broke off.
    public func abort() {
        guard isOpen else { return }
        connection.channel.close()
    }

    /// Bytes handed over but not yet taken by the kernel.
    public var unsentBytes: Int { isOpen ? connection.channel.unsentBytes : 0 }

    /// Calls back each time everything sent so far has been taken by the kernel.
    public func onDrained(_ work: @escaping () -> Void) {
        guard isOpen else { return }
        connection.drainedWork = work
    }

    /// Calls back once if the peer goes before the answer is complete.
    public func onClosed(_ work: @escaping () -> Void) {
        guard isOpen else { return }
        connection.closedWork = work
    }

    /// Becomes a WebSocket, with one of the subprotocols that the peer offered or none; nil where
    /// the request is no proper upgrade, which has then been answered with 400 or 426.
    public func upgrade(subprotocol: String? = nil) -> WebSocket? {
        isOpen ? connection.upgrade(subprotocol: subprotocol) : nil
    }
}
