import Glibc
import Host
import Primitives

/// The standard output and error of a command; whole writes only, from any thread.
final class Console: Sendable {
    /// What tests collect instead of printing.
    struct Captured: Sendable {
        var output: [UInt8] = []
        var errors: [UInt8] = []
    }

    /// Nil where the text goes to the real descriptors.
    private let captured: Lock<Captured>?
    private let turn = Lock(false)
    let hasColour: Bool
    /// Whether somebody watches the error stream: progress is for people only.
    let showsProgress: Bool

    /// The descriptors 1 and 2, coloured only on a terminal and without NO_COLOR.
    init(noColour: Bool) {
        captured = nil
        let isTerminal = isatty(STDERR_FILENO) == 1
        hasColour = isTerminal && !noColour && getenv("NO_COLOR") == nil
        showsProgress = isTerminal
    }

    /// A console that keeps what it is told.
    init(captured: Lock<Captured>) {
        self.captured = captured
        hasColour = false
        showsProgress = false
    }

    func say(_ line: String) { write(Array((line + "\n").utf8)) }

    func warn(_ text: String) { complain(Array("warning: \(text)\n".utf8)) }

    /// A remark for people, never part of the answer.
    func note(_ line: String) { complain(Array((line + "\n").utf8)) }

    func progress(_ line: String) {
        if showsProgress { note(line) }
    }

    func write(_ bytes: [UInt8]) {
        if let captured { return captured.withLock { $0.output += bytes } }
        turn.withLock { _ in Self.put(bytes, STDOUT_FILENO) }
    }

    func complain(_ bytes: [UInt8]) {
        if let captured { return captured.withLock { $0.errors += bytes } }
        turn.withLock { _ in Self.put(bytes, STDERR_FILENO) }
    }

    /// `error: where: finding`, and what to do on a line of its own.
    func refuse(_ refusal: Refusal) {
        let mark = hasColour ? "\u{1b}[31merror:\u{1b}[0m" : "error:"
        complain(Array((Self.text(refusal, mark: mark)).utf8))
    }

    static func text(_ refusal: Refusal, mark: String = "error:") -> String {
        ([refusal] + refusal.also).map { one($0, mark: mark) }.joined()
    }

    private static func one(_ refusal: Refusal, mark: String) -> String {
        let place = refusal.field.isEmpty ? "" : "\(refusal.field): "
        let remedy = refusal.remedy.isEmpty ? "" : "  \(capitalised(refusal.remedy))\n"
        return "\(mark) \(printable(place + refusal.finding))\n\(printable(remedy))"
    }

    private static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }

    /// Server text must not move the cursor or recolour a terminal.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { clean.append(isControl(scalar) ? "\u{fffd}" : scalar) }
        return String(clean)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        (scalar.value < 0x20 && scalar != "\n" && scalar != "\t")
            || (0x7f...0x9f).contains(scalar.value)
    }

    /// Ends the process where the reader is gone: there is nobody left to tell.
    private static func put(_ bytes: [UInt8], _ descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let start = done
            let count = bytes.withUnsafeBytes { buffer in
                // The slice starts inside the buffer since `start < bytes.count`.
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start)
            }
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                Glibc.poll(&poll, 1, -1)
            } else if errno != EINTR {
                exit(errno == EPIPE ? 128 + SIGPIPE : ExitCode.failure.number)
            }
        }
    }
}
