import Control
import HTTP
import Network
import Primitives
import Resources
import Wire

/// How a request wants an object changed.
enum Change {
    case replace(JSON)
    case merge(JSON)
    case json(JSON)
    case strategic(JSON)
    case apply(JSON, force: Bool)

    /// Reads a patch by its content type.
    static func patch(
        _ call: Call, _ resource: Resource, _ admission: Admission
    ) throws(Refusal) -> Change {
        let type = call.request.head.headers["content-type"] ?? ""
        let bare = type.split(separator: ";").first.map { $0.lowercased() } ?? ""
        switch bare {
        case "application/merge-patch+json":
            return .merge(try object(call))
        case "application/json-patch+json":
            let patch = JSON(try Document(json: call.request.body))
            guard case .array = patch else { throw Self.malformed("a list for a JSON patch") }
            return .json(patch)
        // As with other servers, on the kinds that clients know by heart and not on our own.
        case "application/strategic-merge-patch+json"
        where KindWords.of(resource).isBuiltIn:
            return .strategic(try object(call))
        case "application/apply-patch+yaml", "application/apply-patch+json",
            "application/apply-patch":
            guard let manager = call.query["fieldManager"], !manager.isEmpty else {
                throw Refusal(
                    .malformed, field: "fieldManager", finding: "an apply names no field manager",
                    remedy: "Add ?fieldManager=NAME, so that others know whose fields these are")
            }
            let isForced = try call.flag("force") ?? false
            return .apply(JSON(try admission.document(call)), force: isForced)
        default:
            throw Refusal(
                .unsupportedMediaType, field: "Content-Type",
                finding: "\"\(bare.prefix(80))\" is not a patch that is understood here",
                remedy: "Use application/merge-patch+json, application/json-patch+json or "
                    + "application/apply-patch+yaml")
        }
    }

    private static func object(_ call: Call) throws(Refusal) -> JSON {
        let patch = JSON(try Document(json: call.request.body))
        guard case .object = patch else { throw malformed("an object for a merge patch") }
        return patch
    }

    private static func malformed(_ wanted: String) -> Refusal {
        Refusal(
            .malformed, finding: "the patch does not have the form of its content type",
            remedy: "Send \(wanted)")
    }

    /// The version that the request insists on; nil where any will do. A JSON patch that looks at
    /// the version insists on the one it was tried against.
    func version(at present: UInt64) throws(Refusal) -> UInt64? {
        let named: String?
        switch self {
        case .replace(let object), .merge(let object), .strategic(let object),
            .apply(let object, _):
            named = object["metadata"]?["resourceVersion"]?.string
        case .json(let patch):
            let looks = patch.elements.contains {
                $0["path"]?.string == "/metadata/resourceVersion"
            }
            named = looks ? "\(present)" : nil
        }
        guard let named, !named.isEmpty else { return nil }
        guard let number = UInt64(named) else {
            throw Refusal(
                .malformed, field: "metadata.resourceVersion",
                finding: "\"\(named.prefix(40))\" is no version",
                remedy: "Send the resourceVersion that you have read")
        }
        return number
    }

    /// A JSON patch finds out by its own tests that it came too late, and says which.
    var testsForItself: Bool {
        if case .json = self { true } else { false }
    }

    /// The object as this change would have it; an apply is merged by its own rules.
    func made(of current: JSON, kind: String) throws(Refusal) -> JSON {
        switch self {
        case .replace(let object): return object
        case .merge(let patch): return current.merging(patch)
        case .json(let patch): return try current.applying(jsonPatch: patch)
        case .strategic(let patch):
            return try current.applying(strategicMerge: patch, kind: kind)
        case .apply: preconditionFailure("an apply is merged with regard to owners")
        }
    }
}

extension Call {
    func flag(_ name: String) throws(Refusal) -> Bool? {
        do throws(QueryFailure) {
            return try query.flag(name)
        } catch {
            throw Refusal(
                .malformed, field: name, finding: error.description, remedy: "Use true or false")
        }
    }
}
