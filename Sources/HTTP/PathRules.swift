/// What a path may look like before anything is routed, and percent decoding.
enum PathRules {
    /// Refuses everything that two readers of a path could take for different things.
    static func check(_ path: Span<UInt8>) throws(FramingFailure) {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else {
            throw FramingFailure(400, "request path does not start with a slash")
        }
        var segmentStart = 1
        var index = 1
        while index <= path.count {
            let byte = index < path.count ? path[index] : UInt8(ascii: "/")
            if byte == UInt8(ascii: "/") {
                let segment = path.extracting(segmentStart..<index)
                try checkSegment(segment, isLast: index == path.count)
                segmentStart = index + 1
            } else if byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\\") {
                throw FramingFailure(400, "request path holds a semicolon or backslash")
            } else if byte == UInt8(ascii: "%") {
                try checkEscape(path, at: index)
            }
            index += 1
        }
    }

    private static func checkSegment(
        _ segment: Span<UInt8>, isLast: Bool
    ) throws(FramingFailure) {
        if segment.isEmpty {
            guard isLast else { throw FramingFailure(400, "request path holds an empty segment") }
        } else if segment.spells(".") || segment.spells("..") {
            throw FramingFailure(400, "request path holds a dot segment")
        }
    }

    private static func checkEscape(_ path: Span<UInt8>, at index: Int) throws(FramingFailure) {
        guard let value = escaped(path, at: index) else {
            throw FramingFailure(400, "request path holds a broken percent escape")
        }
        // Slash, backslash, nul, dot and percent itself could be decoded twice further on.
        let isForbidden =
            value < 0x20 || value == 0x7f || value == UInt8(ascii: "/")
            || value == UInt8(ascii: "\\") || value == UInt8(ascii: ".")
            || value == UInt8(ascii: "%")
        guard !isForbidden else {
            throw FramingFailure(400, "request path holds an escape that is not accepted")
        }
    }

    /// The byte that the escape at `index` stands for.
    static func escaped(_ bytes: Span<UInt8>, at index: Int) -> UInt8? {
        guard bytes.count - index > 2, let high = Grammar.hexValue(bytes[index + 1]),
            let low = Grammar.hexValue(bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Undoes percent escapes; nil where one is broken or the result is no UTF-8 or holds a nul.
    static func decode(_ bytes: Span<UInt8>, plusIsSpace: Bool = false) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard let value = escaped(bytes, at: index), value != 0 else { return nil }
                byte = value
                index += 2
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = 0x20
            }
            decoded.append(byte)
            index += 1
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
