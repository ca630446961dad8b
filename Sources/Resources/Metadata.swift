public import Primitives
public import Wire

/// The API group and version of our own kinds.
public enum Group {
    public static let name = "muster.dev"
    public static let version = "muster.dev/v1"
}

/// What every object carries. The server's own fields are accepted from clients and ignored.
public struct Metadata: Codable, Hashable, Sendable {
    public var name: String?
    public var generateName: String?
    public var namespace: String?
    public var uid: String?
    public var resourceVersion: String?
    public var generation: Int64?
    public var creationTimestamp: Timestamp?
    public var deletionTimestamp: Timestamp?
    public var deletionGracePeriodSeconds: Int64?
    public var labels: StringMap?
    public var annotations: StringMap?
    public var finalizers: [String]?
    public var ownerReferences: [JSON]?
    public var managedFields: [JSON]?
    public var selfLink: String?

    public init(
        name: String? = nil, namespace: String? = nil, labels: StringMap? = nil,
        annotations: StringMap? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
    }
}

extension Metadata {
    /// Checks what a user may set; the caller has checked that there is a name.
    public func validate(field: String = "metadata") throws(Refusal) {
        var defects = Defects()
        defects.gather(under: field) { inspect(&$0) }
        try defects.refuse()
    }

    /// Gathers what is wrong with what a user may set.
    func inspect(_ defects: inout Defects) {
        if let name, !name.isEmpty {
            defects.gather { () throws(Refusal) in try Naming.check(name, field: "name") }
        } else if let stem = generateName, !stem.isEmpty {
            defects.gather { () throws(Refusal) in
                try Naming.check(stem: stem, field: "generateName")
            }
        }
        if let namespace {
            defects.gather { () throws(Refusal) in try Naming.check(namespace, field: "namespace") }
        }
        if let labels { Naming.inspect(labels: labels, field: "labels", &defects) }
        if let annotations { Naming.inspect(annotations: annotations, "annotations", &defects) }
        if let finalizers { Naming.inspect(finalizers: finalizers, "finalizers", &defects) }
        if let owners = ownerReferences, owners.count > 32 {
            defects.add(
                "ownerReferences", "there are \(owners.count) owners", "Name at most 32 owners")
        }
    }
}
