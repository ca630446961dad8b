import Glibc

/// Developer benchmarks. They report CPU per operation or a figure beside a reference, never a
/// bare wall time as a pass mark.
@main enum Main {
    nonisolated static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        let options = Options(words)
        switch words.first {
        case "digest": printDigest(seed: UInt64(options.number("--seed", or: 7)))
        case "smoke": exit(runSmoke())
        case "fill": exit(runLoad(options, fill))
        case "latency": exit(runLoad(options, measureLatency))
        case "throughput": exit(runLoad(options, measureThroughput))
        case "watch": exit(runLoad(options, measureWatchers))
        case "list": exit(runLoad(options, measureLists))
        case "watchers": exit(runLoad(options, measureSelectors))
        case "storm": exit(runLoad(options, measureStorm))
        case "nodes": exit(runLoad(options, registerNodes))
        default:
            say(
                """
                usage: muster-bench COMMAND [options]
                  digest --seed N              digest of one simulated world
                  smoke                        CPU per operation of the pure parts
                  fill --data D --jobs N       submit N waiting jobs, --batch at a time
                  latency --data D --count N   from submit to the first instruction of the program
                  throughput --data D --jobs N run N one-rank `true` jobs to their end
                  watch --data D --watchers N  how long a change takes to reach every watcher
                  list --data D --pid P        time, CPU and memory of whole lists of jobs
                  watchers --data D --pid P    CPU of --watchers N at --rate R changes a second,
                                               with a label selector each by --labels
                  storm --data D --writers N   patches of one job, with --cas each at a version
                  nodes --data D --nodes N     register N machines that run nothing
                Load commands take the server's data directory and --port.
                """)
            exit(2)
        }
    }
}

/// `--name value` pairs.
struct Options {
    private let words: [String]

    init(_ words: [String]) { self.words = words }

    func text(_ name: String, or fallback: String) -> String {
        guard let index = words.firstIndex(of: name), index + 1 < words.count else {
            return fallback
        }
        return words[index + 1]
    }

    func has(_ name: String) -> Bool { words.contains(name) }

    func number(_ name: String, or fallback: Int) -> Int {
        Int(text(name, or: "")) ?? fallback
    }
}

/// Writes a line at once, so that nothing is lost in a buffer when a process ends.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
