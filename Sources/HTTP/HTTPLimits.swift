/// The bounds of one request, in bytes unless said otherwise.
public struct HTTPLimits: Sendable {
    public var requestLine = 8 * 1024
    public var head = 32 * 1024
    /// Number of header fields.
    public var fields = 100
    public var chunkExtensions = 4 * 1024
    public var trailers = 8 * 1024

    public init() {}

    /// The limit of ordinary JSON and YAML bodies.
    public static let body = 1 << 20
}

/// Why bytes were refused: the status to answer, after which the connection has to end.
public struct FramingFailure: Error, Hashable, Sendable {
    public let status: Int
    /// Lower case, without full stop; says what was seen.
    public let finding: String

    public init(_ status: Int, _ finding: String) {
        self.status = status
        self.finding = finding
    }
}
