/// The field lines of a head, with those found on the way that decide its framing.
struct HeadFields {
    /// Fields that must not come twice, as bits.
    private struct Singletons: OptionSet {
        let rawValue: UInt16
        static let host = Singletons(rawValue: 1)
        static let length = Singletons(rawValue: 2)
        static let transfer = Singletons(rawValue: 4)
        static let authorization = Singletons(rawValue: 8)
        static let type = Singletons(rawValue: 16)
        static let encoding = Singletons(rawValue: 32)
        static let expect = Singletons(rawValue: 64)
        static let origin = Singletons(rawValue: 128)
    }

    private(set) var fields: [Headers.Field] = []
    private(set) var host: Range<Int>?
    private(set) var length: Int?
    private(set) var isChunked = false
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var upgrades = false
    private(set) var expectsContinue = false
    private var seen: Singletons = []

    /// Reads field lines from `start` to the blank line at the end of `head`.
    init(_ head: Span<UInt8>, from start: Int, limit: Int) throws(FramingFailure) {
        fields.reserveCapacity(12)
        var index = start
        while index + 2 < head.count {
            guard fields.count < limit else {
                throw FramingFailure(431, "more than \(limit) header fields")
            }
            index = try line(head, from: index)
        }
    }

    /// Reads one line and returns the position after its end; lines are known to end in CRLF.
    private mutating func line(
        _ head: Span<UInt8>, from start: Int
    ) throws(FramingFailure) -> Int {
        var colon = start
        while Grammar.isToken(head[colon]) {
            guard head[colon] != UInt8(ascii: "_") else {
                throw FramingFailure(400, "underscore in a field name")
            }
            colon += 1
        }
        guard colon > start, head[colon] == UInt8(ascii: ":") else {
            throw FramingFailure(400, "field line without a well-formed name and colon")
        }
        var first = colon + 1
        while head[first] == 0x20 || head[first] == 9 { first += 1 }
        var end = first
        while head[end] != 13 { end += 1 }
        var last = end
        while last > first, head[last - 1] == 0x20 || head[last - 1] == 9 { last -= 1 }
        fields.append(
            Headers.Field(
                nameStart: UInt32(start), nameCount: UInt32(colon - start),
                valueStart: UInt32(first), valueCount: UInt32(last - first)))
        try note(
            head.extracting(start..<colon), head.extracting(first..<last), range: first..<last)
        return end + 2
    }

    /// Remembers the fields that matter to framing; their lengths tell most others apart.
    private mutating func note(
        _ name: Span<UInt8>, _ value: Span<UInt8>, range: Range<Int>
    ) throws(FramingFailure) {
        switch name.count {
        case 4 where name.spellsWithoutCase("host"):
            try once(.host)
            host = range
        case 6 where name.spellsWithoutCase("expect"):
            try once(.expect)
            guard value.spellsWithoutCase("100-continue") else {
                throw FramingFailure(417, "expectation other than 100-continue")
            }
            expectsContinue = true
        case 6 where name.spellsWithoutCase("origin"): try once(.origin)
        case 7 where name.spellsWithoutCase("upgrade"): upgrades = true
        case 10 where name.spellsWithoutCase("connection"):
            closes = closes || Grammar.listContains(value, "close")
            keepsAlive = keepsAlive || Grammar.listContains(value, "keep-alive")
        case 12 where name.spellsWithoutCase("content-type"): try once(.type)
        case 13 where name.spellsWithoutCase("authorization"): try once(.authorization)
        case 14 where name.spellsWithoutCase("content-length"):
            try once(.length)
            length = try HeadFields.length(value)
        case 16 where name.spellsWithoutCase("content-encoding"): try once(.encoding)
        case 17 where name.spellsWithoutCase("transfer-encoding"):
            try once(.transfer)
            guard value.spellsWithoutCase("chunked") else {
                throw FramingFailure(501, "transfer encoding other than chunked")
            }
            isChunked = true
        default: break
        }
    }

    private mutating func once(_ field: Singletons) throws(FramingFailure) {
        guard seen.insert(field).inserted else {
            throw FramingFailure(400, "repeated field that may come only once")
        }
    }

    /// A length of at most 15 digits: far above every limit and far below overflow.
    private static func length(_ value: Span<UInt8>) throws(FramingFailure) -> Int {
        guard !value.isEmpty else { throw FramingFailure(400, "empty Content-Length") }
        var number = 0
        for index in value.indices {
            guard Grammar.isDigit(value[index]) else {
                throw FramingFailure(400, "Content-Length is not a plain number")
            }
            guard index < 15 else { throw FramingFailure(413, "Content-Length is absurd") }
            number = number * 10 + Int(value[index] - 48)
        }
        return number
    }
}
