public import Primitives

/// Where one rank lives on disk, from its order to its last record.
///
/// The agent makes it and removes it; in between only the step writes there. Nothing needs the
/// agent to be alive: after a restart it lists the directories and reads on.
///
///     order    the agent, once       what to run
///     script   the agent, once       the user's script, where there is one
///     log      the step, appending   output and errors of every process
///     times    the agent, often      when it saw how much of the log
///     started  the step, once        who lives
///     lease    the agent, often      how long the rank is still ours
///     exit     the step, once        nobody lives; how it ended
public struct RankDirectory: Hashable, Sendable {
    public let path: String

    /// Names a directory that may or may not exist; `path` must be absolute.
    public init(_ path: String) {
        precondition(path.utf8.first == UInt8(ascii: "/"), "rank directory \(path) is not absolute")
        self.path = path
    }

    public var logPath: String { "\(path)/log" }

    /// Makes the directory and puts the order into it; a taken name is refused.
    ///
    /// A script is at most 1 MiB, run by `/bin/bash -e` with the order's arguments.
    public func create(_ order: RankOrder, script: [UInt8]? = nil) throws(Refusal) {
        let bytes = try order.encoded()
        guard script != nil || !order.arguments.isEmpty else {
            throw Refusal(
                .invalid, field: "arguments", finding: "there is neither a command nor a script",
                remedy: "Give one of them")
        }
        guard (script?.count ?? 0) <= RankOrder.Limits.bytes else {
            throw Refusal(
                .tooLarge, field: "script", finding: "\(script?.count ?? 0) bytes are too many",
                remedy: "Keep the script below 1 MiB and put data into files")
        }
        do throws(SystemError) {
            try Files.makeDirectory(path, mode: 0o700)
            if let script {
                // Readable by all, since another user's shell opens it by descriptor; the
                // directory's own mode keeps everybody else out.
                let mode: UInt32 = order.identity == nil ? 0o600 : 0o644
                try Files.create("\(path)/script", script, mode: mode)
            }
            // Not renamed into place: no step starts before this returns, and it checks the end.
            try Files.create("\(path)/order", bytes, mode: 0o600)
        } catch {
            throw error.refusal(remedy: "Look after the agent's state directory")
        }
    }

    /// The record of a rank that runs or ran; nil before its start, or where none was possible.
    public func started() throws(SystemError) -> RankStart? {
        guard let text = try record("started") else { return nil }
        return RankStart(text)
    }

    /// The record of a rank of which no process is left; nil as long as that is not proven.
    ///
    /// A record damaged by power loss counts as none, and then the boot identity is another.
    public func ending() throws(SystemError) -> RankEnding? {
        guard let text = try record("exit") else { return nil }
        return RankEnding(text)
    }

    /// Lets the step go on until that CLOCK_BOOTTIME moment; without renewal it kills the rank.
    public func renewLease(until boottimeMilliseconds: Int64) throws(SystemError) {
        let bytes = Array("\(max(0, boottimeMilliseconds))\n".utf8)
        try Files.write(bytes, to: "\(path)/lease", mode: 0o600, durable: false)
    }

    /// Part of the log from `offset` on; empty before the start and at the end.
    public func log(at offset: Int64, atMost count: Int) throws(SystemError) -> [UInt8] {
        guard Files.exists(logPath) else { return [] }
        return try Files.read(logPath, at: offset, atMost: count)
    }

    /// Forgets the rank; call it only after ``ending()`` or when another boot proves its death.
    public func remove() throws(SystemError) { try Files.removeFlatDirectory(path) }

    private func record(_ name: String) throws(SystemError) -> String? {
        guard Files.exists("\(path)/\(name)") else { return nil }
        return String(decoding: try Files.read("\(path)/\(name)", limit: 4096), as: UTF8.self)
    }
}
