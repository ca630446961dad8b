import CLinux
import Glibc

/// The kernel's random source, for secrets and identities; never for decisions.
public enum Entropy {
    /// Random bytes; at most 4096 at a time.
    public static func bytes(_ count: Int) throws(SystemError) -> [UInt8] {
        precondition((0...4096).contains(count), "\(count) random bytes at once")
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let start = filled
            filled += try SystemCall.run("getrandom") {
                bytes.withUnsafeMutableBytes { buffer in
                    // The slice starts inside the buffer since `start < count`.
                    getrandom(buffer.baseAddress.map { $0 + start }, count - start, 0)
                }
            }
        }
        return bytes
    }

    /// A number drawn evenly from all 64-bit numbers: a seed.
    public static func word() throws(SystemError) -> UInt64 {
        try bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// 256 random bits as 64 lower-case hex digits.
    public static func hexToken() throws(SystemError) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = try bytes(32).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// 256 random bits or a little more, as 43 letters and digits.
    public static func base62Token() throws(SystemError) -> String {
        let alphabet = Array(
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var text: [UInt8] = []
        while text.count < 43 {
            // Bytes from 248 on are thrown away: 248 is the greatest multiple of 62, so the rest is
            // even over the alphabet.
            for byte in try bytes(64) where byte < 248 && text.count < 43 {
                text.append(alphabet[Int(byte % 62)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
