import Configuration
import HTTP
import Network
import Primitives
import Wire

// What a body is, where its content type does not quite say.

extension Call {
    /// Whether the body is YAML: by its type, or by its look where curl's `-d` or `--data-binary`
    /// has named a type that it does not have.
    var hasYAML: Bool {
        let type = request.head.headers["content-type"] ?? ""
        switch type.split(separator: ";").first.map({ $0.lowercased() }) ?? "" {
        case "application/yaml", "text/yaml", "application/x-yaml": return true
        case "application/x-www-form-urlencoded":
            let first = request.body.first { $0 > 0x20 }
            return first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
        default: return false
        }
    }

    /// The body as YAML; several documents may follow one another.
    func yamlDocuments() throws(Refusal) -> [Document] {
        do throws(Refusal) {
            let found = try YAMLReader.documents(request.body)
            guard !found.isEmpty else {
                throw Refusal(
                    .malformed, finding: "the request has no body",
                    remedy: "Send the object as YAML or JSON")
            }
            return found
        } catch {
            let type = request.head.headers["content-type"] ?? ""
            guard type.hasPrefix("application/x-www-form"), !request.body.contains(0x0a) else {
                throw error
            }
            throw Refusal(
                error.reason, field: error.field, finding: error.finding,
                remedy: "Send a file with --data-binary @FILE, as curl's -d joins its lines")
        }
    }
}
