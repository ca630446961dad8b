/// The layer table: an import may only point to a lower layer, or sideways along a listed edge.
enum Layers {
    static let number: [String: Int] = [
        "CSQLite": 0, "COpenSSL": 0, "CHwloc": 0, "CNuma": 0, "CYAML": 0, "CZlib": 0,
        "CLinux": 0, "CAssets": 0,
        "Primitives": 1,
        "Wire": 2, "Resources": 2, "HTTP": 2,
        "Scheduling": 3, "Kernel": 3,
        "Storage": 4, "Network": 4, "Host": 4, "Telemetry": 4, "Configuration": 4,
        "Control": 5, "Client": 5, "Service": 5, "Agent": 5, "Provisioning": 5,
        "Simulation": 5, "Commands": 5,
        "muster": 6, "muster-step": 6, "muster-bench": 6,
    ]

    /// Imports inside one layer, from the first to the second.
    static let sideways: [String: Set<String>] = [
        "Resources": ["Wire"],
        "Kernel": ["Scheduling"],
        "Service": ["Control"],
        "Agent": ["Client"],
        "Provisioning": ["Client"],
        "Commands": ["Client", "Service", "Control", "Agent", "Provisioning", "Simulation"],
    ]

    /// Modules of the toolchain that the adapters and all above them may import.
    static let system: Set<String> = ["Glibc", "Synchronization"]

    /// What tests may import besides the targets that their own target may see.
    static let testing: Set<String> = system.union(["Foundation", "Testing", "Dispatch"])

    static func isPure(_ target: String) -> Bool {
        number[target].map { (1...3).contains($0) } ?? false
    }

    static func allows(_ target: String, toImport other: String) -> Bool {
        guard let from = number[target], let to = number[other] else { return false }
        return to < from || sideways[target, default: []].contains(other)
    }
}

/// The targets that `Package.swift` declares, each with its dependencies and where it does so.
struct Manifest {
    struct Target: Hashable {
        let name: String
        let line: Int
        let dependencies: [String]
    }

    let targets: [Target]

    init(_ text: String) {
        let tokens = SwiftText(text).tokens
        let kinds: Set<String> = ["target", "executableTarget", "systemLibrary"]
        let starts = tokens.indices.dropFirst().filter {
            kinds.contains(tokens[$0].text) && tokens[$0 - 1].text == "."
        }
        targets = starts.enumerated().compactMap { order, start in
            let end = order + 1 < starts.count ? starts[order + 1] : tokens.count
            return Manifest.target(tokens[start..<end])
        }
    }

    func dependencies(of name: String) -> Set<String> {
        Set(targets.first { $0.name == name }?.dependencies ?? [])
    }

    private static func target(_ tokens: ArraySlice<Token>) -> Target? {
        guard let name = tokens.first(where: { $0.kind == .text }) else { return nil }
        var dependencies: [String] = []
        if let list = tokens.firstIndex(where: { $0.text == "dependencies" }) {
            for token in tokens[list...].prefix(while: { $0.text != "]" }) {
                if token.kind == .text { dependencies.append(token.text) }
            }
        }
        return Target(name: name.text, line: name.line, dependencies: dependencies)
    }
}
