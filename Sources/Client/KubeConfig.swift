public import Primitives
public import Wire

/// One kubeconfig file: clusters, users and the contexts that pair them.
public struct KubeConfig: Sendable {
    /// A cluster, a user and a namespace, looked up by the name of a context.
    public struct Choice: Hashable, Sendable {
        public var server: String
        /// PEM text, from the file that is named or the data that is held.
        public var authority: String?
        public var token: String?
        public var namespace: String?
    }

    /// The file that it was read from; errors name it.
    public let path: String
    private let root: JSON

    public init(path: String) throws(Refusal) {
        let text = try UserFile.read(path, field: "kubeconfig")
        try self.init(text, path: path)
    }

    public init(_ bytes: [UInt8], path: String) throws(Refusal) {
        self.path = path
        root = try Self.parse(bytes, path)
    }

    private static func parse(_ bytes: [UInt8], _ path: String) throws(Refusal) -> JSON {
        do throws(Refusal) {
            return try Manifests.parse(bytes).first ?? .null
        } catch {
            throw error.under(path)
        }
    }

    public var currentContext: String? { root["current-context"]?.string }

    public var contexts: [String] {
        (root["contexts"]?.elements ?? []).compactMap { $0["name"]?.string }
    }

    /// Resolves a context, the current one where no name is given.
    public func choose(_ name: String?) throws(Refusal) -> Choice {
        guard let wanted = name ?? currentContext ?? contexts.first else {
            throw refusal("current-context", "no context is chosen", "Give one with --context")
        }
        let context = try entry("contexts", "context", wanted)
        guard let clusterName = context["cluster"]?.string else {
            throw refusal("contexts", "context \(wanted) names no cluster", "Add a cluster to it")
        }
        let cluster = try entry("clusters", "cluster", clusterName)
        guard let server = cluster["server"]?.string else {
            throw refusal("clusters", "cluster \(clusterName) has no server", "Add its URL")
        }
        var choice = Choice(server: server)
        choice.namespace = context["namespace"]?.string
        choice.authority = try authority(cluster)
        if let user = context["user"]?.string {
            choice.token = try token(try entry("users", "user", user), user)
        }
        return choice
    }

    private func entry(_ list: String, _ kind: String, _ name: String) throws(Refusal) -> JSON {
        let entries = root[list]?.elements ?? []
        if let found = entries.first(where: { $0["name"]?.string == name })?[kind] { return found }
        let known = entries.compactMap { $0["name"]?.string }
        let close = nearest(name, among: known) ?? known.first
        throw refusal(
            list, "there is no \(kind) \"\(name)\"",
            close.map { "Use \($0)" } ?? "Add it to the file")
    }

    private func authority(_ cluster: JSON) throws(Refusal) -> String? {
        if cluster["insecure-skip-tls-verify"] == .bool(true) {
            throw refusal(
                "insecure-skip-tls-verify", "unverified connections are not supported",
                "Remove it and give certificate-authority")
        }
        if let data = cluster["certificate-authority-data"]?.string {
            guard let bytes = Base64.decode(data) else {
                throw refusal(
                    "certificate-authority-data", "the value is not Base64",
                    "Encode the PEM file with base64 -w0")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let file = cluster["certificate-authority"]?.string else { return nil }
        return try UserFile.readText(beside(file), field: "certificate-authority")
    }

    private func token(_ user: JSON, _ name: String) throws(Refusal) -> String? {
        if let token = user["token"]?.string { return token }
        if let file = user["tokenFile"]?.string {
            return try Access.token(from: beside(file), field: "tokenFile")
        }
        guard let other = user.members.first else { return nil }
        throw refusal(
            "users", "user \(name) logs in by \(other.key), which is not supported",
            "Use token or tokenFile")
    }

    /// Relative paths count from the folder that holds the file.
    private func beside(_ file: String) -> String {
        guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
        return path[...slash] + file
    }

    private func refusal(_ field: String, _ finding: String, _ remedy: String) -> Refusal {
        Refusal(.invalid, field: "\(path): \(field)", finding: finding, remedy: remedy)
    }
}

extension KubeConfig {
    /// A kubeconfig with one cluster, one user and one context, all of the name `muster`.
    public static func make(
        server: String, authority: String?, token: String, namespace: String
    ) -> JSON {
        var cluster: JSON = ["server": .string(server)]
        if let authority {
            cluster["certificate-authority-data"] = .string(Base64.encode(Array(authority.utf8)))
        }
        let context: JSON = [
            "cluster": "muster", "user": "muster", "namespace": .string(namespace),
        ]
        return [
            "apiVersion": "v1", "kind": "Config",
            "clusters": [["name": "muster", "cluster": cluster]],
            "users": [["name": "muster", "user": ["token": .string(token)]]],
            "contexts": [["name": "muster", "context": context]],
            "current-context": "muster",
        ]
    }
}
