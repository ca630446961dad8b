import Glibc
import Host

/// What the whole machine has spent and holds, from `/proc/stat` and `/proc/meminfo`.
struct MachineUsage: Hashable {
    /// Clock ticks of all CPUs that were neither idle nor waiting for a disk, since boot.
    let busyTicks: UInt64
    /// Bytes that could not be had without taking them from somebody.
    let memoryBytes: Int64

    /// Reads both files; nil where one of them has another form.
    static func read() throws(SystemError) -> MachineUsage? {
        // The sums stand in the first line; what follows is as long as the machine is wide.
        let stat = try Files.read("/proc/stat", at: 0, atMost: 512)
        let memory = try Files.read("/proc/meminfo", at: 0, atMost: 4_096)
        return MachineUsage(
            stat: String(decoding: stat, as: UTF8.self),
            memory: String(decoding: memory, as: UTF8.self))
    }

    init?(stat: String, memory: String) {
        guard let line = stat.split(separator: "\n").first else { return nil }
        let words = line.split(separator: " ")
        let times = words.dropFirst().prefix(8).map { UInt64($0) ?? 0 }
        guard words.first == "cpu", times.count == 8,
            let total = Self.kibibytes("MemTotal:", in: memory),
            let free = Self.kibibytes("MemAvailable:", in: memory)
        else { return nil }
        // User, nice, system, interrupts and stolen time; the two after system are idle and wait.
        // Guests are in user time already.
        busyTicks = [0, 1, 2, 5, 6, 7].reduce(0) { $0 &+ times[$1] }
        memoryBytes = max(0, total - free) * 1_024
    }

    private static func kibibytes(_ name: String, in text: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let words = line.split(separator: " ")
            guard words.count > 1, let value = Int64(words[1]), (0...1 << 50).contains(value) else {
                return nil
            }
            return value
        }
        return nil
    }
}
