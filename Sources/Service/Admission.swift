import Configuration
import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

// Admission: from a request's bytes to a command and the text that is stored with it.

/// How strictly a body's unknown fields are taken.
enum FieldValidation: String {
    case strict = "Strict"
    case warn = "Warn"
    case ignore = "Ignore"
}

/// Turns bodies into checked objects; knows nothing of connections.
struct Admission {
    let validation: FieldValidation
    /// Everything is decided as ever, and nothing is kept.
    let isDryRun: Bool
    private let manager: String

    init(validation: FieldValidation, isDryRun: Bool, manager: String) {
        self.validation = validation
        self.isDryRun = isDryRun
        self.manager = manager
    }

    init(_ call: Call) throws(Refusal) {
        self.init(
            validation: try Self.validation(call.query["fieldValidation"] ?? ""),
            isDryRun: try Self.isDryRun(call.query["dryRun"] ?? ""),
            manager: try FieldAuthor.manager(
                fieldManager: call.query["fieldManager"],
                userAgent: call.request.head.headers["user-agent"]))
    }

    private static func validation(_ text: String) throws(Refusal) -> FieldValidation {
        guard !text.isEmpty else { return .strict }
        guard let validation = FieldValidation(rawValue: text) else {
            throw Refusal(
                .malformed, field: "fieldValidation",
                finding: "\"\(text.prefix(40))\" is not known",
                remedy: "Use Strict, Warn or Ignore")
        }
        return validation
    }

    static func isDryRun(_ text: String) throws(Refusal) -> Bool {
        guard text.isEmpty || text == "All" else {
            throw Refusal(
                .malformed, field: "dryRun", finding: "\"\(text.prefix(40))\" is not known",
                remedy: "Use All, or leave it out to make the change")
        }
        return text == "All"
    }

    /// The writer of the request, and the rules of the kind.
    func ownership(of resource: Resource, subresource: String = "") -> Ownership {
        let words = KindWords.of(resource)
        return Ownership(
            author: FieldAuthor(
                manager: manager, apiVersion: words.apiVersion, subresource: subresource,
                at: Timestamp(milliseconds: Clock.now().milliseconds)),
            rules: MergeRules.of(kind: words.kind))
    }

    /// The key under which a repeated submission is known, and what tells it from another one.
    func idempotency(_ call: Call) throws(Refusal) -> (key: String, digest: UInt64)? {
        guard let key = call.request.head.headers["idempotency-key"], !key.isEmpty else {
            return nil
        }
        guard key.utf8.count <= 128 else {
            throw Refusal(
                .malformed, field: "Idempotency-Key", finding: "the key is too long",
                remedy: "Use at most 128 characters")
        }
        var digest = Digest()
        digest.mix(call.request.body)
        return (key, digest.value)
    }

    /// Reads JSON, or YAML or protobuf where the content type says so.
    static func document(_ call: Call, limits: WireLimits = .request) throws(Refusal) -> Document {
        if call.hasYAML {
            let found = try call.yamlDocuments()
            guard found.count == 1 else {
                throw Refusal(
                    .malformed, finding: "the YAML holds \(found.count) documents",
                    remedy: "Send one document at a time")
            }
            return found[0]
        }
        let type = call.request.head.headers["content-type"] ?? "application/json"
        let bare = type.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard !call.request.body.isEmpty else {
            throw Refusal(
                .malformed, finding: "the request has no body", remedy: "Send the object as JSON")
        }
        switch bare {
        case "application/json", "application/merge-patch+json",
            "application/strategic-merge-patch+json", "application/json-patch+json",
            // What `curl -d` says of any body; no browser sends a token along with such a one.
            "application/x-www-form-urlencoded":
            return try Document(json: call.request.body, limits: limits)
        case "application/apply-patch+yaml", "application/apply-patch+json",
            "application/apply-patch":
            // Clients call it YAML and send JSON, which is quicker to read.
            let isJSON = call.request.body.first == UInt8(ascii: "{")
            return isJSON
                ? try Document(json: call.request.body, limits: limits)
                : try YAMLReader.document(call.request.body)
        case ProtobufBody.mediaType:
            return try ProtobufBody.document(call.request.body, limits: limits)
        default:
            throw Refusal(
                .unsupportedMediaType, field: "Content-Type",
                finding: "\"\(bare.prefix(80))\" is not understood here",
                remedy: "Send application/json or application/yaml")
        }
    }

    func document(_ call: Call, limits: WireLimits = .request) throws(Refusal) -> Document {
        try Self.document(call, limits: limits)
    }

    /// The job as the kernel takes it.
    func order(
        _ spec: JobSpec, _ subject: ObjectName, actor: Actor, isHeld: Bool,
        key: (key: String, digest: UInt64)?
    ) throws(Refusal) -> JobOrder {
        let longest = spec.roles.map { ($0.name ?? "").utf8.count }.max() ?? 0
        guard subject.name.utf8.count + longest + 7 <= 253 else {
            throw Refusal(
                .invalid, field: "metadata.name",
                finding: "the names of its pods would be too long",
                remedy: "Use shorter names for the job and its roles")
        }
        var roles: [JobOrder.Role] = []
        for role in spec.roles {
            let resources = (role.resources ?? ResourceSpec()).completed
            roles.append(
                JobOrder.Role(
                    ranks: UInt32(role.replicas ?? 1), cpuMilli: resources.cpus?.milli ?? 0,
                    memoryBytes: resources.memory?.whole ?? 0,
                    gpuMilli: resources.gpus?.milli ?? 0, models: resources.gpuModels ?? []))
        }
        var success = SuccessRule.allRanks
        if spec.success?.policy == .role,
            let index = spec.roles.firstIndex(where: { $0.name == spec.success?.role })
        {
            success = .role(UInt16(index))
        }
        return JobOrder(
            namespace: subject.namespace, name: subject.name,
            queue: spec.queue ?? JobDefaults.queue,
            roles: roles, terms: Self.terms(of: spec), success: success,
            retryLimit: UInt32(spec.retries?.limit ?? JobDefaults.retries),
            backoff: (spec.retries?.backoff ?? JobDefaults.backoff).span,
            allowUnplaceable: spec.allowUnplaceable ?? false,
            idempotencyKey: key.map { "\(actor.name)/\(subject.namespace)/\($0.key)" } ?? "",
            bodyDigest: key?.digest ?? 0, isHeld: isHeld)
    }

    static func terms(of spec: JobSpec) -> JobTerms {
        JobTerms(
            priority: Int32(spec.priority ?? JobDefaults.priority),
            timeLimit: (spec.timeLimit ?? WireDuration(milliseconds: 0)).span,
            gracePeriod: (spec.gracePeriod ?? JobDefaults.gracePeriod).span)
    }

    /// The object's name, made up from `generateName` where none is given.
    func name(_ metadata: Metadata?) throws(Refusal) -> String {
        if let name = metadata?.name, !name.isEmpty { return name }
        guard let stem = metadata?.generateName, !stem.isEmpty else {
            throw Refusal(
                .invalid, field: "metadata.name", finding: "the object has no name",
                remedy: "Give metadata.name, or metadata.generateName to have one made up")
        }
        let name = stem + (try Self.randomSuffix())
        try Naming.check(name, field: "metadata.generateName")
        return name
    }

    private static func randomSuffix() throws(Refusal) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        do throws(SystemError) {
            let bytes = try Entropy.bytes(5)
            return String(decoding: bytes.map { letters[Int($0) % letters.count] }, as: UTF8.self)
        } catch {
            throw error.refusal(remedy: "Try again")
        }
    }

    /// The namespace of the path; the body may repeat it but not contradict it.
    func namespace(_ call: Call, _ metadata: Metadata?) throws(Refusal) -> String {
        let path = call.namespace ?? ""
        if let given = metadata?.namespace, given != path {
            throw Refusal(
                .malformed, field: "metadata.namespace",
                finding: "\"\(given)\" is not the namespace of the path, \"\(path)\"",
                remedy: "Leave it out, or use the path of that namespace")
        }
        return path
    }
}
