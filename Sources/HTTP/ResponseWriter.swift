/// Writes answers into a reused buffer.
public enum ResponseWriter {
    /// How the body of an answer is delimited.
    public enum Framing: Hashable, Sendable {
        /// `Content-Length`, also where a HEAD request gets no body.
        case length(Int)
        case chunked
        /// The end of the connection ends the body: for HTTP/1.0 peers of a stream.
        case untilClose
        /// No body and no length: 101, 204, 304.
        case none
    }

    /// The fields that every answer has, built once a second.
    public struct StandardFields: Sendable {
        let withCacheRule: [UInt8]
        let withoutCacheRule: [UInt8]

        /// `date` is in the format of RFC 9110, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
        public init(date: String, isSecure: Bool) {
            var block = "Date: \(date)\r\nX-Content-Type-Options: nosniff\r\n"
            if isSecure { block += "Strict-Transport-Security: max-age=31536000\r\n" }
            withoutCacheRule = Array(block.utf8)
            withCacheRule = Array((block + "Cache-Control: no-store\r\n").utf8)
        }
    }

    /// Appends status line and all fields up to the blank line.
    public static func head(
        _ status: Int, _ headers: Headers, _ framing: Framing, standard: StandardFields,
        closes: Bool, into output: inout [UInt8]
    ) {
        if status == 200 {
            output.append(contentsOf: fine)
        } else {
            output.append(contentsOf: "HTTP/1.1 ".utf8)
            output.append(decimal: status)
            output.append(0x20)
            output.append(contentsOf: reasonPhrase(status).utf8)
            output.append(contentsOf: lineEnd)
        }
        let hasCacheRule = headers.contains("cache-control")
        output.append(
            contentsOf: hasCacheRule ? standard.withoutCacheRule : standard.withCacheRule)
        headers.write(into: &output)
        switch framing {
        case .length(let count):
            output.append(contentsOf: lengthName)
            output.append(decimal: count)
            output.append(contentsOf: lineEnd)
        case .chunked: output.append(contentsOf: chunkedField)
        case .untilClose, .none: break
        }
        if closes { output.append(contentsOf: closeField) }
        output.append(contentsOf: lineEnd)
    }

    /// Appends one chunk; empty ones are left out, since they would end the body.
    public static func chunk(_ bytes: [UInt8], into output: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        chunkHead(count: bytes.count, into: &output)
        output.append(contentsOf: bytes)
        output.append(contentsOf: lineEnd)
    }

    /// Appends the size line of a chunk whose bytes and line end follow.
    public static func chunkHead(count: Int, into output: inout [UInt8]) {
        output.append(contentsOf: String(count, radix: 16).utf8)
        output.append(contentsOf: lineEnd)
    }

    public static let lineEnd: [UInt8] = [13, 10]
    public static let lastChunk = Array("0\r\n\r\n".utf8)
    public static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private static let fine = Array("HTTP/1.1 200 OK\r\n".utf8)
    private static let lengthName = Array("Content-Length: ".utf8)
    private static let chunkedField = Array("Transfer-Encoding: chunked\r\n".utf8)
    private static let closeField = Array("Connection: close\r\n".utf8)
}
