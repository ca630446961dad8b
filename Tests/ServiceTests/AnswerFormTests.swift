import Configuration
import HTTP
import Primitives
import Testing
import Wire

@testable import Service

/// Goal: an answer has the form that its reader can use. Method: heads and what they come to.
@Suite struct AnswerFormTests {
    private func form(_ headers: [(String, String)], query: String = "") -> AnswerForm {
        var fields = Headers()
        for (name, value) in headers { fields.append(name, value) }
        return AnswerForm(RequestHead(method: .get, path: "/", query: query, headers: fields))
    }

    @Test func `programs get one line, people many`() {
        #expect(form([]) == .compact)
        #expect(form([("User-Agent", "kubectl/v1.33.0"), ("Accept", "*/*")]) == .compact)
        #expect(form([("User-Agent", "curl/7.88.1"), ("Accept", "*/*")]) == .indented)
        #expect(form([("User-Agent", "curl/7.88.1")], query: "pretty=false") == .line)
        #expect(form([], query: "limit=1&pretty=true") == .indented)
        #expect(form([], query: "pretty=false") == .compact)
        #expect(form([], query: "name=pretty") == .compact)
    }

    @Test(
        arguments: [
            ("application/yaml", true), ("application/yaml, application/json", true),
            ("text/html, application/yaml;q=0.9, */*", false),
            ("application/yaml, */*;q=0.1", true), ("Application/YAML", true),
            ("text/yaml", true), ("application/json, application/yaml", false),
            ("*/*, application/yaml", false), ("", false), ("yaml", false),
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/yaml", false),
            ("application/apply-patch+yaml", false),
        ])
    func `yaml is for those who name it first`(accept: String, isYAML: Bool) {
        #expect((form([("Accept", accept)]) == .yaml) == isYAML)
    }

    @Test func `a body means the same in every form`() throws {
        let json = Array(#"{"a":[1,"no",{"b":null}],"c":"x: y\n","d":{}}"#.utf8)
        let tree = JSON(try Document(json: json))
        for form in [AnswerForm.compact, .line, .indented] {
            let (bytes, type, isTooLong) = form.dress(json)
            #expect(JSON(try Document(json: bytes)) == tree)
            #expect(type == "application/json" && !isTooLong)
            #expect((bytes.last == 0x0a) == (form != .compact))
        }
        let (bytes, type, _) = AnswerForm.yaml.dress(json)
        #expect(JSON(try YAMLReader.document(bytes)) == tree)
        #expect(type == "application/yaml")
    }

    @Test func `what is too long to write as yaml is refused with a way out`() throws {
        let long = Array("\"\(String(repeating: "x", count: AnswerForm.longest))\"".utf8)
        let (bytes, type, isTooLong) = AnswerForm.yaml.dress(long)
        #expect(isTooLong && type == "application/json")
        #expect(String(decoding: bytes, as: UTF8.self).contains("limit=500"))
        #expect(AnswerForm.indented.dress(long).bytes == long + [0x0a])
    }
}
