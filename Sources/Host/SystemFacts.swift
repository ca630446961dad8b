/// What the operating system says of itself and of the machine; empty where it says nothing.
public struct SystemFacts: Hashable, Sendable {
    public var architecture: String
    /// The kernel's release, such as `6.1.0-18-amd64`.
    public var kernel: String
    /// The distribution, in words for people.
    public var distribution: String
    public var machineID: String

    /// Reads it from files; none of them must be there.
    public static func current() -> SystemFacts {
        #if arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "amd64"
        #endif
        return SystemFacts(
            architecture: architecture, kernel: firstLine("/proc/sys/kernel/osrelease"),
            distribution: distribution(),
            machineID: firstLine("/etc/machine-id"))
    }

    /// Its name for people, from the file that `/etc/os-release` mostly is a link to.
    private static func distribution() -> String {
        let key = "PRETTY_NAME="
        let lines = ["/etc/os-release", "/usr/lib/os-release"].flatMap { path in
            text(path).split(separator: "\n")
        }
        guard let line = lines.first(where: { $0.hasPrefix(key) }) else { return "" }
        return String(line.dropFirst(key.count).filter { $0 != "\"" && $0 != "'" })
    }

    private static func text(_ path: String) -> String {
        // A system without the file is a system that does not say.
        (try? Files.readText(path, limit: 16 << 10)) ?? ""
    }

    private static func firstLine(_ path: String) -> String {
        text(path).split(separator: "\n").first.map { String($0.prefix(256)) } ?? ""
    }
}
