import Glibc
import Host
public import Primitives

/// What a command finds around it: variables and files of the user who called it.
public struct Surroundings: Sendable {
    private let lookUp: @Sendable (String) -> String?

    /// Tests hand in their own variables.
    public init(_ lookUp: @escaping @Sendable (String) -> String?) { self.lookUp = lookUp }

    /// The variables of this process.
    public static let process = Surroundings { name in
        getenv(name).flatMap { String(validatingCString: $0) }
    }

    /// A variable that is set and not empty.
    public subscript(name: String) -> String? {
        lookUp(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The file of our own configuration, whether it exists or not.
    public var ownConfigPath: String? {
        if let folder = self["XDG_CONFIG_HOME"] { return "\(folder)/muster/config" }
        return self["HOME"].map { "\($0)/.config/muster/config" }
    }
}

/// Files that users keep: links are followed, sizes are bounded.
public enum UserFile {
    public static let largest = 16 << 20

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Reads a whole file; a private one is refused where group or others may read it.
    public static func read(
        _ path: String, field: String, isPrivate: Bool = false
    ) throws(Refusal) -> [UInt8] {
        do throws(SystemError) {
            let number = try SystemCall.run("open", on: path) {
                open(path, O_RDONLY | O_CLOEXEC)
            }
            let file = Descriptor(owning: number)
            var facts = stat()
            try SystemCall.run("fstat", on: path) { fstat(number, &facts) }
            guard !isPrivate || facts.st_mode & 0o077 == 0 else { throw SystemError("", code: 0) }
            return try readAll(file.number, path)
        } catch {
            if error.code == 0 {
                throw Refusal(
                    .forbidden, field: field, finding: "\(path) is open to other users",
                    remedy: "Run chmod 600 \(path)")
            }
            throw error.refusal(field: field, remedy: "Give the path of a file you can read")
        }
    }

    /// Reads all of the standard input.
    public static func readStandardInput() throws(Refusal) -> [UInt8] {
        do throws(SystemError) {
            return try readAll(STDIN_FILENO, "-")
        } catch {
            throw error.refusal(field: "-", remedy: "Hand in a file or a pipe")
        }
    }

    /// Reads a text; bytes that are not UTF-8 are refused.
    public static func readText(
        _ path: String, field: String, isPrivate: Bool = false
    ) throws(Refusal) -> String {
        let bytes = try read(path, field: field, isPrivate: isPrivate)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(
                .malformed, field: field, finding: "\(path) is not UTF-8 text",
                remedy: "Give a text file")
        }
        return text
    }

    private static func readAll(_ number: Int32, _ path: String) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            var part = [UInt8](repeating: 0, count: 65_536)
            let count = try SystemCall.run("read", on: path) {
                part.withUnsafeMutableBytes { Glibc.read(number, $0.baseAddress, $0.count) }
            }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: part.prefix(count))
            guard bytes.count <= largest else { throw SystemError("read", on: path, code: EFBIG) }
        }
    }
}
