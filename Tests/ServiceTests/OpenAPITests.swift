import HTTP
import Resources
import Testing
import Wire

@testable import Service

/// Goal: the published documents describe the server that serves them. Method: hold them against
/// the route table and the endpoints, and follow every reference.
@Suite struct OpenAPITests {
    private static let table = routeTable()
    private static let routes = table.routes.map {
        OpenAPIRoute($0)
    }
    private static let library = OpenAPILibrary(routes)

    private static func parsed(_ page: OpenAPIPage) -> JSON {
        (try? Document(json: page.body, limits: .trusted)).map { JSON($0) } ?? .null
    }

    private static let pages = library.pages.map { (path: $0.path, json: parsed($0.page)) }
    private static let swagger = parsed(library.swagger)

    private func references(_ json: JSON) -> [String] {
        (json["$ref"]?.string).map { [$0] } ?? json.elements.flatMap(references)
            + json.members.flatMap { references($0.value) }
    }

    private func operations(_ document: JSON) -> [(path: String, method: String, value: JSON)] {
        (document["paths"]?.members ?? []).flatMap { path in
            path.value.members.filter { $0.key != "parameters" }
                .map { (path.key, $0.key, $0.value) }
        }
    }

    private func operation(_ method: String, _ path: String) -> JSON? {
        Self.pages.compactMap { $0.json["paths"]?[path]?[method] }.first
    }

    @Test func `every route is described once in each version`() {
        for route in Self.table.routes {
            let method = route.method.token.lowercased()
            let found = Self.pages.filter { $0.json["paths"]?[route.pattern]?[method] != nil }
            #expect(found.count == 1, "\(method) \(route.pattern)")
            #expect(Self.swagger["paths"]?[route.pattern]?[method] != nil)
        }
        let described = Self.pages.flatMap { operations($0.json) }.count
        #expect(described == Self.table.routes.count)
    }

    @Test func `every reference leads to a type`() {
        for (path, document) in Self.pages {
            for target in references(document) {
                let name = String(target.dropFirst("#/components/schemas/".count))
                #expect(document["components"]?["schemas"]?[name] != nil, "\(path): \(target)")
            }
        }
        #expect(references(Self.swagger).count > 100)
        for target in references(Self.swagger) {
            let name = String(target.dropFirst("#/definitions/".count))
            #expect(Self.swagger["definitions"]?[name] != nil, "\(target)")
        }
    }

    @Test func `no two operations share a name`() {
        var seen: Set<String> = []
        for operation in operations(Self.swagger) {
            let name = operation.value["operationId"]?.string ?? ""
            #expect(!name.isEmpty && seen.insert(name).inserted, "\(name) at \(operation.path)")
        }
    }

    @Test func `every parameter that is understood is explained`() {
        for route in Self.routes {
            for name in route.parameters {
                #expect(
                    OpenAPIParameters.all.contains { $0.name == name },
                    "\(name) at \(route.pattern)")
            }
        }
    }

    @Test func `every kind that is kept has its shape published`() {
        for words in KindWords.all where words.resource != nil {
            #expect(KindShape.of(words.kind, words.apiVersion) != nil, "\(words.kind)")
        }
    }

    @Test func `a patch tells what clients look for`() throws {
        let path = "/apis/muster.dev/v1/namespaces/{namespace}/jobs/{name}"
        let patch = try #require(operation("patch", path))
        #expect(patch["x-kubernetes-action"] == "patch")
        #expect(
            patch["x-kubernetes-group-version-kind"]
                == ["group": "muster.dev", "kind": "Job", "version": "v1"])
        let names = (patch["parameters"]?.elements ?? []).compactMap { $0["name"]?.string }
        for name in ["dryRun", "fieldManager", "fieldValidation", "force"] {
            #expect(names.contains(name))
        }
        let types = (patch["requestBody"]?["content"]?.members ?? []).map(\.key)
        #expect(types.contains("application/apply-patch+yaml"))
        #expect(!types.contains("application/strategic-merge-patch+json"))
        let create = try #require(
            operation("post", "/apis/muster.dev/v1/namespaces/{namespace}/jobs"))
        #expect(
            create["requestBody"]?["content"]?["application/json"]?["schema"]
                == ["$ref": "#/components/schemas/dev.muster.v1.Job"])
        #expect(create["responses"]?["201"] != nil)
        let list = try #require(operation("get", "/api/v1/nodes"))
        #expect(list["x-kubernetes-action"] == "list")
        #expect(
            list["responses"]?["200"]?["content"]?["application/json"]?["schema"]
                == ["$ref": "#/components/schemas/io.k8s.api.core.v1.NodeList"])
    }

    @Test func `the index leads to every document by its content`() throws {
        let index = Self.parsed(Self.library.index)
        let paths = try #require(index["paths"]).members
        #expect(paths.map(\.key).contains("api/v1"))
        #expect(paths.map(\.key).contains("apis/muster.dev/v1"))
        for path in paths {
            let page = try #require(Self.library.page(path.key))
            #expect(
                path.value["serverRelativeURL"]?.string
                    == "/openapi/v3/\(path.key)?hash=\(page.hash)")
            let url = "/openapi/v3/\(path.key)"
            guard case .found(.openAPIPage, _) = Self.table.match(.get, url) else {
                Issue.record("nothing answers \(url)")
                continue
            }
        }
        #expect(Set(Self.library.pages.map(\.page.hash)).count == paths.count)
    }

    @Test func `a page is kept for ever under its hash and not sent again to who has it`() {
        let page = OpenAPIPage(Array("{}".utf8))
        #expect(page.headers(asked: page.hash)["cache-control"]?.contains("immutable") == true)
        #expect(page.headers(asked: nil)["cache-control"] == "no-cache, private")
        #expect(page.headers(asked: "0")["cache-control"] == "no-cache, private")
        let tag = page.headers(asked: nil)["etag"] ?? ""
        #expect(page.isKnown(tag) && page.isKnown("\"a\", W/\(tag)") && page.isKnown("*"))
        #expect(!page.isKnown("") && !page.isKnown("\"a\"") && !page.isKnown(page.hash))
    }
}
