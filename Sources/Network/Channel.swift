import CLinux
import Glibc
import HTTP

/// One connected socket in the reactor: buffers, interest in events, and how it ends.
///
///     handshaking → open → closing (output still goes out) → lingering (input dropped) → closed
final class Channel {
    /// Where the channel stands in the life drawn above.
    enum Phase { case handshaking, open, closing, lingering, closed }

    /// Who reads from the channel and is told how it fares.
    enum Owner {
        case none
        case http(HTTPConnection)
        case webSocket(WebSocket)
        case joining(WebSocketJoining)
    }

    let reactor: Reactor
    let peer: Peer
    var slot: UInt32 = 0
    var owner = Owner.none
    private(set) var phase: Phase
    private var socket: Socket?
    /// What epoll was last told.
    private var interest: UInt32
    private var isWriteBlocked = false
    /// Bytes read and not yet used by the owner, from `inputStart` on.
    private var input: [UInt8] = []
    private var inputStart = 0
    private var output = OutputQueue()
    /// When something waits to be sent: the last time that the kernel took some of it.
    private var stalledSince: Int64?
    /// Limit of the handshake or of lingering.
    private var phaseDeadline: Int64
    private var lingered = 0
    private(set) var isReading = true
    /// Whether the reactor has this channel on its list of those to flush.
    var isDirty = false

    init(_ socket: consuming Socket, peer: Peer, reactor: Reactor) {
        self.peer = peer
        self.reactor = reactor
        phase = socket.isReady ? .open : .handshaking
        self.socket = consume socket
        phaseDeadline = reactor.now + reactor.limits.handshakeMilliseconds
        interest = Channel.readInterest
    }

    static let readInterest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue

    var descriptor: Int32 { socket?.descriptor ?? -1 }
    var isTLS: Bool { socket?.isTLS ?? false }
    var isOpen: Bool { phase == .open || phase == .handshaking }
    var unsentBytes: Int { output.count }
    var hasInput: Bool { inputStart < input.count }

    // MARK: Output

    /// Gives the output buffer out for appending and has it flushed at the end of the turn.
    func write(_ append: (inout OutputQueue) -> Void) {
        guard isOpen else { return }
        if output.isEmpty { stalledSince = reactor.now }
        append(&output)
        reactor.markDirty(self)
    }

    /// Sends what the kernel takes and waits for room where it does not take all.
    func flush() {
        guard phase != .closed, phase != .handshaking, phase != .lingering else { return }
        var outcome = Socket.Outcome.done(0)
        while !output.isEmpty {
            outcome = output.writeSome { bytes, more in
                socket?.write(bytes, more: more) ?? .failed
            }
            guard case .done = outcome else { break }
            stalledSince = reactor.now
        }
        switch outcome {
        case .done:
            stalledSince = nil
            setWriteBlocked(false)
            drained()
        case .needsWrite: setWriteBlocked(true)
        case .needsRead: setWriteBlocked(false)
        case .ended, .failed: close()
        }
    }

    private func drained() {
        if phase == .closing { return linger() }
        switch owner {
        case .http(let connection): connection.drained()
        case .webSocket(let socket): socket.drained()
        case .none, .joining: break
        }
    }

    // MARK: Input

    /// Handles what epoll reported.
    func ready(_ events: UInt32) {
        if phase == .handshaking { return handshake() }
        let isLegible = events & EPOLLIN.rawValue != 0 && phase == .open && isReading
        if events & EPOLLERR.rawValue != 0 { return close() }
        // A Unix peer that is gone may have left a request; TCP says no more than RDHUP then.
        if events & EPOLLHUP.rawValue != 0, !isLegible { return close() }
        if events & EPOLLOUT.rawValue != 0 { flush() }
        guard phase != .closed else { return }
        if events & EPOLLIN.rawValue != 0 {
            if phase == .lingering { return drop() }
            if phase == .open, isReading { return readSome() }
            setInterest(interest & ~EPOLLIN.rawValue)
        }
        if events & EPOLLRDHUP.rawValue != 0, phase == .open || phase == .closing {
            // Reading goes on to the real end once the answer is out.
            setInterest(interest & ~Channel.readInterest)
            if case .http(let connection) = owner, phase == .open { connection.peerLeft() }
        }
    }

    private func handshake() {
        guard let outcome = socket?.handshake() else { return }
        switch outcome {
        case .done:
            phase = .open
            setWriteBlocked(false)
            if case .joining(let joining) = owner { joining.opened() }
            if phase == .open { readSome() }
        case .needsRead: setWriteBlocked(false)
        case .needsWrite: setWriteBlocked(true)
        case .ended, .failed:
            if case .joining(let joining) = owner {
                joining.failed(socket?.handshakeProblem ?? "connection lost")
            }
            close()
        }
    }

    private func readSome() {
        let scratch = reactor.scratch
        // A few rounds, then the others have their turn; epoll reports the rest again.
        for round in 0..<4 {
            guard phase == .open, isReading, let outcome = socket?.read(into: scratch) else {
                return
            }
            switch outcome {
            case .done(let count):
                deliver(UnsafeRawBufferPointer(rebasing: scratch[0..<count]))
                let hasMore = socket?.hasPending ?? false
                if hasMore, round == 3 { reactor.readAgain(self) }
                guard hasMore || count == scratch.count else { return }
            case .needsRead, .needsWrite: return
            case .ended: return peerEnded()
            case .failed: return close()
            }
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) {
        if hasInput {
            input.append(contentsOf: bytes)
            return useInput()
        }
        let used = hand(bytes.bindMemory(to: UInt8.self).span)
        guard used < bytes.count, isOpen else { return }
        input.removeAll(keepingCapacity: true)
        input.append(contentsOf: bytes[used...])
        inputStart = 0
        // A new owner, after an upgrade, may already find its first bytes here.
        if isReading { useInput() }
    }

    /// Offers the owner what it has left over, for as long as it makes headway.
    private func useInput() {
        while hasInput, isOpen, isReading {
            var taken: [UInt8] = []
            swap(&taken, &input)
            let start = inputStart
            inputStart = 0
            let used = hand(taken.span.extracting(start..<taken.count))
            guard start + used < taken.count, isOpen else { return }
            swap(&taken, &input)
            inputStart = start + used
            guard used > 0 else { return }
        }
    }

    private func hand(_ bytes: Span<UInt8>) -> Int {
        switch owner {
        case .http(let connection): connection.received(bytes)
        case .webSocket(let socket): socket.received(bytes)
        case .joining(let joining): joining.received(bytes)
        case .none: bytes.count
        }
    }

    /// Leaves further bytes in the kernel until `resume`.
    func pause() { isReading = false }

    /// Reads on, beginning with what is already here.
    func resume() {
        guard !isReading, phase == .open else { return }
        isReading = true
        useInput()
        guard isReading, phase == .open else { return }
        setInterest(interest | EPOLLIN.rawValue)
        if socket?.hasPending ?? false { reactor.readAgain(self) }
    }

    /// Reads without an event, for bytes that only the TLS session knows of.
    func readPending() {
        if phase == .open, isReading { readSome() }
    }

    /// The last byte of the peer has been read; what is on its way out still goes.
    private func peerEnded() {
        if output.isEmpty { close() } else { finishAndClose() }
    }

    // MARK: End

    /// Lets the output go out, then ends; input from now on is dropped.
    func finishAndClose() {
        guard isOpen else { return }
        guard phase != .handshaking else { return close() }
        phase = .closing
        isReading = false
        input = []
        inputStart = 0
        reactor.markDirty(self)
    }

    /// Ends the sending side and drops input for a while: a reset would take the answer along.
    private func linger() {
        socket?.endWriting()
        phase = .lingering
        phaseDeadline = reactor.now + reactor.limits.lingerMilliseconds
        setInterest(Channel.readInterest)
        drop()
    }

    private func drop() {
        // Past TLS on purpose: what comes now is counted, not understood.
        let scratch = reactor.scratch
        while lingered < reactor.limits.lingerBytes {
            let count = retrying { recv(descriptor, scratch.baseAddress, scratch.count, 0) }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return close() }
            lingered += count
        }
        close()
    }

    /// Closes at once and tells the owner.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
        let last = owner
        owner = .none
        reactor.remove(self)
        socket = nil
        input = []
        inputStart = 0
        output = OutputQueue()
        switch last {
        case .http(let connection): connection.closed()
        case .webSocket(let socket): socket.lost()
        case .joining(let joining): joining.failed("connection lost")
        case .none: break
        }
    }

    /// Looks at the deadlines.
    func check(_ now: Int64) {
        switch phase {
        case .handshaking, .lingering:
            if now >= phaseDeadline { close() }
        case .open, .closing:
            if let stalledSince, now - stalledSince >= reactor.limits.stallMilliseconds {
                return close()
            }
            switch owner {
            case .http(let connection) where phase == .open: connection.check(now)
            case .webSocket(let socket): socket.check(now)
            case .joining(let joining): joining.check(now)
            case .none, .http: break
            }
        case .closed: break
        }
    }

    private func setWriteBlocked(_ isBlocked: Bool) {
        guard isBlocked != isWriteBlocked else { return }
        isWriteBlocked = isBlocked
        let rest = interest & ~EPOLLOUT.rawValue
        setInterest(isBlocked ? rest | EPOLLOUT.rawValue : rest)
    }

    private func setInterest(_ wanted: UInt32) {
        guard wanted != interest, phase != .closed else { return }
        interest = wanted
        reactor.changeInterest(descriptor, slot: slot, to: wanted)
    }
}
