import CLinux
import Glibc

/// One process, told apart from every later owner of its number.
///
/// A number alone is reused within minutes; with its start time and the boot it is unique.
public struct ProcessIdentity: Hashable, Sendable {
    public let pid: Int32
    /// Clock ticks between boot and the process's start: field 22 of its `stat`.
    public let startTime: UInt64
    public let boot: BootIdentity

    public init(pid: Int32, startTime: UInt64, boot: BootIdentity) {
        self.pid = pid
        self.startTime = startTime
        self.boot = boot
    }

    /// Who has this number now, zombies included; nil where nobody has.
    public static func of(_ pid: Int32) throws(SystemError) -> ProcessIdentity? {
        guard let facts = try facts(pid) else { return nil }
        return ProcessIdentity(pid: pid, startTime: facts.startTime, boot: try .current())
    }

    /// True while this very process runs; false once it is a zombie, gone, or from another boot.
    public func isAlive() throws(SystemError) -> Bool {
        guard try BootIdentity.current() == boot, let facts = try Self.facts(pid) else {
            return false
        }
        return facts.startTime == startTime && !facts.isDead
    }

    /// A pidfd of this very process, child or not; nil when it is gone.
    ///
    /// It becomes readable when the process ends.
    public func open() throws(SystemError) -> Descriptor? {
        let number = clinux_pidfd_open(pid)
        if number < 0, errno == ESRCH { return nil }
        guard number >= 0 else { throw .latest("pidfd_open", on: String(pid)) }
        let handle = Descriptor(owning: number)
        // Asked after the opening: what is still itself now was itself then.
        guard try isAlive() else { return nil }
        return consume handle
    }

    /// Sends a signal to this very process; false when it is gone.
    @discardableResult
    public func send(_ signal: Int32) throws(SystemError) -> Bool {
        guard let handle = try open() else { return false }
        if clinux_pidfd_signal(handle.number, signal) == 0 { return true }
        guard errno == ESRCH else { throw .latest("pidfd_send_signal", on: String(pid)) }
        return false
    }

    private struct Facts {
        let startTime: UInt64
        let isDead: Bool
    }

    private static func facts(_ pid: Int32) throws(SystemError) -> Facts? {
        guard pid > 0 else { return nil }
        let path = "/proc/\(pid)/stat"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: 4096)
        } catch {
            if error.code == ENOENT || error.code == ESRCH { return nil }
            throw error
        }
        // The name, field 2, may hold spaces and parentheses, so count from its end.
        guard let close = bytes.lastIndex(of: UInt8(ascii: ")")) else {
            throw SystemError("parse", on: path, code: EBADMSG)
        }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first,
            let start = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { throw SystemError("parse", on: path, code: EBADMSG) }
        let isDead = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        return Facts(startTime: start, isDead: isDead)
    }
}
