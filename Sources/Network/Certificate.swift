import COpenSSL
import Glibc
import Primitives

/// An elliptic-curve key (P-256) of OpenSSL.
struct PrivateKey: ~Copyable {
    let pointer: OpaquePointer

    /// Makes a new key.
    init() throws(Refusal) {
        guard let context = EVP_PKEY_CTX_new_id(NID_X9_62_id_ecPublicKey, nil) else {
            throw cryptographyFailure("no key could be made")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_keygen(context, &made) == 1, let made
        else { throw cryptographyFailure("no key could be made") }
        pointer = made
    }

    init(path: String) throws(Refusal) {
        guard let file = BIO_new_file(path, "r") else {
            throw cryptographyFailure("no key could be read", path)
        }
        defer { BIO_free(file) }
        guard let key = PEM_read_bio_PrivateKey(file, nil, nil, nil) else {
            throw cryptographyFailure("no key could be read", path)
        }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    var pem: [UInt8] {
        get throws(Refusal) {
            try pemBytes { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) == 1 }
        }
    }
}

/// An X.509 certificate of OpenSSL.
struct Certificate: ~Copyable {
    private let pointer: OpaquePointer

    init(path: String) throws(Refusal) {
        guard let file = BIO_new_file(path, "r") else {
            throw cryptographyFailure("no certificate could be read", path)
        }
        defer { BIO_free(file) }
        guard let found = PEM_read_bio_X509(file, nil, nil, nil) else {
            throw cryptographyFailure("no certificate could be read", path)
        }
        pointer = found
    }

    private init(draftFor key: borrowing PrivateKey, days: Int, name: String) throws(Refusal) {
        guard let draft = X509_new() else { throw cryptographyFailure("no certificate") }
        var dice = SystemRandomNumberGenerator()
        let serial = UInt64.random(in: 1 ... .max >> 1, using: &dice)
        // An hour of leeway for clocks that are behind ours.
        let isFilled =
            X509_set_version(draft, 2) == 1
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(draft), serial) == 1
            && X509_gmtime_adj(X509_getm_notBefore(draft), -3_600) != nil
            && X509_gmtime_adj(X509_getm_notAfter(draft), days * 86_400) != nil
            && X509_set_pubkey(draft, key.pointer) == 1
            && X509_NAME_add_entry_by_NID(
                X509_get_subject_name(draft), NID_commonName, MBSTRING_UTF8, Array(name.utf8),
                Int32(name.utf8.count), -1, 0) == 1
        guard isFilled else {
            X509_free(draft)
            throw cryptographyFailure("no certificate could be made")
        }
        pointer = draft
    }

    deinit { X509_free(pointer) }

    /// A self-signed CA, good for ten years.
    static func authority(_ key: borrowing PrivateKey) throws(Refusal) -> Certificate {
        let draft = try Certificate(draftFor: key, days: 3_650, name: "Muster CA")
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
            (NID_key_usage, "critical,keyCertSign,cRLSign"),
            (NID_subject_key_identifier, "hash"),
        ]
        try draft.finish(extensions, issuer: draft.pointer, issuerKey: key)
        return draft
    }

    /// A server certificate, good for two years, which is below the limit of common clients.
    static func server(
        _ key: borrowing PrivateKey, names: [String], addresses: [String],
        issuer: borrowing Certificate, issuerKey: borrowing PrivateKey
    ) throws(Refusal) -> Certificate {
        let common = names.first ?? addresses.first ?? "muster"
        let draft = try Certificate(draftFor: key, days: 730, name: String(common.prefix(64)))
        let alternatives = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_alt_name, alternatives.joined(separator: ",")),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid"),
        ]
        try draft.finish(extensions, issuer: issuer.pointer, issuerKey: issuerKey)
        return draft
    }

    private func finish(
        _ extensions: [(Int32, String)], issuer: OpaquePointer, issuerKey: borrowing PrivateKey
    ) throws(Refusal) {
        guard X509_set_issuer_name(pointer, X509_get_subject_name(issuer)) == 1 else {
            throw cryptographyFailure("no issuer name")
        }
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, pointer, nil, nil, 0)
        for (kind, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
                throw cryptographyFailure("extension not accepted", value)
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(pointer, made, -1) == 1 else {
                throw cryptographyFailure("extension not accepted", value)
            }
        }
        guard X509_sign(pointer, issuerKey.pointer, EVP_sha256()) > 0 else {
            throw cryptographyFailure("the certificate could not be signed")
        }
    }

    var pem: [UInt8] {
        get throws(Refusal) { try pemBytes { PEM_write_bio_X509($0, pointer) == 1 } }
    }

    /// The last second of validity, since the epoch.
    func expiry() throws(Refusal) -> Int64 {
        var parts = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(pointer), &parts) == 1 else {
            throw cryptographyFailure("the certificate has no legible end")
        }
        return Int64(timegm(&parts))
    }
}

/// Collects what OpenSSL writes into memory.
private func pemBytes(_ write: (OpaquePointer) -> Bool) throws(Refusal) -> [UInt8] {
    guard let memory = BIO_new(BIO_s_mem()) else { throw cryptographyFailure("no memory") }
    defer { BIO_free(memory) }
    guard write(memory) else { throw cryptographyFailure("PEM could not be written") }
    var bytes = [UInt8](repeating: 0, count: 16 * 1024)
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    guard count > 0 else { throw cryptographyFailure("PEM could not be written") }
    return Array(bytes.prefix(Int(count)))
}

private func cryptographyFailure(_ finding: String, _ field: String = "") -> Refusal {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    let detail = ERR_reason_error_string(code).map { " (\(String(cString: $0)))" } ?? ""
    return Refusal(
        .internalFailure, field: field, finding: finding + detail,
        remedy: "remove the damaged file, or make the certificates by other means")
}
