/// Reads the bodies of documents one by one, as last stored; used by one thread at a time.
///
/// Its statement stays prepared, and each read ends its transaction, so that it never holds the
/// write-ahead log back.
public final class BodyReader {
    private let connection: ReadConnection
    private let statement: Statement

    private init(_ connection: ReadConnection) throws(StorageFailure) {
        self.connection = connection
        statement = try connection.database.prepare("SELECT body FROM documents WHERE uid = ?1")
    }

    /// Opens a connection of its own to the store's database.
    public static func open(_ directory: String) throws(StorageFailure) -> BodyReader {
        try BodyReader(try ReadConnection.open(directory))
    }

    /// The body, or nil where no document has this uid.
    public func body(of uid: UInt64) throws(StorageFailure) -> [UInt8]? {
        try statement.bind(1, bits: uid)
        defer { statement.reset() }
        return try statement.next() ? statement.bytes(0) : nil
    }
}
