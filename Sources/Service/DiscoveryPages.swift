import Wire

// The documents of discovery: one by one for clients before 1.27, all at once for later ones.

/// Groups, versions and resources, a document for each.
enum PlainDiscovery {
    static func coreVersions() -> [UInt8] {
        var json = JSONWriter()
        json.openObject()
        json.member("kind", "APIVersions")
        json.member(
            "versions", KindWords.groups.first { $0.name.isEmpty }?.versions ?? [])
        json.member("serverAddressByClientCIDRs", [])
        json.closeObject()
        return json.bytes
    }

    static func groups() -> [UInt8] {
        var json = JSONWriter()
        ObjectJSON.open("APIGroupList", "v1", into: &json)
        json.key("groups")
        json.openArray()
        for found in KindWords.groups where !found.name.isEmpty {
            json.raw(group(found, isWhole: false))
        }
        json.closeArray()
        json.closeObject()
        return json.bytes
    }

    /// One group; as a whole document it names its own kind.
    static func group(_ group: KindWords.APIGroup, isWhole: Bool) -> [UInt8] {
        func write(_ groupVersion: String, into json: inout JSONWriter) {
            json.openObject()
            json.member("groupVersion", groupVersion)
            json.member("version", bare(groupVersion))
            json.closeObject()
        }
        var json = JSONWriter()
        if isWhole { ObjectJSON.open("APIGroup", "v1", into: &json) } else { json.openObject() }
        json.member("name", group.name)
        json.key("versions")
        json.openArray()
        for version in group.versions { write(version, into: &json) }
        json.closeArray()
        if let preferred = group.versions.first {
            json.key("preferredVersion")
            write(preferred, into: &json)
        }
        json.closeObject()
        return json.bytes
    }

    /// `v1` of `muster.dev/v1`.
    static func bare(_ groupVersion: String) -> String {
        groupVersion.split(separator: "/").last.map(String.init) ?? groupVersion
    }

    static func resources(of groupVersion: String) -> [UInt8] {
        var json = JSONWriter()
        ObjectJSON.open("APIResourceList", "v1", into: &json)
        json.member("groupVersion", groupVersion)
        json.key("resources")
        json.openArray()
        for words in KindWords.all where words.apiVersion == groupVersion {
            write(words, into: &json)
            for part in words.subresources { write(part, of: words, into: &json) }
        }
        json.closeArray()
        json.closeObject()
        return json.bytes
    }

    private static func write(_ words: KindWords, into json: inout JSONWriter) {
        json.openObject()
        json.member("name", words.plural)
        json.member("singularName", words.singular)
        json.member("namespaced", words.isNamespaced)
        json.member("kind", words.kind)
        json.member("verbs", words.verbs)
        if !words.shortNames.isEmpty { json.member("shortNames", words.shortNames) }
        if !words.categories.isEmpty { json.member("categories", words.categories) }
        json.closeObject()
    }

    private static func write(
        _ part: Subresource, of words: KindWords, into json: inout JSONWriter
    ) {
        json.openObject()
        json.member("name", "\(words.plural)/\(part.name)")
        json.member("singularName", "")
        json.member("namespaced", words.isNamespaced)
        if part.apiVersion != words.apiVersion {
            json.member("group", part.group)
            json.member("version", bare(part.apiVersion))
        }
        json.member("kind", part.kind)
        json.member("verbs", part.actions.map(\.verb))
        json.closeObject()
    }
}

/// Everything in two documents: the core group, and all named ones.
enum AggregatedDiscovery {
    static func core(_ apiVersion: String) -> [UInt8] {
        list(apiVersion, KindWords.groups.filter(\.name.isEmpty))
    }

    static func named(_ apiVersion: String) -> [UInt8] {
        list(apiVersion, KindWords.groups.filter { !$0.name.isEmpty })
    }

    private static func list(_ apiVersion: String, _ groups: [KindWords.APIGroup]) -> [UInt8] {
        var json = JSONWriter(capacity: 8192)
        ObjectJSON.open("APIGroupDiscoveryList", apiVersion, into: &json)
        json.key("metadata")
        json.openObject()
        json.closeObject()
        json.key("items")
        json.openArray()
        for group in groups {
            json.openObject()
            json.key("metadata")
            json.openObject()
            if !group.name.isEmpty { json.member("name", group.name) }
            json.closeObject()
            json.key("versions")
            json.openArray()
            for version in group.versions { write(version, into: &json) }
            json.closeArray()
            json.closeObject()
        }
        json.closeArray()
        json.closeObject()
        return json.bytes
    }

    private static func write(_ groupVersion: String, into json: inout JSONWriter) {
        json.openObject()
        json.member("version", PlainDiscovery.bare(groupVersion))
        json.key("resources")
        json.openArray()
        for words in KindWords.all where words.apiVersion == groupVersion {
            write(words, into: &json)
        }
        json.closeArray()
        json.member("freshness", "Current")
        json.closeObject()
    }

    private static func write(_ words: KindWords, into json: inout JSONWriter) {
        json.openObject()
        json.member("resource", words.plural)
        writeKind(words.group, words.version, words.kind, into: &json)
        json.member("scope", words.isNamespaced ? "Namespaced" : "Cluster")
        json.member("singularResource", words.singular)
        json.member("verbs", words.verbs)
        if !words.shortNames.isEmpty { json.member("shortNames", words.shortNames) }
        if !words.categories.isEmpty { json.member("categories", words.categories) }
        if !words.subresources.isEmpty {
            json.key("subresources")
            json.openArray()
            for part in words.subresources {
                json.openObject()
                json.member("subresource", part.name)
                writeKind(
                    part.group, PlainDiscovery.bare(part.apiVersion), part.kind, into: &json)
                json.member("verbs", part.actions.map(\.verb))
                json.closeObject()
            }
            json.closeArray()
        }
        json.closeObject()
    }

    private static func writeKind(
        _ group: String, _ version: String, _ kind: String, into json: inout JSONWriter
    ) {
        json.key("responseKind")
        json.openObject()
        json.member("group", group)
        json.member("version", version)
        json.member("kind", kind)
        json.closeObject()
    }
}
