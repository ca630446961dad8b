import Client
import Primitives
import Wire

/// A kind of object: what people call it and where the API keeps it.
struct Kind: Hashable, Sendable {
    let plural: String
    let singular: String
    let shorts: [String]
    /// The word in manifests.
    let word: String
    let prefix: String
    let isNamespaced: Bool

    static let job = Kind(
        plural: "jobs", singular: "job", shorts: ["mj"], word: "Job", prefix: own,
        isNamespaced: true)
    static let queue = Kind(
        plural: "queues", singular: "queue", shorts: ["mq"], word: "Queue", prefix: own,
        isNamespaced: false)
    static let token = Kind(
        plural: "tokens", singular: "token", shorts: [], word: "Token", prefix: own,
        isNamespaced: false)
    static let node = Kind(
        plural: "nodes", singular: "node", shorts: ["no"], word: "Node", prefix: core,
        isNamespaced: false)
    static let pod = Kind(
        plural: "pods", singular: "pod", shorts: ["po"], word: "Pod", prefix: core,
        isNamespaced: true)
    static let event = Kind(
        plural: "events", singular: "event", shorts: ["ev"], word: "Event", prefix: core,
        isNamespaced: true)
    static let namespace = Kind(
        plural: "namespaces", singular: "namespace", shorts: ["ns"], word: "Namespace",
        prefix: core, isNamespaced: false)

    static let all = [job, queue, node, pod, event, namespace, token]

    private static let own = "/apis/muster.dev/v1"
    private static let core = "/api/v1"

    /// Finds a kind by any of its names, `jobs.muster.dev` included.
    static func find(_ name: String) throws(Refusal) -> Kind {
        let bare = name.split(separator: ".").first.map { $0.lowercased() } ?? ""
        if let kind = all.first(where: { ([$0.plural, $0.singular] + $0.shorts).contains(bare) }) {
            return kind
        }
        let names = all.flatMap { [$0.plural, $0.singular] }
        throw Refusal(
            .malformed, field: "KIND", finding: "\"\(name)\" is not a kind of object",
            remedy: nearest(bare, among: names).map { "Use \($0)" }
                ?? "Use one of \(all.map(\.plural).joined(separator: ", "))")
    }

    /// Splits `job/train` into kind and name; a bare word is the name of `assumed`.
    static func reference(_ text: String, assumed: Kind?) throws(Refusal) -> (Kind, String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            guard let assumed else {
                throw Refusal(
                    .malformed, field: text, finding: "the kind is missing",
                    remedy: "Write KIND/NAME, such as job/train")
            }
            return (assumed, text)
        }
        guard !parts[1].isEmpty else {
            throw Refusal(
                .malformed, field: text, finding: "the name is missing",
                remedy: "Write KIND/NAME, such as job/train")
        }
        return (try find(String(parts[0])), String(parts[1]))
    }

    /// Where the objects are; nil means all namespaces.
    func path(in namespace: String?) -> String {
        guard isNamespaced, let namespace else { return "\(prefix)/\(plural)" }
        return "\(prefix)/namespaces/\(percentEncoded(namespace))/\(plural)"
    }

    func path(_ name: String, in namespace: String) -> String {
        "\(path(in: namespace))/\(percentEncoded(name))"
    }

    /// The name in output: `job.muster.dev/train`, `pod/train-worker-0`.
    func reference(to name: String) -> String {
        prefix == Kind.own ? "\(singular).muster.dev/\(name)" : "\(singular)/\(name)"
    }
}
