import Glibc
import HTTP
import Host
import Network
import Primitives
import Wire

/// What the controller's process has used, from outside.
struct ProcessFigures {
    let pid: Int

    init(_ options: Options) throws(Refusal) {
        pid = options.number("--pid", or: 0)
        guard pid > 0 else {
            throw Refusal(
                .invalid, field: "--pid", finding: "the controller's process is not named",
                remedy: "Give --pid with the number of the process of muster serve")
        }
    }

    /// Milliseconds of CPU, user and system.
    func cpuMilliseconds() -> Int {
        let text = (try? Files.readText("/proc/\(pid)/stat", limit: 4096)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            return 0
        }
        return (user + system) * 1000 / Int(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Bytes resident now, or at their peak since ``forgetPeak()``.
    func residentBytes(peak: Bool) -> Int {
        let text = (try? Files.readText("/proc/\(pid)/status", limit: 65_536)) ?? ""
        let name = peak ? "VmHWM:" : "VmRSS:"
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return
                (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
                .flatMap { Int($0) } ?? 0) << 10
        }
        return 0
    }

    func forgetPeak() throws(Refusal) {
        let descriptor = open("/proc/\(pid)/clear_refs", O_WRONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, write(descriptor, "5", 1) == 1 else {
            throw Refusal(
                .unavailable, field: "/proc/\(pid)/clear_refs",
                finding: "the peak cannot be set back", remedy: "Run as the controller's user")
        }
    }
}

/// Time, CPU and memory of whole lists, in every form.
func measureLists(_ options: Options, _ target: Target) throws(Refusal) {
    let figures = try ProcessFigures(options)
    let rounds = max(1, options.number("--rounds", or: 5))
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    for (name, accept, packed) in [
        ("JSON", "application/json", false), ("JSON, gzip", "application/json", true),
        ("table", table, false), ("table, gzip", table, true),
    ] {
        var headers = target.headers.adding("Accept", accept)
        if packed { headers.append("Accept-Encoding", "gzip") }
        let connection = target.connect()
        var times: [Double] = []
        var bytes = 0
        let before = figures.cpuMilliseconds()
        let resident = figures.residentBytes(peak: false)
        try figures.forgetPeak()
        for _ in 0..<rounds {
            let start = Clock.monotonicNanoseconds()
            let answer = try connection.send(.get, Target.jobs, headers: headers)
            times.append(Double(Clock.monotonicNanoseconds() - start) / 1e6)
            guard answer.status == 200 else {
                throw Refusal(
                    .internalFailure, field: Target.jobs,
                    finding: "the server answered \(answer.status)",
                    remedy: "Look at the server's log")
            }
            bytes = answer.body.count
        }
        let cpu = figures.cpuMilliseconds() - before
        let growth = max(0, figures.residentBytes(peak: true) - resident)
        sayPercentiles("list as \(name), \(bytes) bytes", times)
        say("  controller: \(cpu / rounds) ms CPU a list, peak grew by \(growth >> 10) KiB")
    }
}
