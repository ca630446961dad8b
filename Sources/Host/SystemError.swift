import CLinux
import Glibc
public import Primitives

/// A system call that failed: which, on what, and why.
public struct SystemError: Error, Hashable, Sendable {
    public let call: String
    /// The path or name that the call was about; empty where there is none.
    public let subject: String
    /// The `errno`.
    public let code: Int32

    public init(_ call: String, on subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// The error of the call that failed just now in this thread.
    static func latest(_ call: String, on subject: String = "") -> SystemError {
        SystemError(call, on: subject, code: errno)
    }

    /// The kernel's words for the code, such as `no such file or directory`.
    public var text: String {
        guard let text = clinux_error_text(code) else { return "error \(code)" }
        return String(cString: text)
    }

    /// The same failure in the words that users see.
    public func refusal(field: String = "", remedy: String) -> Refusal {
        let reason: Refusal.Reason =
            switch code {
            case ENOENT: .notFound
            case EACCES, EPERM: .forbidden
            case EEXIST: .alreadyExists
            case EFBIG, E2BIG: .tooLarge
            case ENOSPC, EDQUOT, EROFS: .insufficientStorage
            default: .internalFailure
            }
        return Refusal(reason, field: field, finding: description, remedy: remedy)
    }
}

extension SystemError: CustomStringConvertible {
    public var description: String {
        subject.isEmpty
            ? "\(call): \(text.lowercased())" : "\(call) \(subject): \(text.lowercased())"
    }
}

/// The one funnel to the kernel.
public enum SystemCall {
    /// Runs `body` again while signals interrupt it; a negative answer is thrown as its errno.
    @discardableResult
    public static func run<Answer: SignedInteger>(
        _ call: String, on subject: @autoclosure () -> String = "", _ body: () -> Answer
    ) throws(SystemError) -> Answer {
        while true {
            let answer = body()
            if answer >= 0 { return answer }
            guard errno == EINTR else { throw .latest(call, on: subject()) }
        }
    }
}
