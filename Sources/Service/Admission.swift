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

    init(_ query: Query) throws(Refusal) {
        guard let text = query["fieldValidation"], !text.isEmpty else {
            validation = .strict
            return
        }
        guard let validation = FieldValidation(rawValue: text) else {
            throw Refusal(
                .malformed, field: "fieldValidation",
                finding: "\"\(text.prefix(40))\" is not known",
                remedy: "Use Strict, Warn or Ignore")
        }
        self.validation = validation
    }

    /// Reads JSON, or YAML where the content type says so.
    func document(_ call: Call, limits: WireLimits = .request) throws(Refusal) -> Document {
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
        case "application/yaml", "text/yaml", "application/x-yaml":
            return try YAMLReader.document(call.request.body)
        default:
            throw Refusal(
                .unsupportedMediaType, field: "Content-Type",
                finding: "\"\(bare.prefix(80))\" is not understood here",
                remedy: "Send application/json or application/yaml")
        }
    }

    func decode<Spec>(
        _ type: Spec.Type, _ document: Document, kind: String, apiVersion: String
    ) throws(Refusal) -> Manifest<Spec> {
        let manifest: Manifest<Spec>
        do throws(Refusal) {
            manifest = try WireDecoder.decode(
                Manifest<Spec>.self, from: document,
                unknown: validation == .strict ? .refuse : .ignore)
        } catch  where error.finding.utf8.starts(with: "unknown field".utf8) {
            throw Refusal(
                .malformed, field: error.field, finding: "strict decoding error: \(error.finding)",
                remedy: error.remedy)
        }
        try manifest.check(apiVersion: apiVersion, kind: kind)
        return manifest
    }

    /// The job's order and its text. `name` is the one that the object will have.
    func job(
        _ manifest: Manifest<JobSpec>, namespace: String, name: String, actor: Actor,
        key: String, digest: UInt64
    ) throws(Refusal) -> (order: JobOrder, draft: DocumentDraft) {
        guard let given = manifest.spec else {
            throw Refusal(
                .invalid, field: "spec", finding: "the job has no specification",
                remedy: "Give spec.roles with a command or a script")
        }
        let spec = try given.validated()
        let longest = spec.roles.map { ($0.name ?? "").utf8.count }.max() ?? 0
        guard name.utf8.count + longest + 7 <= 253 else {
            throw Refusal(
                .invalid, field: "metadata.name",
                finding: "the names of its pods would be too long",
                remedy: "Use shorter names for the job and its roles")
        }
        var roles: [JobOrder.Role] = []
        for role in spec.roles {
            let resources = try (role.resources ?? ResourceSpec()).validated()
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
        let order = JobOrder(
            namespace: namespace, name: name, queue: spec.queue ?? JobDefaults.queue, roles: roles,
            terms: Self.terms(of: spec), success: success,
            retryLimit: UInt32(spec.retries?.limit ?? JobDefaults.retries),
            backoff: (spec.retries?.backoff ?? JobDefaults.backoff).span,
            allowUnplaceable: spec.allowUnplaceable ?? false,
            idempotencyKey: key.isEmpty ? "" : "\(actor.name)/\(namespace)/\(key)",
            bodyDigest: digest)
        let draft = draft(
            manifest.metadata ?? Metadata(), name: name, namespace: namespace, user: actor.name,
            body: WireEncoder.encode(spec))
        return (order, draft)
    }

    static func terms(of spec: JobSpec) -> JobTerms {
        JobTerms(
            priority: Int32(spec.priority ?? JobDefaults.priority),
            timeLimit: (spec.timeLimit ?? WireDuration(milliseconds: 0)).span,
            gracePeriod: (spec.gracePeriod ?? JobDefaults.gracePeriod).span)
    }

    /// The stored text of an object: the user's part of the metadata, and the specification.
    func draft(
        _ metadata: Metadata, name: String, namespace: String, user: String, body: [UInt8]
    ) -> DocumentDraft {
        var annotations = metadata.annotations ?? [:]
        if !user.isEmpty { annotations[StoredHead.userKey] = user }
        var json = JSONWriter(capacity: 256)
        json.openObject()
        json.member("name", name)
        if !namespace.isEmpty { json.member("namespace", namespace) }
        if let labels = metadata.labels, !labels.isEmpty {
            json.key("labels")
            json.raw(WireEncoder.encode(labels))
        }
        if !annotations.isEmpty {
            json.key("annotations")
            json.raw(WireEncoder.encode(annotations))
        }
        json.closeObject()
        return DocumentDraft(
            head: json.bytes, body: body, labels: metadata.labels ?? [:], user: user)
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
