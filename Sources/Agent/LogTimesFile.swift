import Glibc
import Host

/// The index beside one log, written by the agent as the log grows.
///
/// Nothing is synced: after a power failure the last marks may lack, and the lines under them have
/// the time of the rank's end, or of the next mark.
struct LogTimesFile {
    let path: String
    private(set) var last = LogMark(offset: 0, tick: 0)
    private var count = 0

    /// An index for a log that has only just begun.
    init(newAt path: String) { self.path = path }

    /// An index that an earlier agent may have left, cut behind its last whole mark.
    init(foundAt path: String) throws(SystemError) {
        self.path = path
        guard Files.exists(path) else { return }
        let bytes = try LogTimesFile.read(path, at: 0)
        let times = LogTimes(decoding: bytes)
        count = times.marks.count
        if let mark = times.marks.last { last = mark }
        let whole = count * LogTimes.markBytes
        guard bytes.count != whole else { return }
        try SystemCall.run("truncate", on: path) { truncate(path, off_t(whole)) }
    }

    /// Notes how long the log is now; nothing happens where it has not grown.
    ///
    /// `now` must be read after `size`, so that no byte gets a time before its own.
    mutating func note(size: Int64, at now: Int64) throws(SystemError) {
        if size < last.offset { try beginAgain() }
        guard size > last.offset else { return }
        // A clock that was set back stands still here until the wall has caught up.
        let mark = LogMark(offset: size, tick: max(now, last.tick))
        if count >= LogTimes.Limits.marks { try thinOut(at: mark.tick) }
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600)
        let (number, place) = (file.number, off_t(count * LogTimes.markBytes))
        let bytes = mark.encoded
        let written = try SystemCall.run("pwrite", on: path) {
            bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, place) }
        }
        // The next mark goes to the same place.
        guard written == bytes.count else { throw SystemError("pwrite", on: path, code: ENOSPC) }
        count += 1
        last = mark
    }

    /// The rank has cut its log short: what is written now must not get the times of what is gone.
    private mutating func beginAgain() throws(SystemError) {
        try Files.remove(path)
        count = 0
        last = LogMark(offset: 0, tick: last.tick)
    }

    private mutating func thinOut(at now: Int64) throws(SystemError) {
        let times = LogTimes(decoding: try LogTimesFile.read(path, at: 0)).thinned(at: now)
        try Files.write(times.encoded, to: path, mode: 0o600, durable: false)
        count = times.marks.count
    }

    /// The index's bytes from that mark on.
    static func read(_ path: String, at mark: Int) throws(SystemError) -> [UInt8] {
        try Files.read(
            path, at: Int64(mark * LogTimes.markBytes),
            atMost: (LogTimes.Limits.marks + 1) * LogTimes.markBytes)
    }
}
