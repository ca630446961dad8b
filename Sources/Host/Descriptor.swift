public import Glibc

/// An open file descriptor with one owner, closed when that owner lets go.
public struct Descriptor: ~Copyable, Sendable {
    public let number: Int32

    /// Takes over a descriptor that nobody else will close.
    public init(owning number: Int32) {
        precondition(number >= 0, "descriptor \(number) is not open")
        self.number = number
    }

    deinit {
        // Linux frees the number even where close reports an error, so there is nothing to repeat.
        _ = close(number)
    }

    /// Opens `path` close-on-exec; symbolic links in the last place are refused.
    public static func open(
        _ path: String, _ flags: Int32, mode: mode_t = 0
    ) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try SystemCall.run("open", on: path) {
                Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
            })
    }

    /// Hands the number to a new owner, who must close it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// Reads up to `count` bytes at `offset`; empty at the end.
    public borrowing func read(
        at offset: Int64, atMost count: Int
    ) throws(SystemError) -> [UInt8] {
        precondition(offset >= 0 && count >= 0, "read of \(count) bytes at \(offset)")
        let number = self.number
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try SystemCall.run("pread") {
            bytes.withUnsafeMutableBytes { pread(number, $0.baseAddress, count, off_t(offset)) }
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// Writes all of `bytes` at the current position.
    public borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
        let number = self.number
        var done = 0
        while done < bytes.count {
            let start = done
            done += try SystemCall.run("write") {
                bytes.withUnsafeBytes { buffer in
                    // The slice starts inside the buffer since `start < bytes.count`.
                    Glibc.write(number, buffer.baseAddress.map { $0 + start }, buffer.count - start)
                }
            }
        }
    }

    /// Puts contents and size on disk; the name needs a sync of its directory.
    public borrowing func sync() throws(SystemError) {
        let number = self.number
        try SystemCall.run("fsync") { fsync(number) }
    }
}
