import Primitives
import Wire

/// Keeps what users wrote as they wrote it.
///
/// Appliers compare what they send with what is stored, and lists they compare whole: a `2` stored
/// as `"2"`, or a default put into a list, would be a change forever.
enum Spelling {
    /// The checked content in the words of what was sent. Defaults stay where they were filled in
    /// but not within lists; there only names are needed, for others to refer to.
    static func kept(_ content: [UInt8], as sent: Document.Value?) throws(Refusal) -> [UInt8] {
        guard let sent else { return content }
        let checked = try Document(json: content, limits: .trusted)
        var json = JSONWriter(capacity: content.count + 64)
        write(checked.root, as: sent, isInList: false, into: &json)
        return json.bytes
    }

    /// What was said, and what it means.
    struct Words {
        let said: JSON
        let meant: JSON

        init(_ proposal: Proposal) throws(Refusal) {
            said = JSON(try Document(json: proposal.content, limits: .trusted))
            meant = JSON(try Document(json: proposal.meaning, limits: .trusted))
        }

        fileprivate init(said: JSON, meant: JSON) {
            self.said = said
            self.meant = meant
        }
    }

    /// What `new` says, in the old words wherever both mean the same: `1000m` does not replace `1`.
    static func agreeing(_ new: Words, with old: Words) -> JSON {
        guard new.meant != old.meant else { return old.said }
        switch (new.said, old.said) {
        case (.object(let members), .object):
            return .object(
                members.map { member in
                    guard let meant = new.meant[member.key], let oldSaid = old.said[member.key],
                        let oldMeant = old.meant[member.key]
                    else { return member }
                    return JSON.Member(
                        member.key,
                        agreeing(
                            Words(said: member.value, meant: meant),
                            with: Words(said: oldSaid, meant: oldMeant)))
                })
        case (.array(let elements), .array(let olds)) where elements.count == olds.count:
            let meanings = zip(new.meant.elements, old.meant.elements)
            guard new.meant.elements.count == elements.count,
                old.meant.elements.count == elements.count
            else { return new.said }
            return .array(
                zip(zip(elements, olds), meanings).map { said, meant in
                    agreeing(
                        Words(said: said.0, meant: meant.0),
                        with: Words(said: said.1, meant: meant.1))
                })
        default: return new.said
        }
    }

    private static func write(
        _ content: Document.Value, as sent: Document.Value, isInList: Bool,
        into json: inout JSONWriter
    ) {
        switch content.kind {
        case .object:
            let given = sent.members
            json.openObject()
            for (key, value) in content.members {
                if let match = given.first(where: { $0.key == key }), match.value.kind != .null {
                    json.key(key)
                    write(value, as: match.value, isInList: isInList, into: &json)
                } else if !isInList || key == "name" {
                    json.key(key)
                    json.json(JSON(value))
                }
            }
            json.closeObject()
        case .array:
            let elements = content.elements
            let given = sent.elements
            guard given.count == elements.count else { return json.json(JSON(content)) }
            json.openArray()
            for (element, match) in zip(elements, given) {
                write(element, as: match, isInList: true, into: &json)
            }
            json.closeArray()
        case .string:
            // A bare word of YAML is text here, whatever else it might be.
            if let text = sent.string { return json.string(text) }
            let given = JSON(sent)
            if case .number = given { return json.json(given) }
            json.json(JSON(content))
        case .null, .bool, .number, .plain: json.json(JSON(content))
        }
    }
}
