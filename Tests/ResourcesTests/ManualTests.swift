import Resources
import Testing
import Wire

/// Goal: `kubectl explain` has something to say of everything. Method: write every kind in both
/// dialects and look for what has no words, no type or no target.
@Suite struct ManualTests {
    private static let versions = KindShape.all.map(\.apiVersion).reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
    }

    private func types(_ dialect: SchemaBook.Dialect, _ version: String) -> [JSON.Member] {
        let publication = Publication(version)
        var book = SchemaBook(dialect, publication.words)
        for shape in KindShape.all where shape.apiVersion == version {
            _ = publication.write(shape, into: &book)
        }
        return book.types
    }

    @Test(arguments: [SchemaBook.Dialect.v2, .v3])
    func `every type and every field has words of its own`(dialect: SchemaBook.Dialect) {
        for type in Self.versions.flatMap({ types(dialect, $0) }) {
            #expect(type.value["description"]?.string?.isEmpty == false, "\(type.key)")
            for field in type.value["properties"]?.members ?? [] {
                let about = field.value["description"]?.string ?? ""
                #expect(about.utf8.count > 5, "\(type.key).\(field.key)")
                #expect(about.hasSuffix(".") || about.contains("Possible values"), "\(about)")
            }
        }
    }

    @Test func `every reference leads to a type of the same book`() {
        func references(_ json: JSON) -> [String] {
            (json["$ref"]?.string).map { [$0] } ?? json.elements.flatMap(references)
                + json.members.flatMap { references($0.value) }
        }
        for version in Self.versions {
            let types = types(.v3, version)
            let found = references(.object(types))
            #expect(!found.isEmpty)
            for target in found {
                #expect(types.contains { "#/components/schemas/\($0.key)" == target }, "\(target)")
            }
        }
    }

    @Test func `what is refused today says so`() throws {
        let job = try #require(KindShape.of("Job", Group.version)).schema
        let spec = try #require(job["spec"])
        for field in ["topology", "array", "dependencies", "preemption"] {
            #expect(spec[field] != nil)
            #expect(Manual.text("JobSpec.\(field)")?.contains("Not available") == true)
        }
    }

    @Test func `the server shows the metadata that it accepts`() {
        let shown = Schema.of(ObjectMeta.self).properties.map(\.name)
        for field in Schema.of(Metadata.self).properties {
            #expect(shown.contains(field.name), "\(field.name)")
        }
    }

    @Test func `one type is published like this`() throws {
        let type = try #require(
            types(.v3, Group.version).first { $0.key == "dev.muster.v1.RetrySpec" })
        #expect(
            String(decoding: type.value.encode(), as: UTF8.self)
                == ##"""
                {"description":"A gang fails as a whole: when one rank fails or is lost with its \
                node, the others are stopped. Each attempt begins only after every process of the \
                one before is gone.","type":"object","properties":{"limit":{"description":"How \
                many times a failed gang is started again. From 0 to 1000. Left out: 0.",\
                "minimum":0,"maximum":1000,"default":0,"type":"integer","format":"int64"},\
                "backoff":{"description":"The pause before the first retry, such as \"30s\"; it \
                doubles each time, up to an hour.\n\nAt most \"1d\". Left out: \"30s\".",\
                "default":"30s",\
                "allOf":[{"$ref":"#/components/schemas/dev.muster.v1.Duration"}]}}}
                """##.replacing("\\\n", with: ""))
    }

    @Test func `lists say by which keys they merge`() throws {
        let spec = try #require(
            types(.v3, Group.version).first { $0.key == "dev.muster.v1.JobSpec" }?.value)
        let roles = try #require(spec["properties"]?["roles"])
        #expect(roles["x-kubernetes-list-type"] == "map")
        #expect(roles["x-kubernetes-list-map-keys"] == ["name"])
        #expect(spec["required"] == ["roles"])
        #expect(
            spec["properties"]?["rankEnvironment"]?["x-kubernetes-list-type"] == "atomic")
    }
}
