import Client
import Primitives
import Wire

/// `apply -f FILE|DIR|-`
struct ApplyCommand: Command {
    static let synopsis = Synopsis(
        words: "apply -f FILE|DIR|- [-o FORMAT]",
        summary: "Create objects, or change those that exist to what the files say.",
        options: [
            Synopsis.Option("-f, --filename PATH", "file, folder or - for the input"),
            OutputFormat.option,
        ],
        example: "muster apply -f queues.yaml")

    private let paths: [String]
    private let format: OutputFormat?

    init(_ arguments: inout Arguments) throws(Refusal) {
        paths = try arguments.options("--filename", "-f")
        format = try OutputFormat.optional(&arguments)
        guard !paths.isEmpty else {
            throw Refusal(
                .malformed, field: "-f", finding: "no file is given",
                remedy: "Write muster apply -f FILE")
        }
        try arguments.end()
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let namespace = try session.namespace()
        var code = ExitCode.done
        for path in paths {
            let files = try ManifestFiles(
                path, namespace: namespace, givenNamespace: session.givenNamespace)
            for entry in files.entries {
                do throws(Refusal) {
                    try apply(entry, client, session.console)
                } catch {
                    session.console.refuse(
                        error.under("\(entry.kind.singular)/\(entry.name)"))
                    code = .failure
                }
            }
        }
        return code
    }

    private func apply(
        _ entry: ManifestFiles.Entry, _ client: APIClient, _ console: Console
    ) throws(Refusal) {
        let path = entry.kind.path(entry.name, in: entry.namespace)
        let result: JSON
        let word: String
        if let current = try client.find(path) {
            let patch = ApplyPlan.patch(from: current, to: entry.tree)
            if let patch {
                result = try client.patch(path, patch)
                word = "configured"
            } else {
                (result, word) = (current, "unchanged")
            }
        } else {
            result = try client.create(
                entry.kind.path(in: entry.namespace), ApplyPlan.marked(entry.tree))
            word = "created"
        }
        if let format {
            let text = try Payload(tree: result, kind: entry.kind).text(format)
            console.write(Array(text.utf8))
        } else {
            console.say("\(entry.kind.reference(to: entry.name)) \(word)")
        }
    }
}

/// Three-way comparison: what the file says now, what it said last, and what the server has.
enum ApplyPlan {
    /// The same annotation as kubectl's, so that both can be used on one object.
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// The object with a record of itself, to find later what was taken out of the file.
    static func marked(_ wanted: JSON) -> JSON {
        var object = wanted
        var metadata = object["metadata"] ?? [:]
        var annotations = metadata["annotations"] ?? [:]
        annotations[annotation] = .string(record(wanted))
        metadata["annotations"] = annotations
        object["metadata"] = metadata
        return object
    }

    private static func record(_ wanted: JSON) -> String {
        var object = wanted
        object["status"] = nil
        return String(decoding: object.encode() + [UInt8(ascii: "\n")], as: UTF8.self)
    }

    /// The merge patch that is needed; nil where the server has all of it already.
    static func patch(from current: JSON, to wanted: JSON) -> JSON? {
        let text = current["metadata"]?["annotations"]?[annotation]?.string ?? "{}"
        let last: JSON
        do throws(Refusal) {
            last = JSON(try Document(json: Array(text.utf8)))
        } catch {
            // Somebody else wrote that annotation; then nothing is known to have been taken out.
            last = [:]
        }
        var goal = wanted
        goal["status"] = nil
        guard var change = difference(current, goal, last) else { return nil }
        var metadata = change["metadata"] ?? [:]
        var annotations = metadata["annotations"] ?? [:]
        annotations[annotation] = .string(record(wanted))
        metadata["annotations"] = annotations
        change["metadata"] = metadata
        return change
    }

    private static func difference(_ current: JSON, _ wanted: JSON, _ last: JSON) -> JSON? {
        var changes: [JSON.Member] = []
        for member in wanted.members {
            guard let held = current[member.key] else {
                changes.append(member)
                continue
            }
            if case .object = member.value, case .object = held {
                let inner = difference(held, member.value, last[member.key] ?? [:])
                if let inner { changes.append(JSON.Member(member.key, inner)) }
            } else if !covers(held, member.value) {
                changes.append(member)
            }
        }
        for member in last.members
        where wanted[member.key] == nil && current[member.key] != nil && member.key != "status" {
            changes.append(JSON.Member(member.key, .null))
        }
        return changes.isEmpty ? nil : .object(changes)
    }

    /// Whether `held` is `wanted` with, at most, the server's defaults added.
    private static func covers(_ held: JSON, _ wanted: JSON) -> Bool {
        switch (held, wanted) {
        case (.object, .object(let members)):
            return members.allSatisfy { member in
                held[member.key].map { covers($0, member.value) } ?? false
            }
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { covers($0, $1) }
        case (.number(let left), .string(let right)), (.string(let left), .number(let right)):
            // Quantities may be written either way.
            return left == right
        default: return held == wanted
        }
    }
}
