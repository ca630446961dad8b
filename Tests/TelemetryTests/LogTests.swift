import Foundation
import Primitives
import Telemetry
import Testing

/// Goal: a line says what was meant and nothing else, and writing one never waits.
@Suite struct LogTests {
    /// A pipe of a test's own, with what has been written to it.
    private final class Reader {
        let input: Int32
        let output: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (output, input) = (ends[0], ends[1])
        }

        deinit {
            close(input)
            close(output)
        }

        func read() -> String {
            var bytes = [UInt8](repeating: 0, count: 1 << 17)
            let count = Glibc.read(output, &bytes, bytes.count)
            return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        }
    }

    private static let moment = Tick(1_790_000_000_123)

    private func line(
        _ message: String, _ fields: [LogField] = [], form: Log.Form = .json
    ) throws -> String {
        let reader = try Reader()
        let log = Log(descriptor: reader.input, form: form)
        log.write(.warning, message, fields, at: LogTests.moment)
        #expect(log.written == 1)
        return reader.read()
    }

    private func object(_ line: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(value as? [String: Any])
    }

    @Test func `a line is one JSON object with time, level, message and typed fields`() throws {
        let text = try line(
            "the store is full",
            [
                .text("path", "/d"), .integer("pages", 7), .unsigned("uid", .max),
                .flag("held", true),
            ])
        #expect(
            text == """
                {"time":"2026-09-21T14:13:20.123Z","level":"warning","message":"the store is full",\
                "path":"/d","pages":7,"uid":18446744073709551615,"held":true}

                """)
    }

    @Test func `nothing in a value can forge a line or turn the text around`() throws {
        let hostile =
            "a\"}\n{\"level\":\"error\"\r\u{1b}[2J\u{85}\u{202e}\u{2028}\u{200b}\u{feff}\\x\0"
        for form in [Log.Form.json, .plain, .coloured] {
            let text = try line(hostile, [.text("user", hostile)], form: form)
            #expect(text.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
            let colours = form == .coloured ? 2 : 0
            for scalar in text.unicodeScalars.dropLast() {
                #expect(
                    scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value)
                        || scalar == "\u{1b}")
                #expect(!(0x2028...0x202e).contains(scalar.value))
            }
            #expect(text.unicodeScalars.filter { $0 == "\u{1b}" }.count == colours)
        }
        let parsed = try object(try line(hostile, [.text("user", hostile)]))
        #expect(parsed["user"] as? String == hostile)
        #expect(parsed["level"] as? String == "warning")
    }

    @Test func `a line has at most 4096 bytes, stays JSON and says that it was cut`() throws {
        let long = String(repeating: "é\u{0}", count: 5000)
        let text = try line(long, (0..<20).map { _ in .text("more", long) })
        #expect(text.utf8.count <= 4096)
        #expect(text.utf8.count > 2048)
        #expect(try object(text.replacing("\"more\"", with: "\"m\""))["truncated"] as? Bool == true)
    }

    @Test func `a reader that sleeps costs lines and not time`() throws {
        let reader = try Reader()
        let log = Log(descriptor: reader.input, form: .json)
        let clock = ContinuousClock()
        let spent = clock.measure { for _ in 0..<5000 { log.info("nobody reads this") } }
        #expect(log.dropped > 0)
        #expect(log.written + log.dropped == 5000)
        #expect(spent < .seconds(2))
        _ = reader.read()
        let before = log.written
        log.info("somebody does")
        #expect(log.written == before + 1)
    }

    @Test func `lines of many threads stay whole`() throws {
        let reader = try Reader()
        let log = Log(descriptor: reader.input, form: .json)
        DispatchQueue.concurrentPerform(iterations: 100) { number in
            log.info("hello", .integer("number", number))
        }
        let lines = reader.read().split(separator: "\n")
        #expect(lines.count == 100)
        for line in lines { _ = try object(String(line)) }
    }

    @Test func `lines below the minimum are not written`() throws {
        let reader = try Reader()
        let log = Log(descriptor: reader.input, minimum: .warning, form: .plain)
        log.debug("a")
        log.info("b")
        log.error("c", .flag("x", false))
        #expect(reader.read().hasSuffix(" error   c x=false\n"))
    }

    @Test func `a closed descriptor loses lines and stops nothing`() {
        let log = Log(descriptor: 9999, form: .json)
        log.error("into the void")
        #expect(log.dropped == 1)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (Int64.max, "9999-12-31T23:59:59.999Z"), (-1, "1970-01-01T00:00:00.000Z"),
    ])
    func `moments are written as RFC 3339`(milliseconds: Int64, expected: String) throws {
        let reader = try Reader()
        let log = Log(descriptor: reader.input, form: .json)
        log.write(.info, "", at: Tick(milliseconds))
        #expect(try object(reader.read())["time"] as? String == expected)
    }
}
