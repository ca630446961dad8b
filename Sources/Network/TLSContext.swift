import COpenSSL
import Glibc
public import Primitives

/// Certificates, trust and protocol rules of TLS; sessions keep what they started with.
///
/// `reload` may be called from any thread; everything else belongs to whoever makes connections.
public final class TLSContext: Sendable {
    private enum Role {
        case server(certificate: String, key: String)
        case client(authority: String?, certificate: String?, key: String?)
    }

    private let role: Role
    // Sessions hold their own reference inside OpenSSL, so that a swap leaves them alone.
    private let handle: Locked<Handle>

    private init(_ role: Role) throws(Refusal) {
        self.role = role
        handle = Locked(try TLSContext.load(role))
    }

    /// A server's context from a PEM chain and its key, whose file must be private.
    public static func server(certificate: String, key: String) throws(Refusal) -> TLSContext {
        try TLSContext(.server(certificate: certificate, key: key))
    }

    /// A client's context that trusts the given CA file only, or the system's where it is nil.
    public static func client(
        authority: String?, certificate: String? = nil, key: String? = nil
    ) throws(Refusal) -> TLSContext {
        try TLSContext(.client(authority: authority, certificate: certificate, key: key))
    }

    /// Reads the files again; on failure the old certificates stay in use.
    public func reload() throws(Refusal) {
        let fresh = try TLSContext.load(role)
        handle.with { $0 = fresh }
    }

    /// A session for an accepted connection.
    func accepting() -> OpaquePointer? {
        guard let session = handle.with({ SSL_new($0.pointer) }) else { return nil }
        SSL_set_accept_state(session)
        return session
    }

    /// A session that will verify that the peer is `host`, a name or an address.
    func connecting(to host: String) -> OpaquePointer? {
        guard let session = handle.with({ SSL_new($0.pointer) }) else { return nil }
        SSL_set_connect_state(session)
        let isAddress = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
        guard !isAddress else { return session }
        var name = Array(host.utf8CString)
        let isNamed = name.withUnsafeMutableBytes { bytes in
            SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, bytes.baseAddress) == 1
        }
        guard isNamed, SSL_set1_host(session, host) == 1 else {
            SSL_free(session)
            return nil
        }
        return session
    }
}

extension TLSContext {
    /// One `SSL_CTX`, freed with its last user.
    private final class Handle {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { SSL_CTX_free(pointer) }
    }

    private static func load(_ role: Role) throws(Refusal) -> Handle {
        let isServer = if case .server = role { true } else { false }
        guard let context = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw failure("", "TLS could not be set up")
        }
        let handle = Handle(context)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        // Bits 17 and 30: no compression, no renegotiation; the macros do not reach Swift.
        SSL_CTX_set_options(context, 1 << 17 | 1 << 30)
        let modes =
            SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
            | SSL_MODE_RELEASE_BUFFERS
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(modes), nil)
        // Header and payload of a record then come with one system call instead of two.
        SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nil)
        guard SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 else {
            throw failure("", "no TLS cipher is available")
        }
        switch role {
        case .server(let certificate, let key):
            try useCertificate(context, certificate, key)
            serveSessions(context)
        case .client(let authority, let certificate, let key):
            try trust(context, authority)
            if let certificate, let key { try useCertificate(context, certificate, key) }
        }
        return handle
    }

    private static func serveSessions(_ context: OpaquePointer) {
        let identity = Array("muster".utf8)
        SSL_CTX_set_session_id_context(context, identity, UInt32(identity.count))
        SSL_CTX_ctrl(
            context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_SERVER), nil)
        SSL_CTX_set_num_tickets(context, 1)
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, chosenCount, offered, offeredCount, _ in
                let ours = TLSContext.protocols
                var pick: UnsafeMutablePointer<UInt8>?
                let result = SSL_select_next_proto(
                    &pick, chosenCount, ours.baseAddress, UInt32(ours.count), offered,
                    offeredCount)
                guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                chosen?.pointee = UnsafePointer(pick)
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    /// `http/1.1` in wire form, alive for the whole process since OpenSSL keeps pointers into it.
    // Unchecked: written once by whichever thread comes first, owned by nobody, only read after.
    nonisolated(unsafe) private static let protocols: UnsafeBufferPointer<UInt8> = {
        let bytes = [8] + Array("http/1.1".utf8)
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = memory.initialize(from: bytes)
        return UnsafeBufferPointer(memory)
    }()

    private static func trust(_ context: OpaquePointer, _ authority: String?) throws(Refusal) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_set_alpn_protos(context, protocols.baseAddress, UInt32(protocols.count))
        guard let authority else {
            SSL_CTX_set_default_verify_paths(context)
            return
        }
        guard SSL_CTX_load_verify_file(context, authority) == 1 else {
            throw failure(authority, "no CA certificate could be read")
        }
    }

    private static func useCertificate(
        _ context: OpaquePointer, _ certificate: String, _ key: String
    ) throws(Refusal) {
        var status = stat()
        guard stat(key, &status) == 0 else {
            throw failure(key, "the private key cannot be read: \(describe(errno: errno))")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Refusal(
                .invalid, field: key, finding: "the private key is open to other users",
                remedy: "run chmod 600 on it")
        }
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw failure(certificate, "no certificate could be read")
        }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_check_private_key(context) == 1
        else { throw failure(key, "the private key cannot be used with the certificate") }
    }

    private static func failure(_ path: String, _ finding: String) -> Refusal {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let detail = ERR_reason_error_string(code).map { " (\(String(cString: $0)))" } ?? ""
        return Refusal(
            .invalid, field: path, finding: finding + detail,
            remedy: "give the path of a PEM file that this user can read")
    }
}
