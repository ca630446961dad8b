import Configuration
import Wire

/// A job for people: what it is, how it stands, where its ranks are.
struct JobDescription {
    private let object: JSON
    private let report: JobReport
    private let pods: [JSON]

    init(_ object: JSON, pods: [JSON]) {
        self.object = object
        self.pods = pods
        report = JobReport(tree: object)
    }

    var text: String { head + status + roles + ranks }

    private var head: String {
        let metadata = object["metadata"] ?? .null
        let spec = object["spec"] ?? .null
        var text = ""
        line("Name", metadata["name"], &text)
        line("Namespace", metadata["namespace"], &text)
        map("Labels", metadata["labels"], &text)
        map("Annotations", metadata["annotations"], &text)
        line("Created", metadata["creationTimestamp"], &text)
        line("Queue", spec["queue"], &text)
        line("Priority", spec["priority"], &text)
        line("Time limit", spec["timeLimit"], &text)
        line("Retries", spec["retries"]?["limit"], &text)
        return text
    }

    private var status: String {
        let status = object["status"] ?? .null
        var text = ""
        line("Phase", status["phase"], &text)
        line("Reason", status["reason"], &text)
        line("Message", status["message"], &text)
        line("Attempt", status["attempt"], &text)
        if let ranks = status["ranks"] {
            let counts = ["active", "succeeded", "failed"].compactMap { word in
                ranks[word].map { "\(Payload.text(of: $0)) \(word)" }
            }
            text += Self.padded("Ranks", counts.joined(separator: ", "))
        }
        line("Started", status["startTime"], &text)
        line("Completed", status["completionTime"], &text)
        line("Exit code", status["exitCode"], &text)
        return text
    }

    private var roles: String {
        guard let roles = object["spec"]?["roles"], !roles.elements.isEmpty else { return "" }
        let lines = YAMLWriter.text(roles).split(separator: "\n", omittingEmptySubsequences: true)
        return "\nRoles:\n" + lines.map { "  \($0)\n" }.joined()
    }

    private var ranks: String {
        let placements = report.placements
        guard !placements.isEmpty else { return "" }
        var table = Table(header: ["RANK", "POD", "NODE", "DEVICES", "PHASE", "EXIT"])
        for placement in placements {
            let pod = pods.first { $0["metadata"]?["name"]?.string == placement.pod }
            table.rows.append([
                "\(placement.rank)", placement.pod, placement.node,
                placement.devices.joined(separator: ","),
                pod?["status"]?["phase"]?.string ?? "", pod.map(Self.exit) ?? "",
            ])
        }
        let lines = table.text().split(separator: "\n").map { "  \($0)\n" }
        return "\nRanks:\n" + lines.joined()
    }

    private static func exit(of pod: JSON) -> String {
        let container = pod["status"]?["containerStatuses"]?.elements.first
        return container?["state"]?["terminated"]?["exitCode"].map(Payload.text) ?? ""
    }

    private func map(_ title: String, _ value: JSON?, _ text: inout String) {
        let pairs = (value?.members ?? []).filter { $0.key != ApplyPlan.annotation }
        guard !pairs.isEmpty else { return }
        let shown = pairs.map { "\($0.key)=\(Payload.text(of: $0.value))" }
        text += Self.padded(title, shown.joined(separator: ", "))
    }

    private func line(_ title: String, _ value: JSON?, _ text: inout String) {
        guard let value, value != .null else { return }
        text += Self.padded(title, Payload.text(of: value))
    }

    private static func padded(_ title: String, _ value: String) -> String {
        let padding = String(repeating: " ", count: max(1, 14 - title.count))
        return "\(title):\(padding)\(value)\n"
    }
}
