import Host
import Primitives
import Wire

/// Puts times in front of the lines of one log, as they are read piece by piece.
struct LineStamps {
    private let path: String
    private var times = LogTimes()
    /// The last piece ended within a line, which has its time already.
    private var isWithinLine = false
    private var lastTick: Int64 = 0
    private var text: [UInt8] = []

    init(timesPath: String) { path = timesPath }

    /// Reads the index as far as it is not known yet.
    mutating func refresh() {
        let known = times.marks.count
        // The last known mark is read again: an index that was thinned out has another there.
        guard Files.exists(path), let bytes = try? LogTimesFile.read(path, at: max(0, known - 1))
        else { return }
        guard let last = times.marks.last else { return times = LogTimes(decoding: bytes) }
        if Array(bytes.prefix(LogTimes.markBytes)) == last.encoded {
            times.extend(decoding: Array(bytes.dropFirst(LogTimes.markBytes)))
        } else if let whole = try? LogTimesFile.read(path, at: 0) {
            times = LogTimes(decoding: whole)
        }
    }

    /// The lines in `bytes`, which lie at `offset`, with their times; and how many bytes that took.
    ///
    /// The beginning of a line waits for its end, unless `isLast` says that there will be none or
    /// the piece holds nothing else. `fallback` is the time of what no mark covers.
    mutating func stamp(
        _ bytes: [UInt8], at offset: Int64, isLast: Bool, isFull: Bool, fallback: Int64
    ) -> (stamped: [UInt8], taken: Int) {
        var stamped: [UInt8] = []
        stamped.reserveCapacity(bytes.count + bytes.count / 2)
        var start = 0
        while let feed = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            append(bytes[start...feed], endingAt: offset + Int64(feed) + 1, fallback, to: &stamped)
            isWithinLine = false
            start = feed + 1
        }
        guard start < bytes.count, isLast || (isFull && start == 0) else { return (stamped, start) }
        let end = offset + Int64(bytes.count)
        append(bytes[start...], endingAt: end, fallback, to: &stamped)
        isWithinLine = true
        return (stamped, bytes.count)
    }

    private mutating func append(
        _ line: ArraySlice<UInt8>, endingAt end: Int64, _ fallback: Int64, to stamped: inout [UInt8]
    ) {
        if !isWithinLine {
            let tick = max(lastTick, times.tick(of: end) ?? fallback)
            if tick != lastTick || text.isEmpty {
                lastTick = tick
                text = Array(Timestamp(milliseconds: tick).text(fraction: 9).utf8) + [0x20]
            }
            stamped.append(contentsOf: text)
        }
        stamped.append(contentsOf: line)
    }
}
