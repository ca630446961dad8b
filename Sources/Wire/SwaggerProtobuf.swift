/// An OpenAPI 2 document as protobuf, the only form in which kubectl up to 1.26 reads it.
///
/// The numbers are those of gnostic's `OpenAPIv2.proto`; what clients of our documents never look
/// at is not written.
public enum SwaggerProtobuf {
    public static func encode(_ document: JSON) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.string(1, text(document["swagger"]))
        writer.message(2) { info in
            info.string(1, text(document["info"]?["title"]))
            info.string(2, text(document["info"]?["version"]))
        }
        writer.message(8) { paths in
            for path in document["paths"]?.members ?? [] {
                paths.message(2) { named in
                    named.string(1, path.key)
                    named.message(2) { write(pathItem: path.value, into: &$0) }
                }
            }
        }
        writer.message(9) { definitions in
            for type in document["definitions"]?.members ?? [] {
                write(named: type, into: &definitions)
            }
        }
        return writer.bytes
    }

    // MARK: Paths

    private static let methods: [(name: String, field: UInt32)] = [
        ("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8),
    ]

    private static func write(pathItem item: JSON, into writer: inout ProtobufWriter) {
        for method in methods {
            guard let operation = item[method.name] else { continue }
            writer.message(method.field) { write(operation: operation, into: &$0) }
        }
        write(parameters: item["parameters"], field: 9, into: &writer)
    }

    private static func write(operation: JSON, into writer: inout ProtobufWriter) {
        writer.string(3, text(operation["description"]))
        writer.string(5, text(operation["operationId"]))
        for type in operation["produces"]?.elements ?? [] { writer.string(6, text(type)) }
        for type in operation["consumes"]?.elements ?? [] { writer.string(7, text(type)) }
        write(parameters: operation["parameters"], field: 8, into: &writer)
        writer.message(9) { responses in
            for response in operation["responses"]?.members ?? [] {
                responses.message(1) { named in
                    named.string(1, response.key)
                    named.message(2) { value in
                        value.message(1) { write(response: response.value, into: &$0) }
                    }
                }
            }
        }
        write(extensions: operation, field: 13, into: &writer)
    }

    private static func write(response: JSON, into writer: inout ProtobufWriter) {
        writer.string(1, text(response["description"]))
        guard let schema = response["schema"] else { return }
        writer.message(2) { item in item.message(1) { write(schema: schema, into: &$0) } }
    }

    private static func write(
        parameters: JSON?, field: UInt32, into writer: inout ProtobufWriter
    ) {
        for parameter in parameters?.elements ?? [] {
            writer.message(field) { item in
                item.message(1) { write(parameter: parameter, into: &$0) }
            }
        }
    }

    private static func write(parameter: JSON, into writer: inout ProtobufWriter) {
        let place = text(parameter["in"])
        let isRequired = parameter["required"] == .bool(true)
        guard let schema = parameter["schema"] else {
            // In a path or behind the question mark: the same fields under two numberings.
            let isQuery = place == "query"
            writer.message(2) { plain in
                plain.message(isQuery ? 3 : 4) { inner in
                    inner.bool(1, isRequired)
                    inner.string(2, place)
                    inner.string(3, text(parameter["description"]))
                    inner.string(4, text(parameter["name"]))
                    inner.string(isQuery ? 6 : 5, text(parameter["type"]))
                }
            }
            return
        }
        writer.message(1) { body in
            body.string(1, text(parameter["description"]))
            body.string(2, text(parameter["name"]))
            body.string(3, place)
            body.bool(4, isRequired)
            body.message(5) { write(schema: schema, into: &$0) }
        }
    }

    // MARK: Schemas

    private static func write(named member: JSON.Member, into writer: inout ProtobufWriter) {
        writer.message(1) { named in
            named.string(1, member.key)
            named.message(2) { write(schema: member.value, into: &$0) }
        }
    }

    private static func write(schema: JSON, into writer: inout ProtobufWriter) {
        writer.string(1, text(schema["$ref"]))
        writer.string(2, text(schema["format"]))
        writer.string(4, text(schema["description"]))
        if let fallback = schema["default"] { write(any: fallback, field: 5, into: &writer) }
        writer.double(7, Double(integer(schema["maximum"])))
        writer.double(9, Double(integer(schema["minimum"])))
        writer.integer(11, integer(schema["maxLength"]))
        writer.integer(12, integer(schema["minLength"]))
        writer.string(13, text(schema["pattern"]))
        writer.integer(14, integer(schema["maxItems"]))
        writer.integer(15, integer(schema["minItems"]))
        writer.integer(17, integer(schema["maxProperties"]))
        for name in schema["required"]?.elements ?? [] { writer.string(19, text(name)) }
        for word in schema["enum"]?.elements ?? [] { write(any: word, field: 20, into: &writer) }
        if let value = schema["additionalProperties"] {
            writer.message(21) { item in item.message(1) { write(schema: value, into: &$0) } }
        }
        if let type = schema["type"] { writer.message(22) { $0.string(1, text(type)) } }
        if let element = schema["items"] {
            writer.message(23) { item in item.message(1) { write(schema: element, into: &$0) } }
        }
        if let properties = schema["properties"] {
            writer.message(25) { inner in
                for member in properties.members { write(named: member, into: &inner) }
            }
        }
        write(extensions: schema, field: 31, into: &writer)
    }

    /// Members that begin with `x-`, as YAML, of which JSON is a part.
    private static func write(extensions: JSON, field: UInt32, into writer: inout ProtobufWriter) {
        for member in extensions.members where member.key.hasPrefix("x-") {
            writer.message(field) { named in
                named.string(1, member.key)
                write(any: member.value, field: 2, into: &named)
            }
        }
    }

    private static func write(any value: JSON, field: UInt32, into writer: inout ProtobufWriter) {
        writer.message(field) { any in
            any.string(2, String(decoding: value.encode(), as: UTF8.self))
        }
    }

    private static func text(_ json: JSON?) -> String { json?.string ?? "" }

    private static func integer(_ json: JSON?) -> Int64 {
        guard case .number(let digits)? = json else { return 0 }
        return Int64(digits) ?? 0
    }
}
