import Host
import Primitives
import Simulation

/// `bisect DIR1 DIR2`
struct BisectCommand: Command {
    static let synopsis = Synopsis(
        words: "bisect DIR1 DIR2",
        summary: "Find the first decision in which two simulations differ.",
        options: [
            Synopsis.Option(
                "--context N", "decisions shown before and after the difference (default: 3)")
        ],
        example: """
            muster simulate --cluster c.yaml --trace t.swf.gz --policy easy --out easy
            muster simulate --cluster c.yaml --trace t.swf.gz --policy muster --out muster
            muster bisect easy muster
            """)

    private let left: String
    private let right: String
    private let context: Int

    init(_ arguments: inout Arguments) throws(Refusal) {
        context = try arguments.number("--context", within: 0...1000) ?? 3
        left = try arguments.word("DIR1")
        right = try arguments.word("DIR2")
        try arguments.end()
    }

    /// Equal is success, different a failure: so that a script may hold two builds together.
    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let one = try DecisionLog(left)
        let other = try DecisionLog(right)
        guard let first = one.firstDifference(from: other) else {
            session.console.say("\(one.count) decisions, all of them equal")
            return .done
        }
        session.console.say(
            "\(first) decisions are equal; number \(first + 1) is the first to differ\n")
        session.console.write(Array(table(one, other, around: first).text().utf8))
        for text in explain(one, other, first) { session.console.say(text) }
        return .failure
    }

    private func table(_ one: DecisionLog, _ other: DecisionLog, around first: Int) -> Table {
        var table = Table(header: ["", "decision", "at s", left, right])
        let last = max(one.count, other.count)
        for number in max(0, first - context)..<min(last, first + context + 1) {
            let (before, after) = (one[number], other[number])
            table.rows.append([
                number == first ? ">" : number < first ? "=" : "",
                "\(number + 1)",
                before?.at == after?.at
                    ? before?.at ?? "" : "\(before?.at ?? "-") | \(after?.at ?? "-")",
                before.map { "\($0.job) on \($0.places)" } ?? "",
                before == after ? "the same" : after.map { "\($0.job) on \($0.places)" } ?? "",
            ])
        }
        return table
    }

    /// What each side did with the job that the other one chose.
    private func explain(_ one: DecisionLog, _ other: DecisionLog, _ first: Int) -> [String] {
        var texts: [String] = []
        for (name, chosen, elsewhere, place) in [
            (left, one[first], other, right), (right, other[first], one, left),
        ] {
            guard let chosen else {
                texts.append("\(name) decides nothing more")
                continue
            }
            let found = elsewhere.start(of: chosen.job, attempt: chosen.attempt)
            guard let found, let there = elsewhere[found] else {
                texts.append("\(name) starts \(chosen.job) at \(chosen.at) s; \(place) never does")
                continue
            }
            texts.append(
                "\(name) starts \(chosen.job) at \(chosen.at) s; \(place) at \(there.at) s, "
                    + "as decision \(found + 1)")
        }
        return texts
    }
}

/// The decisions that a simulation wrote down, in their order.
struct DecisionLog {
    struct Entry: Equatable {
        let at: String
        let job: String
        let attempt: String
        let places: String
    }

    private var entries: [Entry] = []

    init(_ folder: String) throws(Refusal) {
        let path = "\(folder)/\(SimulationFolder.decisionsFile)"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: SimulationLimits.fileBytes)
        } catch {
            throw error.refusal(
                field: folder, remedy: "Name a directory that simulate --out has written")
        }
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            guard number > 0 else {
                guard text == JobFiles.decisionsHeader else {
                    throw Refusal(
                        .malformed, field: "\(path): line 1", finding: "it lists no decisions",
                        remedy: "Run the simulation again with this build")
                }
                continue
            }
            entries.append(try Self.entry(text, "\(path): line \(number + 1)"))
        }
    }

    var count: Int { entries.count }

    subscript(number: Int) -> Entry? {
        entries.indices.contains(number) ? entries[number] : nil
    }

    func firstDifference(from other: DecisionLog) -> Int? {
        let shared = min(count, other.count)
        for number in 0..<shared where entries[number] != other.entries[number] { return number }
        return count == other.count ? nil : shared
    }

    func start(of job: String, attempt: String) -> Int? {
        entries.firstIndex { $0.job == job && $0.attempt == attempt }
    }

    /// Only names and places may be quoted, and only they may hold commas.
    private static func entry(_ line: String, _ place: String) throws(Refusal) -> Entry {
        var cells: [String] = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: cells.append("")
            default: cells[cells.count - 1].append(character)
            }
        }
        guard cells.count == 5 else {
            throw Refusal(
                .malformed, field: place, finding: "it has \(cells.count) cells instead of 5",
                remedy: "Run the simulation again")
        }
        return Entry(at: cells[1], job: cells[2], attempt: cells[3], places: cells[4])
    }
}
