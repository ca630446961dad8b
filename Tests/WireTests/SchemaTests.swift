import Primitives
import Testing
import Wire

/// Goal: the published schema is what the decoder accepts. Method: record a realistic type.
@Suite struct SchemaTests {
    struct Tree: Codable {
        var name: String
        var children: [Tree]?
    }

    struct Defaulted: Decodable {
        enum CodingKeys: String, CodingKey { case count, limits }
        var count: Int
        var limits: [String: Quantity]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            count = try container.decodeIfPresent(Int.self, forKey: .count) ?? 1
            limits = try container.decode([String: Quantity].self, forKey: .limits)
        }
    }

    @Test func `properties come in order with what is required`() throws {
        let schema = Schema.of(JobObject.self)
        guard case .object(let top, "JobObject") = schema else {
            Issue.record("not an object")
            return
        }
        #expect(top.map(\.name) == ["apiVersion", "kind", "metadata", "spec"])
        let metadata = try #require(schema["metadata"])
        #expect(metadata["labels"] == .map(.string))
        #expect(metadata["creationTimestamp"] == .text(format: "date-time", acceptsNumbers: false))
        guard case .object(let properties, "JobObject.Metadata") = metadata,
            case .array(let role)? = schema["spec"]?["roles"]
        else {
            Issue.record("shape")
            return
        }
        #expect(properties.filter(\.isRequired).map(\.name) == ["name"])
        #expect(
            role["restart"] == .words(["never", "onFailure", "always"], of: "JobObject.Restart"))
        #expect(role["replicas"] == .integer(format: "int64", minimum: 0))
        #expect(role["resources"]?["gpus"] == .integer(format: "int32", minimum: nil))
        #expect(role["resources"]?["memory"] == .text(format: "quantity", acceptsNumbers: true))
        #expect(role["step"]?["command"] == .array(.string))
        #expect(schema["spec"]?["preemptible"] == .boolean && schema["spec"]?["weight"] == .number)
        #expect(schema["spec"]?["extra"] == .any)
    }

    @Test func `types inside themselves and hand-written decoders are recorded`() {
        #expect(
            Schema.of(Tree.self)
                == .object(
                    [
                        Schema.Property("name", .string, isRequired: true),
                        Schema.Property("children", .array(.any), isRequired: false),
                    ], of: "SchemaTests.Tree"))
        let schema = Schema.of(Defaulted.self)
        #expect(schema["limits"] == .map(.text(format: "quantity", acceptsNumbers: true)))
        #expect(schema["count"] == .integer(format: "int64", minimum: nil))
    }
}
