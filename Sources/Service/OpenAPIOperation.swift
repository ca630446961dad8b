import Resources
import Wire

/// Writes one route as an operation, in the form of either version of OpenAPI.
struct OpenAPIOperation {
    let route: OpenAPIRoute
    let publication: Publication
    let dialect: SchemaBook.Dialect
    /// Published names of the kind and its list; nil where its shape is not published.
    let names: (object: String, list: String)?

    private static let status = Schema.of(StatusObject.self)
    private static let options = Schema.of(DeleteOptions.self)

    private var hasYAML: [String] { ["application/json", "application/yaml"] }

    func write(_ book: inout SchemaBook) -> JSON {
        var operation: JSON = [
            "description": .string(route.about), "operationId": .string(route.identity),
        ]
        var parameters = route.parameters.sorted().map { query($0) }
        let body = bodySchema(&book)
        if let body, dialect == .v2 {
            operation["consumes"] = .array(route.bodyTypes.map(JSON.string))
            parameters.insert(
                [
                    "name": "body", "in": "body", "required": .bool(route.body != .options),
                    "schema": body,
                ], at: 0)
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body, dialect == .v3 {
            operation["requestBody"] = [
                "required": .bool(route.body != .options),
                "content": content(route.bodyTypes, body),
            ]
        }
        if dialect == .v2 { operation["produces"] = .array(answerTypes.map(JSON.string)) }
        operation["responses"] = responses(&book)
        if let kind = route.groupVersionKind {
            operation["x-kubernetes-action"] = .string(route.action)
            operation["x-kubernetes-group-version-kind"] = kind
        }
        return operation
    }

    /// The parameters that all operations of a path share: its segments in braces.
    static func captures(of route: OpenAPIRoute, _ dialect: SchemaBook.Dialect) -> JSON {
        .array(
            route.captures.map { name in
                let head: JSON = [
                    "name": .string(name), "in": "path", "required": true,
                    "description": .string(OpenAPIParameters.about(capture: name)),
                ]
                return typed(head, "string", dialect)
            })
    }

    private func query(_ name: String) -> JSON {
        let known = OpenAPIParameters.of(name)
        let head: JSON = [
            "name": .string(name), "in": "query", "description": .string(known.about),
        ]
        return Self.typed(head, known.form.rawValue, dialect)
    }

    private static func typed(_ head: JSON, _ type: String, _ dialect: SchemaBook.Dialect) -> JSON {
        var parameter = head
        switch dialect {
        case .v2: parameter["type"] = .string(type)
        case .v3: parameter["schema"] = ["type": .string(type)]
        }
        return parameter
    }

    private func content(_ types: [String], _ schema: JSON) -> JSON {
        .object(types.map { JSON.Member($0, ["schema": schema]) })
    }

    // MARK: Bodies and answers

    private func bodySchema(_ book: inout SchemaBook) -> JSON? {
        switch route.body {
        case .none: nil
        case .free: ["type": "object"]
        case .object: reference(names?.object, book)
        case .patch: patch(&book)
        case .options: book.write(Self.options)
        }
    }

    private func reference(_ name: String?, _ book: SchemaBook) -> JSON {
        name.map(book.reference) ?? ["type": "object"]
    }

    private func patch(_ book: inout SchemaBook) -> JSON {
        let name = publication.name(of: "Patch") ?? "Patch"
        book.define(name) { _ in
            [
                "description": "The fields to change, in the form that the content type names.",
                "type": "object",
            ]
        }
        return book.reference(to: name)
    }

    private var answerTypes: [String] {
        route.answer == .text ? ["text/plain"] : hasYAML
    }

    private func responses(_ book: inout SchemaBook) -> JSON {
        let schema: JSON
        switch route.answer {
        case .free: schema = ["type": "object"]
        case .text: schema = ["type": "string"]
        case .object: schema = reference(names?.object, book)
        case .list: schema = reference(names?.list, book)
        case .status: schema = book.write(Self.status)
        }
        let failure = book.write(Self.status)
        return .object([
            JSON.Member(route.successCode, response("As asked", answerTypes, schema)),
            JSON.Member("default", response("What is wrong, and what to do", hasYAML, failure)),
        ])
    }

    private func response(_ about: String, _ types: [String], _ schema: JSON) -> JSON {
        switch dialect {
        case .v2: ["description": .string(about), "schema": schema]
        case .v3: ["description": .string(about), "content": content(types, schema)]
        }
    }
}
