/// The request methods that are known; any other token is answered with 501.
public enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options

    /// The token on the wire.
    public var token: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        }
    }

    /// Whether sending the request twice does what sending it once does.
    public var isIdempotent: Bool { self != .post && self != .patch }

    /// The method with exactly this token; methods are case-sensitive.
    init?(_ bytes: Span<UInt8>) {
        switch bytes.count {
        case 3:
            if bytes.spells("GET") {
                self = .get
            } else if bytes.spells("PUT") {
                self = .put
            } else {
                return nil
            }
        case 4:
            if bytes.spells("POST") {
                self = .post
            } else if bytes.spells("HEAD") {
                self = .head
            } else {
                return nil
            }
        case 5:
            guard bytes.spells("PATCH") else { return nil }
            self = .patch
        case 6:
            guard bytes.spells("DELETE") else { return nil }
            self = .delete
        case 7:
            guard bytes.spells("OPTIONS") else { return nil }
            self = .options
        default: return nil
        }
    }
}

/// A few methods, as one byte.
public struct MethodSet: Hashable, Sendable, BitwiseCopyable {
    private var bits: UInt8 = 0

    public init() {}

    public var isEmpty: Bool { bits == 0 }

    /// Whether the method is one of these.
    public func contains(_ method: Method) -> Bool { bits & (1 << method.rawValue) != 0 }

    /// Adds a method; adding it twice changes nothing.
    public mutating func insert(_ method: Method) { bits |= 1 << method.rawValue }

    /// The value of an `Allow` header, such as `GET, HEAD`.
    public var allowed: String {
        Method.allCases.filter(contains).map(\.token).joined(separator: ", ")
    }
}
