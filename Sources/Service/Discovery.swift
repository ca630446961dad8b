import Control
import Resources
import Wire

/// What clients ask first: versions, groups and kinds.
enum Discovery {
    /// The release; the Kubernetes level whose conventions are followed stands beside it.
    static let release = "0.1.0"

    static func version() -> [UInt8] {
        var json = JSONWriter()
        json.openObject()
        json.member("major", "1")
        json.member("minor", "32")
        json.member("gitVersion", "v1.32.0+muster-\(release)")
        json.member("platform", "linux/amd64")
        // Typed clients take a version only with all of these; there is no Go here to tell of.
        for name in ["gitCommit", "gitTreeState", "buildDate", "goVersion"] {
            json.member(name, "")
        }
        json.member("compiler", "swift")
        json.member("muster", release)
        json.closeObject()
        return json.bytes
    }

    static func coreVersions() -> [UInt8] {
        var json = JSONWriter()
        json.openObject()
        json.member("kind", "APIVersions")
        json.key("versions")
        json.openArray()
        json.string("v1")
        json.closeArray()
        json.key("serverAddressByClientCIDRs")
        json.openArray()
        json.closeArray()
        json.closeObject()
        return json.bytes
    }

    static func groups() -> [UInt8] {
        var json = JSONWriter()
        ObjectJSON.open("APIGroupList", "v1", into: &json)
        json.key("groups")
        json.openArray()
        json.raw(group())
        json.closeArray()
        json.closeObject()
        return json.bytes
    }

    static func group() -> [UInt8] {
        var json = JSONWriter()
        ObjectJSON.open("APIGroup", "v1", into: &json)
        json.member("name", Group.name)
        json.key("versions")
        json.openArray()
        writeVersion(into: &json)
        json.closeArray()
        json.key("preferredVersion")
        writeVersion(into: &json)
        json.closeObject()
        return json.bytes
    }

    private static func writeVersion(into json: inout JSONWriter) {
        json.openObject()
        json.member("groupVersion", Group.version)
        json.member("version", "v1")
        json.closeObject()
    }

    static func resources(of groupVersion: String) -> [UInt8] {
        var json = JSONWriter()
        ObjectJSON.open("APIResourceList", "v1", into: &json)
        json.member("groupVersion", groupVersion)
        json.key("resources")
        json.openArray()
        for words in KindWords.all where words.apiVersion == groupVersion {
            write(words, path: words.plural, kind: words.kind, verbs: words.verbs, into: &json)
            for part in words.subresources {
                write(
                    words, path: "\(words.plural)/\(part.name)", kind: part.kind,
                    verbs: part.actions.map(\.verb), into: &json)
            }
        }
        json.closeArray()
        json.closeObject()
        return json.bytes
    }

    private static func write(
        _ words: KindWords, path: String, kind: String, verbs: [String], into json: inout JSONWriter
    ) {
        json.openObject()
        json.member("name", path)
        json.member("singularName", path == words.plural ? words.singular : "")
        json.member("namespaced", words.isNamespaced)
        json.member("kind", kind)
        json.key("verbs")
        json.openArray()
        for verb in verbs { json.string(verb) }
        json.closeArray()
        if path == words.plural {
            if !words.shortNames.isEmpty {
                json.key("shortNames")
                json.openArray()
                for name in words.shortNames { json.string(name) }
                json.closeArray()
            }
            if !words.categories.isEmpty {
                json.key("categories")
                json.openArray()
                for name in words.categories { json.string(name) }
                json.closeArray()
            }
        }
        json.closeObject()
    }
}
