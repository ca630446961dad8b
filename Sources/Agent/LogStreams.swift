import Glibc
import Host
import Primitives
import Resources

/// What a log stream has to say to the controller.
enum LogOutput: Hashable {
    /// A whole binary frame.
    case frame([UInt8])
    case end(LogEnd)
}

/// What a reader of a log has to know about its rank.
struct LogFacts: Hashable {
    /// The rank may still write.
    let mayGrow: Bool
    /// When it ended; nil while it may still write.
    let endedAt: Int64?
}

/// The logs that are being read: one frame each is under way, the next waits for the reader.
///
/// The facts about a rank are asked for each time; nil where it is not known.
struct LogStreams {
    static let streamsMax = 256
    /// Bytes read at once where times are put in front of lines: an empty line then sends 32 bytes.
    static let stampedChunkBytes = 64 * 1024

    typealias Facts = (RankName) -> LogFacts?

    private struct Stream {
        let name: RankName
        let path: String
        let follows: Bool
        var offset: Int64 = 0
        var left: Int64
        /// Set where each line's time is wanted.
        var stamps: LineStamps?
        /// All was read that is there; more may come.
        var isWaiting = false
    }

    private let ranksPath: String
    private let node: String
    private let clock: LogClock
    private var streams: [UInt64: Stream] = [:]

    init(ranksPath: String, node: String, clock: LogClock) {
        self.ranksPath = ranksPath
        self.node = node
        self.clock = clock
    }

    /// Whether some reader waits for more to be written.
    var hasWaiting: Bool { streams.values.contains { $0.isWaiting } }

    mutating func open(_ request: LogRequest, _ facts: Facts) -> [LogOutput] {
        let name = RankName(job: request.job, attempt: request.attempt, rank: request.rank)
        let path = "\(ranksPath)/\(name.place)/log"
        streams[request.stream] = nil
        guard streams.count < LogStreams.streamsMax else {
            return fail(
                request.stream, .busy,
                "\(streams.count) logs of node \(node) are being read; try again later")
        }
        guard let known = facts(name) else {
            return fail(
                request.stream, .unknown, "node \(node) knows no \(name); there is no \(path)")
        }
        var stream = Stream(
            name: name, path: path, follows: request.follow,
            left: max(0, request.limitBytes ?? .max))
        if request.timestamps ?? false {
            stream.stamps = LineStamps(timesPath: clock.timesPath(of: name))
        }
        do throws(SystemError) {
            stream.offset = try start(of: request, name, path, known)
        } catch {
            // A rank that has not written yet has no tail, which `advance` sorts out.
            stream.offset = 0
        }
        streams[request.stream] = stream
        return advance(request.stream, facts)
    }

    private func start(
        of request: LogRequest, _ name: RankName, _ path: String, _ facts: LogFacts
    ) throws(SystemError) -> Int64 {
        var start = max(0, request.offset)
        if let lines = request.tailLines { start = try LogStart.ofLast(max(0, lines), in: path) }
        // By this machine's clock, which has stamped the lines.
        let age = request.sinceMilliseconds.map { max(0, min($0, Clock.now().milliseconds)) }
        let ticks = [request.sinceTime, age.map { Clock.now().milliseconds - $0 }]
        guard let tick = ticks.compactMap(\.self).max() else { return start }
        clock.look(name)
        let since = try LogStart.since(
            tick, in: path, timesPath: clock.timesPath(of: name), endedAt: facts.endedAt)
        return max(start, since)
    }

    /// The reader has taken the last frame.
    mutating func proceed(_ id: UInt64, _ facts: Facts) -> [LogOutput] {
        streams[id]?.isWaiting ?? true ? [] : advance(id, facts)
    }

    /// Looks whether those that wait can go on.
    mutating func poll(_ facts: Facts) -> [LogOutput] {
        let waiting = streams.filter { $0.value.isWaiting }.keys.sorted()
        return waiting.flatMap { advance($0, facts) }
    }

    mutating func close(_ id: UInt64) { streams[id] = nil }

    mutating func closeAll() { streams = [:] }

    /// Sends the next piece, ends the stream, or lets it wait.
    private mutating func advance(_ id: UInt64, _ facts: Facts) -> [LogOutput] {
        guard var stream = streams[id] else { return [] }
        // Asked before reading: what an ended rank has written is all there is.
        let known = facts(stream.name)
        let mayGrow = known?.mayGrow ?? false
        let chunk =
            stream.stamps == nil ? AgentProtocol.logChunkBytes : LogStreams.stampedChunkBytes
        let count = stream.stamps == nil ? Int(min(stream.left, Int64(chunk))) : chunk
        var bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(stream.path, at: stream.offset, atMost: count)
        } catch {
            // A rank that is about to start has no log yet.
            guard error.code == ENOENT, mayGrow else {
                return fail(
                    id, error.code == ENOENT ? .unknown : .unreadable,
                    "the log of \(stream.name) on node \(node): \(error)")
            }
            bytes = []
        }
        let isLast = bytes.count < count && !(mayGrow && stream.follows)
        if stream.stamps == nil {
            stream.offset += Int64(bytes.count)
        } else {
            bytes = stamp(bytes, &stream, known, isLast: isLast, isFull: bytes.count == count)
        }
        stream.left -= Int64(bytes.count)
        let isDone = stream.left == 0 || isLast
        stream.isWaiting = bytes.isEmpty
        streams[id] = isDone ? nil : stream
        var output: [LogOutput] = []
        if !bytes.isEmpty { output.append(.frame(LogStreams.frame(id, bytes))) }
        if isDone { output.append(.end(LogEnd(stream: id))) }
        return output
    }

    /// The lines just read with their times; what is not taken is read again.
    private func stamp(
        _ bytes: [UInt8], _ stream: inout Stream, _ facts: LogFacts?, isLast: Bool, isFull: Bool
    ) -> [UInt8] {
        guard var stamps = stream.stamps, !bytes.isEmpty else { return [] }
        // What was read is noted before it is told: it has the same time whenever it is read.
        clock.look(stream.name)
        stamps.refresh()
        let (stamped, taken) = stamps.stamp(
            bytes, at: stream.offset, isLast: isLast, isFull: isFull,
            fallback: facts?.endedAt ?? Clock.now().milliseconds)
        stream.stamps = stamps
        stream.offset += Int64(taken)
        return stamped.count > stream.left ? Array(stamped.prefix(Int(stream.left))) : stamped
    }

    private mutating func fail(
        _ id: UInt64, _ reason: LogEnd.Reason, _ text: String
    ) -> [LogOutput] {
        streams[id] = nil
        return [.end(LogEnd(stream: id, failure: text, reason: reason))]
    }

    private static func frame(_ id: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(8 + bytes.count)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            frame.append(UInt8(truncatingIfNeeded: id >> shift))
        }
        frame.append(contentsOf: bytes)
        return frame
    }
}
