internal import CAssets

/// The report as one HTML file that opens without a network: a page, its script and the run's data.
///
/// The page draws everything from the data. No text of a user can become markup: the data holds
/// none of the characters that HTML or JavaScript could stumble over, and the page sets text as
/// text.
public enum ReportPage {
    /// Puts a JSON document of the shape in `Docs/Design/0006-simulator.md` into the page.
    ///
    /// The document must be valid JSON in UTF-8; it is not looked into.
    public static func html(title: String, data: [UInt8]) -> [UInt8] {
        let page = bytes(of: cassets_report_page())
        var html: [UInt8] = []
        html.reserveCapacity(page.count + data.count + (data.count >> 4) + (1 << 16))
        var position = 0
        for blank in blanks(in: page) {
            html += page[position..<blank.start]
            switch blank.filling {
            case .title: html += escapedText(title)
            case .style: html += bytes(of: cassets_report_style())
            case .script: html += bytes(of: cassets_report_script())
            case .data: html += escapedJSON(data)
            }
            position = blank.end
        }
        html += page[position...]
        return html
    }

    /// What belongs where the page says `{{word}}`.
    private enum Filling: String, CaseIterable {
        case title, style, script, data
    }

    private struct Blank {
        let filling: Filling
        let start: Int
        let end: Int
    }

    /// Finds the blanks of the page itself; what fills them is never searched.
    private static func blanks(in page: [UInt8]) -> [Blank] {
        let open = UInt8(ascii: "{")
        var found: [Blank] = []
        var position = 0
        while position + 1 < page.count {
            guard page[position] == open, page[position + 1] == open else {
                position += 1
                continue
            }
            let rest = page[(position + 2)...]
            guard let filling = Filling.allCases.first(where: { isBlank($0, at: rest) }) else {
                preconditionFailure("the embedded page holds a blank that nothing fills")
            }
            let end = position + 4 + filling.rawValue.utf8.count
            found.append(Blank(filling: filling, start: position, end: end))
            position = end
        }
        return found
    }

    private static func isBlank(_ filling: Filling, at rest: ArraySlice<UInt8>) -> Bool {
        rest.starts(with: "\(filling.rawValue)}}".utf8)
    }

    /// The text with everything that HTML gives a meaning written as a reference.
    private static func escapedText(_ text: String) -> [UInt8] {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            default: escaped.append(byte)
            }
        }
        return escaped
    }

    /// The same document without a character that could end or change the element around it.
    ///
    /// In JSON these characters stand only inside strings, where `\uXXXX` means the same.
    private static func escapedJSON(_ json: [UInt8]) -> [UInt8] {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(json.count + (json.count >> 4))
        var position = 0
        while position < json.count {
            switch json[position] {
            case UInt8(ascii: "&"): escaped += "\\u0026".utf8
            case UInt8(ascii: "<"): escaped += "\\u003c".utf8
            case UInt8(ascii: ">"): escaped += "\\u003e".utf8
            case 0xE2 where isSeparator(json, at: position):
                escaped += json[position + 2] == 0xA8 ? "\\u2028".utf8 : "\\u2029".utf8
                position += 2
            case let byte: escaped.append(byte)
            }
            position += 1
        }
        return escaped
    }

    /// Whether U+2028 or U+2029 begins here: E2 80 A8 or E2 80 A9.
    private static func isSeparator(_ json: [UInt8], at position: Int) -> Bool {
        position + 2 < json.count && json[position + 1] == 0x80
            && (json[position + 2] == 0xA8 || json[position + 2] == 0xA9)
    }

    private static func bytes(of text: cassets_text) -> [UInt8] {
        // The embedded arrays last as long as the program, and the length is the compiler's own.
        Array(UnsafeBufferPointer(start: text.bytes, count: text.count))
    }
}
