extension Store {
    /// Moves the write-ahead log home when it has grown long enough, or whenever `isIdle`.
    ///
    /// Call it after answering, never before: it may sync twice. Idle calls also cut the log.
    public func checkpointIfNeeded(isIdle: Bool = false) throws(StorageFailure) {
        let database = try openWriter().database
        let pages = database.logPages
        guard pages > 0, isIdle || pages >= max(1, options.checkpointPages) else { return }
        let result = try watched { () throws(StorageFailure) in
            try database.checkpoint(emptiesLog: isIdle)
        }
        figures.checkpoints += 1
        if result.isPartial { figures.heldCheckpoints += 1 }
        figures.logPages = database.logPages
    }

    /// Forgets all but the newest `count` events; one bounded step, true when more is left to do.
    public func trimEvents(keeping count: Int) throws(StorageFailure) -> Bool {
        try trim(
            """
            DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <=
            (SELECT coalesce(max(id), 0) FROM events) - ?1 ORDER BY id LIMIT ?2)
            """, Int64(max(0, count)))
    }

    /// Forgets all but the `count` latest finished jobs; one bounded step, true when more is left.
    public func trimHistory(keeping count: Int) throws(StorageFailure) -> Bool {
        try trim(
            """
            DELETE FROM history WHERE id IN (SELECT id FROM history WHERE id <=
            (SELECT coalesce(max(id), 0) FROM history) - ?1 ORDER BY id LIMIT ?2)
            """, Int64(max(0, count)))
    }

    // Runs on a full disk too: deleting is the way out of it.
    private func trim(_ sql: String, _ bound: Int64) throws(StorageFailure) -> Bool {
        let database = try openWriter().database
        let statement = try database.prepare(sql)
        try statement.bind(1, bound)
        try statement.bind(2, Limits.trimRows)
        try watched { () throws(StorageFailure) in try statement.run() }
        figures.logPages = database.logPages
        return database.changedRows >= Limits.trimRows
    }
}
