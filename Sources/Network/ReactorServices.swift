import CLinux
import Glibc
public import HTTP
public import Primitives

/// What a watched descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
    /// The other end is gone, or the descriptor has failed; reported whether asked for or not.
    public static let hangup = Readiness(rawValue: 4)

    init(events: UInt32) {
        var readiness: Readiness = []
        if events & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
        if events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
        if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { readiness.insert(.hangup) }
        self = readiness
    }

    var events: UInt32 {
        (contains(.readable) ? EPOLLIN.rawValue : 0)
            | (contains(.writable) ? EPOLLOUT.rawValue : 0)
    }
}

/// Names a watched descriptor of one reactor.
public struct WatchID: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}

extension Reactor {
    /// Serves HTTPS; returns the real port, which matters where 0 was asked for.
    public func listen(
        host: String, port: UInt16, tls: TLSContext, handler: any RequestHandler
    ) throws(Refusal) -> UInt16 {
        try listen(.tcp(host: host, port: port, tls: tls, handler: handler)).port
    }

    /// Serves plain HTTP on a Unix socket that only this user may open.
    public func listen(unix path: String, handler: any RequestHandler) throws(Refusal) {
        _ = try listen(.unix(path: path, handler: handler))
    }

    /// Serves plain HTTP on 127.0.0.1, for tests and measurements only.
    public func listenInPlainText(
        port: UInt16, handler: any RequestHandler
    ) throws(Refusal) -> UInt16 {
        try listen(.tcp(host: "127.0.0.1", port: port, tls: nil, handler: handler)).port
    }

    private func listen(_ listener: Listener) throws(Refusal) -> Listener {
        _ = try add(
            .listener(listener), descriptor: listener.descriptor, events: EPOLLIN.rawValue)
        return listener
    }

    /// The exchange of that name, while its peer still waits for the answer or its rest.
    public func exchange(_ id: ExchangeID) -> Exchange? {
        guard Int(id.slot) < sources.count, case .channel(let channel) = sources[Int(id.slot)],
            case .http(let connection) = channel.owner, connection.serial == id.serial,
            id.serial != 0
        else { return nil }
        return Exchange(connection: connection, serial: id.serial)
    }

    /// Runs work once, after at least that time.
    public func after(milliseconds: Int64, _ work: @escaping () -> Void) -> TimerID {
        let (deadline, overflow) = monotonicMilliseconds().addingReportingOverflow(milliseconds)
        return timers.add(at: overflow ? .max : deadline, work)
    }

    /// Takes a timer back; one that has run already is of no consequence.
    public func cancel(_ timer: TimerID) { timers.cancel(timer) }

    /// Calls back, level-triggered, while a foreign descriptor is ready; the caller keeps owning it
    /// and has to `unwatch` before closing it.
    public func watch(
        descriptor: Int32, for readiness: Readiness, _ work: @escaping (Readiness) -> Void
    ) throws(Refusal) -> WatchID {
        let slot = try add(
            .watch(Watch(descriptor: descriptor, work: work)), descriptor: descriptor,
            events: readiness.events)
        return WatchID(slot: slot, generation: generation(of: slot))
    }

    /// Changes what is waited for; an empty set still reports hang-ups.
    public func change(_ watch: WatchID, for readiness: Readiness) {
        guard let held = held(watch) else { return }
        changeInterest(held.descriptor, slot: watch.slot, to: readiness.events)
    }

    /// Stops calling back, also for events of this turn that are still to be handed out.
    public func unwatch(_ watch: WatchID) {
        guard let held = held(watch) else { return }
        _ = clinux_epoll_control(epoll, EPOLL_CTL_DEL, held.descriptor, 0, 0)
        release(slot: watch.slot)
    }

    private func held(_ watch: WatchID) -> Watch? {
        guard generation(of: watch.slot) == watch.generation,
            case .watch(let held) = sources[Int(watch.slot)]
        else { return nil }
        return held
    }

    /// Connects a WebSocket; the outcome arrives on the reactor's thread, never within this call.
    ///
    /// Names are looked up and connections opened on a thread of their own, since both may block.
    public func connectWebSocket(
        to endpoint: Endpoint, tls: TLSContext?, path: String, headers: Headers,
        subprotocols: [String] = [], withinMilliseconds limit: Int64 = 10_000,
        _ outcome: @escaping (Result<WebSocket, Refusal>) -> Void
    ) {
        let joining = WebSocketJoining(
            reactor: self, endpoint: endpoint, tls: tls, path: path, headers: headers,
            subprotocols: subprotocols, deadline: now + limit, outcome: outcome)
        joining.start(within: limit)
    }
}
