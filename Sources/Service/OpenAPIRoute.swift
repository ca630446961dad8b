import HTTP
import Resources
import Wire

/// A route as the published documents describe it: read off its pattern, so that none is forgotten.
struct OpenAPIRoute {
    let method: Method
    let pattern: String
    /// The query parameters that are understood here.
    let parameters: [String]
    /// Nil for a path outside of all groups.
    let apiVersion: String?
    /// Nil for a path that is about no kind.
    let words: KindWords?
    let isInNamespace: Bool
    let isItem: Bool
    /// The part of an object behind its name, such as `status`; empty for the object itself.
    let part: String

    init(_ route: RouteTable<Endpoint>.Route) {
        method = route.method
        pattern = route.pattern
        parameters = route.endpoint.parameters
        var rest = pattern.split(separator: "/").map(String.init)
        switch rest.first {
        case "api" where rest.count > 1:
            apiVersion = rest[1]
            rest.removeFirst(2)
        case "apis" where rest.count > 2:
            apiVersion = "\(rest[1])/\(rest[2])"
            rest.removeFirst(3)
        default:
            apiVersion = nil
            rest = []
        }
        isInNamespace = rest.count > 2 && rest[0] == "namespaces" && rest[1] == "{namespace}"
        if isInNamespace { rest.removeFirst(2) }
        let apiVersion = apiVersion
        words = KindWords.all.first { $0.apiVersion == apiVersion && $0.plural == rest.first }
        isItem = rest.count > 1
        part = rest.count > 2 ? rest[2...].joined(separator: "/") : ""
    }

    /// Which document describes the route: `api/v1`, `apis/muster.dev/v1`, or that of the rest.
    var document: String {
        guard let apiVersion else { return "server" }
        return apiVersion.contains("/") ? "apis/\(apiVersion)" : "api/\(apiVersion)"
    }

    /// The `{name}` segments of the pattern.
    var captures: [String] {
        pattern.split(separator: "/").filter { $0.hasPrefix("{") }
            .map { String($0.dropFirst().dropLast()) }
    }

    /// As clients look for it in `x-kubernetes-action`.
    var action: String {
        switch method {
        case .get, .head, .options: words != nil && !isItem ? "list" : "get"
        case .post: "post"
        case .put: "put"
        case .patch: "patch"
        case .delete: isItem ? "delete" : "deletecollection"
        }
    }

    /// A name for the operation that no other has, made as Kubernetes makes them.
    var identity: String {
        guard let words, let apiVersion else {
            return method.token.lowercased() + Self.camel(pattern)
        }
        let verb =
            switch action {
            case "get": "read"
            case "post": part.isEmpty ? "create" : "post"
            case "put": "replace"
            case "deletecollection": "deleteCollectionOf"
            default: action
            }
        let group =
            apiVersion.contains("/") ? Self.camel(apiVersion) : "Core" + Self.camel(apiVersion)
        let scope = isInNamespace ? "Namespaced" : ""
        let everywhere = words.isNamespaced && !isInNamespace ? "ForAllNamespaces" : ""
        return verb + group + scope + words.kind + Self.camel(part) + everywhere
    }

    private static func camel(_ text: String) -> String {
        text.split { !$0.isLetter && !$0.isNumber }
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// What the operation does, for people.
    var about: String {
        guard let words else { return method.token + " " + pattern }
        guard part.isEmpty else {
            return "\(method.token) the \(part) of one \(words.kind)"
        }
        switch action {
        case "list":
            return "List objects of kind \(words.kind), or watch them with watch=true"
        case "post": return "Create an object of kind \(words.kind)"
        case "put": return "Replace one \(words.kind)"
        case "patch": return "Change parts of one \(words.kind)"
        case "delete": return "Delete one \(words.kind)"
        case "deletecollection": return "Delete the objects of kind \(words.kind) that are selected"
        default: return "Read one \(words.kind)"
        }
    }

    /// What the table of kinds says of the part; nil for the object itself.
    private var named: Subresource? { words?.subresources.first { $0.name == part } }

    // MARK: Bodies

    /// What the body holds: nothing, an object of the kind, a change of it, or options.
    enum Content { case none, free, object, patch, options }

    var body: Content {
        guard let words else { return .none }
        // Asking for something to be done to an object, such as cancelling it, needs no words.
        if method == .post, let named, named.kind == words.kind { return .none }
        switch method {
        case .post, .put: return named.map { $0.kind != words.kind } ?? false ? .free : .object
        case .patch: return .patch
        case .delete: return .options
        case .get, .head, .options: return .none
        }
    }

    /// The types that a body may have.
    var bodyTypes: [String] {
        guard body == .patch else { return ["application/json", "application/yaml"] }
        let anywhere = [
            "application/apply-patch+yaml", "application/json-patch+json",
            "application/merge-patch+json",
        ]
        // Only kinds that clients have built in are patched with rules of their own.
        return words?.isBuiltIn ?? false
            ? anywhere + ["application/strategic-merge-patch+json"] : anywhere
    }

    /// What the answer holds.
    enum Answer { case free, text, object, list, status }

    var answer: Answer {
        guard let words else { return .free }
        if part == "log" { return .text }
        if let named, named.kind != words.kind { return .free }
        switch action {
        case "list": return .list
        case "delete", "deletecollection": return .status
        default: return .object
        }
    }

    var successCode: String { action == "post" && part.isEmpty ? "201" : "200" }

    /// The kind that `x-kubernetes-group-version-kind` names; nil where there is none.
    var groupVersionKind: JSON? {
        guard let words else { return nil }
        return Publication.groupVersionKind(
            named?.kind ?? words.kind, named?.apiVersion ?? words.apiVersion)
    }
}
