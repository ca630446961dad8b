import Testing
import Wire

/// Goal: published schemas say what the types say. Method: one small type, written as text.
@Suite struct SchemaBookTests {
    struct Program: Codable {
        enum Restart: String, Codable, CaseIterable { case never, always }

        var command: [String]
        var restart: Restart?
        var memory: Quantity?
        var limits: Limits?
        var others: [Limits]?
    }

    struct Limits: Codable {
        var seconds: Int32?
    }

    private func book(_ dialect: SchemaBook.Dialect) -> SchemaBook {
        SchemaBook(
            dialect,
            SchemaBook.Words(
                name: { type in
                    type == "quantity"
                        ? "Quantity" : type.split(separator: ".").last.map(String.init)
                },
                description: {
                    $0.hasSuffix("always") || $0.hasSuffix("limits") ? "About it." : nil
                },
                notes: { $0.hasSuffix("seconds") ? [JSON.Member("maximum", 60)] : [] }))
    }

    private func text(_ json: JSON) -> String { String(decoding: json.encode(), as: UTF8.self) }

    @Test func `version 3 refers to types and keeps words beside the reference`() {
        var book = book(.v3)
        #expect(
            text(book.write(Schema.of(Program.self)))
                == ##"{"$ref":"#/components/schemas/Program"}"##)
        #expect(
            text(.object(book.types))
                == ##"""
                {"Program":{"type":"object","required":["command"],"properties":{\
                "command":{"type":"array","items":{"type":"string"}},\
                "restart":{"description":"Possible values:\n - \"always\": About it.",\
                "type":"string","enum":["never","always"]},\
                "memory":{"$ref":"#/components/schemas/Quantity"},\
                "limits":{"description":"About it.",\
                "allOf":[{"$ref":"#/components/schemas/Limits"}]},\
                "others":{"type":"array","items":{"$ref":"#/components/schemas/Limits"}}}},\
                "Quantity":{"oneOf":[{"type":"string"},{"type":"number"}],\
                "x-kubernetes-int-or-string":true},\
                "Limits":{"type":"object","properties":{\
                "seconds":{"maximum":60,"type":"integer","format":"int32"}}}}
                """##.replacing("\\\n", with: ""))
    }

    @Test func `version 2 keeps words beside the reference itself`() throws {
        var book = book(.v2)
        _ = book.write(Schema.of(Program.self))
        let program = try #require(book.types.first { $0.key == "Program" }?.value["properties"])
        #expect(
            text(program["limits"] ?? .null)
                == ##"{"description":"About it.","$ref":"#/definitions/Limits"}"##)
        let quantity = try #require(book.types.first { $0.key == "Quantity" })
        #expect(text(quantity.value) == #"{"type":"string"}"#)
    }
}
