import Control
import Kernel
import Primitives
import Scheduling
import Service
import Wire

/// A job's story for people, one thing a line, and for programs.
struct StoryText {
    private let story: JobStory

    init(_ story: JobStory) { self.story = story }

    var text: String {
        var text = "job \(story.namespace)/\(story.name), uid \(UIDText.text(story.uid))\n"
        if !story.namesakes.isEmpty {
            let others = story.namesakes.map { UIDText.text($0) }.joined(separator: ", ")
            text += "  (earlier jobs of that name: \(others))\n"
        }
        let width = String(story.entries.last?.version ?? 0).count
        for entry in story.entries {
            let version = String(entry.version)
            let padding = String(repeating: " ", count: max(0, width - version.count))
            let margin = String(repeating: " ", count: width + 30)
            let lines = lines(of: entry.event)
            text += "  \(padding)\(version)  \(Self.moment(entry.tick))  \(lines.first ?? "")\n"
            for line in lines.dropFirst() { text += "\(margin)\(line)\n" }
        }
        return Console.printable(text)
    }

    private static func moment(_ tick: Tick) -> String { Timestamp(tick).text(fraction: 3) }

    private func lines(of event: JobStory.Event) -> [String] {
        switch event {
        case .found(let phase, let cause):
            ["was \(phase.word)\(cause.word.isEmpty ? "" : ", \(cause.word)")"]
        case .submitted(let ranks, let priority):
            ["submitted: \(ranks == 1 ? "1 rank" : "\(ranks) ranks"), priority \(priority)"]
        case .waited(let wait): lines(of: wait)
        case .attempt(let number, let places):
            ["attempt \(number) starts"] + Self.places(places).map { "  \($0)" }
        case .rankStarted(let rank): ["rank \(rank) started"]
        case .rankEnded(let rank, let end, let node):
            ["rank \(rank) \(end)\(node.isEmpty ? "" : " on \(node)")"]
        case .moved(let phase, let cause, let notBefore):
            [
                "\(phase.word)\(cause.word.isEmpty ? "" : ", \(cause.word)")"
                    + (phase == .pending && cause == .backingOff
                        ? " until \(Self.moment(notBefore))" : "")
            ]
        case .noted(let text): [text]
        }
    }

    private func lines(of wait: JobStory.Wait) -> [String] {
        var lines: [String] = []
        if let until = wait.until {
            lines.append(
                "waited \(WireDuration(until.since(wait.since))), until \(Self.moment(until))")
        } else {
            lines.append("waits to the end")
        }
        if let first = wait.first { lines.append("  at first: \(Self.words(first))") }
        if let last = wait.last, last.version != wait.first?.version {
            lines.append("  in the end: \(Self.words(last))")
        }
        switch wait.release {
        case .rank(_, let namespace, let name, let rank, let end, let node)?:
            lines.append("  let in by job \(namespace)/\(name): rank \(rank) \(end) on \(node)")
        case .node(let name)?: lines.append("  let in by node \(name), which took work again")
        case nil: break
        }
        return lines
    }

    private static func words(_ sight: JobStory.Sight) -> String {
        let blocker =
            sight.blocker.map(\.text)
            ?? "it would fit, and its turn in the planner's pass had to come"
        return "\(blocker); \(sight.ahead == 1 ? "1 job" : "\(sight.ahead) jobs") ahead"
    }

    /// One line a node, with the devices of each rank there.
    private static func places(_ places: [JobStory.Place]) -> [String] {
        var nodes: [String] = []
        for place in places where !nodes.contains(place.node) { nodes.append(place.node) }
        return nodes.map { node in
            let ranks = places.filter { $0.node == node }.map { place in
                let devices = place.devices.numbers.map(String.init).joined(separator: ",")
                return devices.isEmpty ? "\(place.rank)" : "\(place.rank) (devices \(devices))"
            }
            return "\(node): rank\(ranks.count == 1 ? "" : "s") \(ranks.joined(separator: ", "))"
        }
    }
}

extension StoryText {
    var json: JSON {
        .object([
            Self.text("uid", UIDText.text(story.uid)), Self.text("namespace", story.namespace),
            Self.text("name", story.name),
            JSON.Member("namesakes", .array(story.namesakes.map { .string(UIDText.text($0)) })),
            JSON.Member("entries", .array(story.entries.map(Self.object))),
        ])
    }

    private static func object(_ entry: JobStory.Entry) -> JSON {
        .object(
            [number("resourceVersion", entry.version), text("time", "\(Self.moment(entry.tick))")]
                + members(entry.event))
    }

    private static func members(_ event: JobStory.Event) -> [JSON.Member] {
        switch event {
        case .found(let phase, let cause):
            [text("event", "found"), text("phase", phase.word), text("reason", cause.word)]
        case .submitted(let ranks, let priority):
            [text("event", "submitted"), number("ranks", ranks), number("priority", priority)]
        case .waited(let wait): [text("event", "waited")] + members(wait)
        case .attempt(let attempt, let places):
            [
                text("event", "attempt"), number("attempt", attempt),
                JSON.Member("placements", .array(places.map(object))),
            ]
        case .rankStarted(let rank): [text("event", "rankStarted"), number("rank", rank)]
        case .rankEnded(let rank, let end, let node):
            [
                text("event", "rankEnded"), number("rank", rank), text("node", node),
                text("end", "\(end)"),
            ]
        case .moved(let phase, let cause, let notBefore):
            [text("event", "moved"), text("phase", phase.word), text("reason", cause.word)]
                + (cause == .backingOff ? [text("notBefore", "\(Self.moment(notBefore))")] : [])
        case .noted(let note): [text("event", "noted"), text("text", note)]
        }
    }

    private static func members(_ wait: JobStory.Wait) -> [JSON.Member] {
        var members: [JSON.Member] = []
        if let until = wait.until {
            members.append(text("until", "\(Self.moment(until))"))
            members.append(number("milliseconds", until.since(wait.since).milliseconds))
        }
        if let first = wait.first { members.append(JSON.Member("first", object(first))) }
        if let last = wait.last { members.append(JSON.Member("last", object(last))) }
        switch wait.release {
        case .rank(let job, let namespace, let name, let rank, let end, let node)?:
            let release = [
                text("job", "\(namespace)/\(name)"), text("uid", UIDText.text(job)),
                number("rank", rank), text("end", "\(end)"), text("node", node),
            ]
            members.append(JSON.Member("letInBy", .object(release)))
        case .node(let name)?:
            members.append(JSON.Member("letInBy", .object([text("node", name)])))
        case nil: break
        }
        return members
    }

    private static func object(_ sight: JobStory.Sight) -> JSON {
        .object([
            number("resourceVersion", sight.version), number("ahead", sight.ahead),
            JSON.Member("blocker", sight.blocker.map { .string($0.text) } ?? .null),
        ])
    }

    private static func object(_ place: JobStory.Place) -> JSON {
        .object([
            number("rank", place.rank), text("node", place.node),
            JSON.Member("devices", .array(place.devices.numbers.map { .number("\($0)") })),
        ])
    }

    private static func text(_ name: String, _ value: String) -> JSON.Member {
        JSON.Member(name, .string(value))
    }

    private static func number(_ name: String, _ value: some BinaryInteger) -> JSON.Member {
        JSON.Member(name, .number("\(value)"))
    }
}
