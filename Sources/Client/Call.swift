public import HTTP
public import Wire

/// One request of the API, apart from who sends it.
public struct Call: Sendable {
    public var method: Method
    /// Segments are percent-encoded already; see ``percentEncoded(_:)``.
    public var path: String
    public var query: [(name: String, value: String)] = []
    public var body: [UInt8] = []
    public var contentType = "application/json"
    public var accept = "application/json"
    /// Makes a POST safe to repeat: the server answers the same to the same key.
    public var idempotencyKey: String?
    /// Says that this POST or PATCH does no more when it is sent twice.
    public var isHarmlessTwice = false

    public init(_ method: Method, _ path: String) {
        self.method = method
        self.path = path
    }

    /// A request with a JSON body.
    public init(_ method: Method, _ path: String, _ body: JSON) {
        self.init(method, path)
        self.body = body.encode()
        if method == .patch { contentType = "application/merge-patch+json" }
    }

    /// The same request with one more parameter.
    public func asking(_ name: String, _ value: String?) -> Call {
        guard let value else { return self }
        var call = self
        call.query.append((name, value))
        return call
    }

    /// The same request, answered as a table where the server can.
    public func asTable(_ isTable: Bool = true) -> Call {
        var call = self
        if isTable {
            call.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        }
        return call
    }

    var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { "\($0.name)=\(percentEncoded($0.value))" }
        return "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// Whether sending it twice does what sending it once does.
    var mayRepeat: Bool { method.isIdempotent || idempotencyKey != nil || isHarmlessTwice }
}
