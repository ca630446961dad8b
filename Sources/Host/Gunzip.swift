import CZlib

/// What unpacking gzip came to, other than bytes.
public enum GunzipFailure: Error, Hashable, Sendable {
    case damaged
    case cutShort
    case tooLarge
}

/// Unpacks files that gzip packed.
public enum Gunzip {
    /// Whether the bytes begin as gzip does.
    public static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// All members of a gzip file, one behind the other; more than `limit` bytes are refused.
    public static func unpack(
        _ bytes: [UInt8], limit: Int
    ) throws(GunzipFailure) -> [UInt8] {
        // zlib keeps the address of its stream, so it must not lie in a variable that may move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // 15 bits of window, and 16 to expect gzip's own header.
        guard
            inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .damaged }
        defer { inflateEnd(stream) }
        var unpacked: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var used = 0
        var code = Z_OK
        while used < bytes.count || stream.pointee.avail_out == 0 {
            let (taken, made) = step(stream, bytes, from: used, into: &buffer, &code)
            used += taken
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                throw .damaged
            }
            guard unpacked.count + made <= limit else { throw .tooLarge }
            unpacked.append(contentsOf: buffer[..<made])
            if code == Z_STREAM_END {
                // Zeros may pad the end; anything else is the next member.
                guard bytes[used...].contains(where: { $0 != 0 }) else { return unpacked }
                guard inflateReset(stream) == Z_OK else { throw .damaged }
            } else if taken == 0, made == 0 {
                throw .cutShort
            }
        }
        guard code == Z_STREAM_END else { throw .cutShort }
        return unpacked
    }

    private static func step(
        _ stream: UnsafeMutablePointer<z_stream>, _ bytes: [UInt8], from start: Int,
        into buffer: inout [UInt8],
        _ code: inout Int32
    ) -> (taken: Int, made: Int) {
        let room = buffer.count
        let count = min(bytes.count - start, 1 << 30)
        return bytes.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes { target in
                // zlib reads from `source` and writes to `target` during this call only.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.advanced(by: start)
                        .assumingMemoryBound(to: UInt8.self))
                stream.pointee.avail_in = UInt32(count)
                stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room)
                code = inflate(stream, Z_NO_FLUSH)
                let result = (
                    count - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out)
                )
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
                return result
            }
        }
    }
}
