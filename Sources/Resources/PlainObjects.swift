public import Primitives
public import Wire

// Core kinds that are kept for clients and mean nothing to the scheduler.

/// Who holds a lease, and for how long: what leader elections are made of.
public struct LeaseSpec: Codable, Hashable, Sendable {
    /// The name of the present holder; empty or left out when nobody holds it.
    public var holderIdentity: String?
    /// Seconds after `renewTime` at which others may take the lease.
    public var leaseDurationSeconds: Int32?
    /// When the present holder took it, such as 2026-01-31T09:00:00.000000Z.
    public var acquireTime: Timestamp?
    /// When the holder last said that it is alive.
    public var renewTime: Timestamp?
    /// How often the lease has changed hands.
    public var leaseTransitions: Int32?
    /// Who should take the lease next.
    public var preferredHolder: String?
    /// How the next holder is chosen.
    public var strategy: String?

    public init() {}
}

/// Small texts under names, for programs that keep their settings beside their jobs.
public struct ConfigMapContent: Codable, Hashable, Sendable {
    /// Texts by name.
    public var data: StringMap?
    /// Bytes by name, in Base64.
    public var binaryData: StringMap?
    /// Set to true, the content can no longer be changed.
    public var immutable: Bool?

    public init() {}
}

/// Small secrets under names. They are kept as they are, in the controller's data directory.
public struct SecretContent: Codable, Hashable, Sendable {
    /// What kind of secret it is; `Opaque` when left out.
    public var type: String?
    /// Bytes by name, in Base64.
    public var data: StringMap?
    /// Texts by name, written into `data` by the server and never shown under this name.
    public var stringData: StringMap?
    /// Set to true, the content can no longer be changed.
    public var immutable: Bool?

    public init() {}
}

extension LeaseSpec {
    public func validated() throws(Refusal) -> LeaseSpec {
        for (name, value) in [
            ("leaseDurationSeconds", leaseDurationSeconds), ("leaseTransitions", leaseTransitions),
        ] {
            guard let value, value < 0 else { continue }
            throw Refusal(
                .invalid, field: "spec.\(name)", finding: "\(value) is below zero",
                remedy: "Use a number of 0 or more")
        }
        return self
    }
}

extension ConfigMapContent {
    public func validated() throws(Refusal) -> ConfigMapContent {
        try checkKeys(of: data ?? [:], field: "data")
        try checkKeys(of: binaryData ?? [:], field: "binaryData")
        try checkBase64(binaryData ?? [:], field: "binaryData")
        return self
    }
}

extension SecretContent {
    /// The content as it is stored: everything in `data`.
    public func validated() throws(Refusal) -> SecretContent {
        try checkKeys(of: data ?? [:], field: "data")
        try checkKeys(of: stringData ?? [:], field: "stringData")
        try checkBase64(data ?? [:], field: "data")
        var stored = self
        stored.type = type ?? "Opaque"
        if let stringData {
            var merged = data ?? [:]
            for (name, text) in stringData { merged[name] = Base64.encode(Array(text.utf8)) }
            stored.data = merged
            stored.stringData = nil
        }
        return stored
    }
}

private func checkKeys(of map: StringMap, field: String) throws(Refusal) {
    for (name, _) in map {
        let isFine =
            !name.isEmpty && name.utf8.count <= 253 && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: ".")
            }
        guard !isFine else { continue }
        throw Refusal(
            .invalid, field: "\(field)[\(name.prefix(80))]",
            finding: "\"\(name.prefix(80))\" is not a valid key",
            remedy: "Use 1 to 253 letters, digits, '-', '_' and '.', such as settings.yaml")
    }
}

private func checkBase64(_ map: StringMap, field: String) throws(Refusal) {
    for (name, value) in map where Base64.decode(value) == nil {
        throw Refusal(
            .invalid, field: "\(field).\(name)", finding: "the value is not Base64",
            remedy: "Encode it with base64, or use the field for plain text")
    }
}
