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
private enum Expansion {
    static func member(
        _ name: String, _ value: Document.Value, _ rules: MergeRules, into json: inout JSONWriter
    ) {
        guard name == "metadata" else {
            json.key("f:" + name)
            return field(value, rules.member(name), into: &json)
        }
        let own = value.members.filter { !FieldScope.isServer(metadata: $0.key) }
        guard !own.isEmpty else { return }
        json.key("f:metadata")
        json.openObject()
        members(own, rules.member(name), into: &json)
        json.closeObject()
    }

    private static func field(
        _ value: Document.Value, _ rules: MergeRules, into json: inout JSONWriter
    ) {
        json.openObject()
        switch value.kind {
        case .object where rules.rule != .atomic && value.count > 0:
            itself(into: &json)
            members(value.members, rules, into: &json)
        case .array where value.count > 0:
            elements(value, rules, into: &json)
        case .null, .bool, .number, .string, .plain, .array, .object: break
        }
        json.closeObject()
    }

    private static func itself(into json: inout JSONWriter) {
        json.key(".")
        json.openObject()
        json.closeObject()
    }

    private static func members(
        _ members: [(key: String, value: Document.Value)], _ rules: MergeRules,
        into json: inout JSONWriter
    ) {
        var order = members.indices.map { $0 }
        let isSorted = zip(members, members.dropFirst()).allSatisfy {
            byteOrder($0.key, $1.key) < 0
        }
        if !isSorted { order.sort { byteOrder(members[$0].key, members[$1].key) < 0 } }
        for place in order {
            json.key("f:" + members[place].key)
            field(members[place].value, rules.member(members[place].key), into: &json)
        }
    }

    /// Lists with names are short and few: they take the way over the tree.
    private static func elements(
        _ list: Document.Value, _ rules: MergeRules, into json: inout JSONWriter
    ) {
        guard rules.naming != nil else { return }
        let set = FieldSet(below: JSON(list), rules)
        guard !set.isEmpty else { return }
        itself(into: &json)
        set.writeSteps(into: &json)
    }
}
