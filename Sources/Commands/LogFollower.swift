import Client
import Host
import Primitives

/// Prints the logs of many ranks at once, whole lines only, each with its rank where it matters.
struct LogFollower {
    let access: Access
    let console: Console
    let namespace: String
    /// What is wanted of each log; its pod is filled in.
    let wish: LogRequest

    init(access: Access, console: Console, wish: LogRequest) {
        self.access = access
        self.console = console
        self.wish = wish
        namespace = wish.namespace
    }

    /// More streams than this at once would only make a screen unreadable.
    static let streamsMax = 64
    /// A rank may be placed for a moment before its log exists.
    private static let startupTries = 40

    /// Prints the logs of these ranks until they end.
    func follow(_ placements: [JobReport.Placement], hasPrefix: Bool) throws(Refusal) {
        if placements.count > Self.streamsMax {
            console.warn(
                "only the first \(Self.streamsMax) of \(placements.count) ranks are shown; "
                    + "use --rank for others")
        }
        let shown = Array(placements.prefix(Self.streamsMax))
        let failures = Lock<[Refusal]>([])
        guard shown.count > 1 else {
            if let only = shown.first { read(only, hasPrefix ? "[\(only.rank)] " : "", failures) }
            return try report(failures)
        }
        var threads: [Thread] = []
        for placement in shown {
            do throws(SystemError) {
                threads.append(try start(placement, hasPrefix, failures))
            } catch {
                let refusal = error.refusal(remedy: "Follow fewer ranks with --rank")
                failures.withLock { $0.append(refusal) }
            }
        }
        for thread in threads { thread.join() }
        try report(failures)
    }

    private nonisolated func start(
        _ placement: JobReport.Placement, _ hasPrefix: Bool, _ failures: Lock<[Refusal]>
    ) throws(SystemError) -> Thread {
        let follower = self
        let prefix = hasPrefix ? "[\(placement.rank)] " : ""
        return try Thread.spawn(name: "log \(placement.rank)") {
            follower.read(placement, prefix, failures)
        }
    }

    private func report(_ failures: Lock<[Refusal]>) throws(Refusal) {
        if let first = failures.withLock({ $0.first }) { throw first }
    }

    private func read(
        _ placement: JobReport.Placement, _ prefix: String, _ failures: Lock<[Refusal]>
    ) {
        let client = APIClient(access)
        var request = wish
        request.pod = placement.pod
        var printer = LinePrinter(console: console, prefix: Array(prefix.utf8))
        for attempt in 1...Self.startupTries {
            do throws(Refusal) {
                try client.readLog(request, onGap: { gap(placement.pod) }) { bytes in
                    printer.add(bytes)
                    return true
                }
                return printer.finish()
            } catch {
                let isEarly = error.reason == .notFound && wish.isFollowed && !printer.hasPrinted
                guard isEarly, attempt < Self.startupTries else {
                    printer.finish()
                    return failures.withLock { $0.append(error.under(placement.pod)) }
                }
            }
            rest(milliseconds: 250)
        }
    }

    private func gap(_ pod: String) {
        console.warn("the log of \(pod) broke off; some lines may lack or come twice")
    }
}

/// Lines of one log on their way to the console.
private struct LinePrinter {
    let console: Console
    let prefix: [UInt8]
    private var lines = LineBuffer()
    private(set) var hasPrinted = false

    init(console: Console, prefix: [UInt8]) {
        self.console = console
        self.prefix = prefix
    }

    mutating func add(_ bytes: [UInt8]) {
        hasPrinted = true
        // One log alone needs no cutting: what comes is shown at once, half lines included.
        guard !prefix.isEmpty else { return console.write(bytes) }
        var out: [UInt8] = []
        for line in lines.add(bytes) { out += prefix + line + [UInt8(ascii: "\n")] }
        if !out.isEmpty { console.write(out) }
    }

    mutating func finish() {
        let rest = lines.takeRest()
        if !rest.isEmpty { console.write(prefix + rest + [UInt8(ascii: "\n")]) }
    }
}
