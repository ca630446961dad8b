import Configuration
import Control
import Foundation
import HTTP
import Primitives
import Resources
import Testing
import Wire

@testable import Service

/// Goal: whoever makes a mistake learns where, what was seen and what to do. Method: sound objects
/// with one mistake after the other, through the server's own reading and checking.
@Suite struct MutationTests {
    /// Reads an object of a kind as the server does, and throws as it would.
    private func read(
        _ resource: Resource, _ body: [UInt8], _ form: Mutation.Form
    ) throws(Refusal) {
        let document =
            form == .json ? try Document(json: body) : try YAMLReader.document(body)
        let admission = Admission(validation: .strict, isDryRun: true, manager: "test")
        let proposal = try admission.propose(document.root, as: resource)
        _ = try admission.name(proposal.metadata)
    }

    private func refusal(
        _ resource: Resource, _ body: [UInt8], _ form: Mutation.Form
    ) -> Refusal? {
        do throws(Refusal) {
            try read(resource, body, form)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [(Resource.jobs, "job"), (.queues, "queue"), (.nodePools, "nodepool")])
    func `every mistake is named with its field, what was seen and what to do`(
        resource: Resource, name: String
    ) throws {
        let file = Mutation.examples.appending(path: "\(name).yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let example = JSON(try YAMLReader.document(Array(text.utf8)))
        #expect(refusal(resource, Array(text.utf8), .yaml) == nil)
        #expect(refusal(resource, example.encode(), .json) == nil)
        for mutation in try Mutation.table(name) {
            for form in [Mutation.Form.json, .yaml] where (mutation.form ?? form) == form {
                let body = try mutation.body(example, text, form)
                guard let refusal = refusal(resource, body, form) else {
                    Issue.record("accepted as \(form): \(mutation)")
                    continue
                }
                check(refusal, mutation, form)
            }
        }
    }

    private func check(_ refusal: Refusal, _ mutation: Mutation, _ form: Mutation.Form) {
        let note = "\(form): \(mutation)\n      -> \(refusal) [\(refusal.field)]"
        #expect(refusal.field == mutation.field || mutation.field.isEmpty, "\(note)")
        #expect(refusal.finding.contains(mutation.finding) || mutation.finding.isEmpty, "\(note)")
        #expect(refusal.remedy.contains(mutation.remedy) || mutation.remedy.isEmpty, "\(note)")
        for other in mutation.others {
            #expect(refusal.also.contains { $0.field == other }, "\(other) in \(note)")
        }
        if mutation.others.isEmpty {
            #expect(refusal.also.isEmpty, "\(refusal.also.map(\.field)) in \(note)")
        }
        for one in [refusal] + refusal.also { checkSentence(one, note) }
    }

    private func checkSentence(_ refusal: Refusal, _ note: String) {
        #expect(!refusal.finding.isEmpty && !refusal.remedy.isEmpty, "\(note)")
        #expect(refusal.remedy.first?.isUppercase == true, "\(note)")
        #expect(refusal.finding.first?.isUppercase != true, "\(note)")
        #expect(refusal.finding.last != "." && refusal.remedy.last != ".", "\(note)")
        #expect(
            refusal.reason == .malformed || refusal.reason == .invalid
                || refusal.reason == .tooLarge, "\(note)")
        let internals = [
            "Optional", "Container", "Decod", "Swift", "Codable", "nil", "Spec", "Wire", "JSON.",
            "Error(", "Coding", "struct",
        ]
        for word in internals {
            #expect(!refusal.finding.contains(word) && !refusal.remedy.contains(word), "\(note)")
        }
    }

    @Test func `the tables are large enough to mean something`() throws {
        let counts = try ["job", "queue", "nodepool"].map { try Mutation.table($0).count }
        #expect(counts.reduce(0, +) >= 300)
    }
}
