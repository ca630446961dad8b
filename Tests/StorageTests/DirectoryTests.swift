import Foundation
import Testing

@testable import Storage

/// Goal: a place that cannot keep the promise is refused with a way out; schemas move forward only.
@Suite struct DirectoryTests {
    @Test func `the directory and every file in it are the owner's alone`() throws {
        let folder = try Folder()
        let store = try folder.open(Folder.options(ballast: 1 << 20))
        try store.commit(Sample.batch(1))
        #expect(try mode(folder.data) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.data)
        #expect(names.count == 6, "\(names)")
        for name in names { #expect(try mode(folder.data + "/" + name) == 0o600, "\(name)") }
    }

    private func mode(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
    }

    @Test(arguments: ["", "/muster.db"])
    func `a directory or database open to others is refused with the command to close it`(
        name: String
    ) throws {
        let folder = try Folder()
        try folder.open().close()
        let path = folder.data + name
        chmod(path, 0o755)
        let failure = #expect(throws: StorageFailure.self) { try folder.open() }
        #expect(failure?.remedy.contains("chmod") == true)
        #expect(failure?.finding.contains(path) == true)
    }

    @Test func `a link in place of the directory is refused`() throws {
        let folder = try Folder()
        try folder.open().close()
        symlink(folder.data, folder.path + "/link")
        #expect(throws: StorageFailure.self) {
            try Store.open(folder.path + "/link", options: Folder.options())
        }
    }

    @Test(arguments: [true, false])
    func `a database gone missing or empty is a loss and not a first start`(isGone: Bool) throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.commit(Sample.batch(1))
        store.close()
        if isGone { unlink(folder.database) } else { truncate(folder.database, 0) }
        let failure = StorageFailure.missingDatabase(path: folder.database)
        #expect(throws: failure) { try folder.open() }
        #expect(failure.remedy.contains("initialised"))
        unlink(folder.data + "/initialised")
        #expect(try folder.open().lastSequence == 0)
    }

    @Test func `tmpfs is refused unless it is asked for`() throws {
        let path = "/dev/shm/muster-storage-\(getpid())"
        defer { _ = try? FileManager.default.removeItem(atPath: path) }
        let failure = #expect(throws: StorageFailure.self) {
            try Store.open(path, options: Folder.options())
        }
        #expect(failure?.finding.contains("tmpfs") == true)
        var options = Folder.options()
        options.allowAnyFileSystem = true
        try Store.open(path, options: options).close()
    }

    @Test func `a newer schema is refused and left alone`() throws {
        let folder = try Folder()
        try folder.open().close()
        let newer = Migrations.newest + 1
        var database: Database? = try Database(folder.database, .write(cacheBytes: 1 << 20))
        try database?.execute("PRAGMA user_version=\(newer)")
        database = nil
        let expected = StorageFailure.newerSchema(found: newer, known: Migrations.newest)
        #expect(throws: expected) { try folder.open() }
        #expect(throws: expected) { try ReadConnection.open(folder.data) }
        database = try Database(folder.database, .read)
        #expect(try database?.integer("PRAGMA user_version") == Int64(newer))
        #expect(try database?.integer("SELECT count(*) FROM epochs") == 1)
    }

    @Test func `the first schema is migrated with its rows`() throws {
        let folder = try Folder()
        let directory = try DataDirectory(folder.data, Folder.options())
        try directory.prepareDatabase()
        var database: Database? = try Database(folder.database, .write(cacheBytes: 1 << 20))
        if let database {
            try Migrations.run(on: database, upTo: 1)
            #expect(try database.integer("PRAGMA user_version") == 1)
            try database.execute("INSERT INTO documents VALUES (7, 1, 'team/old', x'01')")
        }
        database = nil
        directory.release()
        let store = try folder.open()
        #expect(store.notices.contains { $0.contains("migrated from schema 1") })
        var keys: [String] = []
        try store.forEachDocument { keys.append($0.key) }
        #expect(keys == ["team/old"])
        var batch = Sample.batch(1)
        batch.history = [Sample.finished(1)]
        try store.commit(batch)
    }

    @Test func `another program's database is refused`() throws {
        let folder = try Folder()
        try folder.open().close()
        let database = try Database(folder.database, .write(cacheBytes: 1 << 20))
        try database.execute("PRAGMA application_id=7")
        #expect(throws: StorageFailure.self) { try folder.open() }
    }

    @Test func `every failure has a finding and a remedy that starts with a verb`() {
        let failures: [StorageFailure] = [
            .full(detail: "x"), .broken(detail: "x"), .locked(directory: "/d", owner: nil),
            .newerSchema(found: 9, known: 2), .missingDatabase(path: "/d"), .corrupt(detail: "x"),
            .outOfOrder(expected: 1, found: 2), .tooSlow(detail: "x"), .misuse(detail: "x"),
        ]
        for failure in failures {
            #expect(failure.remedy.first?.isUppercase == true)
            #expect(!failure.finding.hasSuffix(".") && !failure.remedy.hasSuffix("."))
        }
    }
}
