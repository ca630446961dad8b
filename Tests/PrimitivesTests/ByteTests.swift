import Primitives
import Testing

/// Goal: what is written is read back, and the bytes never change meaning. Method: golden bytes.
@Suite struct ByteWriterTests {
    private func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        write(&writer)
        #expect(writer.count == writer.bytes.count)
        return writer.bytes
    }

    @Test func `small numbers take one byte and large ones ten`() {
        #expect(bytes { $0.put(UInt64(0)) } == [0])
        #expect(bytes { $0.put(UInt64(127)) } == [0x7f])
        #expect(bytes { $0.put(UInt64(128)) } == [0x80, 0x01])
        #expect(bytes { $0.put(UInt64(300)) } == [0xac, 0x02])
        #expect(bytes { $0.put(UInt32.max) } == [0xff, 0xff, 0xff, 0xff, 0x0f])
        #expect(bytes { $0.put(UInt64.max) } == [UInt8](repeating: 0xff, count: 9) + [1])
    }

    @Test func `small negative numbers stay small`() {
        #expect(bytes { $0.put(Int64(0)) } == [0])
        #expect(bytes { $0.put(Int64(-1)) } == [1])
        #expect(bytes { $0.put(Int64(1)) } == [2])
        #expect(bytes { $0.put(Int64(-64)) } == [0x7f])
        #expect(bytes { $0.put(Int64.min) } == [UInt8](repeating: 0xff, count: 9) + [1])
    }

    @Test func `the rest is written as it is`() {
        #expect(bytes { $0.put(UInt8(200)) } == [200])
        #expect(bytes { $0.put(fixed: 0x0102_0304_0506_0708) } == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(bytes { $0.put(true) } + bytes { $0.put(false) } == [1, 0])
        #expect(bytes { $0.put("é") } == [2, 0xc3, 0xa9])
        #expect(bytes { $0.put([9, 8] as [UInt8]) } == [2, 9, 8])
        #expect(bytes { $0.put("") } == [0])
    }

    @Test func `a cleared writer begins again`() {
        var writer = ByteWriter()
        writer.put("old")
        writer.clear()
        writer.put(UInt8(1))
        #expect(writer.bytes == [1])
    }
}

/// Goal: stored bytes come back exact, and damaged bytes are an error. Method: edges, then seeds.
@Suite struct ByteReaderTests {
    private static let edges: [UInt64] = [
        0, 1, 127, 128, 16_383, 16_384, UInt64(UInt32.max), UInt64(UInt32.max) + 1,
        UInt64(Int64.max), UInt64(Int64.max) + 1, .max - 1, .max,
    ]

    @Test(arguments: edges)
    func `every number comes back`(number: UInt64) throws {
        var writer = ByteWriter()
        writer.put(number)
        writer.put(Int64(bitPattern: number))
        writer.put(fixed: number)
        writer.put(UInt32(truncatingIfNeeded: number))
        var reader = ByteReader(writer.bytes)
        let unsigned = try reader.unsigned()
        let signed = try reader.signed()
        let fixed = try reader.fixed()
        let short = try reader.unsigned32()
        #expect(unsigned == number)
        #expect(signed == Int64(bitPattern: number))
        #expect(fixed == number)
        #expect(short == UInt32(truncatingIfNeeded: number))
        #expect(reader.isAtEnd)
    }

    @Test(arguments: UInt64(0)..<64)
    func `any mixture comes back`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var writer = ByteWriter()
        var checks: [(inout ByteReader) throws -> Bool] = []
        for _ in 0..<50 {
            let number = dice.next() >> UInt64(dice.below(64))
            let text = String(repeating: "é\(number)", count: dice.below(4))
            switch dice.below(6) {
            case 0:
                writer.put(number)
                checks.append { try $0.unsigned() == number }
            case 1:
                writer.put(-Int64(number >> 1))
                checks.append { try $0.signed() == -Int64(number >> 1) }
            case 2:
                writer.put(number % 2 == 0)
                checks.append { try $0.flag() == (number % 2 == 0) }
            case 3:
                writer.put(text)
                checks.append { try $0.text() == text }
            case 4:
                writer.put(Array(text.utf8))
                checks.append { try $0.blob() == Array(text.utf8) }
            default:
                writer.put(fixed: number)
                checks.append { try $0.fixed() == number }
            }
        }
        var reader = ByteReader(writer.bytes)
        for (index, check) in checks.enumerated() {
            let isSame = try check(&reader)
            #expect(isSame, "seed \(seed), item \(index)")
        }
        #expect(reader.isAtEnd)
    }

    @Test func `every cut of good bytes is truncated, not trusted`() throws {
        var writer = ByteWriter()
        writer.put(UInt64.max)
        writer.put("muster")
        writer.put(fixed: 7)
        for length in 0..<writer.count {
            var reader = ByteReader(Array(writer.bytes.prefix(length)))
            #expect(throws: DecodingFailure.self, "cut after \(length)") {
                _ = try reader.unsigned()
                _ = try reader.text()
                _ = try reader.fixed()
            }
        }
    }

    @Test func `a number longer than 64 bits is malformed`() {
        let endless = [UInt8](repeating: 0x80, count: 20)
        let tooBig = [UInt8](repeating: 0xff, count: 9) + [2]
        let eleven = [UInt8](repeating: 0x80, count: 10) + [0]
        for bytes in [endless, tooBig, eleven] {
            var reader = ByteReader(bytes)
            #expect(throws: DecodingFailure.malformed(at: 10)) { try reader.unsigned() }
        }
    }

    @Test func `each failure names its kind and place`() {
        var empty = ByteReader([])
        #expect(empty.isAtEnd)
        #expect(throws: DecodingFailure.truncated(at: 0)) { try empty.byte() }
        #expect(throws: DecodingFailure.truncated(at: 0)) { try empty.fixed() }
        var big = ByteReader([0x80, 0x80, 0x80, 0x80, 0x10])
        #expect(throws: DecodingFailure.malformed(at: 5)) { try big.unsigned32() }
        var flag = ByteReader([2])
        #expect(throws: DecodingFailure.malformed(at: 1)) { try flag.flag() }
        var text = ByteReader([2, 0xc3, 0x28])
        #expect(throws: DecodingFailure.malformed(at: 0)) { try text.text() }
        var long = ByteReader([5, 1, 2])
        #expect(throws: DecodingFailure.truncated(at: 1)) { try long.blob() }
    }

    @Test func `a length beyond all memory is refused before anything is reserved`() {
        var writer = ByteWriter()
        writer.put(UInt64.max)
        var huge = ByteReader(writer.bytes)
        #expect(throws: DecodingFailure.malformed(at: 10)) { try huge.blob() }
        writer.clear()
        writer.put(UInt64(Int64.max))
        var large = ByteReader(writer.bytes)
        #expect(throws: DecodingFailure.truncated(at: 9)) { try large.text() }
    }

    @Test(arguments: UInt64(0)..<64)
    func `random bytes never stop the process`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<200 {
            let bytes = (0..<dice.below(24)).map { _ in
                dice.hits(1, outOf: 2) ? UInt8(0xff) : UInt8(truncatingIfNeeded: dice.next())
            }
            var reader = ByteReader(bytes)
            while !reader.isAtEnd {
                let before = reader.position
                do throws(DecodingFailure) {
                    try readOne(&reader, which: dice.below(7))
                } catch {
                    break
                }
                #expect(reader.position > before, "no progress with seed \(seed): \(bytes)")
                guard reader.position > before else { break }
            }
            #expect(reader.position <= bytes.count, "seed \(seed): \(bytes)")
        }
    }

    private func readOne(_ reader: inout ByteReader, which: Int) throws(DecodingFailure) {
        switch which {
        case 0: _ = try reader.byte()
        case 1: _ = try reader.unsigned()
        case 2: _ = try reader.signed()
        case 3: _ = try reader.unsigned32()
        case 4: _ = try reader.flag()
        case 5: _ = try reader.blob()
        default: _ = try reader.text()
        }
    }
}
