import HTTP
import Primitives
import Resources
import Testing
import Wire

@testable import Service

/// Goal: what is served can be discovered, and what is discovered is served. Method: the documents
/// are read as a client would, and each verb is looked up in the route table.
@Suite struct DiscoveryTests {
    private let discovery = Discovery()
    private let routes = routeTable()

    private static let modern =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
        + "application/json"
    private static let older =
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
        + "application/json"

    private func read(_ endpoint: Endpoint, accept: String? = nil) throws -> JSON {
        let page = try #require(discovery.page(endpoint, accept: accept))
        return JSON(try Document(json: page.body))
    }

    private func words(_ json: JSON?) -> [String] { (json?.elements ?? []).compactMap(\.string) }

    private func method(_ verb: String) -> Method? {
        switch verb {
        case "get", "list", "watch": .get
        case "create": .post
        case "update": .put
        case "patch": .patch
        case "delete", "deletecollection": .delete
        default: nil
        }
    }

    /// Method and pattern of every route that plain discovery tells of.
    private func discovered() throws -> Set<String> {
        var found: Set<String> = []
        for version in KindWords.groups.flatMap(\.versions) {
            let root = KindWords.root(of: version)
            for item in try read(.resourceList(version))["resources"]?.elements ?? [] {
                let name = try #require(item["name"]?.string)
                let parts = name.split(separator: "/")
                let isNamespaced = item["namespaced"] == true
                let base = isNamespaced ? "\(root)/namespaces/{namespace}" : root
                for verb in words(item["verbs"]) {
                    let known = method(verb)
                    let carrier = try #require(known, "\(verb) has no method")
                    let token = carrier.token
                    let isWhole = ["list", "watch", "create", "deletecollection"].contains(verb)
                    if parts.count > 1 {
                        found.insert("\(token) \(base)/\(parts[0])/{name}/\(parts[1])")
                    } else if isWhole {
                        found.insert("\(token) \(base)/\(name)")
                        if verb == "list" { found.insert("\(token) \(root)/\(name)") }
                    } else {
                        found.insert("\(token) \(base)/\(name)/{name}")
                    }
                }
            }
        }
        return found
    }

    @Test func `every route of a kind is discovered, and every discovered verb has its route`()
        throws
    {
        let roots = KindWords.groups.flatMap(\.versions).map { KindWords.root(of: $0) + "/" }
        let served = routes.routes.filter { route in
            roots.contains { route.pattern.hasPrefix($0) }
        }.map { "\($0.method.token) \($0.pattern)" }
        #expect(Set(served) == (try discovered()))
        #expect(served.count == Set(served).count)
    }

    @Test func `our group stands first, so that jobs means ours`() throws {
        let groups = try read(.groups)["groups"]?.elements ?? []
        #expect(groups.first?["name"]?.string == Group.name)
        #expect(groups.first?["preferredVersion"]?["groupVersion"]?.string == Group.version)
        #expect(Set(groups.compactMap { $0["name"]?.string }).count == groups.count)
        #expect(words(try read(.coreVersions)["versions"]) == ["v1"])
        for group in groups {
            let name = try #require(group["name"]?.string)
            let own = try read(.group(name))
            #expect(own["kind"]?.string == "APIGroup")
            #expect(own["versions"] == group["versions"])
            for version in group["versions"]?.elements ?? [] {
                let text = try #require(version["groupVersion"]?.string)
                #expect(try read(.resourceList(text))["groupVersion"]?.string == text)
            }
        }
    }

    @Test func `the aggregated documents say the same as the plain ones`() throws {
        for (endpoint, isCore) in [(Endpoint.coreVersions, true), (.groups, false)] {
            let whole = try read(endpoint, accept: Self.modern)
            #expect(whole["kind"]?.string == "APIGroupDiscoveryList")
            var versions: [String] = []
            for item in whole["items"]?.elements ?? [] {
                let group = item["metadata"]?["name"]?.string ?? ""
                #expect(group.isEmpty == isCore)
                for version in item["versions"]?.elements ?? [] {
                    let name = try #require(version["version"]?.string)
                    #expect(version["freshness"]?.string == "Current")
                    versions.append(isCore ? name : "\(group)/\(name)")
                    try compare(version, with: versions.last ?? "")
                }
            }
            let expected = KindWords.groups.filter { $0.name.isEmpty == isCore }
            #expect(versions == expected.flatMap(\.versions))
        }
    }

    /// Holds one version of the aggregated form against the plain list of its resources.
    private func compare(_ version: JSON, with groupVersion: String) throws {
        var plain: [String: JSON] = [:]
        for item in try read(.resourceList(groupVersion))["resources"]?.elements ?? [] {
            plain[try #require(item["name"]?.string)] = item
        }
        for resource in version["resources"]?.elements ?? [] {
            let name = try #require(resource["resource"]?.string)
            let found = plain.removeValue(forKey: name)
            let same = try #require(found)
            #expect(resource["verbs"] == same["verbs"])
            #expect(resource["shortNames"] == same["shortNames"])
            #expect(resource["categories"] == same["categories"])
            #expect(resource["singularResource"] == same["singularName"])
            #expect(resource["responseKind"]?["kind"] == same["kind"])
            #expect((resource["scope"]?.string == "Namespaced") == (same["namespaced"] == true))
            for part in resource["subresources"]?.elements ?? [] {
                let path = try #require(part["subresource"]?.string)
                let found = plain.removeValue(forKey: "\(name)/\(path)")
                let same = try #require(found)
                #expect(part["verbs"] == same["verbs"])
                #expect(part["responseKind"]?["kind"] == same["kind"])
                let group = same["group"] ?? resource["responseKind"]?["group"]
                #expect(part["responseKind"]?["group"] == group)
            }
        }
        #expect(plain.isEmpty)
    }

    @Test func `short names, categories and plurals are unambiguous`() {
        var seen: Set<String> = []
        for words in KindWords.all {
            for name in Set([words.plural, words.singular] + words.shortNames) {
                // Metrics share the names of what they measure.
                guard words.group != "metrics.k8s.io" else { continue }
                let isNew = seen.insert(name).inserted
                #expect(isNew, "\(name) means two kinds")
            }
            #expect(words.singular == words.kind.lowercased())
            if words.group == Group.name { #expect(words.categories.contains("muster")) }
        }
    }

    @Test(
        arguments: [
            (modern, Discovery.Form.aggregatedV2), (older, .aggregatedV2Beta1), (nil, .plain),
            ("application/json", .plain), ("*/*", .plain), ("application/json, */*", .plain),
            ("application/vnd.kubernetes.protobuf", .plain), ("", .plain), (";;,,=;", .plain),
            ("application/json;q=0.9", .plain), ("text/html, " + older, .aggregatedV2Beta1),
            (
                "application/json; g=apidiscovery.k8s.io; v=v2; as=APIGroupDiscoveryList",
                .aggregatedV2
            ),
            ("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList", .plain),
            ("application/json;as=Table;v=v1;g=meta.k8s.io," + modern, .aggregatedV2),
        ] as [(String?, Discovery.Form)])
    func `the first form that is offered is given`(accept: String?, form: Discovery.Form) throws {
        #expect(Discovery.Form(accept: accept) == form)
        for endpoint in [Endpoint.coreVersions, .groups] {
            let page = try #require(discovery.page(endpoint, accept: accept))
            #expect(page.headers["content-type"] == form.mediaType)
            #expect(page.headers["vary"] == "Accept")
            #expect(page.headers["etag"] == page.tag)
            let version = JSON(try Document(json: page.body))["apiVersion"]?.string
            if form != .plain { #expect(version == form.apiVersion) }
        }
    }

    @Test func `different documents have different tags, the same ones the same`() throws {
        let again = Discovery()
        var tags: Set<String> = []
        for accept in [Self.modern, Self.older, "application/json"] {
            let page = try #require(discovery.page(.groups, accept: accept))
            #expect(page.tag == again.page(.groups, accept: accept)?.tag)
            let isNew = tags.insert(page.tag).inserted
            #expect(isNew)
        }
    }

    @Test(arguments: [
        "/api", "/apis", "/version", "/api/v1", "/apis/muster.dev", "/apis/muster.dev/v1",
    ])
    func `a slash too many is forgiven`(path: String) {
        for text in [path, path + "/"] {
            guard case .found = routes.match(.get, text) else {
                Issue.record("\(text) is not found")
                continue
            }
        }
    }
}
