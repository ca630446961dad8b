/// Bytes in, whole lines out: what a stream of events or a log is cut into.
public struct LineBuffer: Sendable {
    /// Longer lines are handed out in pieces of this many bytes.
    public static let longest = 32 << 20

    private var rest: [UInt8] = []

    public init() {}

    /// Adds bytes and returns the lines that are complete now, without their line ends.
    public mutating func add(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(rest + bytes[start..<place])
            rest.removeAll(keepingCapacity: true)
            start = place + 1
        }
        rest += bytes[start...]
        if rest.count >= LineBuffer.longest { lines.append(takeRest()) }
        return lines
    }

    /// What came after the last line end.
    public mutating func takeRest() -> [UInt8] {
        defer { rest = [] }
        return rest
    }
}
