import CZlib

/// One deflate stream for an answer that goes out in pieces; reactor thread only.
final class GzipStream {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isUsable: Bool
    private let closed: () -> Void

    fileprivate init?(closed: @escaping () -> Void) {
        self.closed = closed
        stream.initialize(to: z_stream())
        isUsable =
            deflateInit2_(
                stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        guard isUsable else { return nil }
    }

    deinit {
        if isUsable { deflateEnd(stream) }
        stream.deallocate()
        closed()
    }

    /// Packs one piece so that the peer can read all of it; nil where that fails.
    func pack(_ bytes: [UInt8], isLast: Bool) -> [UInt8]? {
        guard bytes.count < 1 << 30 else { return nil }
        // Room for what an earlier piece may have left, and for the marks of the flush.
        let bound = Int(deflateBound(stream, uLong(bytes.count))) + 1024
        var isComplete = false
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, used in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = uInt(bound)
            isComplete = bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = uInt(input.count)
                let result = deflate(stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
                return isLast
                    ? result == Z_STREAM_END
                    : result == Z_OK && stream.pointee.avail_in == 0
                        && stream.pointee.avail_out > 0
            }
            used = bound - Int(stream.pointee.avail_out)
        }
        // Without the room that incompressible bytes would have needed.
        return isComplete ? packed.withUnsafeBytes { Array($0) } : nil
    }
}

/// One reusable deflate stream that makes gzip members; reactor thread only.
final class Gzip {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isUsable: Bool
    /// Each open stream holds 256 KiB.
    private static let streamsMax = 128
    private var openStreams = 0

    init() {
        stream.initialize(to: z_stream())
        // Level 1: on a loaded controller time is dearer than the last tenth of size.
        isUsable =
            deflateInit2_(
                stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isUsable { deflateEnd(stream) }
        stream.deallocate()
    }

    /// A stream for one answer; nil where too many are open, and the answer goes out as it is.
    func open() -> GzipStream? {
        guard openStreams < Self.streamsMax else { return nil }
        openStreams += 1
        return GzipStream { [weak self] in self?.openStreams -= 1 }
    }

    /// Compresses the pieces into one body; nil where that fails, and they go out as they are.
    func pack(_ parts: [[UInt8]]) -> [UInt8]? {
        let count = parts.reduce(0) { $0 + $1.count }
        guard isUsable, count < 1 << 30, deflateReset(stream) == Z_OK else { return nil }
        let bound = Int(deflateBound(stream, uLong(count))) + 64
        var isComplete = false
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, used in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = uInt(bound)
            isComplete = feed(parts)
            used = bound - Int(stream.pointee.avail_out)
        }
        return isComplete ? packed : nil
    }

    private func feed(_ parts: [[UInt8]]) -> Bool {
        for part in parts {
            let isTaken = part.withUnsafeBufferPointer { bytes in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.pointee.avail_in = uInt(bytes.count)
                let result = deflate(stream, Z_NO_FLUSH)
                // Nothing to do, as with an empty piece, is reported as a buffer error.
                return (result == Z_OK || result == Z_BUF_ERROR) && stream.pointee.avail_in == 0
            }
            guard isTaken else { return false }
        }
        return deflate(stream, Z_FINISH) == Z_STREAM_END
    }
}
