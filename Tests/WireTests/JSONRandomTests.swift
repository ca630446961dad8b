import Primitives
import Testing
import Wire

/// Goal: whatever is written can be read, and nothing that is sent can stop the process. Method:
/// random trees there and back, and random damage to valid documents.
@Suite struct JSONRandomTests {
    @Test(arguments: UInt64(0)..<48)
    func `a random tree survives encoding and decoding`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<20 {
            let tree = dice.tree(depth: 5)
            let read = JSON(try Document(json: tree.encode()))
            #expect(read == tree, "seed \(seed)")
            let rebuilt = JSON(try Document(tree))
            #expect(rebuilt == tree, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<48)
    func `damaged documents are read or refused but never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let source = Array(JobObject.text.utf8)
        var accepted = 0
        for _ in 0..<400 {
            var bytes = source
            for _ in 0...dice.below(3) { dice.damage(&bytes) }
            do throws(Refusal) {
                let document = try Document(json: bytes)
                _ = JSON(document).encode()
                _ = try WireDecoder.decode(JobObject.self, from: document)
                accepted += 1
            } catch {
                #expect(!error.finding.isEmpty && !error.remedy.isEmpty, "seed \(seed)")
            }
        }
        #expect(accepted < 400, "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<16)
    func `random scalars read from text never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let alphabet = Array("0123456789.-+eEmkKMGTPiunsdhZT: ".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<dice.below(24)).map { _ in alphabet[dice.below(alphabet.count)] }
            let text = String(decoding: bytes, as: UTF8.self)
            if let value = try? Quantity(text) {
                #expect((try? Quantity(value.description)) == value, "\(text), seed \(seed)")
            }
            if let value = try? WireDuration(text) {
                #expect((try? WireDuration(value.description)) == value, "\(text), seed \(seed)")
            }
            _ = try? Timestamp(text)
            _ = JSON(plain: text)
        }
    }
}

extension Dice {
    mutating func tree(depth: Int) -> JSON {
        switch below(depth > 0 ? 7 : 5) {
        case 0: return .null
        case 1: return .bool(hits(1, outOf: 2))
        case 2: return .number("\(Int64(bitPattern: next()) >> Int64(below(60)))")
        case 3: return .number("\(below(1000)).\(below(1000))e\(below(20) - 10)")
        case 4: return .string(text())
        case 5: return .array((0..<below(5)).map { _ in tree(depth: depth - 1) })
        default:
            return .object(
                (0..<below(20)).map { JSON.Member("\($0)\(text())", tree(depth: depth - 1)) })
        }
    }

    mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{7f}", "é", "\u{301}",
            "€", "😀", "\u{10ffff}", "\u{2028}",
        ]
        var text = ""
        for _ in 0..<below(12) { text.unicodeScalars.append(scalars[below(scalars.count)]) }
        return text
    }

    mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(UInt8(below(256))) }
        let place = below(bytes.count)
        switch below(5) {
        case 0: bytes[place] = UInt8(below(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8(below(256)), at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + below(40)))
        default:
            let end = min(bytes.count, place + below(60))
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: below(bytes.count))
        }
    }
}
