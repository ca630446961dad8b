import Client
import Primitives
import Wire

/// Jobs on their way to the server, from files, scripts or flags.
struct Submission {
    /// One manifest with a name and a namespace.
    struct Entry {
        let manifest: JSON
        let namespace: String

        var name: String { manifest["metadata"]?["name"]?.string ?? "" }
    }

    let entries: [Entry]
    let warnings: [String]

    /// Reads a file that holds either manifests of jobs or a shell script.
    init(
        _ bytes: [UInt8], source: String, flags: JobRequest, arguments: [String],
        namespace: String, givenNamespace: String?
    ) throws(Refusal) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(
                .malformed, field: source, finding: "it is not UTF-8 text",
                remedy: "Give a job manifest or a shell script")
        }
        if BatchScript.isScript(text) {
            let script = try Self.script(text, source, flags, arguments, namespace)
            entries = [script.entry]
            warnings = script.warnings
            return
        }
        guard arguments.isEmpty else {
            throw Refusal(
                .malformed, field: arguments[0], finding: "a manifest takes no arguments",
                remedy: "Leave them out, or write them into the manifest")
        }
        entries = try Self.manifests(bytes, source, flags, namespace, givenNamespace)
        warnings = []
    }

    private static func script(
        _ text: String, _ source: String, _ flags: JobRequest, _ arguments: [String],
        _ namespace: String
    ) throws(Refusal) -> (entry: Entry, warnings: [String]) {
        let reading: BatchReading
        do throws(Refusal) {
            reading = try BatchReading(BatchScript(text), text: text)
        } catch {
            throw error.under(source)
        }
        var request = reading.request.overridden(by: flags)
        request.arguments = arguments
        let file = source == "-" ? "job" : source
        let stem = reading.stem ?? JobNames.stem(ofPath: file)
        let name: String
        if let given = request.name { name = given } else { name = try JobNames.unique(stem) }
        let manifest = request.manifest(name: name, namespace: namespace)
        return (Entry(manifest: manifest, namespace: namespace), reading.warnings)
    }

    private static func manifests(
        _ bytes: [UInt8], _ source: String, _ flags: JobRequest, _ namespace: String,
        _ givenNamespace: String?
    ) throws(Refusal) -> [Entry] {
        let trees: [JSON]
        do throws(Refusal) {
            trees = try Manifests.parse(bytes)
        } catch {
            throw error.under(source)
        }
        guard !trees.isEmpty else {
            throw Refusal(
                .malformed, field: source, finding: "it holds nothing",
                remedy: "Give a job manifest, or a shell script with a #! line")
        }
        var entries: [Entry] = []
        for (place, tree) in trees.enumerated() {
            let field = trees.count == 1 ? source : "\(source)[\(place)]"
            guard tree["kind"]?.string == "Job" else {
                throw Refusal(
                    .malformed, field: "\(field).kind",
                    finding: "\(tree["kind"].map(Payload.text) ?? "nothing") is not Job",
                    remedy: "Write kind: Job, or use muster apply for other kinds")
            }
            entries.append(
                try entry(tree, flags, field, namespace, givenNamespace, trees.count))
        }
        return entries
    }

    private static func entry(
        _ tree: JSON, _ flags: JobRequest, _ field: String, _ namespace: String,
        _ givenNamespace: String?, _ count: Int
    ) throws(Refusal) -> Entry {
        var manifest = tree
        var metadata = manifest["metadata"] ?? [:]
        let inside = metadata["namespace"]?.string
        if let inside, let givenNamespace, inside != givenNamespace {
            throw Refusal(
                .conflict, field: "\(field).metadata.namespace",
                finding: "it says \(inside) but --namespace says \(givenNamespace)",
                remedy: "Leave one of them out")
        }
        let space = inside ?? namespace
        metadata["namespace"] = .string(space)
        if let name = flags.name {
            guard count == 1 else {
                throw Refusal(
                    .malformed, field: "--name", finding: "there are \(count) jobs to name",
                    remedy: "Give names in the manifests")
            }
            metadata["name"] = .string(name)
        }
        if metadata["name"] == nil {
            let stem = metadata["generateName"]?.string ?? "job"
            metadata["name"] = .string(try JobNames.unique(JobNames.stem(stem)))
        }
        manifest["metadata"] = metadata
        manifest["spec"] = flags.changing(manifest["spec"] ?? [:])
        return Entry(manifest: manifest, namespace: space)
    }

    /// Creates one job and returns it as the server keeps it.
    static func send(_ entry: Entry, by client: APIClient) throws(Refusal) -> JSON {
        try client.create(Kind.job.path(in: entry.namespace), entry.manifest)
    }
}

extension JobRequest {
    /// A manifest's specification, with what was given by flags put over it.
    func changing(_ spec: JSON) -> JSON {
        let wanted = manifest(name: "", namespace: "")["spec"] ?? .null
        var changed = spec
        for member in wanted.members where member.key != "roles" {
            changed[member.key] = member.value
        }
        let change = wanted["roles"]?.elements.first ?? .null
        guard !change.members.isEmpty, var roles = spec["roles"]?.elements else { return changed }
        for place in roles.indices {
            // The number of ranks is a matter of the first role; the rest holds for all.
            var own = change
            if place > 0 { own["replicas"] = nil }
            roles[place] = roles[place].merging(own)
        }
        changed["roles"] = .array(roles)
        return changed
    }
}
