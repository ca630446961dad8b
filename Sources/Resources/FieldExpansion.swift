public import Wire

// Spelling out short entries while an object is being written: straight from its parsed text.

extension ManagedFields {
    /// Writes the list as clients see it, as the next value; short entries are spelled out.
    ///
    /// The object comes in pieces, as it is stored: what of `metadata` is stored, and the members
    /// beside it by name, such as `spec`. Members that cannot be owned are passed over.
    public func write(
        metadata: Document.Value?, members: [(name: String, value: Document.Value)],
        _ rules: MergeRules, into json: inout JSONWriter
    ) {
        json.openArray()
        for entry in entries {
            entry.write(into: &json) { json in
                json.key("fieldsV1")
                if let fields = entry.fields { return fields.write(into: &json) }
                let scope = FieldScope(subresource: entry.subresource)
                var pieces = members.filter { $0.name != "metadata" && scope.holds($0.name) }
                if let metadata, scope.holds("metadata") { pieces.append(("metadata", metadata)) }
                pieces.sort { byteOrder($0.name, $1.name) < 0 }
                json.openObject()
                for (name, value) in pieces {
                    Expansion.member(name, value, rules, into: &json)
                }
                json.closeObject()
            }
        }
        json.closeArray()
    }

    /// The same for an object in one piece.
    public func write(
        over object: Document.Value, _ rules: MergeRules, into json: inout JSONWriter
    ) {
        write(
            metadata: object["metadata"], members: object.members.map { ($0.key, $0.value) }, rules,
            into: &json)
    }

    /// The list as clients see it, as a tree.
    public func json(over object: JSON, _ rules: MergeRules) -> JSON {
        expanded(over: object, rules).storedJSON
    }
}

/// FieldsV1 of all that a value holds, without a set in between.
private struct Expansion {
    private let document: Document

    static func member(
        _ name: String, _ value: Document.Value, _ rules: MergeRules, into json: inout JSONWriter
    ) {
        let (document, place) = value.place
        let expansion = Expansion(document: document)
        guard name == "metadata" else {
            json.key("f:" + name)
            return expansion.field(place, rules.member(name), into: &json)
        }
        let own = document.members(at: place).filter { !FieldScope.isServer(metadata: $0.key) }
        guard !own.isEmpty else { return }
        json.key("f:metadata")
        json.openObject()
        expansion.members(own, rules.member(name), into: &json)
        json.closeObject()
    }

    private func field(
        _ place: Document.Place, _ rules: MergeRules, into json: inout JSONWriter
    ) {
        json.openObject()
        switch document.kind(at: place) {
        case .object where !rules.isAtomic:
            let inner = document.members(at: place)
            if !inner.isEmpty {
                Self.itself(into: &json)
                members(inner, rules, into: &json)
            }
        case .array: elements(document.elements(at: place), rules, into: &json)
        case .null, .bool, .number, .string, .plain, .object: break
        }
        json.closeObject()
    }

    private static func itself(into json: inout JSONWriter) {
        json.key(".")
        json.openObject()
        json.closeObject()
    }

    private func members(
        _ members: [(key: String, value: Document.Place)], _ rules: MergeRules,
        into json: inout JSONWriter
    ) {
        var members = members
        members.sort { byteOrder($0.key, $1.key) < 0 }
        for (key, value) in members {
            json.key("f:" + key)
            field(value, rules.member(key), into: &json)
        }
    }

    private func elements(
        _ places: [Document.Place], _ rules: MergeRules, into json: inout JSONWriter
    ) {
        guard !places.isEmpty, let naming = rules.naming else { return }
        var items: [(step: FieldStep, place: Document.Place)] = []
        items.reserveCapacity(places.count)
        for (index, place) in places.enumerated() {
            guard let step = step(of: place, at: index, naming) else { return }
            items.append((step, place))
        }
        items.sort { $0.step < $1.step }
        let inner = rules.elements
        Self.itself(into: &json)
        for (index, item) in items.enumerated() {
            let isBehindItsLike = index > 0 && items[index - 1].step == item.step
            let isBeforeItsLike = index + 1 < items.count && items[index + 1].step == item.step
            if isBehindItsLike { continue }
            json.key(item.step.text)
            // Elements that share a key are owned together.
            field(item.place, isBeforeItsLike ? .atom : inner, into: &json)
        }
    }

    private func step(
        of place: Document.Place, at index: Int, _ naming: MergeRules.Naming
    ) -> FieldStep? {
        let element = document.value(at: place)
        let step = MergeRules.step(at: index, naming, whole: { JSON(element) }) { key in
            element[key].map { JSON($0) }
        }
        return try? step.get()
    }
}
