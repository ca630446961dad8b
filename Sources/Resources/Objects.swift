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

/// A specification that knows what may be wrong with it.
public protocol Inspected {
    /// What to give where an object of this kind comes without `spec`; nil where it may.
    static var whenMissing: String? { get }

    /// Gathers all that is wrong; paths begin inside `spec`.
    func inspect(_ defects: inout Defects)
}

extension Manifest {
    /// Holds the type against what the path expects, and all the rest against its rules, at once.
    public func check(apiVersion expected: String, kind expectedKind: String) throws(Refusal) {
        var defects = Defects()
        if let apiVersion, apiVersion != expected {
            defects.add(Self.foreign("apiVersion", apiVersion, expected))
        }
        if let kind, kind != expectedKind {
            defects.add(Self.foreign("kind", kind, expectedKind))
        }
        if let metadata { defects.gather(under: "metadata") { metadata.inspect(&$0) } }
        if let rules = spec as? any Inspected {
            defects.gather(under: "spec") { rules.inspect(&$0) }
        } else if spec == nil, let remedy = (Spec.self as? any Inspected.Type)?.whenMissing {
            defects.add("spec", "the object has no specification", remedy)
        }
        try defects.refuse()
    }

    private static func foreign(_ field: String, _ found: String, _ expected: String) -> Refusal {
        Refusal(
            .malformed, field: field, finding: "\(Naming.shown(found)) does not belong here",
            remedy: "Use \(expected)")
    }
}

/// A node of the quota tree. One default queue exists from the start.
public struct QueueSpec: Codable, Hashable, Sendable {
    public var description: String?

    public init() {}
}

extension QueueSpec: Inspected {
    public static var whenMissing: String? { nil }

    public func inspect(_ defects: inout Defects) {
        defects.expectText("description", description, atMost: 1024)
    }
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

extension TokenSpec: Inspected {
    public static var whenMissing: String? { "Give spec.role: admin or agent" }

    public func inspect(_ defects: inout Defects) {
        defects.expectText("description", description, atMost: 1024)
    }
}
