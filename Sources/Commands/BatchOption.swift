/// The options of `sbatch` as we know them: names, letters, and whether a value follows.
struct BatchOption {
    let name: String
    let value: String?
    let takesValue: Bool
    let isUnknown: Bool

    private struct Known {
        let name: String
        let letter: Character?
        let takesValue: Bool

        init(_ name: String, _ letter: Character? = nil, takesValue: Bool = true) {
            self.name = name
            self.letter = letter
            self.takesValue = takesValue
        }
    }

    private static let known: [Known] = [
        Known("--job-name", "J"), Known("--nodes", "N"), Known("--ntasks", "n"),
        Known("--ntasks-per-node"), Known("--cpus-per-task", "c"), Known("--gpus", "G"),
        Known("--gpus-per-node"), Known("--gpus-per-task"), Known("--gres"), Known("--mem"),
        Known("--mem-per-cpu"), Known("--mem-per-gpu"), Known("--time", "t"),
        Known("--partition", "p"), Known("--chdir", "D"), Known("--workdir"), Known("--export"),
        Known("--comment"), Known("--requeue", takesValue: false),
        Known("--no-requeue", takesValue: false), Known("--signal"), Known("--array", "a"),
        Known("--dependency", "d"), Known("--nodelist", "w"), Known("--exclude", "x"),
        Known("--constraint", "C"), Known("--reservation"), Known("--priority"),
        // Known only so that their values are not taken for options; they change nothing here.
        Known("--output", "o"), Known("--error", "e"), Known("--account", "A"),
        Known("--qos", "q"), Known("--mail-type"), Known("--mail-user"), Known("--open-mode"),
        Known("--input", "i"), Known("--begin", "b"), Known("--time-min"), Known("--licenses", "L"),
        Known("--ntasks-per-core"), Known("--ntasks-per-socket"), Known("--ntasks-per-gpu"),
        Known("--cpus-per-gpu"), Known("--gpu-bind"), Known("--gpu-freq"),
        Known("--distribution", "m"),
        Known("--clusters", "M"), Known("--nice", takesValue: false), Known("--hint"),
        Known("--exclusive", takesValue: false), Known("--oversubscribe", "s", takesValue: false),
        Known("--overcommit", "O", takesValue: false), Known("--hold", "H", takesValue: false),
        Known("--parsable", takesValue: false), Known("--verbose", "v", takesValue: false),
        Known("--quiet", "Q", takesValue: false), Known("--wait", "W", takesValue: false),
        Known("--tmp"), Known("--threads-per-core"), Known("--cores-per-socket"),
        Known("--sockets-per-node"), Known("--mincpus"), Known("--switches"),
        Known("--profile"), Known("--uid"), Known("--gid"), Known("--export-file"),
        Known("--get-user-env", takesValue: false), Known("--kill-on-invalid-dep"),
        Known("--wckey"), Known("--container"),
    ]

    /// Takes a word apart: `--name=value`, an unambiguous `--na=value`, `-nvalue`, `-n=value`.
    static func find(_ word: String) -> BatchOption {
        word.hasPrefix("--") ? findLong(word) : findShort(word)
    }

    private static func findLong(_ word: String) -> BatchOption {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let value = parts.count == 2 ? String(parts[1]) : nil
        let close = known.filter { $0.name.hasPrefix(name) }
        let match = known.first { $0.name == name } ?? (close.count == 1 ? close.first : nil)
        return BatchOption(
            name: match?.name ?? name, value: value, takesValue: match?.takesValue ?? false,
            isUnknown: match == nil)
    }

    private static func findShort(_ word: String) -> BatchOption {
        let letter = word.dropFirst().first
        var rest = word.dropFirst(2)
        if rest.hasPrefix("=") { rest = rest.dropFirst() }
        let value = rest.isEmpty ? nil : String(rest)
        guard let match = known.first(where: { $0.letter == letter }) else {
            return BatchOption(
                name: String(word.prefix(2)), value: value, takesValue: false, isUnknown: true)
        }
        return BatchOption(
            name: match.name, value: value, takesValue: match.takesValue, isUnknown: false)
    }
}
