import Glibc
import Host
import Resources

/// What a log stream has to say to the controller.
enum LogOutput: Hashable {
    /// A whole binary frame.
    case frame([UInt8])
    case end(LogEnd)
}

/// The logs that are being read: one frame each is under way, the next waits for the reader.
///
/// `isLive` tells of a rank whether it may still write; nil where it is not known.
struct LogStreams {
    static let streamsMax = 256
    /// How far a tail is searched back from the end.
    static let tailBytesMax: Int64 = 16 << 20

    typealias Liveness = (RankName) -> Bool?

    private struct Stream {
        let name: RankName
        let path: String
        let follows: Bool
        var offset: Int64
        var left: Int64
        /// All was read that is there; more may come.
        var isWaiting = false
    }

    private let ranksPath: String
    private let node: String
    private var streams: [UInt64: Stream] = [:]

    init(ranksPath: String, node: String) {
        self.ranksPath = ranksPath
        self.node = node
    }

    /// Whether some reader waits for more to be written.
    var hasWaiting: Bool { streams.values.contains { $0.isWaiting } }

    mutating func open(_ request: LogRequest, _ isLive: Liveness) -> [LogOutput] {
        let name = RankName(job: request.job, attempt: request.attempt, rank: request.rank)
        let path = "\(ranksPath)/\(name.place)/log"
        streams[request.stream] = nil
        guard streams.count < LogStreams.streamsMax else {
            return fail(
                request.stream,
                "\(streams.count) logs of node \(node) are being read; try again later")
        }
        guard isLive(name) != nil else {
            return fail(request.stream, "node \(node) knows no \(name); there is no \(path)")
        }
        var stream = Stream(
            name: name, path: path, follows: request.follow, offset: max(0, request.offset),
            left: max(0, request.limitBytes ?? .max))
        if let lines = request.tailLines {
            do throws(SystemError) {
                stream.offset = try LogStreams.start(ofLast: max(0, lines), in: path)
            } catch {
                // A rank that has not written yet has no tail, which `advance` sorts out.
                stream.offset = 0
            }
        }
        streams[request.stream] = stream
        return advance(request.stream, isLive)
    }

    /// The reader has taken the last frame.
    mutating func proceed(_ id: UInt64, _ isLive: Liveness) -> [LogOutput] {
        streams[id]?.isWaiting ?? true ? [] : advance(id, isLive)
    }

    /// Looks whether those that wait can go on.
    mutating func poll(_ isLive: Liveness) -> [LogOutput] {
        let waiting = streams.filter { $0.value.isWaiting }.keys.sorted()
        return waiting.flatMap { advance($0, isLive) }
    }

    mutating func close(_ id: UInt64) { streams[id] = nil }

    mutating func closeAll() { streams = [:] }

    /// Sends the next piece, ends the stream, or lets it wait.
    private mutating func advance(_ id: UInt64, _ isLive: Liveness) -> [LogOutput] {
        guard var stream = streams[id] else { return [] }
        // Asked before reading: what an ended rank has written is all there is.
        let mayGrow = isLive(stream.name) ?? false
        let count = Int(min(stream.left, Int64(AgentProtocol.logChunkBytes)))
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(stream.path, at: stream.offset, atMost: count)
        } catch {
            // A rank that is about to start has no log yet.
            guard error.code == ENOENT, mayGrow else {
                return fail(id, "the log of \(stream.name) on node \(node): \(error)")
            }
            bytes = []
        }
        stream.offset += Int64(bytes.count)
        stream.left -= Int64(bytes.count)
        let isDone = stream.left == 0 || (bytes.count < count && !(mayGrow && stream.follows))
        stream.isWaiting = bytes.isEmpty
        streams[id] = isDone ? nil : stream
        var output: [LogOutput] = []
        if !bytes.isEmpty { output.append(.frame(LogStreams.frame(id, bytes))) }
        if isDone { output.append(.end(LogEnd(stream: id))) }
        return output
    }

    private mutating func fail(_ id: UInt64, _ text: String) -> [LogOutput] {
        streams[id] = nil
        return [.end(LogEnd(stream: id, failure: text))]
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

    /// Where the last lines of a file begin; a line feed at the very end closes the last of them.
    static func start(ofLast lines: Int, in path: String) throws(SystemError) -> Int64 {
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
}
