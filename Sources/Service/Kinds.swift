import Control
import HTTP
import Resources

// The one table of kinds. Routes, discovery and what access reviews know all follow from it.

/// One verb of a kind or a subresource, and the endpoint that answers it.
struct Action: Sendable {
    /// As discovery and access rules call it: `get`, `list`, `watch`, `create`, and so on.
    let verb: String
    let endpoint: Endpoint

    init(_ verb: String, _ endpoint: Endpoint) {
        self.verb = verb
        self.endpoint = endpoint
    }

    /// The method that carries the verb; nil where it is not known.
    var method: Method? {
        switch verb {
        case "get", "list", "watch": .get
        case "create": .post
        case "update": .put
        case "patch": .patch
        case "delete", "deletecollection": .delete
        default: nil
        }
    }

    /// Whether the verb is asked of the whole collection rather than of one object.
    var isOfCollection: Bool {
        ["list", "watch", "create", "deletecollection"].contains(verb)
    }
}

/// A part of an object with a path of its own.
struct Subresource: Sendable {
    let name: String
    /// The kind and the API version of what is sent and answered here.
    let kind: String
    let apiVersion: String
    let actions: [Action]

    /// The group of what is sent here; empty for the core group.
    var group: String {
        let parts = apiVersion.split(separator: "/")
        return parts.count > 1 ? String(parts[0]) : ""
    }

    init(_ name: String, kind: String, apiVersion: String, _ actions: [Action]) {
        self.name = name
        self.kind = kind
        self.apiVersion = apiVersion
        self.actions = actions
    }

    /// The object seen through its status.
    static func status(_ resource: Resource, kind: String, apiVersion: String) -> Subresource {
        Subresource(
            "status", kind: kind, apiVersion: apiVersion,
            [
                Action("get", .status(resource)), Action("patch", .patch(resource, .status)),
                Action("update", .update(resource, .status)),
            ])
    }
}

/// The kind's words on the wire.
final class KindWords: Sendable {
    /// The list behind it; nil for what can be asked but is not kept.
    let resource: Resource?
    let kind: String
    /// Empty for the core group.
    let group: String
    let version: String
    let plural: String
    let singular: String
    let shortNames: [String]
    let categories: [String]
    let isNamespaced: Bool
    let actions: [Action]
    let subresources: [Subresource]

    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    var verbs: [String] { actions.map(\.verb) }

    /// Whether clients have the kind built in: they patch such a kind strategically.
    var isBuiltIn: Bool { group != Group.name }

    /// Where the group's version begins.
    var root: String { Self.root(of: apiVersion) }

    /// Where an API version begins: the core group has a place of its own.
    static func root(of apiVersion: String) -> String {
        apiVersion.utf8.contains(UInt8(ascii: "/")) ? "/apis/\(apiVersion)" : "/api/\(apiVersion)"
    }

    /// A kind whose objects are kept and listed.
    convenience init(
        resource: Resource, kind: String, apiVersion: String, plural: String, singular: String,
        shortNames: [String] = [], categories: [String] = [], isNamespaced: Bool, verbs: [String],
        subresources: [Subresource] = []
    ) {
        self.init(
            resource, kind: kind, apiVersion: apiVersion, plural: plural, singular: singular,
            shortNames: shortNames, categories: categories, isNamespaced: isNamespaced,
            actions: verbs.map { Action($0, Self.endpoint($0, resource)) },
            subresources: subresources)
    }

    /// A kind that is asked and answered but not kept.
    convenience init(
        asked kind: String, apiVersion: String, plural: String, isNamespaced: Bool = false,
        _ actions: [Action]
    ) {
        self.init(
            nil, kind: kind, apiVersion: apiVersion, plural: plural, singular: kind.lowercased(),
            shortNames: [], categories: [], isNamespaced: isNamespaced, actions: actions,
            subresources: [])
    }

    private init(
        _ resource: Resource?, kind: String, apiVersion: String, plural: String, singular: String,
        shortNames: [String], categories: [String], isNamespaced: Bool, actions: [Action],
        subresources: [Subresource]
    ) {
        let parts = apiVersion.split(separator: "/").map(String.init)
        self.resource = resource
        self.kind = kind
        group = parts.count > 1 ? parts[0] : ""
        version = parts.last ?? ""
        self.plural = plural
        self.singular = singular
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.actions = actions
        self.subresources = subresources
    }

    /// What answers a plain verb on a kept kind.
    private static func endpoint(_ verb: String, _ resource: Resource) -> Endpoint {
        switch verb {
        case "get": .get(resource)
        case "list", "watch": .list(resource)
        case "create": .create(resource)
        case "update": .update(resource, .whole)
        case "patch": .patch(resource, .whole)
        case "delete": .delete(resource)
        case "deletecollection": .deleteCollection(resource)
        default: preconditionFailure("nothing answers the verb \(verb)")
        }
    }

    static func of(_ resource: Resource) -> KindWords {
        byResource[Int(resource.rawValue)]
    }
}

extension KindWords {
    private static let byResource: [KindWords] = Resource.allCases.map { resource in
        guard let words = all.first(where: { $0.resource == resource }) else {
            preconditionFailure("every resource has its words")
        }
        return words
    }

    static let all: [KindWords] =
        ours + core + [EmptyKind.announced] + usage + Review.kinds

    /// One API group with its versions, written as `group/version`.
    struct APIGroup: Sendable, Hashable {
        let name: String
        var versions: [String]
    }

    /// The groups in the order of their first kind. A group whose only kind is the body of some
    /// subresource counts too: clients look for it before they use that subresource.
    static let groups: [APIGroup] = {
        var groups: [APIGroup] = []
        let versions =
            all.map(\.apiVersion) + all.flatMap { $0.subresources.map(\.apiVersion) }
        for version in versions {
            let parts = version.split(separator: "/")
            let name = parts.count > 1 ? String(parts[0]) : ""
            if let place = groups.firstIndex(where: { $0.name == name }) {
                if !groups[place].versions.contains(version) {
                    groups[place].versions.append(version)
                }
            } else {
                groups.append(APIGroup(name: name, versions: [version]))
            }
        }
        return groups
    }()

    private static let everything = [
        "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
    ]

    private static let ours: [KindWords] = [
        KindWords(
            resource: .jobs, kind: "Job", apiVersion: Group.version, plural: "jobs",
            singular: "job", shortNames: ["mj"], categories: ["all", "muster"], isNamespaced: true,
            verbs: everything,
            subresources: [
                .status(.jobs, kind: "Job", apiVersion: Group.version),
                Subresource(
                    "cancel", kind: "Job", apiVersion: Group.version,
                    [Action("create", .cancelJob)]),
            ]),
        KindWords(
            resource: .queues, kind: "Queue", apiVersion: Group.version, plural: "queues",
            singular: "queue", shortNames: ["mq"], categories: ["muster"], isNamespaced: false,
            verbs: everything,
            subresources: [.status(.queues, kind: "Queue", apiVersion: Group.version)]),
        KindWords(
            resource: .nodePools, kind: "NodePool", apiVersion: Group.version,
            plural: "nodepools", singular: "nodepool", shortNames: ["np"],
            categories: ["muster"], isNamespaced: false, verbs: everything,
            subresources: [
                .status(.nodePools, kind: "NodePool", apiVersion: Group.version),
                Subresource(
                    "scale", kind: "Scale", apiVersion: "autoscaling/v1",
                    [
                        Action("get", .scale(.nodePools)),
                        Action("patch", .patch(.nodePools, .scale)),
                        Action("update", .update(.nodePools, .scale)),
                    ]),
            ]),
        KindWords(
            resource: .tokens, kind: "Token", apiVersion: Group.version, plural: "tokens",
            singular: "token", shortNames: [], categories: ["muster"], isNamespaced: false,
            verbs: everything),
    ]

    private static let core: [KindWords] = [
        KindWords(
            resource: .nodes, kind: "Node", apiVersion: "v1", plural: "nodes", singular: "node",
            shortNames: ["no"], isNamespaced: false,
            verbs: ["delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            subresources: [.status(.nodes, kind: "Node", apiVersion: "v1")]),
        KindWords(
            resource: .pods, kind: "Pod", apiVersion: "v1", plural: "pods", singular: "pod",
            shortNames: ["po"], categories: ["all"], isNamespaced: true,
            verbs: ["delete", "deletecollection", "get", "list", "patch", "watch"],
            subresources: [
                Subresource("log", kind: "Pod", apiVersion: "v1", [Action("get", .podLog)]),
                Subresource(
                    "eviction", kind: "Eviction", apiVersion: "policy/v1",
                    [Action("create", .evictPod)]),
            ]),
        KindWords(
            resource: .namespaces, kind: "Namespace", apiVersion: "v1", plural: "namespaces",
            singular: "namespace", shortNames: ["ns"], isNamespaced: false,
            verbs: everything,
            subresources: [.status(.namespaces, kind: "Namespace", apiVersion: "v1")]),
        KindWords(
            resource: .events, kind: "Event", apiVersion: "v1", plural: "events", singular: "event",
            shortNames: ["ev"], isNamespaced: true, verbs: ["get", "list", "watch"]),
        KindWords(
            resource: .configMaps, kind: "ConfigMap", apiVersion: "v1", plural: "configmaps",
            singular: "configmap", shortNames: ["cm"], isNamespaced: true,
            verbs: everything),
        KindWords(
            resource: .secrets, kind: "Secret", apiVersion: "v1", plural: "secrets",
            singular: "secret", isNamespaced: true, verbs: everything),
        KindWords(
            resource: .leases, kind: "Lease", apiVersion: "coordination.k8s.io/v1",
            plural: "leases", singular: "lease", isNamespaced: true, verbs: everything),
    ]
}
