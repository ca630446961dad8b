/// What is stored of an object beside its head: JSON texts, one a line.
///
/// The server writes JSON without line breaks, so a line break can part them.
public struct DocumentBody: Hashable, Sendable {
    /// The specification, or the data of kinds that have none.
    public var content: [UInt8]
    /// Who owns which fields; empty for what the server made.
    public var managers: [UInt8]
    /// What clients wrote into the status beside the server's own; empty for nothing.
    public var status: [UInt8]

    private static let lineBreak = UInt8(ascii: "\n")

    public init(content: [UInt8], managers: [UInt8] = [], status: [UInt8] = []) {
        self.content = content
        self.managers = managers
        self.status = status
    }

    public init(stored: [UInt8]) {
        guard let first = stored.firstIndex(of: Self.lineBreak) else {
            self.init(content: stored)
            return
        }
        let rest = stored[(first + 1)...]
        let second = rest.firstIndex(of: Self.lineBreak) ?? rest.endIndex
        self.init(
            content: Array(stored[..<first]), managers: Array(rest[..<second]),
            status: Array(rest[second...].dropFirst()))
    }

    public var stored: [UInt8] {
        guard !managers.isEmpty || !status.isEmpty else { return content }
        var bytes = content
        bytes.reserveCapacity(content.count + managers.count + status.count + 2)
        bytes.append(Self.lineBreak)
        bytes.append(contentsOf: managers)
        guard !status.isEmpty else { return bytes }
        bytes.append(Self.lineBreak)
        bytes.append(contentsOf: status)
        return bytes
    }
}
