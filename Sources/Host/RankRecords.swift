public import Primitives

/// The step's record `started`: who lives, told apart from later owners of the same numbers.
public struct RankStart: Hashable, Sendable {
    public let step: ProcessIdentity
    public let leader: ProcessIdentity
    public let at: Tick
    public let boottimeMilliseconds: Int64
}

/// The step's record `exit`: written only when no process of the rank is left.
public struct RankEnding: Hashable, Sendable {
    /// How the rank's first process ended, or why there was none.
    public enum Outcome: Hashable, Sendable {
        case exited(code: Int32)
        case signalled(number: Int32, dumpedCore: Bool)
        /// `code` is an errno, zero where no call failed.
        case launchFailed(code: Int32, text: String)
    }

    /// Why the step ended the rank, where it did not end by itself.
    public enum Stop: String, Hashable, Sendable, CaseIterable {
        case none, request, limit, lease
    }

    public let outcome: Outcome
    public let stop: Stop
    public let startedAt: Tick
    public let endedAt: Tick
    /// By CLOCK_BOOTTIME, so that set clocks do not bend it.
    public let runMilliseconds: Int64
    /// Summed over every process of the rank that ended under the step.
    public let userMilliseconds: Int64
    public let systemMilliseconds: Int64
    /// The largest single process.
    public let peakKibibytes: Int64
}

extension RankEnding.Outcome: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exited(let code): "exited with \(code)"
        case .signalled(let number, let core): "killed by signal \(number)\(core ? ", core" : "")"
        case .launchFailed(_, let text): "could not start: \(text)"
        }
    }
}

/// A record's lines, taken one by one; any surprise is nil and the whole record is damaged.
private struct RecordLines {
    private var rest: ArraySlice<Substring>

    /// Nil unless the text is a whole record of that name and version.
    init?(_ text: String, header: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // The last line proves that nothing was cut off.
        guard lines.count > 3, lines[0] == header, lines.suffix(2) == ["end", ""] else {
            return nil
        }
        rest = lines[1..<(lines.count - 2)]
    }

    mutating func any() -> Substring? { rest.popFirst() }

    /// The value of the next line, which must start with `key`.
    mutating func text(_ key: String) -> Substring? {
        guard let line = rest.popFirst(), line.hasPrefix("\(key) ") else { return nil }
        return line.dropFirst(key.count + 1)
    }

    /// `count` whole numbers, none negative.
    mutating func numbers(_ key: String, _ count: Int) -> [Int64]? {
        guard let words = text(key)?.split(separator: " "), words.count == count else { return nil }
        let numbers = words.compactMap { Int64($0) }.filter { $0 >= 0 }
        return numbers.count == count ? numbers : nil
    }
}

extension RankStart {
    /// Reads the record's text; nil where it is damaged.
    public init?(_ text: String) {
        guard var lines = RecordLines(text, header: "muster-step-started 1"),
            let boot = lines.text("boot").map({ BootIdentity(String($0)) }),
            let step = lines.numbers("step", 2), let leader = lines.numbers("leader", 2),
            let wall = lines.numbers("wall", 1), let boottime = lines.numbers("boottime", 1),
            let stepPid = Int32(exactly: step[0]), let leaderPid = Int32(exactly: leader[0]),
            stepPid > 0, leaderPid > 0
        else { return nil }
        self.step = ProcessIdentity(pid: stepPid, startTime: UInt64(step[1]), boot: boot)
        self.leader = ProcessIdentity(pid: leaderPid, startTime: UInt64(leader[1]), boot: boot)
        at = Tick(wall[0])
        boottimeMilliseconds = boottime[0]
    }
}

extension RankEnding {
    /// Reads the record's text; nil where it is damaged.
    public init?(_ text: String) {
        guard var lines = RecordLines(text, header: "muster-step-exit 1"),
            let outcome = lines.any().flatMap({ Outcome(line: $0) }),
            let stop = lines.text("stopped").flatMap({ Stop(rawValue: String($0)) }),
            let wall = lines.numbers("wall", 2), let boottime = lines.numbers("boottime", 2),
            let cpu = lines.numbers("cpu", 2), let peak = lines.numbers("rss", 1)
        else { return nil }
        self.outcome = outcome
        self.stop = stop
        startedAt = Tick(wall[0])
        endedAt = Tick(wall[1])
        runMilliseconds = max(0, boottime[1] - boottime[0])
        userMilliseconds = cpu[0]
        systemMilliseconds = cpu[1]
        peakKibibytes = peak[0]
    }
}

extension RankEnding.Outcome {
    fileprivate init?(line: Substring) {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let number = Int32(words[1]), number >= 0 else { return nil }
        switch (words[0], words.count) {
        case ("exited", 2): self = .exited(code: number)
        case ("signalled", 3) where words[2] == "0" || words[2] == "1":
            self = .signalled(number: number, dumpedCore: words[2] == "1")
        case ("launch-failed", 3): self = .launchFailed(code: number, text: String(words[2]))
        default: return nil
        }
    }
}
