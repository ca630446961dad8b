import CLinux
import Glibc
import Primitives

/// A listening socket: hands accepted connections to the reactor with a handler of their own.
final class Listener {
    let descriptor: Int32
    let tls: TLSContext?
    let handler: any RequestHandler
    /// The socket file to remove at the end.
    private let path: String?

    private init(
        _ descriptor: Int32, tls: TLSContext?, handler: any RequestHandler, path: String? = nil
    ) {
        self.descriptor = descriptor
        self.tls = tls
        self.handler = handler
        self.path = path
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    /// Listens on an address or name; port 0 lets the kernel choose.
    static func tcp(
        host: String, port: UInt16, tls: TLSContext?, handler: any RequestHandler
    ) throws(Refusal) -> Listener {
        let descriptor = clinux_listen_tcp(host, port, 1024)
        guard descriptor >= 0 else {
            throw Refusal(
                .unavailable, field: "\(host):\(port)",
                finding: "cannot listen here: \(describe(errno: -descriptor))",
                remedy: "choose an address of this machine and a free port")
        }
        return Listener(descriptor, tls: tls, handler: handler)
    }

    /// Listens on a socket file; one that a dead process left behind is replaced.
    static func unix(path: String, handler: any RequestHandler) throws(Refusal) -> Listener {
        var descriptor = clinux_listen_unix(path, 1024)
        if descriptor == -EADDRINUSE, isStale(path) {
            unlink(path)
            descriptor = clinux_listen_unix(path, 1024)
        }
        guard descriptor >= 0 else {
            throw Refusal(
                .unavailable, field: path,
                finding: "cannot listen here: \(describe(errno: -descriptor))",
                remedy: "stop the process that uses it, or choose another path")
        }
        return Listener(descriptor, tls: nil, handler: handler, path: path)
    }

    /// Whether the file is a socket that nobody answers on.
    private static func isStale(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let probe = clinux_connect_unix(path)
        if probe >= 0 { close(probe) }
        return probe == -ECONNREFUSED
    }

    var port: UInt16 { UInt16(clamping: clinux_local_port(descriptor)) }

    /// Takes waiting connections, a bounded number per turn; false where descriptors ran out.
    func acceptSome(into reactor: Reactor) -> Bool {
        for _ in 0..<64 {
            var peer = clinux_peer()
            let accepted = clinux_accept(descriptor, &peer)
            guard accepted >= 0 else {
                // A peer that left before it was accepted is no reason to stop.
                if accepted == -ECONNABORTED || accepted == -EINTR { continue }
                return accepted == -EAGAIN
            }
            let address = withUnsafeBytes(of: &peer.address) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let who: Peer =
                peer.is_unix != 0
                ? .unix(user: peer.user) : .address(address, isLoopback: peer.is_loopback != 0)
            reactor.admit(accepted, from: who, by: self)
        }
        return true
    }
}
