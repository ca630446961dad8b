import Glibc

/// An open file, closed when its owner ends; close-on-exec always.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Opens or makes a file with owner-only access.
    init(_ path: String, flags: Int32) throws(StorageFailure) {
        number = try System.call("open \(path)") { open(path, flags | O_CLOEXEC, 0o600) }
    }

    deinit { close(number) }

    /// Cuts the file to nothing and writes a short text.
    func replaceContents(_ text: String) throws(StorageFailure) {
        try System.call("truncate") { ftruncate(number, 0) }
        let bytes = Array(text.utf8)
        let written = try System.call("write") { Int32(pwrite(number, bytes, bytes.count, 0)) }
        guard Int(written) == bytes.count else { throw .full(detail: "short write") }
    }

    /// At most 64 bytes from the start, as ASCII; empty where they cannot be read.
    func beginning() -> String {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(number, &bytes, bytes.count, 0)
        guard count > 0 else { return "" }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Makes the contents durable.
    func sync() throws(StorageFailure) { try System.call("fsync") { fsync(number) } }
}

/// The one way to a system call: repeats what a signal interrupted, sorts what failed.
enum System {
    /// Runs a call until it is not interrupted; a negative answer is a failure with its errno.
    @discardableResult
    static func call(_ name: String, _ body: () -> Int32) throws(StorageFailure) -> Int32 {
        while true {
            let result = body()
            if result >= 0 { return result }
            let code = errno
            if code == EINTR { continue }
            throw failure(name, code)
        }
    }

    /// What kind of thing stands at a path, or nil where nothing does.
    static func status(of path: String) throws(StorageFailure) -> stat? {
        var found = stat()
        if lstat(path, &found) == 0 { return found }
        let code = errno
        guard code == ENOENT else { throw failure("stat \(path)", code) }
        return nil
    }

    /// Makes the names in a directory durable.
    static func syncDirectory(_ path: String) throws(StorageFailure) {
        let directory = try Descriptor(path, flags: O_RDONLY | O_DIRECTORY)
        try directory.sync()
    }

    /// What an errno means for the store.
    static func failure(_ name: String, _ code: Int32) -> StorageFailure {
        let detail = "\(name): \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: return .full(detail: detail)
        case EIO: return .broken(detail: detail)
        default:
            return .unsuitable(
                detail: detail, remedy: "Check that the data directory exists and is ours to write")
        }
    }
}
