/// Bytes on their way out: small ones gather in one reused buffer, large ones are not copied.
struct OutputQueue {
    /// From this size on a piece is queued as it is.
    private static let large = 16 * 1024

    /// Whole pieces in order, from `first` on; `tail` comes after them.
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var tail: [UInt8] = []
    /// How much of the foremost buffer has gone out.
    private var sent = 0
    /// Bytes that wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Adds bytes at the end; large arrays are kept, not copied.
    mutating func append(_ bytes: [UInt8]) {
        guard bytes.count >= OutputQueue.large else {
            tail.append(contentsOf: bytes)
            count += bytes.count
            return
        }
        closeTail()
        pieces.append(bytes)
        count += bytes.count
    }

    /// Gives the small buffer out to a writer.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        let before = tail.count
        write(&tail)
        count += tail.count - before
        if tail.count > 4 * OutputQueue.large { closeTail() }
    }

    private mutating func closeTail() {
        guard !tail.isEmpty else { return }
        pieces.append(tail)
        tail = []
    }

    /// Offers the foremost buffer to `write` and forgets what it took.
    mutating func writeSome(
        _ write: (UnsafeRawBufferPointer, _ more: Bool) -> Socket.Outcome
    ) -> Socket.Outcome {
        let isTail = first == pieces.count
        let more = !isTail && (first + 1 < pieces.count || !tail.isEmpty)
        let outcome =
            isTail
            ? OutputQueue.offer(tail, from: sent, more, write)
            : OutputQueue.offer(pieces[first], from: sent, more, write)
        guard case .done(let taken) = outcome else { return outcome }
        count -= taken
        sent += taken
        let isOver = sent == (isTail ? tail.count : pieces[first].count)
        if isOver {
            sent = 0
            isTail ? clearTail() : dropFirst()
        }
        return outcome
    }

    private mutating func clearTail() {
        // A burst should not be paid for with memory until the peer goes.
        tail.removeAll(keepingCapacity: tail.capacity <= OutputQueue.large)
    }

    private mutating func dropFirst() {
        pieces[first] = []
        first += 1
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 64, first * 2 > pieces.count {
            pieces.removeFirst(first)
            first = 0
        }
    }

    private static func offer(
        _ bytes: [UInt8], from start: Int, _ more: Bool,
        _ write: (UnsafeRawBufferPointer, Bool) -> Socket.Outcome
    ) -> Socket.Outcome {
        bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[start...]), more) }
    }
}
