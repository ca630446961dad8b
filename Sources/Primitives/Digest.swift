/// A 64-bit running digest (FNV-1a over bytes, mixed per word) for replay checks; not for secrets.
public struct Digest: Hashable, Sendable, BitwiseCopyable {
    public private(set) var value: UInt64

    public init(_ value: UInt64 = 0xcbf2_9ce4_8422_2325) { self.value = value }

    public mutating func mix(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    public mutating func mix(_ word: UInt64) {
        var mixed = value ^ word
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        value = (mixed ^ (mixed >> 31)) &* 0x0000_0100_0000_01b3
    }

    public mutating func mix(_ bytes: [UInt8]) {
        mix(UInt64(bytes.count))
        for byte in bytes { mix(byte) }
    }
}

extension Digest: CustomStringConvertible {
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
