import Glibc
import Host
import Network
import Primitives
import Telemetry

/// Sees when logs grow, and notes it beside them. The driver's thread only.
///
/// A log that is silent costs nothing: the kernel tells of its next byte, once. One that grows is
/// looked at a few times a second until it is silent again.
///
///     watched ──byte──▶ polled ──no more bytes──▶ watched
final class LogClock {
    /// How closely growing logs are looked at.
    enum Limits {
        static let pollMilliseconds: Int64 = 250
        /// With more growing logs than this there is one look a second.
        static let closelyPolled = 200
        static let crowdedMilliseconds: Int64 = 1_000
        /// One word about what is wrong for all logs.
        static let complaintMilliseconds: Int64 = 60_000
    }

    private struct Watched {
        let path: String
        var times: LogTimesFile
        /// The kernel's number for the watch; nil while the log is polled.
        var watch: Int32?
    }

    private let reactor: Reactor
    private let log: Log
    private let ranksPath: String
    /// The number of `handle`; nil where there is none to be had, and all logs are polled.
    private let inotify: Int32?
    private let handle: Descriptor?
    private var events: WatchID?
    private var logs: [RankName: Watched] = [:]
    private var names: [Int32: RankName] = [:]
    private var polled: Set<RankName> = []
    private var isPollDue = false
    private var lastComplaint = -Limits.complaintMilliseconds

    init(reactor: Reactor, ranksPath: String, log: Log) {
        self.reactor = reactor
        self.ranksPath = ranksPath
        self.log = log
        let number = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard number >= 0 else {
            inotify = nil
            handle = nil
            log.warning("logs are polled: there are no more inotify instances for this user")
            return
        }
        inotify = number
        handle = Descriptor(owning: number)
        do throws(Refusal) {
            events = try reactor.watch(descriptor: number, for: .readable) { [weak self] _ in
                self?.takeEvents(number)
            }
        } catch {
            log.warning("logs are polled: \(error)")
        }
    }

    /// Where the index of a rank's log is.
    func timesPath(of name: RankName) -> String { "\(ranksPath)/\(name.place)/times" }

    /// Looks after the log of a rank from now on; one that is found has been running for a while.
    func begin(_ name: RankName, isFound: Bool) {
        let path = timesPath(of: name)
        var times = LogTimesFile(newAt: path)
        if isFound {
            do throws(SystemError) {
                times = try LogTimesFile(foundAt: path)
            } catch {
                log.warning("\(name): the times of its lines begin anew: \(error)")
            }
        }
        logs[name] = Watched(path: "\(ranksPath)/\(name.place)/log", times: times)
        // What came while no agent was there has the time of this moment.
        if isFound { look(name) }
        poll(name)
    }

    /// The rank has ended: what is behind the last mark has the time of the end.
    func end(_ name: RankName) {
        guard let watched = logs.removeValue(forKey: name) else { return }
        polled.remove(name)
        guard let watch = watched.watch, let inotify else { return }
        names[watch] = nil
        _ = inotify_rm_watch(inotify, watch)
    }

    /// Notes how long the log is at this moment; true where that has changed.
    @discardableResult
    func look(_ name: RankName) -> Bool {
        guard let path = logs[name]?.path, let size = try? Files.size(path),
            let known = logs[name]?.times.last.offset, size != known
        else { return false }
        do throws(SystemError) {
            try logs[name]?.times.note(size: size, at: Clock.now().milliseconds)
        } catch {
            complain("\(name): the time of its lines is not noted: \(error)")
        }
        return true
    }

    /// A full disk: every look tries again, and until one succeeds lines have later times.
    private func complain(_ text: String) {
        guard reactor.now - lastComplaint >= Limits.complaintMilliseconds else { return }
        lastComplaint = reactor.now
        log.warning(text)
    }

    /// Stops looking; logs that grow are stamped by the next agent.
    func close() {
        if let events { reactor.unwatch(events) }
        events = nil
        logs = [:]
        names = [:]
        polled = []
    }

    // MARK: Polled

    private func poll(_ name: RankName) {
        polled.insert(name)
        guard !isPollDue else { return }
        isPollDue = true
        let isCrowded = polled.count > Limits.closelyPolled
        let pause = isCrowded ? Limits.crowdedMilliseconds : Limits.pollMilliseconds
        _ = reactor.after(milliseconds: pause) { [weak self] in self?.pollAll() }
    }

    private func pollAll() {
        isPollDue = false
        for name in polled where !look(name) {
            guard watch(name) else { continue }
            polled.remove(name)
            // A byte that came before the watch stood is nobody's event.
            look(name)
        }
        if let name = polled.first { poll(name) }
    }

    // MARK: Watched

    /// Has the kernel tell of the next byte; false where it will not, or there is no log yet.
    private func watch(_ name: RankName) -> Bool {
        guard events != nil, let inotify, let path = logs[name]?.path else { return false }
        let once = UInt32(IN_MODIFY) | UInt32(IN_ONESHOT)
        let watch = inotify_add_watch(inotify, path, once)
        guard watch >= 0 else { return false }
        logs[name]?.watch = watch
        names[watch] = name
        return true
    }

    private func takeEvents(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        var touched: [RankName] = []
        buffer.withUnsafeBytes { bytes in
            var start = 0
            // Each event is 16 bytes of numbers and then a name of the length that it tells.
            while start + 16 <= count {
                let watch = bytes.loadUnaligned(fromByteOffset: start, as: Int32.self)
                let length = bytes.loadUnaligned(fromByteOffset: start + 12, as: UInt32.self)
                start += 16 + Int(length)
                if let name = names.removeValue(forKey: watch) { touched.append(name) }
            }
        }
        for name in touched {
            logs[name]?.watch = nil
            look(name)
            if logs[name] != nil { poll(name) }
        }
    }
}
