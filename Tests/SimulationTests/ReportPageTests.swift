import Foundation
import Simulation
import Testing

/// Goal: the report is whole, and no name in it can become markup. Method: pages of hostile data.
@Suite struct ReportPageTests {
    static let hostile = [
        "</script><img src=x onerror=alert(1)>", "<!--<script>", "a & b", "]]>", "{{script}}",
        "line\u{2028}and paragraph\u{2029}", "\u{2027}\u{202A}", "quote \" and \\ and '",
    ]

    @Test func `a page has its parts in place and no blank left`() {
        let page = page(title: "A report", data: "{\"runs\":[]}")
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        #expect(page.contains("<title>A report</title>"))
        #expect(page.contains("<h1>A report</h1>"))
        #expect(page.contains(":root {"))
        #expect(page.contains("\"use strict\";"))
        #expect(page.contains("id=\"data\">{\"runs\":[]}</script>"))
        #expect(!page.contains("{{"))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test(arguments: hostile)
    func `a name in the data is read back as it was and never as markup`(name: String) throws {
        let json = try JSONSerialization.data(
            withJSONObject: ["name": name], options: .withoutEscapingSlashes)
        let page = page(title: "t", data: String(decoding: json, as: UTF8.self))
        let data = try element("<script type=\"application/json\" id=\"data\">", of: page)
        for character in ["<", ">", "&", "\u{2028}", "\u{2029}"] {
            #expect(!data.contains(character), "\(character) of \(name)")
        }
        let read = try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: String]
        #expect(read == ["name": name])
        #expect(count("</script>", in: page) == 2)
    }

    @Test(arguments: hostile)
    func `a title is text in both places where it stands`(title: String) {
        let page = page(title: title, data: "{}")
        let escaped = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
            .replacing("'", with: "&#39;")
        #expect(page.contains("<title>\(escaped)</title>"))
        #expect(page.contains("<h1>\(escaped)</h1>"))
        #expect(count("</script>", in: page) == 2)
    }

    @Test func `a blank in the data or the title stays what it is`() {
        let page = page(title: "{{data}}", data: "[\"{{style}}\"]")
        #expect(page.contains("<title>{{data}}</title>"))
        #expect(page.contains("[\"{{style}}\"]"))
        #expect(count(":root {", in: page) == 2)
    }

    @Test func `bytes that end in the middle of a separator are kept`() {
        for tail: [UInt8] in [[0xE2], [0xE2, 0x80]] {
            let page = ReportPage.html(title: "t", data: Array("[]".utf8) + tail)
            let wanted = Array("id=\"data\">[]".utf8) + tail + Array("</script>".utf8)
            #expect(page.firstRange(of: wanted) != nil)
        }
    }

    @Test func `a page asks nothing of the network and makes no markup from text`() {
        let page = page(title: "t", data: "{}")
        #expect(page.contains("default-src 'none'"))
        #expect(!page.contains("innerHTML"))
        #expect(!page.contains("insertAdjacentHTML"))
        #expect(!page.contains("document.write"))
        #expect(!page.contains("@import"))
        #expect(!page.contains("url("))
        #expect(page.replacing("http://www.w3.org/2000/svg", with: "").firstRange(of: "://") == nil)
    }

    @Test func `the same data gives the same bytes`() {
        let data = Array("{\"title\":\"twice\"}".utf8)
        #expect(
            ReportPage.html(title: "t", data: data) == ReportPage.html(title: "t", data: data))
    }

    private func page(title: String, data: String) -> String {
        String(decoding: ReportPage.html(title: title, data: Array(data.utf8)), as: UTF8.self)
    }

    private func element(_ opening: String, of page: String) throws -> String {
        let start = try #require(page.firstRange(of: opening)).upperBound
        let rest = page[start...]
        let end = try #require(rest.firstRange(of: "</script>")).lowerBound
        return String(rest[..<end])
    }

    private func count(_ piece: String, in page: String) -> Int {
        page.ranges(of: piece).count
    }
}
