import Configuration
import Foundation
import Primitives
import Resources
import Testing
import Wire

@testable import Service

/// Goal: the files under Config are what they say. Method: read them with our own readers.
@Suite struct ConfigFilesTests {
    private func file(_ path: String) throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: root.appendingPathComponent("Config/\(path)")))
    }

    @Test func `daemon yaml names every setting once and none that does not exist`() throws {
        let document = try YAMLReader.document(try file("daemon.yaml"))
        _ = try WireDecoder.decode(ServeOptions.self, from: document)
        guard case .object(let properties, _) = Schema.of(ServeOptions.self) else {
            Issue.record("the settings are an object")
            return
        }
        #expect(
            Set(document.root.members.map(\.key)) == Set(properties.map(\.name)),
            "Config/daemon.yaml is the manual of the settings")
    }

    @Test func `a setting that does not exist is refused with the nearest one`() throws {
        let document = try YAMLReader.document(Array("listn: 127.0.0.1:1\n".utf8))
        let refusal = #expect(throws: Refusal.self) {
            try WireDecoder.decode(ServeOptions.self, from: document)
        }
        #expect(refusal?.remedy.contains("listen") ?? false)
    }

    @Test(arguments: ["gang.yaml", "job.yaml"])
    func `every example is a job that the server takes`(name: String) throws {
        let document = try YAMLReader.document(try file("examples/\(name)"))
        let manifest = try WireDecoder.decode(Manifest<JobSpec>.self, from: document)
        try manifest.check(apiVersion: Group.version, kind: "Job")
        let spec = try #require(manifest.spec).validated()
        #expect(!spec.roles.isEmpty)
    }
}

/// Goal: rights are decided in one place, by exact match. Method: the whole matrix of a role.
@Suite struct RightsTests {
    private let agent = Actor(name: "a", role: .agent, tokenUID: 1)
    private let admin = Actor(name: "b", role: .admin, tokenUID: 2)

    @Test func `an agent token opens sessions and discovery and nothing else`() {
        for verb in Verb.allCases {
            for resource in ["jobs", "pods", "nodes", "tokens", "agents", "agent", "metrics", ""] {
                let isMeant = (verb == .session && resource == "agents") || verb == .discover
                #expect(isAllowed(agent, verb, resource) == isMeant, "\(verb) \(resource)")
                #expect(isAllowed(admin, verb, resource))
            }
        }
    }

    @Test func `only health and version need no right`() {
        #expect(Endpoint.health.right == nil)
        #expect(Endpoint.version.right == nil)
        for words in KindWords.all {
            for action in words.actions {
                #expect(action.endpoint.right?.resource == words.plural)
            }
            for action in words.subresources.flatMap(\.actions) {
                #expect(action.endpoint.right?.resource == words.plural)
            }
        }
        #expect(Endpoint.metrics.right != nil)
        #expect(Endpoint.podLog.right != nil)
    }
}

/// Goal: uids read as UUIDs and come back. Method: edges and seeds.
@Suite struct UIDTextTests {
    @Test func `every counter comes back from its text`() {
        var dice = Dice(seed: 11)
        let chosen: [UInt64] = [0, 1, 15, 16, 255, 1 << 32, 1 << 59]
        let numbers = chosen + (0..<200).map { _ in dice.next() >> 4 }
        for number in numbers {
            let text = UIDText.text(number)
            #expect(text.utf8.count == 36)
            #expect(UIDText.number(text) == number, "\(number) as \(text)")
        }
    }

    @Test(arguments: ["", "x", "00000000-0000-8000-8000-00000000000g"])
    func `what is no uid is none`(text: String) {
        #expect(UIDText.number(text) == nil)
    }
}
