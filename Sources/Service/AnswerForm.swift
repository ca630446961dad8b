import Configuration
import HTTP
import Primitives
import Wire

/// How an answer is written: for programs, for people at a terminal, or as YAML.
enum AnswerForm: UInt8 {
    /// JSON on one line, without an end of line.
    case compact
    /// JSON on one line that ends: a prompt must not stick to it.
    case line
    /// JSON over many lines.
    case indented
    case yaml

    /// Larger answers stay on one line; as YAML they are refused, since writing them takes seconds.
    static let longest = 4 << 20

    /// As the head asks for it: `pretty` decides about JSON, and curl gets lines unless told.
    init(_ head: RequestHead) {
        if let accept = head.headers["accept"], accept.lowercased().contains("yaml"),
            Accept(head.headers).prefersYAML
        {
            self = .yaml
            return
        }
        let isTerminal = ["curl/", "Wget/"].contains {
            head.headers["user-agent"]?.hasPrefix($0) ?? false
        }
        // Both are rare, and most requests have no query at all.
        if head.query.utf8.count >= 6, head.query.contains("pretty"),
            let query = try? Query(head.query), let pretty = query["pretty"]
        {
            self = pretty == "true" || pretty == "1" ? .indented : isTerminal ? .line : .compact
        } else {
            self = isTerminal ? .indented : .compact
        }
    }

    /// The body in this form, and what that is.
    func dress(_ json: [UInt8]) -> (bytes: [UInt8], type: String, isTooLong: Bool) {
        switch self {
        case .compact: return (json, "application/json", false)
        case .line: return (json + [0x0a], "application/json", false)
        case .indented:
            guard json.count <= Self.longest, let tree = tree(json) else {
                return (json + [0x0a], "application/json", false)
            }
            return (Array(PrettyJSON.text(tree).utf8), "application/json", false)
        case .yaml:
            guard json.count <= Self.longest, let tree = tree(json) else {
                let refusal = StatusJSON.failure(
                    Refusal(
                        .notAcceptable, field: "Accept",
                        finding: "the answer is too long for YAML",
                        remedy: "Ask for pages with limit=500, or accept application/json"))
                return (refusal + [0x0a], "application/json", true)
            }
            return (Array(YAMLWriter.text(tree).utf8), "application/yaml", false)
        }
    }

    private func tree(_ json: [UInt8]) -> JSON? {
        (try? Document(json: json, limits: .trusted)).map { JSON($0) }
    }
}

extension Headers {
    /// These fields with another content type.
    func naming(type: String) -> Headers {
        var others = Headers()
        for index in 0..<count {
            let field = field(at: index)
            if field.name.lowercased() != "content-type" { others.append(field.name, field.value) }
        }
        return others.adding("Content-Type", type)
    }
}
