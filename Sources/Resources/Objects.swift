public import Primitives
public import Wire

// Whole objects as clients send them. The status is the server's and is ignored when sent.

/// An object of any kind, with its specification still to be decoded by kind.
public struct Manifest<Spec: Codable & Sendable>: Codable, Sendable {
    public var apiVersion: String?
    public var kind: String?
    public var metadata: Metadata?
    public var spec: Spec?
    public var status: JSON?

    public init(apiVersion: String, kind: String, metadata: Metadata, spec: Spec?) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.metadata = metadata
        self.spec = spec
    }
}

extension Manifest {
    /// Holds the type against what the path expects and the metadata against the rules of names.
    public func check(apiVersion expected: String, kind expectedKind: String) throws(Refusal) {
        if let apiVersion, apiVersion != expected {
            throw Refusal(
                .malformed, field: "apiVersion", finding: "\"\(apiVersion)\" does not belong here",
                remedy: "Use \(expected)")
        }
        if let kind, kind != expectedKind {
            throw Refusal(
                .malformed, field: "kind", finding: "\"\(kind)\" does not belong here",
                remedy: "Use \(expectedKind)")
        }
        try metadata?.validate()
    }
}

/// A node of the quota tree. One default queue exists from the start.
public struct QueueSpec: Codable, Hashable, Sendable {
    public var description: String?

    public init() {}
}

/// A namespace has no specification of its own; finalizers are accepted and ignored.
public struct NamespaceSpec: Codable, Hashable, Sendable {
    public var finalizers: [String]?

    public init() {}
}

/// What users may change on a node.
public struct NodeSpec: Codable, Hashable, Sendable {
    public var unschedulable: Bool?

    public init() {}
}

/// Who may do what with a bearer token.
public enum TokenRole: String, Codable, CaseIterable, Sendable {
    /// Everything.
    case admin
    /// What a node agent needs: registering itself and reporting on its ranks.
    case agent
}

/// A bearer token, without its secret.
public struct TokenSpec: Codable, Hashable, Sendable {
    public var role: TokenRole
    public var description: String?
    /// After this the token is refused. Left out: 90 days from now.
    public var expires: Timestamp?
    /// SHA-256 of the secret, in hexadecimal; written by the server, never shown.
    public var digest: String?

    public init(role: TokenRole) { self.role = role }
}
