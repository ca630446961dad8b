import Primitives

/// What the doc comments of this module say to users, for the published schema.
///
/// The pages are written by `Scripts/describe`; the gate fails when they differ from the comments.
public enum Manual {
    /// The text under `Type`, `Type.field` or `Type.word`, its paragraphs divided by empty lines.
    public static func text(_ name: String) -> String? { entries[name] }

    private static let entries: Lookup<String, String> = {
        var entries = Lookup<String, String>()
        for page in pages { read(page, into: &entries) }
        return entries
    }()

    /// An entry is a line `= name` and what follows it; lines are joined to paragraphs.
    private static func read(_ page: String, into entries: inout Lookup<String, String>) {
        var name = ""
        var paragraphs: [String] = []
        var lines: [Substring] = []
        let text: [Substring] = page.split(separator: "\n", omittingEmptySubsequences: false)
        // An end is the head of an entry without a name.
        for line in text + ["= "] as [Substring] {
            let isHead = line.hasPrefix("= ")
            guard isHead || line.isEmpty else {
                lines.append(line)
                continue
            }
            if !lines.isEmpty { paragraphs.append(lines.joined(separator: " ")) }
            lines = []
            guard isHead else { continue }
            if !paragraphs.isEmpty { entries[name] = paragraphs.joined(separator: "\n\n") }
            name = String(line.dropFirst(2))
            paragraphs = []
        }
    }
}
