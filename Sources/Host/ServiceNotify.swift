import Glibc

/// Tells the service manager how this service fares; silent where there is no manager.
public struct ServiceNotify: Sendable {
    /// A message of the sd_notify protocol.
    public enum Message: Hashable, Sendable {
        case ready, reloading, stopping, watchdog
        case status(String)
    }

    private let socketPath: String?
    /// How often ``Message/watchdog`` is due, half the manager's patience; nil where it has none.
    public let watchdogMilliseconds: Int64?

    /// For the manager at `socketPath`, a path or an abstract name that starts with `@`.
    public init(socketPath: String?, watchdogMilliseconds: Int64? = nil) {
        self.socketPath = socketPath
        self.watchdogMilliseconds = watchdogMilliseconds
    }

    /// For the manager that started this process, as NOTIFY_SOCKET and WATCHDOG_USEC tell.
    public static func fromEnvironment() -> ServiceNotify {
        let period = text("WATCHDOG_USEC").flatMap { Int64($0) }.map { $0 / 2000 }
        let isForUs = text("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        return ServiceNotify(
            socketPath: text("NOTIFY_SOCKET"),
            watchdogMilliseconds: isForUs ? period.flatMap { $0 > 0 ? $0 : nil } : nil)
    }

    /// Sends one datagram and does not wait; true when the manager's socket took it.
    @discardableResult
    public func send(_ message: Message) -> Bool {
        guard let socketPath, let (address, length) = Self.address(socketPath) else { return false }
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_UNIX, kind, 0)
        guard number >= 0 else { return false }
        let link = Descriptor(owning: number)
        let bytes = Array(Self.line(message).utf8)
        let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        let sent = withUnsafePointer(to: address) { pointer in
            // Every socket address may be read as the common header; the length bounds it.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(link.number, bytes, bytes.count, flags, $0, length)
            }
        }
        return sent == bytes.count
    }

    private static func line(_ message: Message) -> String {
        switch message {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonicNanoseconds() / 1000)"
        case .stopping: "STOPPING=1"
        case .watchdog: "WATCHDOG=1"
        // A line break would start another assignment.
        case .status(let text): "STATUS=" + String(text.map { $0.isNewline ? " " : $0 })
        }
    }

    private static func address(_ path: String) -> (sockaddr_un, socklen_t)? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard (2...107).contains(bytes.count) else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "/"): break
        case UInt8(ascii: "@"): bytes[0] = 0
        default: return nil
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let header = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        return (address, socklen_t(header + bytes.count))
    }

    private static func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
