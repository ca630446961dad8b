import Control
import HTTP
import Resources

/// Everything that a path and a method can mean.
enum Endpoint: Sendable, Hashable {
    case version, health
    case coreVersions, groups, group(String), resourceList(String)
    case list(Resource), create(Resource), emptyList(EmptyKind)
    case get(Resource), delete(Resource), deleteCollection(Resource)
    case update(Resource, ObjectPart), patch(Resource, ObjectPart)
    case status(Resource), scale(Resource)
    case evictPod
    case cancelJob, podLog, agentSession, metrics
    case usage(Resource), usageList(Resource)
    case openAPIIndex, openAPIPage, swagger
    case review(Review)

    /// What the actor needs; nil where nothing is asked but health and version.
    var right: (verb: Verb, resource: String)? {
        switch self {
        case .version, .health: nil
        case .coreVersions, .groups, .group, .resourceList, .openAPIIndex, .openAPIPage, .swagger:
            (.discover, "api")
        case .list(let resource): (.list, KindWords.of(resource).plural)
        case .emptyList(.services): (.list, EmptyKind.services.plural)
        // Of no announced kind: that there are none is no secret.
        case .emptyList(.definitions): (.discover, "api")
        case .create(let resource): (.create, KindWords.of(resource).plural)
        case .get(let resource), .status(let resource), .scale(let resource):
            (.get, KindWords.of(resource).plural)
        case .update(let resource, _): (.update, KindWords.of(resource).plural)
        case .patch(let resource, _): (.patch, KindWords.of(resource).plural)
        case .delete(let resource): (.delete, KindWords.of(resource).plural)
        case .deleteCollection(let resource):
            (.deletecollection, KindWords.of(resource).plural)
        case .evictPod: (.delete, "pods")
        case .cancelJob: (.cancel, "jobs")
        case .podLog: (.log, "pods")
        case .usage(let resource): (.get, KindWords.of(resource).plural)
        case .usageList(let resource): (.list, KindWords.of(resource).plural)
        case .agentSession: (.session, "agents")
        case .metrics: (.get, "metrics")
        case .review(let review): (.create, review.plural)
        }
    }

    /// The kind of the objects that it is about.
    var resource: Resource? {
        switch self {
        case .list(let resource), .create(let resource), .get(let resource),
            .delete(let resource), .deleteCollection(let resource), .update(let resource, _),
            .patch(let resource, _), .status(let resource), .scale(let resource):
            resource
        case .cancelJob: .jobs
        case .evictPod, .podLog: .pods
        default: nil
        }
    }

    /// The query parameters that are understood here.
    var parameters: [String] {
        let everywhere = ["timeout", "pretty"]
        let deletion = [
            "propagationPolicy", "gracePeriodSeconds", "orphanDependents", "dryRun",
        ]
        switch self {
        case .list:
            return everywhere + [
                "labelSelector", "fieldSelector", "limit", "continue", "watch", "resourceVersion",
                "resourceVersionMatch", "allowWatchBookmarks", "sendInitialEvents",
                "timeoutSeconds", "includeObject",
            ]
        case .emptyList:
            return everywhere + [
                "labelSelector", "fieldSelector", "limit", "resourceVersion", "timeoutSeconds",
                "includeObject",
            ]
        case .get, .status, .scale: return everywhere + ["resourceVersion", "includeObject"]
        case .create, .update, .patch, .review:
            return everywhere + [
                "fieldManager", "fieldValidation", "dryRun", "force", "includeObject",
            ]
        case .delete: return everywhere + deletion
        case .deleteCollection:
            return everywhere + deletion + [
                "labelSelector", "fieldSelector", "limit", "continue", "resourceVersion",
                "resourceVersionMatch", "timeoutSeconds",
            ]
        case .evictPod: return everywhere + deletion + ["fieldManager", "fieldValidation"]
        case .podLog:
            return everywhere + LogWish.parameters
        case .usage: return everywhere + ["resourceVersion", "includeObject"]
        case .usageList:
            return everywhere + [
                "labelSelector", "fieldSelector", "limit", "continue", "resourceVersion",
                "resourceVersionMatch", "timeoutSeconds", "includeObject",
            ]
        case .openAPIIndex, .openAPIPage, .swagger: return everywhere + ["hash"]
        case .cancelJob, .agentSession, .version, .health, .coreVersions, .groups, .group,
            .resourceList, .metrics:
            return everywhere + ["verbose", "exclude"]
        }
    }
}

/// The whole route table, built once.
func routeTable() -> RouteTable<Endpoint> {
    var table = RouteTable<Endpoint>()
    table.add(.get, "/version", .version)
    for path in ["/healthz", "/livez", "/readyz"] { table.add(.get, path, .health) }
    table.add(.get, "/metrics", .metrics)
    table.add(.get, "/api", .coreVersions)
    table.add(.get, "/apis", .groups)
    for group in KindWords.groups where !group.name.isEmpty {
        table.add(.get, "/apis/\(group.name)", .group(group.name))
    }
    for version in KindWords.groups.flatMap(\.versions) {
        let root = KindWords.root(of: version)
        table.add(.get, root, .resourceList(version))
    }
    table.add(.get, AgentProtocol.path, .agentSession)
    table.add(.get, "/openapi/v2", .swagger)
    table.add(.get, "/openapi/v3", .openAPIIndex)
    for path in ["{document}", "api/{version}", "apis/{group}/{version}"] {
        table.add(.get, "/openapi/v3/\(path)", .openAPIPage)
    }
    for words in KindWords.all { addRoutes(of: words, to: &table) }
    let definitions = EmptyKind.definitions
    let root = KindWords.root(of: definitions.apiVersion)
    table.add(.get, "\(root)/\(definitions.plural)", .emptyList(definitions))
    return table
}

/// The paths of one kind: of all namespaces, of one, of an object, of its subresources.
private func addRoutes(of words: KindWords, to table: inout RouteTable<Endpoint>) {
    let everywhere = "\(words.root)/\(words.plural)"
    let collection =
        words.isNamespaced ? "\(words.root)/namespaces/{namespace}/\(words.plural)" : everywhere
    // A watch is a list that goes on: one route serves both.
    for action in words.actions where action.verb != "watch" {
        guard let method = action.method else { continue }
        table.add(
            method, action.isOfCollection ? collection : "\(collection)/{name}", action.endpoint)
        if action.verb == "list", words.isNamespaced {
            table.add(method, everywhere, action.endpoint)
        }
    }
    for part in words.subresources {
        for action in part.actions {
            guard let method = action.method else { continue }
            table.add(method, "\(collection)/{name}/\(part.name)", action.endpoint)
        }
    }
}
