/// The schema, as numbered steps forward; a released step never changes.
enum Migrations {
    /// The schema that this release writes.
    static let newest = steps.count
    /// Marks the file as ours: "MUST".
    static let applicationID: Int64 = 0x4d55_5354

    static let steps = [first, second]

    /// Brings the schema up to `goal` in one transaction; says from which version it came.
    @discardableResult
    static func run(
        on database: Database, upTo goal: Int = newest
    ) throws(StorageFailure) -> Int {
        let found = Int(try database.integer("PRAGMA user_version") ?? 0)
        let owner = try database.integer("PRAGMA application_id") ?? 0
        guard found == 0 || owner == applicationID else {
            throw .corrupt(detail: "the file is a database of another program")
        }
        guard found <= newest else { throw .newerSchema(found: found, known: newest) }
        guard found < goal else { return found }
        do throws(StorageFailure) {
            try database.execute("BEGIN IMMEDIATE")
            for step in steps[found..<goal] { try database.execute(step) }
            try database.execute(
                "PRAGMA application_id=\(applicationID); PRAGMA user_version=\(goal); COMMIT")
        } catch {
            database.rollBack()
            throw error
        }
        return found
    }

    // The journal, what it is replayed onto, and what the edge keeps beside it.
    private static let first = """
        CREATE TABLE journal (
            first  INTEGER PRIMARY KEY,
            last   INTEGER NOT NULL,
            tick   INTEGER NOT NULL,
            digest INTEGER NOT NULL,
            chain  INTEGER NOT NULL,
            body   BLOB NOT NULL
        ) STRICT;
        -- Where the journal begins: what a trimmed row handed on to the next.
        CREATE TABLE journal_start (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            sequence INTEGER NOT NULL,
            digest   INTEGER NOT NULL,
            chain    INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE snapshots (
            sequence INTEGER PRIMARY KEY,
            checksum INTEGER NOT NULL,
            body     BLOB NOT NULL
        ) STRICT;
        CREATE TABLE documents (
            uid  INTEGER PRIMARY KEY,
            kind INTEGER NOT NULL,
            key  TEXT NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        -- Apart from the documents, so that a status change does not rewrite a job's text.
        CREATE TABLE heads (
            uid  INTEGER PRIMARY KEY,
            head BLOB NOT NULL
        ) STRICT;
        CREATE TABLE markers (
            name  TEXT PRIMARY KEY,
            value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE epochs (
            epoch       INTEGER PRIMARY KEY,
            opened_tick INTEGER NOT NULL,
            closed_tick INTEGER,
            pid         INTEGER NOT NULL
        ) STRICT;
        """

    // What operators query.
    private static let second = """
        CREATE TABLE events (
            id       INTEGER PRIMARY KEY,
            sequence INTEGER NOT NULL,
            tick     INTEGER NOT NULL,
            kind     INTEGER NOT NULL,
            uid      INTEGER NOT NULL,
            reason   TEXT NOT NULL,
            json     TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_by_uid ON events (uid, id);
        CREATE TABLE history (
            id             INTEGER PRIMARY KEY,
            uid            INTEGER NOT NULL UNIQUE,
            namespace      TEXT NOT NULL,
            name           TEXT NOT NULL,
            queue          TEXT NOT NULL,
            user           TEXT NOT NULL,
            phase          TEXT NOT NULL,
            reason         TEXT NOT NULL,
            submitted_tick INTEGER NOT NULL,
            started_tick   INTEGER,
            ended_tick     INTEGER NOT NULL,
            ranks          INTEGER NOT NULL,
            gpus_milli     INTEGER NOT NULL,
            cpu_milli      INTEGER NOT NULL,
            exit_code      INTEGER
        ) STRICT;
        CREATE INDEX history_by_end ON history (ended_tick);
        -- For operators: times are UTC, amounts whole units, spans seconds.
        CREATE VIEW finished_jobs AS SELECT
            uid, namespace, name, queue, user, phase, reason,
            datetime(submitted_tick / 1000, 'unixepoch') AS submitted,
            datetime(started_tick / 1000, 'unixepoch') AS started,
            datetime(ended_tick / 1000, 'unixepoch') AS ended,
            (coalesce(started_tick, ended_tick) - submitted_tick) / 1000 AS waited_seconds,
            (ended_tick - started_tick) / 1000 AS ran_seconds,
            ranks, gpus_milli / 1000.0 AS gpus, cpu_milli / 1000.0 AS cpus,
            (ended_tick - started_tick) / 3600000.0 * gpus_milli / 1000.0 AS gpu_hours,
            exit_code
            FROM history ORDER BY ended_tick DESC;
        CREATE VIEW recent_events AS SELECT
            sequence, datetime(tick / 1000, 'unixepoch') AS at, kind, uid, reason, json
            FROM events WHERE id > (SELECT coalesce(max(id), 0) - 1000 FROM events)
            ORDER BY id DESC;
        """
}
