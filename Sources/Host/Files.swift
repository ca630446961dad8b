public import Glibc

/// Whole files and directories: bounded reads, atomic writes, explicit modes.
public enum Files {
    /// All bytes of a file no larger than `limit`; larger ones fail with `EFBIG`.
    public static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        // O_NONBLOCK: a pipe in the file's place must not hang the reader.
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
        var bytes: [UInt8] = []
        while true {
            // Files in /proc have no size, so read until the end instead of asking.
            let room = min(limit - bytes.count + 1, 65_536)
            let part = try readNext(file.number, room, path)
            if part.isEmpty { return bytes }
            bytes.append(contentsOf: part)
            guard bytes.count <= limit else { throw SystemError("read", on: path, code: EFBIG) }
        }
    }

    /// The file as text; bytes that are not UTF-8 fail with `EILSEQ`.
    public static func readText(_ path: String, limit: Int) throws(SystemError) -> String {
        guard let text = String(validating: try read(path, limit: limit), as: UTF8.self) else {
            throw SystemError("read", on: path, code: EILSEQ)
        }
        return text
    }

    /// Part of a growing file, such as a log; empty when `offset` is at or behind its end.
    public static func read(
        _ path: String, at offset: Int64, atMost count: Int
    ) throws(SystemError) -> [UInt8] {
        try Descriptor.open(path, O_RDONLY | O_NONBLOCK).read(at: offset, atMost: count)
    }

    /// Size in bytes; symbolic links are not followed.
    public static func size(_ path: String) throws(SystemError) -> Int64 {
        var facts = stat()
        try SystemCall.run("lstat", on: path) { lstat(path, &facts) }
        return Int64(facts.st_size)
    }

    /// True where something of that name exists, be it a broken link.
    public static func exists(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0
    }

    /// Replaces a file at once: readers see the old bytes or the new ones, never a part.
    ///
    /// One writer per path. With `durable` it survives power loss when this returns.
    public static func write(
        _ bytes: [UInt8], to path: String, mode: mode_t, durable: Bool = true
    ) throws(SystemError) {
        let temporary = path + ".new"
        do throws(SystemError) {
            let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            let number = file.number
            // Not left to the umask, nor to a leftover's mode.
            try SystemCall.run("fchmod", on: temporary) { fchmod(number, mode) }
            try file.write(bytes)
            if durable { try file.sync() }
            try SystemCall.run("rename", on: path) { rename(temporary, path) }
        } catch {
            _ = unlink(temporary)
            throw error
        }
        if durable { try Descriptor.open(parent(of: path), O_RDONLY | O_DIRECTORY).sync() }
    }

    /// Makes a file that must not exist yet; readers may see it half written.
    public static func create(
        _ path: String, _ bytes: [UInt8], mode: mode_t
    ) throws(SystemError) {
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        let number = file.number
        try SystemCall.run("fchmod", on: path) { fchmod(number, mode) }
        try file.write(bytes)
    }

    /// Makes one directory with exactly this mode; `EEXIST` where the name is taken.
    public static func makeDirectory(_ path: String, mode: mode_t) throws(SystemError) {
        try SystemCall.run("mkdir", on: path) { mkdir(path, mode) }
        try SystemCall.run("chmod", on: path) { chmod(path, mode) }
    }

    /// Makes a directory and its missing parents; existing ones keep their mode.
    public static func makeDirectories(_ path: String, mode: mode_t) throws(SystemError) {
        var made = path.utf8.first == UInt8(ascii: "/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += made.isEmpty || made == "/" ? String(part) : "/\(part)"
            do throws(SystemError) {
                try makeDirectory(made, mode: mode)
            } catch {
                guard error.code == EEXIST else { throw error }
            }
        }
        var facts = stat()
        try SystemCall.run("stat", on: path) { stat(path, &facts) }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("mkdir", on: path, code: ENOTDIR)
        }
    }

    /// Names in a directory without `.` and `..`, sorted by bytes; more than `limit` is `E2BIG`.
    public static func list(_ path: String, limit: Int = 100_000) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw .latest("opendir", on: path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                // The kernel ends the name with NUL inside the field.
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            guard names.count < limit else { throw SystemError("readdir", on: path, code: E2BIG) }
            names.append(name)
        }
        return names.sorted()
    }

    /// Removes a file; its absence is fine.
    public static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw .latest("unlink", on: path)
    }

    /// Removes a directory of plain files, links and empty directories: what a rank leaves behind.
    ///
    /// Only for directories that no user can write to: names are looked up again by path.
    public static func removeFlatDirectory(_ path: String) throws(SystemError) {
        for name in try list(path) {
            let inner = "\(path)/\(name)"
            guard Glibc.remove(inner) == 0 || errno == ENOENT else {
                throw .latest("remove", on: inner)
            }
        }
        try SystemCall.run("rmdir", on: path) { rmdir(path) }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func readNext(
        _ file: Int32, _ room: Int, _ path: String
    ) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: room)
        let count = try SystemCall.run("read", on: path) {
            bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, room) }
        }
        bytes.removeLast(room - count)
        return bytes
    }
}
