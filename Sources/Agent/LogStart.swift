import Glibc
import Host
import Resources

/// Where in a log a reader begins.
enum LogStart {
    /// How far a line's beginning, or a tail, is searched back.
    static let tailBytesMax: Int64 = 16 << 20
    static let lineBytesMax: Int64 = 1 << 20

    /// Where the last lines of a file begin; a line feed at the very end closes the last of them.
    static func ofLast(_ lines: Int, in path: String) throws(SystemError) -> Int64 {
        let size = try Files.size(path)
        guard lines > 0 else { return size }
        let floor = max(0, size - tailBytesMax)
        var wanted = lines
        var end = size
        while end > floor {
            let start = max(floor, end - 65_536)
            let bytes = try Files.read(path, at: start, atMost: Int(end - start))
            for index in bytes.indices.reversed() where bytes[index] == 10 {
                if start + Int64(index) == size - 1 { continue }
                wanted -= 1
                if wanted == 0 { return start + Int64(index) + 1 }
            }
            end = start
        }
        return floor
    }

    /// Where the first line begins that was not complete before `tick`.
    ///
    /// `endedAt` is the rank's end, the time of all that no mark covers; nil while it runs.
    static func since(
        _ tick: Int64, in path: String, timesPath: String, endedAt: Int64?
    ) throws(SystemError) -> Int64 {
        let size = try Files.size(path)
        var times = LogTimes()
        if Files.exists(timesPath) {
            times = LogTimes(decoding: try LogTimesFile.read(timesPath, at: 0))
        }
        if let endedAt, max(endedAt, times.marks.last?.tick ?? 0) < tick { return size }
        return try lineStart(in: path, before: min(size, times.boundary(before: tick)))
    }

    /// Where the line begins that goes on at `offset`.
    private static func lineStart(
        in path: String, before offset: Int64
    ) throws(SystemError) -> Int64 {
        let floor = max(0, offset - lineBytesMax)
        var end = offset
        while end > floor {
            let start = max(floor, end - 4_096)
            let bytes = try Files.read(path, at: start, atMost: Int(end - start))
            if let feed = bytes.lastIndex(of: 10) { return start + Int64(feed) + 1 }
            end = start
        }
        return floor
    }
}
