import Primitives
import Testing
import Wire

/// Goal: patches mean what their RFCs say and cannot be used to grow. Method: the RFCs' examples.
@Suite struct PatchTests {
    private func json(_ text: String) throws -> JSON { JSON(try Document(json: Array(text.utf8))) }
    private func text(_ json: JSON) -> String { String(decoding: json.encode(), as: UTF8.self) }

    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, "null", "null"), (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func `merge patch does what RFC 7386 lists`(target: String, patch: String, result: String)
        throws
    {
        #expect(text(try json(target).merging(json(patch))) == result)
    }

    @Test(arguments: [
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#,
            #"{"foo":"bar","baz":"qux"}"#
        ),
        (
            #"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            #"{"foo":["bar","qux","baz"]}"#
        ),
        (
            #"{"foo":["a"]}"#, #"[{"op":"add","path":"/foo/-","value":["b"]}]"#,
            #"{"foo":["a",["b"]]}"#
        ),
        (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
        (#"{"foo":["a","b","c"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["a","c"]}"#),
        (
            #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            #"{"baz":"boo","foo":"bar"}"#
        ),
        (
            #"{"foo":{"bar":1,"w":2},"qux":{"c":3}}"#,
            #"[{"op":"move","from":"/foo/w","path":"/qux/t"}]"#,
            #"{"foo":{"bar":1},"qux":{"c":3,"t":2}}"#
        ),
        (
            #"{"foo":["a","b","c","d"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            #"{"foo":["a","c","d","b"]}"#
        ),
        (
            #"{"a":{"b":1}}"#, #"[{"op":"copy","from":"/a","path":"/c"}]"#,
            #"{"a":{"b":1},"c":{"b":1}}"#
        ),
        (
            #"{"baz":"q","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"q"},{"op":"test","path":"/foo/1","value":2.0}]"#,
            #"{"baz":"q","foo":["a",2,"c"]}"#
        ),
        (
            #"{"/":9,"~1":10}"#,
            #"[{"op":"test","path":"/~01","value":10},{"op":"replace","path":"/~1","value":1}]"#,
            #"{"/":1,"~1":10}"#
        ),
        (#"{"a":1}"#, #"[{"op":"replace","path":"","value":[1]}]"#, "[1]"),
        (#"{"":1}"#, #"[{"op":"replace","path":"/","value":2}]"#, #"{"":2}"#),
        (
            #"{"a":{"x":1,"y":[2]}}"#, #"[{"op":"test","path":"/a","value":{"y":[2],"x":1}}]"#,
            #"{"a":{"x":1,"y":[2]}}"#
        ),
    ])
    func `JSON patch does what RFC 6902 lists`(target: String, patch: String, result: String) throws
    {
        #expect(text(try json(target).applying(jsonPatch: json(patch))) == result)
    }

    @Test(arguments: [
        (#"[{"op":"test","path":"/a","value":2}]"#, Refusal.Reason.invalid),
        (#"[{"op":"test","path":"/a","value":"1"}]"#, .invalid),
        (#"[{"op":"remove","path":"/zz"}]"#, .invalid),
        (#"[{"op":"replace","path":"/zz","value":1}]"#, .invalid),
        (#"[{"op":"add","path":"/l/5","value":1}]"#, .invalid),
        (#"[{"op":"add","path":"/l/01","value":1}]"#, .invalid),
        (#"[{"op":"add","path":"/l/-1","value":1}]"#, .invalid),
        (#"[{"op":"remove","path":"/l/-"}]"#, .invalid),
        (#"[{"op":"remove","path":"/l/99999999999999999999999"}]"#, .invalid),
        (#"[{"op":"add","path":"/a/b","value":1}]"#, .invalid),
        (#"[{"op":"add","path":"a","value":1}]"#, .malformed),
        (#"[{"op":"add","path":"/~2","value":1}]"#, .malformed),
        (#"[{"op":"add","path":"/a"}]"#, .malformed), (#"[{"op":"add","value":1}]"#, .malformed),
        (#"[{"op":"zap","path":"/a"}]"#, .malformed), (#"[{"path":"/a"}]"#, .malformed),
        (#"[{"op":"move","from":"/l","path":"/l/0"}]"#, .malformed), (#"{}"#, .malformed),
        ("[1]", .malformed),
    ])
    func `a patch that cannot apply is refused`(patch: String, reason: Refusal.Reason) throws {
        let target = try json(#"{"a":1,"l":[1,2]}"#)
        let operations = try json(patch)
        let refusal = #expect(throws: Refusal.self) { try target.applying(jsonPatch: operations) }
        #expect(refusal?.reason == reason)
    }

    @Test func `copies cannot grow a tree without bound`() throws {
        let double = JSON.array(
            (0..<900).map { ["op": "copy", "from": "", "path": .string("/k\($0)")] })
        let start: JSON = ["a": "x"]
        #expect(throws: Refusal.self) { try start.applying(jsonPatch: double) }
        let wide = JSON.array((0..<900).map { _ in ["op": "copy", "from": "/l", "path": "/l/-"] })
        #expect(throws: Refusal.self) { try (["l": ["a"]] as JSON).applying(jsonPatch: wide) }
    }

    @Test func `a patched tree decodes like one that was sent`() throws {
        let tree = try json(JobObject.text).merging(["spec": ["priority": 7, "weight": nil]])
        let job = try WireDecoder.decode(JobObject.self, from: Document(tree))
        #expect(job.spec.priority == 7 && job.spec.weight == nil)
        let bad = try json(JobObject.text).merging(["spec": ["priorty": 7]])
        let refusal = #expect(throws: Refusal.self) {
            try WireDecoder.decode(JobObject.self, from: Document(bad))
        }
        #expect(refusal?.remedy == "Rename it to \"priority\"")
    }

    @Test func `a wide hostile merge stays quick`() throws {
        let members = (0..<9_000).map { JSON.Member("k\($0)", .number("1")) }
        let tree = JSON.object(members)
        let elapsed = ContinuousClock().measure {
            #expect(tree.merging(.object(members.reversed())).members.count == 9_000)
        }
        #expect(elapsed < .seconds(2))
    }
}
