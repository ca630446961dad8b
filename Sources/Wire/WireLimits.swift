/// Sizes beyond which a document is refused, before it has cost more than a look.
public struct WireLimits: Hashable, Sendable {
    /// Arrays and objects inside one another.
    public var depth: Int
    /// Members of all objects of the document together.
    public var keys: Int
    /// Bytes of one string after its escapes are resolved.
    public var stringBytes: Int
    /// Digits of one number, leading zeros not counted.
    public var numberDigits: Int
    /// Bytes of the whole document; never above 1 GiB, so that offsets fit 32 bits.
    public var documentBytes: Int

    public init(
        depth: Int = 64, keys: Int = 10_000, stringBytes: Int = 256 << 10, numberDigits: Int = 20,
        documentBytes: Int = 1 << 20
    ) {
        self.depth = depth
        self.keys = keys
        self.stringBytes = stringBytes
        self.numberDigits = numberDigits
        self.documentBytes = min(documentBytes, 1 << 30)
    }

    /// What anybody may send us.
    public static let request = WireLimits()

    /// For text that was within its limits when it came in: only damage is refused.
    public static let trusted = WireLimits(
        keys: 1 << 20, stringBytes: 16 << 20, documentBytes: 64 << 20)
}
