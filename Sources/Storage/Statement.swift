import CSQLite

/// A prepared statement: owned by one scope or object, finalised when that ends.
///
/// Parameters count from 1, columns from 0, as SQLite has them.
struct Statement: ~Copyable {
    private let handle: OpaquePointer

    /// Takes over a handle fresh from `sqlite3_prepare_v3`.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { sqlite3_finalize(handle) }

    /// Sets a parameter for the runs that follow, until it is set again.
    func bind(_ position: Int32, _ value: Int64) throws(StorageFailure) {
        try check(sqlite3_bind_int64(handle, position, value))
    }

    /// Sixty-four bits as they are: SQLite's integers are signed, so high ones read as negative.
    func bind(_ position: Int32, bits value: UInt64) throws(StorageFailure) {
        try bind(position, Int64(bitPattern: value))
    }

    func bind(_ position: Int32, _ value: Int64?) throws(StorageFailure) {
        guard let value else { return try check(sqlite3_bind_null(handle, position)) }
        try bind(position, value)
    }

    func bind(_ position: Int32, _ text: String) throws(StorageFailure) {
        var text = text
        let code = text.withUTF8 { bindText(position, UnsafeRawBufferPointer($0)) }
        try check(code)
    }

    func bind(_ position: Int32, _ text: String?) throws(StorageFailure) {
        guard let text else { return try check(sqlite3_bind_null(handle, position)) }
        try bind(position, text)
    }

    /// UTF-8 that is already bytes.
    func bind(_ position: Int32, text bytes: [UInt8]) throws(StorageFailure) {
        try check(bytes.withUnsafeBytes { bindText(position, $0) })
    }

    /// Copies the bytes: they may change before the statement runs.
    func bind(_ position: Int32, _ bytes: [UInt8]) throws(StorageFailure) {
        let code = bytes.withUnsafeBytes { bindBlob(position, $0, Self.copied) }
        try check(code)
    }

    /// Runs to the end and leaves the statement ready for the next use.
    func run() throws(StorageFailure) { try finish(sqlite3_step(handle)) }

    /// Binds `bytes` without a copy, runs to the end, and forgets them.
    func run(binding bytes: [UInt8], at position: Int32) throws(StorageFailure) {
        let code = bytes.withUnsafeBytes { raw in
            // SQLite reads the bytes during `step`, while they are still borrowed here.
            let bound = bindBlob(position, raw, nil)
            guard bound == SQLITE_OK else { return bound }
            let stepped = sqlite3_step(handle)
            sqlite3_bind_null(handle, position)
            return stepped
        }
        try finish(code)
    }

    /// Moves to the next row; false at the end.
    func next() throws(StorageFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    /// Ends the walk, so that the read transaction behind it ends too.
    func reset() {
        // The code repeats what `step` said, which its caller has seen.
        _ = sqlite3_reset(handle)
        _ = sqlite3_clear_bindings(handle)
    }

    /// Reads a column of the row that the last step reached.
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The counterpart of binding bits.
    func bits(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
    }

    /// A copy of a blob or text; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        // SQLite keeps the bytes until the next step, and they are copied before it.
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension Statement {
    // SQLITE_TRANSIENT, a cast that C's macro hides: SQLite takes its own copy of the bytes.
    private static var copied: sqlite3_destructor_type? {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    private func bindBlob(
        _ position: Int32, _ raw: UnsafeRawBufferPointer, _ release: sqlite3_destructor_type?
    ) -> Int32 {
        // No address would mean NULL; the empty blob is a value.
        guard let start = raw.baseAddress, raw.count > 0 else {
            return sqlite3_bind_zeroblob(handle, position, 0)
        }
        guard raw.count <= Limits.blobBytes else { return SQLITE_TOOBIG }
        return sqlite3_bind_blob(handle, position, start, Int32(raw.count), release)
    }

    private func bindText(_ position: Int32, _ raw: UnsafeRawBufferPointer) -> Int32 {
        guard let start = raw.baseAddress, raw.count > 0 else {
            return sqlite3_bind_text(handle, position, "", 0, Self.copied)
        }
        guard raw.count <= Limits.blobBytes else { return SQLITE_TOOBIG }
        let characters = start.assumingMemoryBound(to: CChar.self)
        return sqlite3_bind_text(handle, position, characters, Int32(raw.count), Self.copied)
    }

    private func finish(_ code: Int32) throws(StorageFailure) {
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            let failure = failure(code)
            _ = sqlite3_reset(handle)
            throw failure
        }
        try check(sqlite3_reset(handle))
    }

    private func check(_ code: Int32) throws(StorageFailure) {
        guard code != SQLITE_OK else { return }
        throw failure(code)
    }

    private func failure(_ code: Int32? = nil) -> StorageFailure {
        Database.failure(of: sqlite3_db_handle(handle), code: code)
    }
}
