import CLinux
import Glibc
import HTTP
public import Primitives

/// One epoll loop on one thread: listeners, connections, timers and foreign descriptors.
///
/// Only `post`, `wake` and `stop` may be called from other threads; everything else belongs to the
/// thread in `run`, or to the one that sets the reactor up before `run`.
public final class Reactor: @unchecked Sendable {
    // Owner of every stored value but `mailbox`: the thread in `run`. `mailbox` has its lock.

    /// What a slot holds.
    enum Source {
        case free
        case channel(Channel)
        case listener(Listener)
        case watch(Watch)
        case mailbox
    }

    /// A foreign descriptor and who wants to know about it.
    struct Watch {
        let descriptor: Int32
        let work: (Readiness) -> Void
    }

    public let limits: NetworkLimits
    let epoll: Int32
    private let mailbox: Mailbox
    var sources: [Source] = []
    private var generations: [UInt32] = []
    private var freeSlots: [UInt32] = []
    private var dirty: [Channel] = []
    private var unread: [Channel] = []
    var timers = Timers()
    private var lastSerial: UInt64 = 0
    private var nextSweep: Int64 = 0
    private var stopDeadline: Int64?
    /// Connections per peer address, for the limit.
    private var perAddress: [String: Int] = [:]
    private var dateSecond = -1
    private var plainFields = ResponseWriter.StandardFields(date: "", isSecure: false)
    private var secureFields = ResponseWriter.StandardFields(date: "", isSecure: true)
    let gzip = Gzip()
    /// Where every read lands first.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)

    /// Open connections, both those accepted and those made here.
    public private(set) var connectionCount = 0

    /// Monotonic milliseconds as of this turn of the loop.
    public private(set) var now = monotonicMilliseconds()

    public init(limits: NetworkLimits = NetworkLimits()) throws(Refusal) {
        self.limits = limits
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        mailbox = Mailbox()
        guard epoll >= 0, mailbox.descriptor >= 0 else {
            throw Refusal(
                .unavailable, finding: "no event queue: \(describe(errno: errno))",
                remedy: "raise the limit on open files")
        }
        _ = try add(.mailbox, descriptor: mailbox.descriptor, events: EPOLLIN.rawValue)
    }

    deinit {
        scratch.deallocate()
        events.deallocate()
        close(epoll)
    }

    // MARK: From any thread

    /// Runs work on the reactor's thread, in order of posting; never lost while `run` goes on.
    public func post(_ work: @escaping @Sendable () -> Void) { mailbox.put(work) }

    /// Makes the loop take a turn now.
    public func wake() { mailbox.put({}) }

    /// Stops accepting, finishes answers in flight, ends streams, closes; then `run` returns.
    public func stop(withinMilliseconds limit: Int64 = 5_000) {
        post { [self] in beginStop(within: limit) }
    }

    // MARK: The loop

    public var isStopping: Bool { stopDeadline != nil }

    /// Runs until stopped; blocks the calling thread.
    public func run() {
        while true {
            let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), waitTime)
            now = monotonicMilliseconds()
            for index in 0..<max(0, Int(count)) { dispatch(events[index]) }
            runTimers()
            readUnread()
            sweep()
            flushDirty()
            if let stopDeadline, connectionCount == 0 || now >= stopDeadline { break }
        }
        closeAll()
    }

    private var waitTime: Int32 {
        guard dirty.isEmpty, unread.isEmpty else { return 0 }
        var until = connectionCount > 0 || isStopping ? nextSweep : Int64.max
        if let timer = timers.nextDeadline { until = min(until, timer) }
        guard until < .max else { return -1 }
        return Int32(clamping: max(0, until - monotonicMilliseconds()))
    }

    private func dispatch(_ event: epoll_event) {
        let word = withUnsafePointer(to: event) { clinux_epoll_data($0) }
        let slot = Int(word & 0xffff_ffff)
        guard slot < sources.count, generations[slot] == UInt32(word >> 32) else { return }
        switch sources[slot] {
        case .free: break
        case .channel(let channel): channel.ready(event.events)
        case .listener(let listener): accept(listener, slot: slot)
        case .watch(let watch): watch.work(Readiness(events: event.events))
        case .mailbox:
            for work in mailbox.takeAll() { work() }
        }
    }

    private func accept(_ listener: Listener, slot: Int) {
        guard !listener.acceptSome(into: self) else { return }
        // Out of descriptors: asking again at once would only burn time.
        changeInterest(listener.descriptor, slot: UInt32(slot), to: 0)
        _ = after(milliseconds: 100) { [self] in
            guard case .listener = sources[slot] else { return }
            changeInterest(listener.descriptor, slot: UInt32(slot), to: EPOLLIN.rawValue)
        }
    }

    private func runTimers() {
        while let work = timers.popDue(now) { work() }
    }

    private func readUnread() {
        guard !unread.isEmpty else { return }
        var batch: [Channel] = []
        swap(&batch, &unread)
        for channel in batch { channel.readPending() }
    }

    private func flushDirty() {
        guard !dirty.isEmpty else { return }
        var batch: [Channel] = []
        swap(&batch, &dirty)
        for channel in batch {
            channel.isDirty = false
            channel.flush()
        }
        // What the flushing itself brought forth has its turn in the next round; otherwise the
        // array keeps its memory for it.
        guard dirty.isEmpty else { return }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &dirty)
    }

    private func sweep() {
        guard now >= nextSweep else { return }
        nextSweep = now + limits.sweepMilliseconds
        for slot in sources.indices {
            if case .channel(let channel) = sources[slot] { channel.check(now) }
        }
    }

    private func beginStop(within limit: Int64) {
        guard stopDeadline == nil else { return }
        stopDeadline = now + max(0, limit)
        for slot in sources.indices {
            switch sources[slot] {
            case .listener: release(slot: UInt32(slot))
            case .channel(let channel): stop(channel)
            case .free, .watch, .mailbox: break
            }
        }
    }

    private func stop(_ channel: Channel) {
        switch channel.owner {
        case .http(let connection): connection.stop()
        case .webSocket(let socket): socket.close(1001)
        case .joining, .none: channel.close()
        }
    }

    private func closeAll() {
        for slot in sources.indices {
            switch sources[slot] {
            case .channel(let channel): channel.close()
            // Their closures may hold on to this reactor.
            case .watch(let watch):
                _ = clinux_epoll_control(epoll, EPOLL_CTL_DEL, watch.descriptor, 0, 0)
                release(slot: UInt32(slot))
            case .listener: release(slot: UInt32(slot))
            case .free, .mailbox: break
            }
        }
        timers = Timers()
        dirty = []
        unread = []
    }
}

// MARK: Slots

extension Reactor {
    /// Registers a descriptor and returns its slot.
    func add(_ source: Source, descriptor: Int32, events: UInt32) throws(Refusal) -> UInt32 {
        let slot = freeSlots.popLast() ?? UInt32(sources.count)
        if Int(slot) == sources.count {
            sources.append(source)
            generations.append(0)
        } else {
            sources[Int(slot)] = source
        }
        let word = UInt64(generations[Int(slot)]) << 32 | UInt64(slot)
        guard clinux_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, events, word) == 0 else {
            let problem = describe(errno: errno)
            release(slot: slot)
            throw Refusal(
                .unavailable, finding: "cannot wait for descriptor \(descriptor): \(problem)",
                remedy: "hand in an open socket, pipe or event descriptor")
        }
        return slot
    }

    /// Empties a slot; events of its old holder that are still under way are recognised.
    func release(slot: UInt32) {
        sources[Int(slot)] = .free
        generations[Int(slot)] &+= 1
        freeSlots.append(slot)
    }

    /// Tells the present holder of a slot from those before it.
    func generation(of slot: UInt32) -> UInt32 { generations[Int(slot)] }

    /// Tells epoll what a registered descriptor now waits for.
    func changeInterest(_ descriptor: Int32, slot: UInt32, to events: UInt32) {
        let word = UInt64(generations[Int(slot)]) << 32 | UInt64(slot)
        _ = clinux_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, events, word)
    }

    /// Takes an accepted descriptor in, or closes it where a limit is reached.
    func admit(_ descriptor: Int32, from peer: Peer, by listener: Listener) {
        let session = listener.tls?.accepting()
        guard !isStopping, hasRoom(for: peer), (session == nil) == (listener.tls == nil) else {
            close(descriptor)
            return
        }
        let channel = Channel(Socket(descriptor, session: session), peer: peer, reactor: self)
        channel.owner = .http(HTTPConnection(channel, handler: listener.handler))
        insert(channel)
    }

    /// Gives a channel its slot; a channel that epoll refuses is closed.
    func insert(_ channel: Channel) {
        do throws(Refusal) {
            channel.slot = try add(
                .channel(channel), descriptor: channel.descriptor, events: Channel.readInterest)
        } catch {
            channel.owner = .none
            return
        }
        connectionCount += 1
        if case .address(let address, _) = channel.peer { perAddress[address, default: 0] += 1 }
    }

    /// Forgets a channel that is about to close.
    func remove(_ channel: Channel) {
        guard case .channel(let held) = sources[Int(channel.slot)], held === channel else { return }
        _ = clinux_epoll_control(epoll, EPOLL_CTL_DEL, channel.descriptor, 0, 0)
        release(slot: channel.slot)
        connectionCount -= 1
        guard case .address(let address, _) = channel.peer else { return }
        let left = (perAddress[address] ?? 1) - 1
        perAddress[address] = left > 0 ? left : nil
    }

    private func hasRoom(for peer: Peer) -> Bool {
        guard connectionCount < limits.connections else { return false }
        guard case .address(let address, let isLoopback) = peer else { return true }
        if isLoopback, limits.isLoopbackExempt { return true }
        guard connectionCount < limits.connections - limits.reservedForLocal else { return false }
        return perAddress[address, default: 0] < limits.connectionsPerAddress
    }

    /// Has the channel flushed at the end of this turn.
    func markDirty(_ channel: Channel) {
        guard !channel.isDirty else { return }
        channel.isDirty = true
        dirty.append(channel)
    }

    /// Has the channel read later in this turn, without an event.
    func readAgain(_ channel: Channel) { unread.append(channel) }

    /// A number that no other exchange of this reactor has or had.
    func nextSerial() -> UInt64 {
        lastSerial += 1
        return lastSerial
    }

    /// The fields of every answer; the date in them is at most a second old.
    func standardFields(isSecure: Bool) -> ResponseWriter.StandardFields {
        let second = time(nil)
        if second != dateSecond {
            dateSecond = second
            let date = httpDate(second)
            plainFields = ResponseWriter.StandardFields(date: date, isSecure: false)
            secureFields = ResponseWriter.StandardFields(date: date, isSecure: true)
        }
        return isSecure ? secureFields : plainFields
    }
}
