import CLinux
import Glibc

/// The signals a service answers, read from a descriptor instead of interrupting it.
///
/// Make it on the main thread before any other thread starts: masks are inherited.
public struct Signals: ~Copyable, Sendable {
    /// What an operator may ask of a running service.
    public enum Request: Hashable, Sendable {
        case terminate, interrupt, reload
    }

    private let source: Descriptor

    /// Blocks TERM, INT and HUP, and ignores PIPE so that a gone reader is an error, not an end.
    public init() throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        let code = pthread_sigmask(SIG_BLOCK, &set, nil)
        guard code == 0 else { throw SystemError("pthread_sigmask", code: code) }
        let number = try SystemCall.run("signalfd") {
            signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        }
        source = Descriptor(owning: number)
    }

    /// Readable when a request waits: for an epoll set.
    public var descriptor: Int32 { source.number }

    /// The next request, or nil after `milliseconds` without one; zero only looks.
    public func next(withinMilliseconds milliseconds: Int32) throws(SystemError) -> Request? {
        var poll = pollfd(fd: source.number, events: Int16(POLLIN), revents: 0)
        guard try SystemCall.run("poll", { Glibc.poll(&poll, 1, milliseconds) }) > 0 else {
            return nil
        }
        return Self.take(source.number)
    }

    /// Takes one waiting request from ``descriptor``; nil when there is none.
    public static func take(_ descriptor: Int32) -> Request? {
        var facts = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard Glibc.read(descriptor, &facts, size) == size else { return nil }
        return switch Int32(facts.ssi_signo) {
        case SIGTERM: .terminate
        case SIGINT: .interrupt
        default: .reload
        }
    }
}
