import Control
import Kernel
import Resources
import Scheduling
import Wire

/// How ranks are named and labelled as pods. Reactor thread only: it remembers what it has read.
final class PodNames {
    private let catalog: Catalog
    private var roleNames: [UInt64: [String]] = [:]

    init(_ catalog: Catalog) { self.catalog = catalog }

    /// The names of a job's roles, read from its text once in a while.
    func roleNames(of view: JobView) -> [String] {
        if let known = roleNames[view.uid] { return known }
        let body = catalog.body(of: view).content
        guard let document = try? Document(json: body, limits: .trusted) else { return [] }
        let names = document.root["roles"]?.elements.map { $0["name"]?.string ?? "" } ?? []
        if roleNames.count >= 4096 { roleNames.removeAll(keepingCapacity: true) }
        roleNames[view.uid] = names
        return names
    }

    func roleName(of rank: Int, in view: JobView) -> String {
        let names = roleNames(of: view)
        let role = view.role(ofRank: rank)
        return role < names.count ? names[role] : "role-\(role)"
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
                let number = roleNames(of: view).firstIndex(of: role)
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
