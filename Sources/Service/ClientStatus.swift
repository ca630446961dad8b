import Primitives
import Wire

/// What clients may keep in an object's status: members and conditions that are not the server's.
enum ClientStatus {
    static let bytesMax = 64 << 10

    /// The server's status with the clients' part beside it; conditions stand in one list.
    static func joined(_ ours: JSON, _ theirs: JSON) -> JSON {
        var joined = ours
        for member in theirs.members {
            if member.key == "conditions" {
                let conditions = (ours["conditions"]?.elements ?? []) + member.value.elements
                joined["conditions"] = .array(conditions)
            } else if ours[member.key] == nil {
                joined[member.key] = member.value
            }
        }
        return joined
    }

    /// The clients' part of a wanted status. `ours` is the server's part as it is now: what it
    /// holds may be repeated but not changed.
    static func part(
        of wanted: JSON?, besides ours: JSON, reserved: [String]
    ) throws(Refusal) -> [UInt8] {
        guard let wanted else { return [] }
        guard case .object(let members) = wanted else {
            throw Refusal(
                .invalid, field: "status", finding: "the status is not an object",
                remedy: "Send an object")
        }
        var kept: [JSON.Member] = []
        for member in members {
            if member.key == "conditions" {
                let conditions = try foreign(member.value, besides: ours["conditions"])
                if !conditions.isEmpty {
                    kept.append(JSON.Member("conditions", .array(conditions)))
                }
                continue
            }
            guard ours[member.key] != nil || reserved.contains(member.key) else {
                kept.append(member)
                continue
            }
            guard ours[member.key] == member.value else { throw isOurs("status.\(member.key)") }
        }
        guard !kept.isEmpty else { return [] }
        let bytes = JSON.object(kept).encode()
        guard bytes.count <= bytesMax else {
            throw Refusal(
                .invalid, field: "status", finding: "the status is \(bytes.count) bytes long",
                remedy: "Keep at most \(bytesMax) bytes there")
        }
        return bytes
    }

    private static func foreign(_ wanted: JSON, besides ours: JSON?) throws(Refusal) -> [JSON] {
        guard case .array(let conditions) = wanted else {
            throw Refusal(
                .invalid, field: "status.conditions", finding: "the conditions are not a list",
                remedy: "Send a list of objects with type and status")
        }
        var kept: [JSON] = []
        for (index, condition) in conditions.enumerated() {
            let field = "status.conditions[\(index)]"
            guard let type = condition["type"]?.string, condition["status"]?.string != nil else {
                throw Refusal(
                    .invalid, field: field, finding: "the condition has no type or no status",
                    remedy: "Give type, and status True, False or Unknown")
            }
            if let own = ours?.elements.first(where: { $0["type"]?.string == type }) {
                guard own == condition else { throw isOurs(field) }
                continue
            }
            guard !kept.contains(where: { $0["type"]?.string == type }) else {
                throw Refusal(
                    .invalid, field: field, finding: "condition \(type) is there twice",
                    remedy: "Keep one of them")
            }
            kept.append(condition)
        }
        return kept
    }

    private static func isOurs(_ field: String) -> Refusal {
        Refusal(
            .invalid, field: field, finding: "this part of the status is kept by the controller",
            remedy: "Write members or conditions of your own beside it")
    }
}
