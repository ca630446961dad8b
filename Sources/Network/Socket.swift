import COpenSSL
import Glibc

/// A non-blocking stream socket, with or without TLS; closes when it goes.
struct Socket: ~Copyable {
    /// What one call on the socket came to.
    enum Outcome: Equatable {
        case done(Int)
        case needsRead
        case needsWrite
        /// The peer closed its side in an orderly way.
        case ended
        case failed
    }

    let descriptor: Int32
    private let session: OpaquePointer?
    private(set) var isReady: Bool

    /// Takes over a descriptor, and an `SSL` object where there is TLS.
    init(_ descriptor: Int32, session: OpaquePointer?) {
        self.descriptor = descriptor
        self.session = session
        isReady = session == nil
        if let session { SSL_set_fd(session, descriptor) }
    }

    deinit {
        if let session {
            if isReady {
                ERR_clear_error()
                SSL_shutdown(session)
            }
            SSL_free(session)
        }
        close(descriptor)
    }

    var isTLS: Bool { session != nil }

    /// Takes the TLS handshake one step further.
    mutating func handshake() -> Outcome {
        guard let session, !isReady else { return .done(0) }
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        guard result != 1 else {
            isReady = true
            return .done(0)
        }
        return Socket.outcome(session, result)
    }

    /// Why the last handshake failed, for a message.
    var handshakeProblem: String {
        guard let session else { return "connection lost" }
        let verdict = SSL_get_verify_result(session)
        if verdict != 0, let text = X509_verify_cert_error_string(verdict) {
            return "certificate not accepted: \(String(cString: text))"
        }
        let code = ERR_peek_last_error()
        guard code != 0, let text = ERR_reason_error_string(code) else {
            return "connection lost during the TLS handshake"
        }
        return "TLS handshake failed: \(String(cString: text))"
    }

    /// Whether decrypted or undecrypted bytes wait in the session, which epoll cannot see.
    var hasPending: Bool {
        guard let session else { return false }
        return SSL_has_pending(session) != 0
    }

    /// Reads at most one TLS record, or what the kernel has.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        guard let session else {
            let count = retrying { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            if count > 0 { return .done(count) }
            if count == 0 { return .ended }
            return errno == EAGAIN ? .needsRead : .failed
        }
        ERR_clear_error()
        var count = 0
        let result = SSL_read_ex(session, buffer.baseAddress, buffer.count, &count)
        return result == 1 ? .done(count) : Socket.outcome(session, result)
    }

    /// Writes what the kernel takes; `more` says that further bytes follow at once.
    func write(_ buffer: UnsafeRawBufferPointer, more: Bool) -> Outcome {
        guard let session else {
            let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
            let count = retrying { Glibc.send(descriptor, buffer.baseAddress, buffer.count, flags) }
            if count >= 0 { return .done(count) }
            return errno == EAGAIN ? .needsWrite : .failed
        }
        ERR_clear_error()
        var count = 0
        let result = SSL_write_ex(session, buffer.baseAddress, buffer.count, &count)
        return result == 1 ? .done(count) : Socket.outcome(session, result)
    }

    /// Says that nothing more will be sent; reading goes on.
    func endWriting() {
        if let session, isReady {
            ERR_clear_error()
            SSL_shutdown(session)
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static func outcome(_ session: OpaquePointer, _ result: Int32) -> Outcome {
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: .needsRead
        case SSL_ERROR_WANT_WRITE: .needsWrite
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed
        }
    }
}
