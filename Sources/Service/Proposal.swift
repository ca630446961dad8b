import Control
import Kernel
import Primitives
import Resources
import Wire

// Proposals: what a client wants an object to be, decoded and checked by the rules of its kind.

/// One object as a client wants it.
struct Proposal {
    /// What beside the stored text the kernel must know of it.
    enum Part {
        case text
        case job(JobSpec)
        case node(NodeSpec)
        case token(TokenSpec)
    }

    var metadata: Metadata
    /// The object's own part, as it is stored: in the words that were sent.
    var content: [UInt8]
    /// The same in the server's words, in which everything that means the same is the same.
    let meaning: [UInt8]
    let part: Part
    /// Fields that were left out of consideration, for the client to hear of.
    let warnings: [String]
}

extension Admission {
    /// Decodes the whole object and checks everything that needs no look at the cluster.
    func propose(_ place: Document.Value, as resource: Resource) throws(Refusal) -> Proposal {
        switch resource {
        case .jobs:
            return try propose(place, .jobs, JobSpec.self) { given throws(Refusal) in
                // The manifest's check has inspected it.
                guard let spec = given?.completed else {
                    throw Refusal(
                        .invalid, field: "spec", finding: "the job has no specification",
                        remedy: "Give spec.roles with a command or a script")
                }
                return (WireEncoder.encode(spec), .job(spec))
            }
        case .queues:
            return try propose(place, .queues, QueueSpec.self) { given throws(Refusal) in
                (WireEncoder.encode(given ?? QueueSpec()), .text)
            }
        case .namespaces:
            return try propose(place, .namespaces, NamespaceSpec.self) {
                given throws(Refusal) in (WireEncoder.encode(given ?? NamespaceSpec()), .text)
            }
        case .leases:
            return try propose(place, .leases, LeaseSpec.self) { given throws(Refusal) in
                (WireEncoder.encode(try (given ?? LeaseSpec()).validated()), .text)
            }
        case .tokens:
            return try propose(place, .tokens, TokenSpec.self) { given throws(Refusal) in
                guard let given else {
                    throw Refusal(
                        .invalid, field: "spec.role", finding: "the token has no role",
                        remedy: "Give spec.role: admin or agent")
                }
                return (WireEncoder.encode(given), .token(given))
            }
        case .nodes:
            return try propose(place, .nodes, NodeSpec.self) { given throws(Refusal) in
                let spec = try (given ?? NodeSpec()).validated()
                return (WireEncoder.encode(spec), .node(spec))
            }
        case .configMaps:
            return try propose(place, .configMaps, ConfigMapContent.self) {
                content throws(Refusal) in WireEncoder.encode(try content.validated())
            }
        case .secrets:
            return try propose(place, .secrets, SecretContent.self) {
                content throws(Refusal) in WireEncoder.encode(try content.validated())
            }
        case .nodePools:
            return try propose(place, .nodePools, NodePoolSpec.self) { given throws(Refusal) in
                guard let spec = try given?.validated() else {
                    throw Refusal(
                        .invalid, field: "spec", finding: "the pool has no specification",
                        remedy: NodePoolSpec.whenMissing ?? "Give one")
                }
                return (WireEncoder.encode(spec), .text)
            }
        case .pods, .events: preconditionFailure("no route writes these")
        }
    }

    /// Kinds whose own part is under `spec`.
    private func propose<Spec: Codable & Sendable>(
        _ place: Document.Value, _ resource: Resource, _ type: Spec.Type,
        _ check: (Spec?) throws(Refusal) -> (content: [UInt8], part: Proposal.Part)
    ) throws(Refusal) -> Proposal {
        let words = KindWords.of(resource)
        let (manifest, warnings) = try decode(Manifest<Spec>.self, place)
        try manifest.check(apiVersion: words.apiVersion, kind: words.kind)
        let (content, part) = try check(manifest.spec)
        return Proposal(
            metadata: manifest.metadata ?? Metadata(),
            content: try Spelling.kept(content, as: place["spec"]), meaning: content, part: part,
            warnings: warnings)
    }

    /// Kinds whose own part stands beside the metadata.
    private func propose<Content: Codable & Sendable>(
        _ place: Document.Value, _ resource: Resource, _ type: Content.Type,
        _ check: (Content) throws(Refusal) -> [UInt8]
    ) throws(Refusal) -> Proposal {
        let words = KindWords.of(resource)
        let (manifest, warnings) = try decode(FlatManifest<Content>.self, place)
        try TypeWords.check(
            apiVersion: manifest.apiVersion, words.apiVersion, kind: manifest.kind, words.kind)
        try manifest.metadata?.validate()
        let content = try check(manifest.content)
        return Proposal(
            metadata: manifest.metadata ?? Metadata(), content: content, meaning: content,
            part: .text, warnings: warnings)
    }

    /// Decodes as strictly as the client asked for; says what was ignored if it wants to hear it.
    func decode<Value: Decodable>(
        _ type: Value.Type, _ place: Document.Value
    ) throws(Refusal) -> (value: Value, warnings: [String]) {
        switch validation {
        case .ignore:
            return (try WireDecoder.decode(type, at: place, unknown: .ignore), [])
        case .warn:
            let (value, unknown) = try WireDecoder.decodeListingUnknown(type, at: place)
            return (value, unknown.map { "unknown field \"\($0.field)\"" })
        case .strict:
            do throws(Refusal) {
                return (try WireDecoder.decode(type, at: place), [])
            } catch  where error.finding.utf8.starts(with: "unknown field".utf8) {
                throw Refusal(
                    .malformed, field: error.field,
                    finding: "strict decoding error: unknown field \"\(error.field)\"",
                    remedy: error.remedy, also: error.also)
            }
        }
    }
}
