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
        TypeWords.inspect(apiVersion: apiVersion, expected, kind: kind, expectedKind, &defects)
        if let metadata { defects.gather(under: "metadata") { metadata.inspect(&$0) } }
        if let rules = spec as? any Inspected {
            defects.gather(under: "spec") { rules.inspect(&$0) }
        } else if spec == nil, let remedy = (Spec.self as? any Inspected.Type)?.whenMissing {
            defects.add("spec", "the object has no specification", remedy)
        }
        try defects.refuse()
    }
}

/// The two words that name an object's type.
public enum TypeWords {
    /// Refuses an object of another type than the path's; both words may be left out.
    public static func check(
        apiVersion: String?, _ expected: String, kind: String?, _ expectedKind: String
    ) throws(Refusal) {
        var defects = Defects()
        inspect(apiVersion: apiVersion, expected, kind: kind, expectedKind, &defects)
        try defects.refuse()
    }

    static func inspect(
        apiVersion: String?, _ expected: String, kind: String?, _ expectedKind: String,
        _ defects: inout Defects
    ) {
        for (field, found, wanted) in [
            ("apiVersion", apiVersion, expected), ("kind", kind, expectedKind),
        ] {
            guard let found, found != wanted else { continue }
            defects.add(
                Refusal(
                    .malformed, field: field,
                    finding: "\(Naming.shown(found)) does not belong here", remedy: "Use \(wanted)")
            )
        }
    }
}

/// A node of the quota tree, as far as this version has one.
public struct QueueSpec: Codable, Hashable, Sendable {
    /// What the queue is for, for people. Left out: nothing is shown.
    public var description: String?

    public init() {}
}

extension QueueSpec: Inspected {
    public static var whenMissing: String? { nil }

    public func inspect(_ defects: inout Defects) {
        defects.expectText("description", description, atMost: 1024)
    }
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

/// An object whose own part stands beside the metadata instead of under `spec`.
public struct FlatManifest<Content: Codable & Sendable>: Codable, Sendable {
    public let apiVersion: String?
    public let kind: String?
    public let metadata: Metadata?
    public let content: Content

    private enum CodingKeys: String, CodingKey { case apiVersion, kind, metadata }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        apiVersion = try members.decodeIfPresent(String.self, forKey: .apiVersion)
        kind = try members.decodeIfPresent(String.self, forKey: .kind)
        metadata = try members.decodeIfPresent(Metadata.self, forKey: .metadata)
        content = try Content(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encodeIfPresent(apiVersion, forKey: .apiVersion)
        try members.encodeIfPresent(kind, forKey: .kind)
        try members.encodeIfPresent(metadata, forKey: .metadata)
        try content.encode(to: encoder)
    }
}

/// What people decide about a node; everything else the agent reports.
public struct NodeSpec: Codable, Hashable, Sendable {
    /// Whether new ranks are kept off the node; those that run there go on.
    ///
    /// "kubectl cordon" sets it, "kubectl uncordon" clears it. Left out: false.
    public var unschedulable: Bool?
    /// Marks that keep ranks off the node, as "kubectl taint" sets them.
    ///
    /// A cordoned node shows one more, which is written by the server. At most 64.
    public var taints: [Taint]?

    public init() {}
}

/// A mark that keeps ranks off a node.
public struct Taint: Codable, Hashable, Sendable {
    /// The name of the mark, such as "node.kubernetes.io/unschedulable".
    public var key: String
    /// More about the mark; may be empty.
    public var value: String?
    /// What it does: NoSchedule keeps new ranks off, NoExecute also moves running gangs elsewhere.
    public var effect: String
    /// Since when the node has the mark.
    public var timeAdded: Timestamp?

    public init(key: String, effect: String) {
        self.key = key
        self.effect = effect
    }

    /// The mark that stands for a cordon; it is written by the server.
    public static let unschedulable = Taint(
        key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")
}

extension NodeSpec {
    /// Checks the taints, and takes out what the server writes itself.
    public func validated() throws(Refusal) -> NodeSpec {
        var spec = self
        let given = (taints ?? []).filter { $0.key != Taint.unschedulable.key }
        guard given.count <= 64 else {
            throw Refusal(
                .invalid, field: "spec.taints", finding: "there are \(given.count) taints",
                remedy: "Use at most 64 taints")
        }
        for (index, taint) in given.enumerated() {
            let field = "spec.taints[\(index)]"
            guard Naming.isKey(taint.key) else {
                throw Naming.keyRefusal(taint.key, field: "\(field).key")
            }
            guard Naming.isLabelValue(taint.value ?? "") else {
                throw Naming.valueRefusal(taint.value ?? "", field: "\(field).value")
            }
            guard ["NoSchedule", "NoExecute"].contains(taint.effect) else {
                throw Refusal(
                    .invalid, field: "\(field).effect",
                    finding: "\"\(taint.effect.prefix(40))\" is not an effect that is kept here",
                    remedy: "Use NoSchedule or NoExecute")
            }
            let isTwice = given[..<index].contains {
                $0.key == taint.key && $0.effect == taint.effect
            }
            guard !isTwice else {
                throw Refusal(
                    .invalid, field: field,
                    finding: "\(taint.key):\(taint.effect) is there twice",
                    remedy: "Keep one of them")
            }
        }
        spec.taints = given.isEmpty ? nil : given
        return spec
    }
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

extension TokenSpec: Inspected {
    public static var whenMissing: String? { "Give spec.role: admin or agent" }

    public func inspect(_ defects: inout Defects) {
        defects.expectText("description", description, atMost: 1024)
    }
}

/// What the server says about a token.
public struct TokenStatus: Codable, Hashable, Sendable {
    /// The secret to send as "Authorization: Bearer ...". Shown once, when the token is made.
    public var token: String?
}
