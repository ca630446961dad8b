import Client
import Glibc
import Host
import Primitives
import Wire

/// Objects from a file, a folder of files or the standard input.
struct ManifestFiles {
    /// One object, and where it stood, for errors.
    struct Entry {
        let source: String
        let tree: JSON
        let kind: Kind
        let name: String
        let namespace: String
    }

    let entries: [Entry]

    init(_ path: String, namespace: String, givenNamespace: String?) throws(Refusal) {
        var entries: [Entry] = []
        for file in try Self.files(path) {
            let bytes =
                file == "-"
                ? try UserFile.readStandardInput() : try UserFile.read(file, field: "-f")
            do throws(Refusal) {
                for tree in try Manifests.parse(bytes) {
                    let items = tree["kind"]?.string == "List" ? tree["items"]?.elements : nil
                    for object in items ?? [tree] {
                        entries.append(
                            try Self.entry(object, file, namespace, givenNamespace))
                    }
                }
            } catch {
                throw error.under(file)
            }
        }
        guard !entries.isEmpty else {
            throw Refusal(
                .notFound, field: path, finding: "it holds no objects",
                remedy: "Give YAML or JSON with apiVersion, kind and metadata.name")
        }
        self.entries = entries
    }

    private static func files(_ path: String) throws(Refusal) -> [String] {
        var facts = stat()
        guard path != "-", stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            return [path]
        }
        do throws(SystemError) {
            return try Files.list(path, limit: 10_000)
                .filter { name in
                    [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
                }
                .map { "\(path)/\($0)" }
        } catch {
            throw error.refusal(field: "-f", remedy: "Give a folder you can read")
        }
    }

    private static func entry(
        _ tree: JSON, _ source: String, _ namespace: String, _ given: String?
    ) throws(Refusal) -> Entry {
        let word = tree["kind"]?.string ?? ""
        guard let kind = Kind.all.first(where: { $0.word == word }) else {
            let close = nearest(word, among: Kind.all.map(\.word))
            throw Refusal(
                .malformed, field: "kind",
                finding: word.isEmpty ? "it is missing" : "\"\(word)\" is not a kind of object",
                remedy: "Use \(close ?? Kind.all.map(\.word).joined(separator: ", "))")
        }
        guard let name = tree["metadata"]?["name"]?.string, !name.isEmpty else {
            throw Refusal(
                .malformed, field: "metadata.name", finding: "it is missing", remedy: "Add a name")
        }
        let inside = tree["metadata"]?["namespace"]?.string
        if let inside, let given, inside != given, kind.isNamespaced {
            throw Refusal(
                .conflict, field: "metadata.namespace",
                finding: "it says \(inside) but --namespace says \(given)",
                remedy: "Leave one of them out")
        }
        var object = tree
        if kind.isNamespaced, var metadata = object["metadata"] {
            metadata["namespace"] = .string(inside ?? namespace)
            object["metadata"] = metadata
        }
        return Entry(
            source: source, tree: object, kind: kind, name: name, namespace: inside ?? namespace)
    }
}
