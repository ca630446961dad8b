import CLinux
import Glibc

/// Starts `muster-step` for a rank directory and reaps it.
public struct StepProcess: Sendable {
    /// How a step itself ended; the rank's own ending is in its directory.
    public enum Ending: Hashable, Sendable {
        /// Status zero means that `exit` was written.
        case exited(code: Int32)
        case signalled(number: Int32)
    }

    public let executable: String

    /// `executable` is an absolute path; nothing is looked up.
    public init(executable: String) { self.executable = executable }

    /// The step installed next to the running program.
    public static func besideThisProgram() throws(SystemError) -> StepProcess {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try SystemCall.run("readlink", on: "/proc/self/exe") {
            readlink("/proc/self/exe", &bytes, bytes.count)
        }
        let program = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = program[..<(program.lastIndex(of: "/") ?? program.startIndex)]
        return StepProcess(executable: "\(directory)/muster-step")
    }

    /// Starts the step in its own session, with neither our environment nor our descriptors.
    ///
    /// Any thread may call it. The step is a child to be reaped, but outlives its parent.
    public func start(_ directory: RankDirectory) throws(SystemError) -> ProcessIdentity {
        var pid = pid_t()
        let code = clinux_spawn_detached(executable, directory.path, &pid)
        guard code == 0 else { throw SystemError("posix_spawn", on: executable, code: code) }
        // Even a step that has ended keeps its number until it is reaped.
        guard let identity = try ProcessIdentity.of(pid) else {
            throw SystemError("posix_spawn", on: executable, code: ESRCH)
        }
        return identity
    }

    /// Takes a step's end; nil while it runs. `ECHILD` where it is not a child of this process.
    public static func reap(_ pid: Int32, waiting: Bool) throws(SystemError) -> Ending? {
        var ending = clinux_ending()
        try SystemCall.run("waitid", on: String(pid)) {
            clinux_reap(pid, waiting ? 1 : 0, &ending)
        }
        guard ending.ended != 0 else { return nil }
        return ending.killed != 0 ? .signalled(number: ending.value) : .exited(code: ending.value)
    }
}
