import COpenSSL
import Glibc
public import Primitives

/// The self-made certificates of an installation: a CA of its own and a server certificate.
public struct Certificates: Hashable, Sendable {
    /// The CA certificate that clients pin.
    public let authorityPath: String
    public let certificatePath: String
    public let keyPath: String

    /// Makes `ca.pem`, `ca.key`, `server.pem` and `server.key` in a folder, as far as they are
    /// missing; what exists is never overwritten. `names` and `addresses` are what clients call us.
    public static func prepare(
        in folder: String, names: [String], addresses: [String]
    ) throws(Refusal) -> Certificates {
        let files = Certificates(
            authorityPath: folder + "/ca.pem", certificatePath: folder + "/server.pem",
            keyPath: folder + "/server.key")
        let authorityKeyPath = folder + "/ca.key"
        let hasServer = exists(files.certificatePath) && exists(files.keyPath)
        if hasServer, exists(files.authorityPath) { return files }
        try check(names, addresses)
        if !exists(files.authorityPath) {
            let key = try ownKey(at: authorityKeyPath)
            let certificate = try Certificate.authority(key)
            try writeOnce(try certificate.pem, to: files.authorityPath, mode: 0o644)
        }
        guard !hasServer else { return files }
        let authorityKey = try PrivateKey(path: authorityKeyPath)
        let authority = try Certificate(path: files.authorityPath)
        let key = try ownKey(at: files.keyPath)
        let certificate = try Certificate.server(
            key, names: names, addresses: addresses, issuer: authority, issuerKey: authorityKey)
        try writeOnce(try certificate.pem, to: files.certificatePath, mode: 0o644)
        return files
    }

    /// The key in that file, made first where a crash or nobody ever left one.
    private static func ownKey(at path: String) throws(Refusal) -> PrivateKey {
        if exists(path) { return try PrivateKey(path: path) }
        let key = try PrivateKey()
        try writeOnce(try key.pem, to: path, mode: 0o600)
        return key
    }

    /// When the first certificate of a PEM file ends, in seconds since the epoch.
    public static func expiry(of path: String) throws(Refusal) -> Int64 {
        try Certificate(path: path).expiry()
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Refuses what would change the meaning of the extension text that OpenSSL parses.
    private static func check(_ names: [String], _ addresses: [String]) throws(Refusal) {
        guard !names.isEmpty || !addresses.isEmpty else {
            throw Refusal(
                .invalid, field: "names", finding: "a server certificate needs a name or address",
                remedy: "name the host, for example localhost")
        }
        for name in names + addresses {
            let isPlain = name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                    || byte == UInt8(ascii: "*") || (byte | 0x20) &- 97 < 26 || byte &- 48 < 10
            }
            guard isPlain, !name.isEmpty, name.utf8.count <= 253 else {
                throw Refusal(
                    .invalid, field: name, finding: "not a host name or address",
                    remedy: "use letters, digits, dots and hyphens")
            }
        }
    }

    /// Writes a new file whole or not at all; an existing one is left alone and reported.
    private static func writeOnce(
        _ bytes: [UInt8], to path: String, mode: mode_t
    ) throws(Refusal) {
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path) }
        defer { unlink(draft) }
        var isWritten = fchmod(descriptor, mode) == 0
        let count = retrying { Glibc.write(descriptor, bytes, bytes.count) }
        isWritten = isWritten && count == bytes.count && fsync(descriptor) == 0
        let isClosed = close(descriptor) == 0
        // Unlike a rename, a link never replaces what is there.
        guard isWritten, isClosed, link(draft, path) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> Refusal {
        Refusal(
            .unavailable, field: path, finding: "cannot be written: \(describe(errno: errno))",
            remedy: "check that the folder exists and is yours")
    }
}
