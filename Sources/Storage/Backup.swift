import Glibc

extension ReadConnection {
    /// Copies everything that is durable now into one new file, while the store goes on writing.
    ///
    /// The copy carries an epoch far above the newest: what starts from it reuses no number that
    /// the original hands out after this moment. A copy that fails is removed.
    public func backUp(to path: String) throws(StorageFailure) {
        _ = try Descriptor(path, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        do throws(StorageFailure) {
            try copy(to: path)
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            try System.syncDirectory(path.hasPrefix("/") ? "/" + parent : "./" + parent)
        } catch {
            unlink(path)
            throw error
        }
    }

    private func copy(to path: String) throws(StorageFailure) {
        let copy = try Database(path, .copy)
        try copy.copyAll(from: database)
        // One plain file: nobody can forget, or leave behind, a log that belongs to it.
        try copy.setJournalMode("delete")
        try copy.execute(
            """
            INSERT INTO epochs SELECT coalesce(max(epoch), 0) + \(Limits.epochsBeyondBackup),
            \(wallMilliseconds()), \(wallMilliseconds()), \(getpid()) FROM epochs
            """)
        let answer = try copy.text("PRAGMA quick_check(1)") ?? "no answer"
        guard answer == "ok" else { throw .corrupt(detail: answer) }
    }
}
