import Control
import Kernel
import Resources
import Scheduling
import Wire

/// How ranks are named and labelled as pods. Reactor thread only: it remembers what it has read.
final class PodNames {
    private let catalog: Catalog
    private var roles: [UInt64: [RoleText]] = [:]

    /// What a role's pods show of the job's text.
    private struct RoleText {
        let name: String
        /// A JSON array; empty where there is none, or too much to remember.
        let command: [UInt8]
    }

    init(_ catalog: Catalog) { self.catalog = catalog }

    /// The roles of a job, read from its text once in a while.
    private func roles(of view: JobView) -> [RoleText] {
        if let known = roles[view.uid] { return known }
        let body = catalog.body(of: view).content
        guard let document = try? Document(json: body, limits: .trusted) else { return [] }
        let found = document.root["roles"]?.elements.map { role in
            let command = role["command"].map { JSON($0).encode() } ?? []
            return RoleText(
                name: role["name"]?.string ?? "", command: command.count <= 2048 ? command : [])
        }
        if roles.count >= 4096 { roles.removeAll(keepingCapacity: true) }
        roles[view.uid] = found ?? []
        return found ?? []
    }

    func roleName(of rank: Int, in view: JobView) -> String {
        let known = roles(of: view)
        let role = view.role(ofRank: rank)
        return role < known.count ? known[role].name : "role-\(role)"
    }

    /// The command of a rank as a JSON array; empty where it is not shown.
    func command(of rank: Int, in view: JobView) -> [UInt8] {
        let known = roles(of: view)
        let role = view.role(ofRank: rank)
        return role < known.count ? known[role].command : []
    }

    func name(of rank: Int, in view: JobView) -> String {
        "\(view.name)-\(roleName(of: rank, in: view))-\(view.index(ofRank: rank))"
    }

    /// One of the labels, without making the map of them all.
    func label(_ key: String, of rank: Int, in view: JobView) -> String? {
        switch key {
        case "muster.dev/job": view.name
        case "muster.dev/role": roleName(of: rank, in: view)
        case "muster.dev/rank": "\(rank)"
        default: view.labels[key]
        }
    }

    func labels(of rank: Int, in view: JobView) -> StringMap {
        var labels = view.labels
        labels["muster.dev/job"] = view.name
        labels["muster.dev/role"] = roleName(of: rank, in: view)
        labels["muster.dev/rank"] = "\(rank)"
        return labels
    }

    /// Unlike the job's, an attempt's ranks have uids of their own: the job's number in front, and
    /// attempt and rank in the last group, where no counter has grown to an f.
    func uid(_ job: UInt64, attempt: UInt32, rank: Int) -> String {
        func hex(_ value: UInt64, _ count: Int) -> String {
            let digits = String(value & ((1 << (4 * UInt64(count))) - 1), radix: 16)
            return String(repeating: "0", count: count - digits.utf8.count) + digits
        }
        return "\(hex(job >> 16, 8))-\(hex(job, 4))-8000-8000-f\(hex(UInt64(attempt), 6))"
            + hex(UInt64(rank), 5)
    }

    /// Finds the rank that a pod's name means.
    func find(_ name: String, in namespace: String, _ catalog: Catalog) -> (JobView, Int)? {
        // Both the job's and the role's name may hold dashes: try every way to cut.
        guard name.utf8.count <= 253 else { return nil }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        // Read as 32 bits, so that adding the role's first rank cannot overflow.
        guard parts.count >= 3, let last = parts.last, let index = UInt32(last).map({ Int($0) }),
            "\(index)" == last
        else { return nil }
        for cut in 1..<(parts.count - 1) {
            let job = parts[..<cut].joined(separator: "-")
            let role = parts[cut..<(parts.count - 1)].joined(separator: "-")
            guard let view = catalog.job(namespace, job),
                let number = roles(of: view).firstIndex(where: { $0.name == role })
            else { continue }
            let first = view.shape.roles[..<number].reduce(0) { $0 + Int($1.ranks) }
            let rank = first + index
            if index < Int(view.shape.roles[number].ranks), rank < view.job.ranks.count,
                !view.job.ranks[rank].isHidden
            {
                return (view, rank)
            }
        }
        return nil
    }
}
