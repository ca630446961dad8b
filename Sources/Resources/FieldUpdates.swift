public import Primitives
public import Wire

// Ownership after POST, PUT and PATCH: whoever changes a field owns it, and nobody else does.

extension ManagedFields {
    /// Who owns what after `author` has turned `live` into `new` by PUT or PATCH.
    ///
    /// Takes a list of managed fields in `new` for what its sender wants them to be: a list with
    /// one empty entry forgets all owners, an empty or missing list changes nothing. Both objects
    /// may be whole; what cannot be owned is passed over.
    public func revised(
        from live: JSON, to new: JSON, by author: FieldAuthor, _ rules: MergeRules
    ) throws(Refusal) -> ManagedFields {
        guard author.subresource.isEmpty, let sent = new["metadata"]?["managedFields"] else {
            return updated(from: live, to: new, by: author, rules)
        }
        return try replaced(bySent: sent, over: live, rules)
            .updated(from: live, to: new, by: author, rules)
    }

    /// What a list that a client sent makes of this one.
    private func replaced(
        bySent json: JSON, over live: JSON, _ rules: MergeRules
    ) throws(Refusal) -> ManagedFields {
        if json.means(.array([.object([])])) { return ManagedFields() }
        if json.means(storedJSON) { return self }
        let sent = try ManagedFields(sent: json)
        // Most clients send back what they have read: then the short form is kept.
        return sent.isEmpty || sent == expanded(over: live, rules) ? self : sent
    }

    /// Who owns what after `author` has turned `live` into `new`, whatever was sent.
    public func updated(
        from live: JSON, to new: JSON, by author: FieldAuthor, _ rules: MergeRules
    ) -> ManagedFields {
        let scope = FieldScope(subresource: author.subresource)
        let change = FieldComparison(
            of: scope.part(of: live), with: scope.part(of: new), rules)
        guard !change.isEmpty else { return self }
        let touched = change.added.union(change.modified)
        if entries.count == 1, entries[0].fields == nil, entries[0].belongs(to: author, .update) {
            // The one writer goes on and still owns everything.
            var same = self
            if !touched.isEmpty { same.entries[0].time = author.time }
            return same
        }
        return expanded(over: live, rules)
            .handing(touched, without: change.removed, to: author, .update)
            .capped()
    }

    /// Gives fields to one owner and takes them from all others; what was removed has no owner.
    func handing(
        _ touched: FieldSet, without removed: FieldSet, to author: FieldAuthor,
        _ operation: Operation
    ) -> ManagedFields {
        let lost = touched.union(removed)
        var kept: [Entry] = []
        var hasOwner = false
        for var entry in entries {
            guard let fields = entry.fields else { continue }
            if entry.belongs(to: author, operation) {
                hasOwner = true
                entry.fields = fields.subtracting(removed).union(touched)
                if !touched.isEmpty { entry.time = author.time }
            } else {
                entry.fields = fields.subtracting(lost)
            }
            if entry.fields?.isEmpty == false { kept.append(entry) }
        }
        if !hasOwner, !touched.isEmpty { kept.append(Entry(author, operation, touched)) }
        return ManagedFields(entries: kept)
    }

    /// Merges the oldest updates into one entry of a common name while there are too many.
    func capped() -> ManagedFields {
        var surplus = entries.count { $0.operation == .update } - Self.updatesMax
        guard surplus > 0 else { return self }
        var kept = entries.filter { $0.operation == .apply }
        var oldest: [Entry] = []
        for entry in entries where entry.operation == .update {
            let place = oldest.firstIndex { byteOrder($0.apiVersion, entry.apiVersion) == 0 }
            if surplus > 0, let place {
                oldest[place].manager = "ancient-changes"
                oldest[place].subresource = ""
                oldest[place].time = entry.time
                let fields = oldest[place].fields ?? FieldSet()
                oldest[place].fields = fields.union(entry.fields ?? FieldSet())
                surplus -= 1
            } else if surplus > 0 {
                oldest.append(entry)
            } else {
                kept.append(entry)
            }
        }
        for entry in oldest { Self.gather(entry, into: &kept) }
        return ManagedFields(entries: kept)
    }
}
