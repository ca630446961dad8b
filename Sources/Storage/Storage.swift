// Storage — what must survive: the journal, snapshots, documents and history, in one SQLite file.
//
// `Store` writes, and one thread owns it: a batch is one transaction and one sync, and is durable
// when `commit` returns. `ReadConnection` reads what is durable, on any one other thread, with a
// limit on rows and time. Nothing else may open the database file in this process: closing any
// descriptor of it would drop SQLite's locks.
//
// Read in this order: WriteBatch → Store → StorageFailure → Journal → Snapshots → DataDirectory →
// Migrations → ReadConnection → JournalReader.
