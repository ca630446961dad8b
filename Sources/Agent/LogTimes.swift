import Primitives

/// At `tick` the log was seen to be `offset` bytes long.
struct LogMark: Hashable {
    let offset: Int64
    /// Milliseconds since 1970.
    let tick: Int64
}

/// When which part of a log was written: marks in order, offsets rising, ticks never falling.
///
/// A byte's time is that of the first mark behind it, so it is never earlier than the truth: who
/// asks for lines of the last ten seconds gets a few too many rather than one too few.
struct LogTimes {
    /// Bounds of one index.
    enum Limits {
        static let marks = 4_096
        /// Thinned out, a time is at most this part of its age too late, however often that was
        /// done: no two marks are joined whose bytes were written further apart.
        static let agePerGap: Int64 = 100
    }

    /// On disk: six bytes of offset, six of tick, four of check; a torn or damaged one is the end.
    static let markBytes = 16

    private(set) var marks: [LogMark] = []

    init() {}

    /// Reads what an index holds, up to the first mark that is not whole.
    init(decoding bytes: [UInt8]) { extend(decoding: bytes) }

    /// Takes in the marks that follow those that are known.
    mutating func extend(decoding bytes: [UInt8]) {
        var start = 0
        while bytes.count - start >= LogTimes.markBytes, marks.count < LogTimes.Limits.marks,
            let mark = LogMark(bytes[start..<start + LogTimes.markBytes]), isNext(mark)
        {
            marks.append(mark)
            start += LogTimes.markBytes
        }
    }

    private func isNext(_ mark: LogMark) -> Bool {
        guard let last = marks.last else { return mark.offset > 0 }
        return mark.offset > last.offset && mark.tick >= last.tick
    }

    /// When the bytes in front of `end` had all been written; nil behind the last mark.
    func tick(of end: Int64) -> Int64? {
        let place = firstMark { $0.offset >= end }
        return place < marks.count ? marks[place].tick : nil
    }

    /// Everything in front of this offset was written before `tick`.
    func boundary(before tick: Int64) -> Int64 {
        let place = firstMark { $0.tick >= tick }
        return place > 0 ? marks[place - 1].offset : 0
    }

    /// The first mark for which `holds` is true; it must hold for all behind that one.
    private func firstMark(where holds: (LogMark) -> Bool) -> Int {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(marks[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Fewer marks that say nearly the same: the older, the further apart.
    func thinned(at now: Int64) -> LogTimes {
        var kept: [LogMark] = []
        for (place, mark) in marks.enumerated().reversed() {
            // Nobody knows since when what is under the first mark was written.
            guard let next = kept.last, place > 0 else {
                kept.append(mark)
                continue
            }
            let limit = max(0, now - mark.tick) / LogTimes.Limits.agePerGap
            if next.tick - marks[place - 1].tick > limit { kept.append(mark) }
        }
        // A clock that was set forth and back could leave more than there is room for.
        if kept.count > LogTimes.Limits.marks * 3 / 4 {
            kept = kept.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        }
        var thinner = LogTimes()
        thinner.marks = kept.reversed()
        return thinner
    }

    var encoded: [UInt8] { marks.flatMap(\.encoded) }
}

extension LogMark {
    fileprivate init?(_ bytes: ArraySlice<UInt8>) {
        func number(_ start: Int, _ count: Int) -> UInt64 {
            let first = bytes.startIndex + start
            return bytes[first..<first + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        offset = Int64(number(0, 6))
        tick = Int64(number(6, 6))
        guard number(12, 4) == check else { return nil }
    }

    /// The mark's bytes on disk; offsets and ticks beyond 48 bits do not occur.
    var encoded: [UInt8] {
        func bytes(_ value: UInt64, _ count: UInt64) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        return bytes(UInt64(clamping: offset), 6) + bytes(UInt64(clamping: tick), 6)
            + bytes(check, 4)
    }

    /// Never zero where the rest is zero, which is what a disk may hold after the power failed.
    private var check: UInt64 {
        let mixed =
            (UInt64(clamping: offset) &+ 0x9e37_79b9_7f4a_7c15) &* 0xbf58_476d_1ce4_e5b9
            ^ (UInt64(clamping: tick) &+ 0x1b87_3593) &* 0x94d0_49bb_1331_11eb
        return (mixed ^ mixed >> 29) & 0xffff_ffff
    }
}
