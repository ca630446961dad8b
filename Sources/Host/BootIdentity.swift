import Glibc

/// Names one boot of one machine: process numbers mean something only together with it.
public struct BootIdentity: Hashable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// The kernel's identity since its last start.
    public static func current() throws(SystemError) -> BootIdentity { try ours.get() }

    /// Read once: no process lives through a boot.
    private static let ours: Result<BootIdentity, SystemError> = {
        do throws(SystemError) {
            let text = try Files.readText("/proc/sys/kernel/random/boot_id", limit: 64)
            return .success(BootIdentity(String(text.prefix { !$0.isNewline })))
        } catch {
            return .failure(error)
        }
    }()
}

extension BootIdentity: CustomStringConvertible {
    public var description: String { text }
}

/// The name this machine calls itself by.
public enum HostName {
    public static func current() throws(SystemError) -> String {
        var name = [CChar](repeating: 0, count: 256)
        // One byte is kept back: a cut name comes without NUL.
        try SystemCall.run("gethostname") { gethostname(&name, 255) }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
