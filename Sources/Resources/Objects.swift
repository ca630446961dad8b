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

/// A node of the quota tree, as far as this version has one.
public struct QueueSpec: Codable, Hashable, Sendable {
    /// What the queue is for, for people. Left out: nothing is shown.
    public var description: String?

    public init() {}
}

/// What the server knows about a queue.
public struct QueueStatus: Codable, Hashable, Sendable {
    public init() {}
}

/// A namespace has no specification of its own.
public struct NamespaceSpec: Codable, Hashable, Sendable {
    /// Accepted and ignored.
    public var finalizers: [String]?

    public init() {}
}

/// Whether the namespace takes new objects.
public struct NamespaceStatus: Codable, Hashable, Sendable {
    /// Active, or Terminating while what is in it goes.
    public var phase: String
}

/// What people decide about a node; everything else the agent reports.
public struct NodeSpec: Codable, Hashable, Sendable {
    /// Whether new ranks are kept off the node; those that run there go on.
    ///
    /// "kubectl cordon" sets it, "kubectl uncordon" clears it. Left out: false.
    public var unschedulable: Bool?
    /// Marks that keep ranks off the node. A cordoned node shows one; written by the server.
    public var taints: [Taint]?

    public init() {}
}

/// A mark that keeps ranks off a node.
public struct Taint: Codable, Hashable, Sendable {
    /// The name of the mark, such as "node.kubernetes.io/unschedulable".
    public var key: String
    /// More about the mark; may be empty.
    public var value: String?
    /// What it does: NoSchedule keeps new ranks off.
    public var effect: String
    /// Since when the node has the mark.
    public var timeAdded: Timestamp?
}

/// Who may do what with a bearer token.
public enum TokenRole: String, Codable, CaseIterable, Sendable {
    /// Everything.
    case admin
    /// What a node's agent needs: registering its node and reporting on its ranks.
    case agent
}

/// What a bearer token allows, and until when.
public struct TokenSpec: Codable, Hashable, Sendable {
    /// What the token allows.
    public var role: TokenRole
    /// Who uses the token and for what, for people. Left out: nothing is shown.
    public var description: String?
    /// The moment after which the token is refused, such as "2027-01-01T00:00:00Z".
    ///
    /// Left out: 90 days from its creation.
    public var expires: Timestamp?
    /// SHA-256 of the secret, in hexadecimal. Written by the server and never shown.
    public var digest: String?

    public init(role: TokenRole) { self.role = role }
}

/// What the server says about a token.
public struct TokenStatus: Codable, Hashable, Sendable {
    /// The secret to send as "Authorization: Bearer ...". Shown once, when the token is made.
    public var token: String?
}
