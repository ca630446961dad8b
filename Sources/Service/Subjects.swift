import Primitives
import Wire

extension Call {
    /// The object that the call is about. Where the path does not name it, the body may; that is
    /// read again, which only a refusal costs.
    func subject(of refusal: Refusal) -> StatusJSON.Subject? {
        guard let resource = endpoint.resource else { return nil }
        var named = name ?? ""
        if named.isEmpty, refusal.reason == .invalid || refusal.reason == .alreadyExists,
            let document = try? Admission.document(self)
        {
            named = document.root["metadata"]?["name"]?.string ?? ""
        }
        return StatusJSON.Subject(words: KindWords.of(resource), name: named)
    }
}
