import HTTP
import Primitives
import Resources
import Wire

/// One published document, with what tells its content from any other.
struct OpenAPIPage: Sendable {
    let body: [UInt8]
    let hash: String

    init(_ body: [UInt8]) {
        self.body = body
        var digest = Digest()
        digest.mix(body)
        hash = digest.description
    }
}

/// Every published document, written once from the route table and the kinds' shapes.
struct OpenAPILibrary: Sendable {
    /// The list of the documents of version 3, each with its hash.
    let index: OpenAPIPage
    /// Documents of version 3 by the path behind `/openapi/v3/`.
    let pages: [(path: String, page: OpenAPIPage)]
    /// Everything in version 2, for kubectl up to 1.26: as JSON and as protobuf.
    let swagger: OpenAPIPage
    let swaggerProtobuf: OpenAPIPage

    init(_ routes: [OpenAPIRoute]) {
        var names: [String] = []
        for route in routes where !names.contains(route.document) { names.append(route.document) }
        pages = names.sorted().map { name in
            let document = Self.document(.v3, routes.filter { $0.document == name })
            return (name, OpenAPIPage(document.encode()))
        }
        let paths = pages.map { path, page in
            let url = "/openapi/v3/\(path)?hash=\(page.hash)"
            return JSON.Member(path, ["serverRelativeURL": .string(url)])
        }
        index = OpenAPIPage((["paths": .object(paths)] as JSON).encode())
        let everything = Self.document(.v2, routes)
        swagger = OpenAPIPage(everything.encode())
        swaggerProtobuf = OpenAPIPage(SwaggerProtobuf.encode(everything))
    }

    func page(_ path: String) -> OpenAPIPage? { pages.first { $0.path == path }?.page }

    static func document(_ dialect: SchemaBook.Dialect, _ routes: [OpenAPIRoute]) -> JSON {
        var paths: [JSON.Member] = []
        var types: [JSON.Member] = []
        var versions: [String?] = []
        for route in routes where !versions.contains(route.apiVersion) {
            versions.append(route.apiVersion)
        }
        for version in versions {
            let publication = Publication(version ?? "v1")
            var book = SchemaBook(dialect, publication.words)
            var names: [(kind: String, object: String, list: String)] = []
            for shape in KindShape.all where shape.apiVersion == version {
                let written = publication.write(shape, into: &book)
                names.append((shape.kind, written.object, written.list))
            }
            for route in routes where route.apiVersion == version {
                let kind = names.first { $0.kind == route.words?.kind }
                let operation = OpenAPIOperation(
                    route: route, publication: publication, dialect: dialect,
                    names: kind.map { ($0.object, $0.list) })
                add(operation.write(&book), of: route, dialect, to: &paths)
            }
            for type in book.types where !types.contains(where: { $0.key == type.key }) {
                types.append(type)
            }
        }
        return envelope(dialect, paths, types.sorted { isBefore($0.key, $1.key) })
    }

    private static func add(
        _ operation: JSON, of route: OpenAPIRoute, _ dialect: SchemaBook.Dialect,
        to paths: inout [JSON.Member]
    ) {
        let method = route.method.token.lowercased()
        guard let place = paths.firstIndex(where: { $0.key == route.pattern }) else {
            var item: JSON = .object([JSON.Member(method, operation)])
            if !route.captures.isEmpty {
                item["parameters"] = OpenAPIOperation.captures(of: route, dialect)
            }
            paths.append(JSON.Member(route.pattern, item))
            return
        }
        paths[place].value[method] = operation
    }

    private static func envelope(
        _ dialect: SchemaBook.Dialect, _ paths: [JSON.Member], _ types: [JSON.Member]
    ) -> JSON {
        let title: JSON = ["title": "Muster", "version": .string(Discovery.release)]
        switch dialect {
        case .v2:
            return [
                "swagger": "2.0", "info": title, "paths": .object(paths),
                "definitions": .object(types),
            ]
        case .v3:
            return [
                "openapi": "3.0.0", "info": title, "paths": .object(paths),
                "components": ["schemas": .object(types)],
            ]
        }
    }

    private static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
