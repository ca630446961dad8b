import Primitives
import Testing
import Wire

/// Goal: protobuf is read as the schema says, and nothing that is sent can stop the process.
/// Method: bytes written by hand, every truncation, random damage.
@Suite struct ProtobufTests {
    /// A message with one field of each wire type, and a message inside it.
    private static let sample: [UInt8] =
        [0x08, 0x96, 0x01]  // 1: 150
        + [0x11, 1, 2, 3, 4, 5, 6, 7, 8]  // 2: fixed64
        + [0x1d, 1, 0, 0, 0]  // 3: fixed32
        + [0x22, 0x03, 0x61, 0x62, 0x63]  // 4: "abc"
        + [0x2a, 0x04, 0x0a, 0x02, 0x68, 0x69]  // 5: { 1: "hi" }
        + [0x80, 0x01, 0x01]  // 16: 1

    private func fields(_ bytes: [UInt8]) throws(Refusal) -> [ProtobufReader.Field] {
        var reader = ProtobufReader(bytes)
        var found: [ProtobufReader.Field] = []
        while let field = try reader.next() { found.append(field) }
        return found
    }

    @Test func `each wire type is read`() throws {
        let found = try fields(Self.sample)
        #expect(found.map(\.number) == [1, 2, 3, 4, 5, 16])
        #expect(found[0].value == .varint(150))
        #expect(found[1].value == .fixed64(0x0807_0605_0403_0201))
        #expect(found[2].value == .fixed32(1))
        #expect(found[3].value == .bytes(19..<22))
        #expect(found[4].value == .bytes(24..<28))
        #expect(found[5].value == .varint(1))
    }

    @Test func `a message cut off anywhere is refused or ends between two fields`() throws {
        let ends = [0, 3, 12, 17, 22, 28, 31]
        for count in 0...Self.sample.count {
            let part = Array(Self.sample.prefix(count))
            let isWhole = (try? fields(part)) != nil
            #expect(isWhole == ends.contains(count), "\(count) bytes")
        }
    }

    @Test(
        arguments: [
            ([0x00, 0x01], "number 0"),
            ([0x07, 0x01], "number 0"),
            ([0x0b, 0x0c], "wire type 3"),
            ([0x0e, 0x00], "wire type 6"),
            ([0x08] + [UInt8](repeating: 0xff, count: 10), "more than 64 bits"),
            ([0x08] + [UInt8](repeating: 0x80, count: 10) + [0x00], "more than 64 bits"),
            ([0x08] + [UInt8](repeating: 0xff, count: 9) + [0x02], "more than 64 bits"),
            ([0x0a] + [UInt8](repeating: 0xff, count: 9) + [0x01], "cut off"),
            ([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], "cut off"),
            ([0x0a, 0x02, 0x61], "cut off"),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "number"),
        ] as [([UInt8], String)])
    func `damage is refused with what is wrong`(bytes: [UInt8], finding: String) {
        #expect {
            try fields(bytes)
        } throws: { error in
            (error as? Refusal)?.finding.contains(finding) == true
        }
    }

    @Test func `the greatest numbers are read`() throws {
        let most = [0x08] + [UInt8](repeating: 0xff, count: 9) + [0x01]
        #expect(try fields(most).first?.value == .varint(.max))
        #expect(try fields([0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00]).first?.number == 1 << 29 - 1)
    }

    @Test func `a part outside the bytes is empty`() throws {
        var reader = ProtobufReader(Self.sample, part: 100..<200)
        #expect(try reader.next() == nil)
        var most = ProtobufReader(Self.sample, part: 0..<Int.max)
        #expect(try most.next()?.number == 1)
    }

    @Test(arguments: UInt64(0)..<64)
    func `random bytes are read or refused but never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<400 {
            var bytes = Self.sample
            if dice.hits(1, outOf: 2) {
                bytes = (0..<dice.below(64)).map { _ in UInt8(dice.below(256)) }
            } else {
                for _ in 0...dice.below(3) {
                    bytes[dice.below(bytes.count)] = UInt8(dice.below(256))
                }
            }
            do throws(Refusal) {
                let found = try fields(bytes)
                #expect(found.count <= bytes.count / 2, "seed \(seed)")
            } catch {
                #expect(!error.finding.isEmpty, "seed \(seed)")
            }
            do throws(Refusal) {
                let read = try ProtobufMessageTests.everything.json(bytes)
                _ = try Document(read)
            } catch {
                #expect(!error.remedy.isEmpty, "seed \(seed)")
            }
        }
    }
}

/// Goal: what a message holds becomes the JSON that the same object would have been.
@Suite struct ProtobufMessageTests {
    static let inner = ProtobufMessage([.init(1, "name"), .optional(2, "grace", .int64)])
    static let everything = ProtobufMessage([
        .init(1, "text"), .init(2, "flag", .bool), .init(3, "small", .int32),
        .init(4, "great", .int64), .init(5, "data", .bytes), .init(6, "at", .time),
        .init(7, "exactly", .microTime), .init(8, "fields", .json), .init(9, "amount", .wrapped),
        .init(10, "port", .intOrString), .init(11, "inner", .message(inner)),
        .init(12, "labels", .map(.string)), .init(13, "secrets", .map(.bytes)),
        .list(14, "words"), .list(15, "list", .message(inner)),
        .optional(16, "maybe", .message(inner)), .ignored(17),
        .init(18, "extra", .map(.message(ProtobufMessage([.list(1, "items")])))),
    ])

    /// A field of bytes: its number below 2048, what it holds, at most 127 of them.
    private func part(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        let tag = number << 3 | 2
        let head = tag < 128 ? [UInt8(tag)] : [UInt8(tag & 127) | 128, UInt8(tag >> 7)]
        return head + [UInt8(content.count)] + content
    }

    private func text(_ number: Int, _ content: String) -> [UInt8] {
        part(number, Array(content.utf8))
    }

    private func read(_ bytes: [UInt8]) throws -> String {
        String(decoding: try Self.everything.json(bytes).encode(), as: UTF8.self)
    }

    @Test func `every shape becomes its JSON`() throws {
        #expect(try read(text(1, "é")) == #"{"text":"é"}"#)
        #expect(try read([0x10, 1, 0x18, 0x05]) == #"{"flag":true,"small":5}"#)
        let minus = [UInt8](repeating: 0xff, count: 9) + [0x01]
        #expect(try read([0x18] + minus + [0x20] + minus) == #"{"small":-1,"great":-1}"#)
        #expect(try read(part(5, [0, 255])) == #"{"data":"AP8="}"#)
        #expect(try read(text(11, "") + part(16, [])) == #"{"maybe":{}}"#)
        #expect(
            try read(part(11, text(1, "a") + [0x10, 0])) == #"{"inner":{"name":"a","grace":0}}"#)
        #expect(try read(part(8, text(1, #"{"f:a":{}}"#))) == #"{"fields":{"f:a":{}}}"#)
        #expect(try read(part(9, text(1, "1Gi"))) == #"{"amount":"1Gi"}"#)
        #expect(try read(part(10, [0x08, 0, 0x10, 80])) == #"{"port":80}"#)
        #expect(try read(part(10, [0x08, 1, 0x10, 0] + text(3, "http"))) == #"{"port":"http"}"#)
        #expect(try read(text(14, "a") + text(14, "")) == #"{"words":["a",""]}"#)
        #expect(try read(part(15, text(1, "a")) + part(15, [])) == #"{"list":[{"name":"a"},{}]}"#)
        #expect(try read(part(17, [1, 2, 3])) == "{}")
    }

    @Test func `maps become objects`() throws {
        let entry = part(12, text(1, "a") + text(2, "b"))
        #expect(try read(entry + part(12, text(1, "c"))) == #"{"labels":{"a":"b","c":""}}"#)
        #expect(try read(part(13, text(1, "k") + part(2, [1]))) == #"{"secrets":{"k":"AQ=="}}"#)
        let values = part(2, text(1, "x") + text(1, "y"))
        #expect(
            try read(part(18, text(1, "k") + values)) == #"{"extra":{"k":{"items":["x","y"]}}}"#)
        let twice = try Self.everything.json(entry + entry)
        #expect(throws: Refusal.self) { try Document(twice) }
    }

    @Test func `moments are shown as Kubernetes writes them`() throws {
        let at: [UInt8] = [0x08, 0x80, 0xe2, 0xcf, 0xaa, 0x06]
        #expect(try read(part(6, at)) == #"{"at":"2023-11-14T22:13:20Z"}"#)
        let nanos = at + [0x10, 0x87, 0xad, 0x4b]
        #expect(try read(part(7, nanos)) == #"{"exactly":"2023-11-14T22:13:20.001234Z"}"#)
        #expect(try read(part(6, [])) == "{}")
        let never = [0x08] + [UInt8](repeating: 0xff, count: 8) + [0x7f]
        #expect(throws: Refusal.self) { try read(part(6, never)) }
        #expect(throws: Refusal.self) {
            try read(part(7, at + [0x10, 0xff, 0xff, 0xff, 0xff, 0x0f]))
        }
    }

    @Test func `what is not understood is taken empty and refused filled`() throws {
        #expect(try read([0xa0, 0x06, 0x00] + part(101, [])) == "{}")
        #expect {
            try read(part(11, [0xa0, 0x06, 0x01]))
        } throws: { error in
            (error as? Refusal)?.reason == .unsupportedMediaType
                && (error as? Refusal)?.field == "inner"
        }
    }

    @Test func `a field of another type or given twice is refused under its name`() {
        let wrong: [([UInt8], String)] = [
            ([0x08, 0x01], "text"), (part(2, []), "flag"), (text(1, "a") + text(1, "a"), "text"),
            (part(1, [0xff]), "text"), (part(12, [0x08, 1]), "labels.key"),
            (part(11, [0x08, 1]), "inner.name"), (part(8, text(1, "{")), "fields"),
        ]
        for (bytes, field) in wrong {
            #expect("\(bytes)") {
                try read(bytes)
            } throws: { error in
                (error as? Refusal)?.field == field
            }
        }
    }
}
