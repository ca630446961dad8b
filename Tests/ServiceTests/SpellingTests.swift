import Configuration
import Resources
import Testing
import Wire

@testable import Service

/// Goal: what users wrote is stored as they wrote it, and means the same. Method: pairs of what was
/// sent and what a check made of it, read back.
@Suite struct SpellingTests {
    private func kept(_ sent: String, _ content: String) throws -> String {
        let document = try Document(json: Array(sent.utf8))
        let bytes = try Spelling.kept(Array(content.utf8), as: document.root)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (#"{"timeLimit":"60m"}"#, #"{"timeLimit":"1h"}"#, #"{"timeLimit":"60m"}"#),
        (#"{"timeLimit":3600}"#, #"{"timeLimit":"1h"}"#, #"{"timeLimit":3600}"#),
        // A default beside what was sent stays; within a list it goes, but for names.
        (#"{}"#, #"{"queue":"default"}"#, #"{"queue":"default"}"#),
        (
            #"{"roles":[{"cpus":2}]}"#, #"{"roles":[{"name":"worker","replicas":1,"cpus":"2"}]}"#,
            #"{"roles":[{"name":"worker","cpus":2}]}"#
        ),
        // What was left out when reading is not brought back.
        (#"{"x":1,"y":2}"#, #"{"y":2}"#, #"{"y":2}"#),
        (#"{"queue":null}"#, #"{"queue":"default"}"#, #"{"queue":"default"}"#),
        // Lists of different lengths have nothing to do with each other.
        (#"{"a":["1","2"]}"#, #"{"a":["one"]}"#, #"{"a":["one"]}"#),
    ])
    func `content keeps the words that were sent`(sent: String, content: String, stored: String)
        throws
    {
        #expect(try kept(sent, content) == stored)
    }

    @Test func `a job is read back as it was sent, and means what was checked`() throws {
        let sent = Array(
            #"{"timeLimit":"90s","roles":[{"command":["x"],"resources":{"cpus":2,"gpus":0.5}}]}"#
                .utf8)
        let checked = try WireDecoder.decode(JobSpec.self, json: sent).validated()
        let stored = try Spelling.kept(
            WireEncoder.encode(checked), as: Document(json: sent).root)
        #expect(String(decoding: stored, as: UTF8.self).contains(#"{"cpus":2,"gpus":0.5}"#))
        #expect(try WireDecoder.decode(JobSpec.self, json: stored).validated() == checked)
    }

    @Test func `bare words of YAML stay text`() throws {
        let document = try YAMLReader.document(
            Array("env:\n  A: 1\n  B: yes\n".utf8))
        let bytes = try Spelling.kept(
            Array(#"{"env":{"A":"1","B":"yes"}}"#.utf8), as: document.root)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"env":{"A":"1","B":"yes"}}"#)
    }
}
