import Foundation
import Testing

@testable import Host

/// Goal: gzip is unpacked whole or refused, whatever the bytes. Method: what `gzip` packs, cut,
/// joined, padded and spoilt.
@Suite struct GunzipTests {
    private func pack(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        let packed = file.appendingPathExtension("gz")
        defer { try? FileManager.default.removeItem(at: packed) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", file.path]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: packed))
    }

    private func unpack(_ bytes: [UInt8], limit: Int = 1 << 30) -> Result<[UInt8], GunzipFailure> {
        do throws(GunzipFailure) {
            return .success(try Gunzip.unpack(bytes, limit: limit))
        } catch {
            return .failure(error)
        }
    }

    /// Half of it repeats itself and half does not, so that it is neither stored nor tiny.
    private func sample(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { place in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return place % 2 == 0 ? 0x41 : UInt8(state >> 56)
        }
    }

    @Test(arguments: [0, 1, 1000, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20])
    func `what was packed comes back, around the size of the buffer too`(count: Int) throws {
        let bytes = sample(count)
        let packed = try pack(bytes)
        #expect(Gunzip.isPacked(packed))
        #expect(unpack(packed) == .success(bytes))
    }

    @Test func `members follow each other, and zeros may pad the end`() throws {
        let (one, other) = (sample(5000), sample(300_000))
        let packed = try pack(one) + pack(other) + pack([]) + pack(one)
        #expect(unpack(packed) == .success(one + other + one))
        #expect(unpack(packed + Array(repeating: 0, count: 700)) == .success(one + other + one))
    }

    @Test func `every cut is noticed`() throws {
        let packed = try pack(sample(400))
        for length in 2..<packed.count {
            #expect(unpack(Array(packed[..<length])) == .failure(.cutShort), "\(length)")
        }
        let two = packed + packed
        for length in (packed.count + 1)..<two.count {
            #expect(unpack(Array(two[..<length])) == .failure(.cutShort), "\(length)")
        }
        let large = try pack(sample(1 << 20))
        #expect(unpack(Array(large.dropLast(5))) == .failure(.cutShort))
    }

    @Test func `damage to the data, its sum, its length or what follows is noticed`() throws {
        let bytes = sample(2000)
        let packed = try pack(bytes)
        for place in [3, packed.count / 2, packed.count - 6, packed.count - 2] {
            var spoilt = packed
            spoilt[place] ^= 0xff
            let found = unpack(spoilt)
            #expect(found == .failure(.damaged) || found == .failure(.cutShort), "\(place)")
        }
        #expect(unpack(packed + Array("and more".utf8)) == .failure(.damaged))
        #expect(unpack([0x1f, 0x8b]) == .failure(.cutShort))
        #expect(unpack(Array("plain text".utf8)) == .failure(.damaged))
        #expect(!Gunzip.isPacked([]) && !Gunzip.isPacked([0x1f]))
    }

    @Test func `more than the limit is refused before it fills the memory`() throws {
        let bytes = sample(300_000)
        let packed = try pack(bytes)
        #expect(unpack(packed, limit: 300_000) == .success(bytes))
        #expect(unpack(packed, limit: 299_999) == .failure(.tooLarge))
        #expect(unpack(packed + packed, limit: 599_999) == .failure(.tooLarge))
        let bomb = try pack(Array(repeating: 0, count: 32 << 20))
        #expect(bomb.count < 64 << 10 && unpack(bomb, limit: 1 << 20) == .failure(.tooLarge))
    }
}
