/// Base64 with padding, as certificates, WebSocket keys and kubeconfig files use it.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = alphabet[Int(word >> UInt32(18 - 6 * place) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil where the text is not Base64; blanks and line ends are skipped.
    public static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 where byte > 0x20 {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = alphabet.firstIndex(of: byte) else { return nil }
            word = word << 6 | UInt32(digit)
            count += 1
            guard count == 4 else { continue }
            for shift in [UInt32(16), 8, 0] {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
            (word, count) = (0, 0)
        }
        switch (count, padding) {
        case (0, 0): return bytes
        case (2, 0), (2, 2): bytes.append(UInt8(truncatingIfNeeded: word >> 4))
        case (3, 0), (3, 1):
            bytes.append(UInt8(truncatingIfNeeded: word >> 10))
            bytes.append(UInt8(truncatingIfNeeded: word >> 2))
        default: return nil
        }
        return bytes
    }
}
