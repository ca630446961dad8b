import Foundation
import Host
import Primitives
import Testing
import Wire

@testable import Agent

/// Goal: whatever happens to agent and clock, a line's time is never before the truth, never falls
/// from line to line, and "the last ten seconds" never lack a line.
/// Method: logs that grow in simulated time, seed by seed, in real files, with agents that crash.
@Suite struct LogTimesTests {
    /// A log, its index, and what really happened.
    private final class Story {
        let folder: String
        var logPath: String { "\(folder)/log" }
        var timesPath: String { "\(folder)/times" }
        var dice: Dice
        var now: Int64 = 1_700_000_000_000
        /// By line: where it ends, when that was written, and when it was next looked at.
        var lines: [(end: Int64, written: Int64, seen: Int64)] = []
        var size: Int64 = 0
        var index: LogTimesFile
        let log: Descriptor

        init(seed: UInt64) throws {
            let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
            folder = "\(base)/muster-times-\(try Entropy.hexToken().prefix(16))"
            try Files.makeDirectory(folder, mode: 0o700)
            dice = Dice(seed: seed)
            index = LogTimesFile(newAt: "\(folder)/times")
            log = try Descriptor.open("\(folder)/log", O_WRONLY | O_CREAT, mode: 0o600)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func roll(_ bound: UInt64) -> UInt64 { dice.next() % bound }

        /// Writes some bytes with line feeds here and there.
        func write() throws {
            let bytes = (0..<1 + roll(40)).map { _ in roll(5) == 0 ? UInt8(10) : UInt8(97) }
            try log.write(bytes)
            for byte in bytes {
                size += 1
                if byte == 10 { lines.append((size, now, .max)) }
            }
        }

        func look() throws {
            try index.note(size: size, at: now)
            for place in lines.indices.reversed() {
                guard lines[place].seen == .max else { break }
                lines[place].seen = index.last.tick
            }
        }

        /// The agent dies, perhaps in the middle of a mark, and the next one finds the index.
        func crash() throws {
            if roll(2) == 0, Files.exists(timesPath) {
                let file = try Descriptor.open(timesPath, O_WRONLY | O_APPEND)
                try file.write((0..<1 + roll(24)).map { _ in UInt8(truncatingIfNeeded: roll(256)) })
            }
            index = try LogTimesFile(foundAt: timesPath)
        }

        func since(_ tick: Int64) throws -> Int64 {
            try LogStart.since(tick, in: logPath, timesPath: timesPath, endedAt: nil)
        }

        /// The times that a reader would see, line by line.
        func stamps(pieceBytes: Int = 1_000) throws -> [Int64] {
            var stamps = LineStamps(timesPath: timesPath)
            var text: [UInt8] = []
            var offset: Int64 = 0
            while offset < size {
                stamps.refresh()
                let bytes = try Files.read(logPath, at: offset, atMost: pieceBytes)
                let isLast = bytes.count < pieceBytes
                let (stamped, taken) = stamps.stamp(
                    bytes, at: offset, isLast: isLast, isFull: !isLast, fallback: now)
                text += stamped
                offset += Int64(taken)
                if isLast { break }
            }
            return try text.split(separator: 10).map { line in
                try Timestamp(String(decoding: line.prefix(30), as: UTF8.self)).milliseconds
            }
        }
    }

    @Test(arguments: UInt64(1)...12)
    func `no line younger than asked is lost, and times never fall`(seed: UInt64) throws {
        let story = try Story(seed: seed)
        for _ in 0..<600 {
            story.now += Int64(story.roll(2_000))
            if story.roll(3) > 0 { try story.write() }
            if story.roll(2) > 0 { try story.look() }
            if story.roll(40) == 0 { try story.crash() }
        }
        try check(story)
    }

    @Test(arguments: UInt64(1)...3)
    func `an index that was thinned out many times is a little late, never early`(
        seed: UInt64
    ) throws {
        let story = try Story(seed: seed)
        for _ in 0..<30_000 {
            story.now += 250 + Int64(story.roll(500))
            try story.write()
            try story.look()
        }
        let bytes = try Files.size(story.timesPath)
        #expect(bytes <= Int64(LogTimes.Limits.marks * LogTimes.markBytes))
        try check(story)
        let stamps = try story.stamps(pieceBytes: 65_536)
        #expect(stamps.count == story.lines.count + (story.lines.last?.end == story.size ? 0 : 1))
        for (stamp, line) in zip(stamps, story.lines) {
            let age = story.now - line.written
            #expect(stamp - line.seen <= age / 100 + 1, "seed \(seed), a line \(age) ms old")
        }
    }

    private func check(_ story: Story) throws {
        let stamps = try story.stamps()
        var last: Int64 = 0
        for (stamp, line) in zip(stamps, story.lines) {
            #expect(stamp >= line.written)
            #expect(stamp >= last)
            last = stamp
        }
        for _ in 0..<200 {
            let tick = story.now - Int64(story.roll(UInt64(story.now - 1_700_000_000_000) + 1_000))
            let start = try story.since(tick)
            let isLineStart = start == 0 || story.lines.contains { $0.end == start }
            #expect(isLineStart, "\(start) is within a line")
            let lost = story.lines.filter { $0.written >= tick && $0.end <= start }
            #expect(lost.isEmpty, "since \(tick): \(lost.count) lines lost")
        }
    }

    @Test func `a clock that is set back stands still in the index`() throws {
        let story = try Story(seed: 1)
        try story.write()
        try story.look()
        let first = story.index.last.tick
        story.now -= 3_600_000
        try story.write()
        try story.look()
        #expect(story.index.last.tick == first)
        #expect(story.index.last.offset == story.size)
    }

    @Test func `a log that its rank has cut short gets new times`() throws {
        let story = try Story(seed: 1)
        try story.write()
        try story.look()
        let first = story.index.last
        try story.index.note(size: 1, at: first.tick + 5_000)
        let times = LogTimes(decoding: try Files.read(story.timesPath, limit: 1 << 20))
        #expect(times.marks == [LogMark(offset: 1, tick: first.tick + 5_000)])
        #expect(first.offset > 1)
        try story.index.note(size: 0, at: first.tick + 6_000)
        #expect(!Files.exists(story.timesPath))
        #expect(story.index.last == LogMark(offset: 0, tick: first.tick + 5_000))
    }

    @Test func `an index cut at any byte is read up to its last whole mark, and goes on`() throws {
        var marks: [LogMark] = []
        for number in Int64(1)...5 {
            marks.append(LogMark(offset: number * 10, tick: 1_700_000_000_000 + number))
        }
        let whole = marks.flatMap(\.encoded)
        #expect(LogTimes(decoding: whole).marks == marks)
        let story = try Story(seed: 1)
        for length in 0...whole.count {
            let cut = Array(whole.prefix(length))
            #expect(LogTimes(decoding: cut).marks == Array(marks.prefix(length / 16)))
            try Files.write(cut, to: story.timesPath, mode: 0o600, durable: false)
            var file = try LogTimesFile(foundAt: story.timesPath)
            try file.note(size: 1_000, at: 1_800_000_000_000)
            let found = LogTimes(decoding: try Files.read(story.timesPath, limit: 1 << 20))
            #expect(found.marks.count == length / 16 + 1)
            #expect(found.marks.last?.offset == 1_000)
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `damage ends an index and never raises or lowers what is before it`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let marks = (1...50).map { LogMark(offset: $0 * 7, tick: 1_700_000_000_000 + $0 * 250) }
        var bytes = marks.flatMap(\.encoded)
        let place = Int(dice.next() % UInt64(bytes.count))
        bytes[place] ^= UInt8(1 + dice.next() % 255)
        let found = LogTimes(decoding: bytes).marks
        #expect(found == Array(marks.prefix(found.count)))
        #expect(found.count == place / 16, "seed \(seed)")
        #expect(LogTimes(decoding: [UInt8](repeating: 0, count: 160)).marks.isEmpty)
        let noise = (0..<4_096).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
        #expect(LogTimes(decoding: noise).marks.count < 2)
    }
}

/// Goal: lines are stamped once and whole. Method: one log, cut into pieces of every size.
@Suite struct LineStampsTests {
    private func stamped(_ text: String, pieces: Int, full: Bool = false) -> String {
        var stamps = LineStamps(timesPath: "/nonexistent")
        let all = Array(text.utf8)
        var out: [UInt8] = []
        var offset = 0
        while offset < all.count {
            let piece = Array(all[offset...].prefix(pieces))
            let isLast = offset + piece.count == all.count
            let (more, taken) = stamps.stamp(
                piece, at: Int64(offset), isLast: isLast, isFull: true, fallback: 1_000)
            out += more
            offset += taken
        }
        return String(decoding: out, as: UTF8.self)
    }

    @Test(arguments: 1...12)
    func `however a log is cut, each line has one time`(pieces: Int) {
        let time = "1970-01-01T00:00:01.000000000Z "
        #expect(
            stamped("one\n\ntwo three four\nfive", pieces: pieces)
                == "\(time)one\n\(time)\n\(time)two three four\n\(time)five")
    }

    @Test func `the beginning of a line waits for its end`() {
        var stamps = LineStamps(timesPath: "/nonexistent")
        let (none, taken) = stamps.stamp(
            Array("half".utf8), at: 0, isLast: false, isFull: false, fallback: 1)
        #expect(none.isEmpty && taken == 0)
    }
}
