import CYAML
public import Primitives
public import Wire

/// Sizes beyond which YAML is refused.
public struct YAMLLimits: Hashable, Sendable {
    /// Scalars, and starts and ends of collections and documents.
    public var events: Int
    /// Bytes of the whole stream.
    public var bytes: Int
    /// What holds for each document in it.
    public var wire: WireLimits

    public init(events: Int = 20_000, bytes: Int = 256 << 10, wire: WireLimits = .request) {
        self.events = events
        self.bytes = bytes
        self.wire = wire
    }

    public static let request = YAMLLimits()
}

/// Reads the part of YAML that has one meaning: no anchors, aliases, tags or repeated keys.
///
/// Unquoted scalars stay undecided (`plain`), so the type that is decoded says what they are:
/// `no` is a text, `012` is no number. Only `null`, `~` and nothing at all mean null.
public enum YAMLReader {
    /// Reads a stream that holds exactly one document.
    public static func document(
        _ bytes: [UInt8], limits: YAMLLimits = .request
    ) throws(Refusal) -> Document {
        let found = try documents(bytes, limits: limits)
        guard let first = found.first else {
            throw Refusal(
                .malformed, finding: "the YAML holds no document", remedy: "Send one document")
        }
        guard found.count == 1 else {
            throw Refusal(
                .malformed, finding: "the YAML holds \(found.count) documents, separated by ---",
                remedy: "Send one document at a time")
        }
        return first
    }

    /// Reads all documents of a stream; empty ones are left out.
    public static func documents(
        _ bytes: [UInt8], limits: YAMLLimits = .request
    ) throws(Refusal) -> [Document] {
        guard bytes.count <= limits.bytes else {
            throw Refusal(
                .tooLarge, finding: "the YAML is longer than \(limits.bytes) bytes",
                remedy: "Split it, or send JSON")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Refusal(
                .malformed, finding: "the YAML is not valid UTF-8", remedy: "Save it as UTF-8")
        }
        guard !bytes.starts(with: [0xef, 0xbb, 0xbf]) else {
            throw Refusal(
                .malformed, finding: "the YAML starts with a byte order mark",
                remedy: "Save it as UTF-8 without a byte order mark")
        }
        var events = YAMLEvents(bytes)
        var reading = YAMLReading(limits: limits)
        while true {
            do throws(Refusal) {
                guard try events.next({ event throws(Refusal) in try reading.take(event) }) else {
                    return reading.documents
                }
            } catch {
                throw error.field.isEmpty
                    ? Refusal(
                        error.reason, field: reading.path, finding: error.finding,
                        remedy: error.remedy) : error
            }
        }
    }
}

/// The documents so far, and the one being built.
private struct YAMLReading {
    private struct Level {
        let isMapping: Bool
        var wantsKey: Bool
    }

    private(set) var documents: [Document] = []
    private let limits: YAMLLimits
    private var builder: Document.Builder
    private var levels: [Level] = []
    private var events = 0
    private var isEmpty = true

    init(limits: YAMLLimits) {
        self.limits = limits
        builder = Document.Builder(limits: limits.wire)
    }

    var path: String { builder.path }

    mutating func take(_ event: YAMLEvent) throws(Refusal) {
        events += 1
        guard events <= limits.events else {
            throw Refusal(
                .tooLarge,
                finding: "the YAML has more than \(limits.events) parts, at \(event.place)",
                remedy: "Split it, or send JSON")
        }
        switch event.content {
        case .documentStart:
            builder = Document.Builder(limits: limits.wire)
            isEmpty = true
        case .documentEnd:
            if !isEmpty { documents.append(try builder.finish()) }
        case .scalar(let text, let isPlain): try scalar(text, isPlain: isPlain, event)
        case .listStart, .mappingStart: try openCollection(event)
        case .collectionEnd:
            levels.removeLast()
            try builder.close()
            valueEnded()
        }
    }

    private mutating func openCollection(_ event: YAMLEvent) throws(Refusal) {
        guard levels.last?.wantsKey != true else {
            throw Refusal(
                .malformed, finding: "a key is not a text, at \(event.place)",
                remedy: "Write key: value; quote a key that starts with { or [")
        }
        let isMapping = event.content == .mappingStart
        do throws(Refusal) {
            if isMapping { try builder.openObject() } else { try builder.openArray() }
        } catch {
            throw event.placed(error)
        }
        isEmpty = false
        levels.append(Level(isMapping: isMapping, wantsKey: isMapping))
    }

    private mutating func scalar(
        _ text: [UInt8], isPlain: Bool, _ event: YAMLEvent
    ) throws(Refusal) {
        guard !text.contains(0) else {
            throw Refusal(
                .malformed, finding: "a text holds a NUL character, at \(event.place)",
                remedy: "Remove it")
        }
        do throws(Refusal) {
            if let last = levels.indices.last, levels[last].wantsKey {
                guard !isPlain || !(text.isEmpty || text == Array("<<".utf8)) else {
                    throw Refusal(
                        .malformed,
                        finding:
                            "\(text.isEmpty ? "a key is empty" : "merge keys are not supported")",
                        remedy: text.isEmpty ? "Write key: value" : "Write the members out")
                }
                try builder.key(text, at: .init(line: event.line, column: event.column))
                levels[last].wantsKey = false
                return
            }
            let isNull = isPlain && (text.isEmpty || text == [0x7e] || text == Array("null".utf8))
            if !levels.isEmpty || !isNull { isEmpty = false }
            try builder.scalar(isNull ? .null : isPlain ? .plain : .string, text)
        } catch {
            throw event.placed(error)
        }
        valueEnded()
    }

    private mutating func valueEnded() {
        guard let last = levels.indices.last else { return }
        levels[last].wantsKey = levels[last].isMapping
    }
}
