import CYAML
import Primitives

/// One event of a YAML stream, copied out of the parser.
struct YAMLEvent {
    enum Content: Equatable {
        case documentStart
        case documentEnd
        case listStart
        case mappingStart
        case collectionEnd
        case scalar([UInt8], isPlain: Bool)
    }

    let content: Content
    /// Both count from one.
    let line: Int
    let column: Int

    var place: String { "line \(line), column \(column)" }

    /// Adds this place to a refusal that does not name one.
    func placed(_ refusal: Refusal) -> Refusal {
        Refusal(
            refusal.reason, field: refusal.field, finding: "\(refusal.finding), at \(place)",
            remedy: refusal.remedy)
    }
}

/// libyaml's parser over its own copy of the input; closed when the scope ends.
///
/// Events are taken one at a time and never built into its document tree, whose cost a hostile
/// input decides.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        parser = .allocate(capacity: 1)
        // One spare byte: an empty allocation would have no address to hand over.
        input = .allocate(capacity: bytes.count + 1)
        _ = input.initialize(from: bytes)
        let isReady = yaml_parser_initialize(parser)
        precondition(isReady == 1, "no memory for a YAML parser")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        // The parser reads from `input` until it is deleted below.
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// Hands the next event to `take`; false at the end of the stream.
    mutating func next(_ take: (YAMLEvent) throws(Refusal) -> Void) throws(Refusal) -> Bool {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        if event.type == YAML_STREAM_END_EVENT { return false }
        if let content = try content(of: event) { try take(at(event.start_mark, content)) }
        return true
    }

    private func at(_ mark: yaml_mark_t, _ content: YAMLEvent.Content) -> YAMLEvent {
        YAMLEvent(content: content, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private func content(of event: yaml_event_t) throws(Refusal) -> YAMLEvent.Content? {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            let start = event.data.document_start
            if let version = start.version_directive?.pointee {
                guard version.major == 1, version.minor == 1 || version.minor == 2 else {
                    throw refused("this YAML version is not supported", "Use YAML 1.2", event)
                }
            }
            guard start.tag_directives.start == start.tag_directives.end else {
                throw refused("a %TAG directive is not supported", "Remove it", event)
            }
            return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT:
            throw refused("an alias (*name) is not supported", "Write the value out", event)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuseDecoration(anchor: scalar.anchor, tag: scalar.tag, event)
            let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(Array(text), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try refuseDecoration(anchor: start.anchor, tag: start.tag, event)
            return .listStart
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try refuseDecoration(anchor: start.anchor, tag: start.tag, event)
            return .mappingStart
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .collectionEnd
        default: return nil
        }
    }

    private func refuseDecoration(
        anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?,
        _ event: yaml_event_t
    ) throws(Refusal) {
        guard anchor == nil else {
            throw refused("an anchor (&name) is not supported", "Write the value out", event)
        }
        guard tag == nil else {
            throw refused(
                "a tag (!name) is not supported", "Remove it; quote a text that starts with !",
                event)
        }
    }

    private func refused(_ finding: String, _ remedy: String, _ event: yaml_event_t) -> Refusal {
        at(event.start_mark, .documentStart).placed(
            Refusal(.malformed, finding: finding, remedy: remedy))
    }

    /// Why the parser stopped, in its own words.
    private func problem() -> Refusal {
        let words = parser.pointee.problem.map { String(cString: $0) } ?? "it makes no sense"
        if parser.pointee.error == YAML_MEMORY_ERROR {
            return Refusal(
                .unavailable, finding: "there is no memory to read the YAML",
                remedy: "Try again later")
        }
        let isReader = parser.pointee.error == YAML_READER_ERROR
        let mark = isReader ? parser.pointee.mark : parser.pointee.problem_mark
        return at(mark, .documentStart).placed(
            Refusal(
                .malformed, finding: "the YAML cannot be read: \(words)",
                remedy: "Check indentation, quotes and brackets there"))
    }
}
