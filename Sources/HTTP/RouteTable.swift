/// Finds the endpoint of a path by exact segments; built once, then only read.
///
/// A pattern is a path whose segments are literal or `{name}`; a literal segment wins over a
/// parameter. A trailing slash on the request is forgiven, since some clients send one.
public struct RouteTable<Endpoint: Sendable>: Sendable {
    /// What looking a path up came to.
    public enum Outcome: Sendable {
        case found(Endpoint, captures: Captures)
        /// The path exists, the method does not: answer 405 with these in `Allow`.
        case wrongMethod(MethodSet)
        case notFound
        /// A captured segment holds an escape that is no UTF-8; answer 400.
        case malformed
    }

    /// The decoded `{name}` segments of a match.
    public struct Captures: Sendable {
        let names: [String]
        let values: [String]

        /// The segment captured under that name; the pattern decides which there are.
        public subscript(name: String) -> String? {
            names.firstIndex(of: name).map { values[$0] }
        }
    }

    private struct Node: Sendable {
        var literals: [(text: String, node: Int)] = []
        var parameter: Int?
        var endpoints: [(method: Method, endpoint: Endpoint, names: [String])] = []
    }

    /// One route as it was added.
    public struct Route: Sendable {
        public let method: Method
        public let pattern: String
        public let endpoint: Endpoint
    }

    private var nodes = [Node()]
    /// All routes, in the order in which they were added.
    public private(set) var routes: [Route] = []

    public init() {}

    /// Adds a route; the same method and shape twice is a programmer's error.
    public mutating func add(_ method: Method, _ pattern: String, _ endpoint: Endpoint) {
        var node = 0
        var names: [String] = []
        for segment in pattern.utf8.split(separator: UInt8(ascii: "/")) {
            if segment.first == UInt8(ascii: "{"), segment.last == UInt8(ascii: "}") {
                names.append(String(Substring(segment.dropFirst().dropLast())))
                node = parameterChild(of: node)
            } else {
                node = literalChild(of: node, String(Substring(segment)))
            }
        }
        let isTaken = nodes[node].endpoints.contains { $0.method == method }
        precondition(!isTaken, "route \(method.token) \(pattern) was added twice")
        nodes[node].endpoints.append((method, endpoint, names))
        routes.append(Route(method: method, pattern: pattern, endpoint: endpoint))
    }

    /// Finds the endpoint for a checked path; HEAD falls back to GET.
    public func match(_ method: Method, _ path: String) -> Outcome {
        var captured: [Range<Int>] = []
        let bytes = path.utf8.span
        guard let node = descend(from: 0, bytes, at: 1, &captured) else { return .notFound }
        let endpoints = nodes[node].endpoints
        let exact = endpoints.first { $0.method == method }
        let fallback = method == .head ? endpoints.first { $0.method == .get } : nil
        guard let route = exact ?? fallback else { return .wrongMethod(allowed(at: node)) }
        var values: [String] = []
        for range in captured {
            guard let text = PathRules.decode(bytes.extracting(range)) else { return .malformed }
            values.append(text)
        }
        return .found(route.endpoint, captures: Captures(names: route.names, values: values))
    }

    private func allowed(at node: Int) -> MethodSet {
        var methods = MethodSet()
        for route in nodes[node].endpoints {
            methods.insert(route.method)
            if route.method == .get { methods.insert(.head) }
        }
        return methods
    }

    /// Walks down from a node; backs up where a literal leads nowhere but a parameter would.
    private func descend(
        from node: Int, _ path: Span<UInt8>, at start: Int, _ captured: inout [Range<Int>]
    ) -> Int? {
        guard start < path.count else { return nodes[node].endpoints.isEmpty ? nil : node }
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        let segment = path.extracting(start..<end)
        for child in nodes[node].literals where segment.spells(child.text) {
            if let found = descend(from: child.node, path, at: end + 1, &captured) { return found }
        }
        guard let child = nodes[node].parameter, end > start else { return nil }
        captured.append(start..<end)
        if let found = descend(from: child, path, at: end + 1, &captured) { return found }
        captured.removeLast()
        return nil
    }

    private mutating func literalChild(of node: Int, _ text: String) -> Int {
        if let child = nodes[node].literals.first(where: { $0.text == text }) { return child.node }
        nodes.append(Node())
        nodes[node].literals.append((text, nodes.count - 1))
        return nodes.count - 1
    }

    private mutating func parameterChild(of node: Int) -> Int {
        if let child = nodes[node].parameter { return child }
        nodes.append(Node())
        nodes[node].parameter = nodes.count - 1
        return nodes.count - 1
    }
}
