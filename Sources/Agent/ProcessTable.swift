import Glibc
import Host

/// One process as `/proc` tells of it.
struct ProcessFacts: Hashable {
    let pid: Int32
    let parent: Int32
    /// Clock ticks between boot and start.
    let startTime: UInt64
    /// Clock ticks spent, with those of its children that were waited for.
    let ticks: UInt64
    let residentPages: Int64
}

/// The processes of the machine, read in one pass into memory that is used again.
///
/// A reading is not a moment: processes come and go while it goes on.
struct ProcessTable {
    /// More than any machine of ours has; the rest would be left out.
    static let processesMax = 1_000_000

    private(set) var processes: [ProcessFacts] = []
    private var places: [Int32: Int32] = [:]
    /// By process, the root that it hangs below.
    private var roots: [Int32] = []

    private static let noRoot: Int32 = -1
    private static let unknown: Int32 = -2

    init() {}

    /// Reads every process that can be read.
    mutating func read() throws(SystemError) {
        processes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        guard let folder = opendir("/proc") else {
            throw SystemError("opendir", on: "/proc", code: errno)
        }
        defer { closedir(folder) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
        defer { buffer.deallocate() }
        let home = dirfd(folder)
        while let entry = readdir(folder), processes.count < ProcessTable.processesMax {
            guard let count = ProcessTable.readStat(entry, in: home, buffer) else { continue }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard let facts = ProcessFacts(stat: bytes) else { continue }
            places[facts.pid] = Int32(processes.count)
            processes.append(facts)
        }
    }

    /// Reads `PID/stat` into the buffer; nil for entries that are no process, or are gone.
    private static func readStat(
        _ entry: UnsafeMutablePointer<dirent>, in home: Int32,
        _ buffer: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var path: (UInt64, UInt64, UInt64) = (0, 0, 0)
        let isProcess = withUnsafeMutableBytes(of: &path) { path -> Bool in
            var length = 0
            // The kernel ends the name with NUL; a process's has at most ten digits.
            return withUnsafeBytes(of: &entry.pointee.d_name) { name in
                while name[length] != 0 {
                    guard length < 10, name[length] &- 0x30 < 10 else { return false }
                    path[length] = name[length]
                    length += 1
                }
                for byte in "/stat".utf8 {
                    path[length] = byte
                    length += 1
                }
                return true
            }
        }
        guard isProcess else { return nil }
        let file = withUnsafeBytes(of: &path) { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { openat(home, $0, O_RDONLY | O_CLOEXEC) } ?? -1
            }
        }
        guard file >= 0 else { return nil }
        defer { close(file) }
        let count = Glibc.read(file, buffer.baseAddress, buffer.count)
        return count > 0 ? count : nil
    }

    /// The process with this number in the last reading.
    func process(_ pid: Int32) -> ProcessFacts? { places[pid].map { processes[Int($0)] } }

    /// Hands over every process that is one of the roots or below one, with the root's place in
    /// `pids`; a process below two roots belongs to the nearer.
    mutating func eachBelow(_ pids: [Int32], _ body: (Int, ProcessFacts) -> Void) {
        roots.removeAll(keepingCapacity: true)
        roots.append(contentsOf: repeatElement(ProcessTable.unknown, count: processes.count))
        for (place, pid) in pids.enumerated() {
            if let index = places[pid] { roots[Int(index)] = Int32(place) }
        }
        for index in processes.indices {
            let root = root(of: index)
            if root != ProcessTable.noRoot { body(Int(root), processes[index]) }
        }
    }

    /// Walks up to a process whose root is known, and tells all on the way.
    private mutating func root(of index: Int) -> Int32 {
        var at = index
        var steps = 0
        // Numbers that were used anew within the reading could make a ring.
        while roots[at] == ProcessTable.unknown, steps <= processes.count {
            guard let parent = places[processes[at].parent], Int(parent) != at else {
                roots[at] = ProcessTable.noRoot
                break
            }
            at = Int(parent)
            steps += 1
        }
        let root = steps > processes.count ? ProcessTable.noRoot : roots[at]
        at = index
        while roots[at] == ProcessTable.unknown {
            roots[at] = root
            guard let parent = places[processes[at].parent] else { break }
            at = Int(parent)
        }
        return root
    }
}

extension ProcessFacts {
    /// Reads a line of `/proc/PID/stat`; nil where it is not whole.
    init?(stat bytes: UnsafeRawBufferPointer) {
        // The name, field 2, may hold spaces and parentheses, so count from its end.
        guard let close = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        var at = 0
        guard let pid = Self.number(bytes, &at), let own = Int32(exactly: pid) else { return nil }
        at = close + 2
        var wanted: (parent: UInt64, start: UInt64, ticks: UInt64, pages: UInt64) = (0, 0, 0, 0)
        var field = 3
        while field <= 24 {
            if field == 3 {
                at += 2
            } else {
                guard let value = Self.number(bytes, &at) else { return nil }
                switch field {
                case 4: wanted.parent = value
                case 14...17: wanted.ticks &+= value
                case 22: wanted.start = value
                case 24: wanted.pages = value
                default: break
                }
            }
            field += 1
        }
        guard let parent = Int32(exactly: wanted.parent) else { return nil }
        self.init(
            pid: own, parent: parent, startTime: wanted.start, ticks: wanted.ticks,
            residentPages: Int64(clamping: wanted.pages))
    }

    /// The number at that place and the blank behind it; a sign is passed over.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        let start = at
        var value: UInt64 = 0
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            value = value &* 10 &+ UInt64(bytes[at] &- 0x30)
            at += 1
        }
        guard at > start else { return nil }
        at += 1
        return value
    }
}
