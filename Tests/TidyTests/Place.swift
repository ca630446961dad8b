/// Nothing in the repository may know the machine or the place where it was written.
enum Place {
    /// The words are put together here so that this file does not hold them itself.
    static let words: [String] =
        ["work", "farm", "root"].map { "/" + $0 + "/" }
        + ["Cla" + "ude", "Anthro" + "pic", "sub" + "agent", "COMMON" + ".md"]

    static func rule(_ file: File) -> [Finding] {
        guard words.contains(where: { file.text.contains($0) }) else { return [] }
        return file.lines.enumerated().flatMap { index, line in
            words.filter { line.contains($0) }.map {
                file.finding(
                    index + 1, "“\($0)” belongs to one machine",
                    "Use a path from the repository's root, a temporary folder or an argument")
            }
        }
    }
}
