import Primitives
import Wire

/// Kubernetes `Status` objects.
enum StatusJSON {
    /// The object that a request was about, as far as is known.
    struct Subject {
        let words: KindWords
        let name: String
    }

    static func failure(_ refusal: Refusal, about subject: Subject? = nil) -> [UInt8] {
        write(
            code: refusal.reason.statusCode, reason: refusal.reason.word,
            message: refusal.description,
            causes: ([refusal] + refusal.also).filter { !$0.field.isEmpty }, about: subject)
    }

    static func failure(code: Int, message: String) -> [UInt8] {
        let reason = Refusal.Reason.allCases.first { $0.statusCode == code }
        return write(code: code, reason: reason?.word ?? "BadRequest", message: message, causes: [])
    }

    /// The beginning that all have in common; the caller closes the object.
    private static func opened(_ outcome: String) -> JSONWriter {
        var json = JSONWriter(capacity: 512)
        ObjectJSON.open("Status", "v1", into: &json)
        json.key("metadata")
        json.openObject()
        json.closeObject()
        json.member("status", outcome)
        return json
    }

    /// Somebody has seen a version that is not reached here yet.
    static func ahead(asked: UInt64, newest: UInt64) -> [UInt8] {
        var json = opened("Failure")
        json.member("message", "Too large resource version: \(asked), current: \(newest)")
        json.member("reason", "Timeout")
        json.key("details")
        json.openObject()
        json.key("causes")
        json.openArray()
        json.openObject()
        // Clients know the case by these words and list without a version then.
        json.member("reason", "ResourceVersionTooLarge")
        json.member("message", "Too large resource version")
        json.member("field", "resourceVersion")
        json.closeObject()
        json.closeArray()
        json.member("retryAfterSeconds", 1)
        json.closeObject()
        json.member("code", 504)
        json.closeObject()
        return json.bytes
    }

    /// `causes` are whole sentences: kubectl shows them instead of the message.
    private static func write(
        code: Int, reason: String, message: String, causes: [Refusal], about subject: Subject? = nil
    ) -> [UInt8] {
        var json = opened("Failure")
        json.member("message", message)
        json.member("reason", reason)
        if subject != nil || !causes.isEmpty {
            json.key("details")
            json.openObject()
            if let subject {
                // Kubectl opens with these words: The Job "x" is invalid.
                if !subject.name.isEmpty { json.member("name", subject.name) }
                if !subject.words.group.isEmpty { json.member("group", subject.words.group) }
                json.member("kind", code == 422 ? subject.words.kind : subject.words.plural)
            }
            json.key("causes")
            json.openArray()
            for cause in causes {
                json.openObject()
                json.member("field", cause.field)
                json.member("message", cause.advice)
                if cause.reason == .invalid { json.member("reason", "FieldValueInvalid") }
                json.closeObject()
            }
            json.closeArray()
            json.closeObject()
        }
        json.member("code", code)
        json.closeObject()
        return json.bytes
    }

    static func success(kind: String, group: String, name: String, uid: String) -> [UInt8] {
        var json = opened("Success")
        json.key("details")
        json.openObject()
        json.member("name", name)
        if !group.isEmpty { json.member("group", group) }
        json.member("kind", kind)
        json.member("uid", uid)
        json.closeObject()
        json.closeObject()
        return json.bytes
    }

    /// What came of the deletion of a whole list.
    static func success(words: KindWords, deleted: Int) -> [UInt8] {
        var json = opened("Success")
        json.member("message", "\(deleted) \(words.plural) deleted")
        json.key("details")
        json.openObject()
        if !words.group.isEmpty { json.member("group", words.group) }
        json.member("kind", words.plural)
        json.closeObject()
        json.closeObject()
        return json.bytes
    }
}
