/// Why a request was turned down: where, what was seen, and what would be accepted.
///
/// `finding` is lower case and has no full stop; `remedy` starts with a verb. Both reach users.
public struct Refusal: Error, Hashable, Sendable {
    /// The closed set of kinds of refusal; the HTTP status and the API's word follow from it.
    public enum Reason: UInt8, Sendable, CaseIterable {
        case malformed, unauthorized, forbidden, notFound, methodNotAllowed, notAcceptable
        case alreadyExists, conflict, gone, tooLarge, unsupportedMediaType, invalid, tooManyRequests
        case internalFailure, unavailable, timeout, insufficientStorage, misdirected
    }

    public let reason: Reason
    /// Path of the field, flag or header, such as `spec.roles[0].replicas`; empty for the whole.
    public let field: String
    public let finding: String
    public let remedy: String
    /// What else is wrong with the same object, in its order; these have no others of their own.
    public let also: [Refusal]

    public init(
        _ reason: Reason, field: String = "", finding: String, remedy: String, also: [Refusal] = []
    ) {
        self.reason = reason
        self.field = field
        self.finding = finding
        self.remedy = remedy
        self.also = also
    }

    /// The same refusal seen from one level up: `prefix` is put before the field's path.
    public func under(_ prefix: String) -> Refusal {
        let joined: String
        if field.isEmpty {
            joined = prefix
        } else {
            joined = field.utf8.first == UInt8(ascii: "[") ? prefix + field : "\(prefix).\(field)"
        }
        return Refusal(
            reason, field: joined, finding: finding, remedy: remedy,
            also: also.map { $0.under(prefix) })
    }
}

extension Refusal: CustomStringConvertible {
    public var description: String {
        let first = field.isEmpty ? advice : "\(field): \(advice)"
        guard !also.isEmpty else { return first }
        let named = also.prefix(8).map(\.field).joined(separator: ", ")
        return "\(first) Also wrong: \(named)\(also.count > 8 ? " and more" : "")."
    }

    /// What was seen and what to do, without the field.
    public var advice: String { "\(finding). \(remedy)." }
}

extension Refusal.Reason {
    /// The HTTP status code that carries this reason.
    public var statusCode: Int {
        switch self {
        case .malformed: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .alreadyExists, .conflict: 409
        case .gone: 410
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .invalid: 422
        case .tooManyRequests: 429
        case .internalFailure: 500
        case .unavailable: 503
        case .timeout: 504
        case .insufficientStorage: 507
        case .misdirected: 421
        }
    }

    /// The reason word of a Kubernetes `Status` object.
    public var word: String {
        switch self {
        case .malformed: "BadRequest"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "NotFound"
        case .methodNotAllowed: "MethodNotAllowed"
        case .notAcceptable: "NotAcceptable"
        case .alreadyExists: "AlreadyExists"
        case .conflict: "Conflict"
        case .gone: "Expired"
        case .tooLarge: "RequestEntityTooLarge"
        case .unsupportedMediaType: "UnsupportedMediaType"
        case .invalid: "Invalid"
        case .tooManyRequests: "TooManyRequests"
        case .internalFailure: "InternalError"
        case .unavailable: "ServiceUnavailable"
        case .timeout: "Timeout"
        case .insufficientStorage: "InsufficientStorage"
        case .misdirected: "Misdirected"
        }
    }
}
