import Glibc
public import Primitives
import Synchronization

/// How much a line matters.
public enum LogLevel: UInt8, Comparable, Sendable, CaseIterable {
    case debug, info, warning, error

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The word in the line.
    public var word: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

/// One named value of a line; names are written by programmers, values may come from anywhere.
public struct LogField: Sendable {
    /// What a field may hold.
    enum Value: Sendable {
        case text(String)
        case integer(Int64)
        case unsigned(UInt64)
        case flag(Bool)
    }

    let name: StaticString
    let value: Value

    /// Text from anywhere: escaped and cut at 1024 bytes.
    public static func text(_ name: StaticString, _ value: String) -> LogField {
        LogField(name: name, value: .text(value))
    }

    /// A whole number, clamped to sixty-four bits.
    public static func integer(_ name: StaticString, _ value: some BinaryInteger) -> LogField {
        LogField(name: name, value: .integer(Int64(clamping: value)))
    }

    /// For identities and digests, which need all sixty-four bits.
    public static func unsigned(_ name: StaticString, _ value: UInt64) -> LogField {
        LogField(name: name, value: .unsigned(value))
    }

    /// A yes or no.
    public static func flag(_ name: StaticString, _ value: Bool) -> LogField {
        LogField(name: name, value: .flag(value))
    }
}

/// Log lines to one descriptor from any thread; a line that would wait is dropped and counted.
public final class Log: Sendable {
    /// How a line looks.
    public enum Form: Sendable {
        /// One JSON object per line.
        case json
        /// For eyes at a terminal.
        case plain, coloured
    }

    public let minimum: LogLevel
    public let form: Form
    private let descriptor: Int32
    private let turn = Turn()
    private let writtenLines = Atomic<UInt64>(0)
    private let droppedLines = Atomic<UInt64>(0)

    /// Writes to a descriptor that stays the caller's, standard error unless told.
    ///
    /// Without a form, a terminal gets the one for eyes and everything else gets JSON.
    public init(descriptor: Int32 = 2, minimum: LogLevel = .info, form: Form? = nil) {
        self.descriptor = descriptor
        self.minimum = minimum
        self.form = form ?? Log.form(of: descriptor)
    }

    /// Lines that were handed to the descriptor.
    public var written: UInt64 { writtenLines.load(ordering: .relaxed) }

    /// Lines that were lost because the descriptor would have made us wait, or failed.
    public var dropped: UInt64 { droppedLines.load(ordering: .relaxed) }

    /// For developers; off unless asked for.
    public func debug(_ message: String, _ fields: LogField...) { write(.debug, message, fields) }

    /// Something that an operator may want to know later.
    public func info(_ message: String, _ fields: LogField...) { write(.info, message, fields) }

    /// Something that an operator should look at soon.
    public func warning(_ message: String, _ fields: LogField...) {
        write(.warning, message, fields)
    }

    /// Something failed that somebody relied on.
    public func error(_ message: String, _ fields: LogField...) { write(.error, message, fields) }

    /// Writes one line; `moment` is now unless told.
    public func write(
        _ level: LogLevel, _ message: String, _ fields: [LogField] = [], at moment: Tick? = nil
    ) {
        guard level >= minimum else { return }
        var line = LogLine(form: form)
        line.begin(level, message, at: moment ?? Log.now())
        for field in fields where !line.add(field) { break }
        if send(line.end()) {
            writtenLines.wrappingAdd(1, ordering: .relaxed)
        } else {
            droppedLines.wrappingAdd(1, ordering: .relaxed)
        }
    }

    // A pipe or socket that polls as ready takes a whole line of at most PIPE_BUF bytes, so the
    // write after it does not wait; the turn keeps another thread from filling it in between.
    private func send(_ bytes: [UInt8]) -> Bool {
        turn.take {
            var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // Ready and nothing else: a reader that went away would raise SIGPIPE.
            guard poll(&state, 1, 0) == 1, state.revents == Int16(POLLOUT) else { return false }
            while true {
                let count = Glibc.write(descriptor, bytes, bytes.count)
                if count == bytes.count { return true }
                guard count < 0, errno == EINTR else { return false }
            }
        }
    }

    private static func form(of descriptor: Int32) -> Form {
        guard isatty(descriptor) == 1 else { return .json }
        return getenv("NO_COLOR") == nil ? .coloured : .plain
    }

    private static func now() -> Tick {
        var now = timespec()
        // Cannot fail for this clock with a valid address.
        clock_gettime(CLOCK_REALTIME, &now)
        return Tick(Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}

/// A pthread mutex around a few system calls; ThreadSanitizer understands this kind of lock.
private final class Turn: @unchecked Sendable {
    // Owned by this object from init to deinit; every thread goes through the mutex itself.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
        let code = pthread_mutex_init(mutex, nil)
        precondition(code == 0, "a mutex could not be made: \(code)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread does.
    func take<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
