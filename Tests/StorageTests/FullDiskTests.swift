import Foundation
import Storage
import Testing

/// Goal: a full disk refuses writes whole, keeps serving reads, and writing resumes by itself.
///
/// Method: a tmpfs of a few MiB, and a filler file that takes what is left and gives it back.
@Suite(.serialized) struct FullDiskTests {
    @Test func `a full disk refuses, serves reads, and goes on when space returns`() throws {
        guard let disk = try SmallDisk(kibibytes: 3072) else {
            print("skipped: mounting a small file system needs root")
            return
        }
        var options = Folder.options(ballast: 256 << 10)
        options.allowAnyFileSystem = true
        var store = try Store.open(disk.path + "/data", options: options)
        #expect(store.figures.hasBallast)
        disk.fill(bytes: 1 << 20)
        var next: UInt64 = 1
        let failure = #expect(throws: StorageFailure.self) {
            while true {
                try store.commit(Sample.batch(next, bytes: 20_000))
                next += 1
            }
        }
        guard case .full = failure, case .full = store.health else {
            Issue.record("expected full, got \(String(describing: failure))")
            return
        }
        #expect(!store.figures.hasBallast)
        // The first probe may win space back from the log; the filler takes that too.
        disk.fill()
        _ = try store.probe()
        disk.fill()
        #expect(try !store.probe())
        #expect(throws: StorageFailure.self) { try store.commit(Sample.batch(next)) }
        #expect(try Sample.walk(store).count == Int(next - 1))
        let reader = try ReadConnection.open(disk.path + "/data")
        #expect(try reader.document(uid: 1) != nil)
        #expect(try reader.document(uid: next) == nil)

        disk.empty()
        #expect(try store.probe())
        #expect(store.health == .sound && store.figures.hasBallast)
        try store.commit(Sample.batch(next))
        store.close()
        store = try Store.open(disk.path + "/data", options: options)
        #expect(try Sample.walk(store).map(\.firstSequence) == Array(1...next))
        store.close()
    }

    @Test func `a start on a full disk uses the ballast and serves reads`() throws {
        guard let disk = try SmallDisk(kibibytes: 3072) else {
            print("skipped: mounting a small file system needs root")
            return
        }
        var options = Folder.options(ballast: 256 << 10)
        options.allowAnyFileSystem = true
        var store = try Store.open(disk.path + "/data", options: options)
        try store.commit(Sample.batch(1))
        store.close()
        disk.fill()
        store = try Store.open(disk.path + "/data", options: options)
        #expect(try Sample.walk(store).count == 1)
        #expect(store.epoch == 2)
        guard case .full = store.health else {
            Issue.record("expected full, got \(store.health)")
            return
        }
        disk.empty()
        #expect(try store.probe())
        try store.commit(Sample.batch(2))
        store.close()
    }
}

/// A mounted tmpfs of a test's own; nil where this process may not mount.
private final class SmallDisk {
    let path: String
    private let folder: Folder

    init?(kibibytes: Int) throws {
        folder = try Folder()
        path = folder.path + "/disk"
        guard getuid() == 0 else { return nil }
        mkdir(path, 0o700)
        let mounted = try Outcome.of(
            "/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(kibibytes)k", "none", path])
        guard mounted.status == 0 else { return nil }
    }

    deinit {
        do {
            let unmounted = try Outcome.of("/usr/bin/umount", [path])
            if unmounted.status != 0 { print("could not unmount \(path): \(unmounted.output)") }
        } catch {
            print("could not unmount \(path): \(error)")
        }
    }

    /// Takes free blocks, every one of them unless told.
    func fill(bytes: Int = .max) {
        let filler = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(filler) }
        let block = [UInt8](repeating: 0, count: 4096)
        var taken = 0
        while taken < bytes, write(filler, block, block.count) > 0 { taken += block.count }
    }

    func empty() { unlink(path + "/filler") }
}
