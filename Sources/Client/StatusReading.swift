public import Primitives
public import Wire

extension Refusal {
    /// What a `Status` object says, or the bare status code where the body is something else.
    public init(status code: Int, body: [UInt8]) {
        let tree: JSON
        do throws(Refusal) {
            tree = JSON(try Document(json: body))
        } catch {
            // Not an answer of ours: a proxy's page, perhaps. The code alone must do.
            tree = .null
        }
        self.init(status: tree, code: code)
    }

    /// What a `Status` object says; `code` is used where it does not say enough.
    public init(status: JSON, code: Int) {
        let word = status["reason"]?.string
        let reason =
            Reason.allCases.first { $0.word == word }
            ?? Reason.allCases.first { $0.statusCode == code }
            ?? (code >= 500 ? .internalFailure : .malformed)
        let causes = status["details"]?["causes"]?.elements ?? []
        let field = causes.first?["field"]?.string ?? ""
        let message = status["message"]?.string ?? "the server answered with status \(code)"
        // Where several fields are wrong, each cause is a sentence of its own.
        let isOne = causes.count < 2
        let first = isOne ? message : causes.first?["message"]?.string ?? message
        var (finding, remedy) = Self.split(first, field: field)
        if remedy.isEmpty { remedy = Self.remedy(for: reason) }
        let also = causes.dropFirst(1).prefix(Defects.most).map { cause in
            let (finding, remedy) = Self.split(cause["message"]?.string ?? "", field: "")
            return Refusal(
                reason, field: cause["field"]?.string ?? "", finding: finding, remedy: remedy)
        }
        self.init(reason, field: field, finding: finding, remedy: remedy, also: also)
    }

    /// Messages of ours read `field: finding. Remedy.`; of others they are one finding.
    private static func split(_ message: String, field: String) -> (String, String) {
        var rest = Substring(message)
        if !field.isEmpty, rest.hasPrefix("\(field): ") { rest = rest.dropFirst(field.count + 2) }
        var previous = rest.startIndex
        for index in rest.indices.dropLast() {
            let isEnd = rest[previous] == "." && rest[index] == " "
            let next = rest[rest.index(after: index)]
            if isEnd, next.isLetter {
                let remedy = rest[rest.index(after: index)...]
                return (
                    String(rest[..<previous]),
                    String(remedy.hasSuffix(".") ? remedy.dropLast() : remedy)
                )
            }
            previous = index
        }
        return (String(rest.hasSuffix(".") ? rest.dropLast() : rest), "")
    }

    private static func remedy(for reason: Reason) -> String {
        switch reason {
        case .unauthorized: "Check the token: muster whoami shows where it was found"
        case .forbidden: "Use a token that may do this"
        case .notFound: "Check the name and the namespace"
        case .alreadyExists: "Choose another name"
        case .conflict: "Read the object again and repeat the change"
        case .gone: "Start again from a fresh list"
        case .tooManyRequests, .unavailable, .timeout: "Try again in a moment"
        case .internalFailure, .insufficientStorage: "Look into the server's log"
        default: "Correct the request"
        }
    }
}
