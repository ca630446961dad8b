import Foundation
import HTTP
import Network
import Primitives
import Testing
import Wire

@testable import Service

/// Goal: lists behave as clients of Kubernetes expect. Method: a whole controller over its socket.
@Suite(.serialized) struct ReadingTests {
    private static let controller = Result { try RunningController() }

    private var controller: RunningController { get throws { try Self.controller.get() } }

    private func pages(_ path: String, limit: Int, between: () throws -> Void = {}) throws -> (
        names: [String], versions: Set<String>, remaining: [String]
    ) {
        var names: [String] = []
        var versions: Set<String> = []
        var remaining: [String] = []
        var next: String? = ""
        while let mark = next {
            let separator = path.contains("?") ? "&" : "?"
            let more = mark.isEmpty ? "" : "&continue=\(mark)"
            let answer = try controller.ask(.get, "\(path)\(separator)limit=\(limit)\(more)")
            #expect(answer.status == 200, "\(answer.json.text)")
            guard answer.status == 200 else { break }
            names += answer.json.list("items").compactMap { $0.string("metadata", "name") }
            versions.insert(answer.json.string("metadata", "resourceVersion") ?? "")
            if case .number(let text)? = answer.json[["metadata", "remainingItemCount"]] {
                remaining.append(text)
            }
            next = answer.json.string("metadata", "continue")
            try between()
        }
        return (names, versions, remaining)
    }

    @Test func `pages are one consistent list, also at one object a page`() throws {
        let controller = try controller
        let names = (0..<500).map { "page-\($0)" }
        try controller.submit(names, labels: #"{"suite":"pages"}"#)
        let path = "\(RunningController.jobs)?labelSelector=suite%3Dpages"
        var deletions = names.shuffled()[...]
        let began = Date()
        let selected = try pages(path, limit: 1)
        #expect(selected.names == names)
        #expect(selected.versions.count == 1)
        #expect(selected.remaining.isEmpty, "what a selector leaves is not counted")
        #expect(Date().timeIntervalSince(began) < 10, "500 pages took too long")
        let all = try pages(RunningController.jobs, limit: 100) {
            for name in deletions.prefix(20) {
                _ = try controller.ask(.delete, "\(RunningController.jobs)/\(name)")
            }
            deletions = deletions.dropFirst(20)
        }
        #expect(all.versions.count == 1)
        #expect(all.names.filter { $0.hasPrefix("page-") } == names)
        #expect(
            all.remaining.compactMap { Int($0) }
                == [400, 300, 200, 100].map { $0 + all.names.count - 500 })
        for name in deletions {
            _ = try controller.ask(.delete, "\(RunningController.jobs)/\(name)")
        }
    }

    @Test func `a mark goes on only with its own request, and expires with 410`() throws {
        let controller = try controller
        try controller.submit(["mark-1", "mark-2", "mark-3"], labels: #"{"suite":"mark"}"#)
        let first = try controller.ask(.get, "\(RunningController.jobs)?limit=1")
        let mark = try #require(first.json.string("metadata", "continue"))
        for other in [
            "\(RunningController.jobs)?limit=1&labelSelector=suite%3Dmark&continue=\(mark)",
            "/apis/muster.dev/v1/jobs?limit=1&continue=\(mark)",
            "/api/v1/namespaces/default/pods?limit=1&continue=\(mark)",
            "\(RunningController.jobs)?limit=1&continue=nonsense",
            "\(RunningController.jobs)?limit=1&resourceVersion=3&continue=\(mark)",
        ] {
            let answer = try controller.ask(.get, other)
            #expect(answer.status == 400, "\(other)")
            #expect(answer.json.string("reason") == "BadRequest")
        }
        // The second part names the listing, which the server holds no more.
        var parts = mark.split(separator: ".").map(String.init)
        parts[1] = "zzz"
        for foreign in [parts.joined(separator: ".")] {
            let answer = try controller.ask(
                .get, "\(RunningController.jobs)?limit=1&continue=\(foreign)")
            #expect(answer.status == 410)
            #expect(answer.json.string("reason") == "Expired")
            #expect(answer.json.string("message")?.contains("too old to display") ?? false)
        }
        #expect(
            try controller.ask(.get, "\(RunningController.jobs)?limit=2&continue=\(mark)").status
                == 200)
    }

    @Test func `versions that are ahead, exact or not older are told apart`() throws {
        let controller = try controller
        let list = try controller.ask(.get, RunningController.jobs)
        let version = try #require(
            list.json.string("metadata", "resourceVersion").flatMap { Int($0) })
        func ask(_ query: String) throws -> (status: Int, json: JSON) {
            try controller.ask(.get, "\(RunningController.jobs)?\(query)")
        }
        #expect(try ask("resourceVersion=0").status == 200)
        #expect(try ask("resourceVersion=\(version)").status == 200)
        #expect(try ask("resourceVersion=\(version)&resourceVersionMatch=Exact").status == 200)
        let ahead = try ask("resourceVersion=\(version + 1_000_000)")
        #expect(ahead.status == 504)
        #expect(ahead.json.string("reason") == "Timeout")
        #expect(
            ahead.json.list("details", "causes").first?.string("reason")
                == "ResourceVersionTooLarge")
        #expect(ahead.json[["details", "retryAfterSeconds"]] == .number("1"))
        let old = try ask("resourceVersion=1&resourceVersionMatch=Exact")
        #expect(old.status == 410)
        #expect(old.json.string("reason") == "Expired")
        #expect(try ask("resourceVersionMatch=Exact").status == 400)
        try controller.submit(["exact-1"])
        let one = "\(RunningController.jobs)/exact-1"
        #expect(try controller.ask(.get, "\(one)?resourceVersion=0").status == 200)
        #expect(try controller.ask(.get, "\(one)?resourceVersion=99999999").status == 504)
        #expect(try controller.ask(.get, "\(one)?resourceVersion=x").status == 400)
        // The listing of a page is kept, so its version can be asked for though it has passed.
        let page = try ask("limit=1")
        let held = try #require(page.json.string("metadata", "resourceVersion"))
        try controller.submit(["exact-2"])
        let exact = try ask("resourceVersion=\(held)&resourceVersionMatch=Exact")
        #expect(exact.status == 200)
        #expect(exact.json.string("metadata", "resourceVersion") == held)
        #expect(!exact.json.text.contains("exact-2"))
    }

    @Test func `a large list comes in pieces and whole, packed or not`() throws {
        let controller = try controller
        let names = (0..<1500).map { "large-\($0)" }
        try controller.submit(names, labels: #"{"suite":"large"}"#)
        let path = "\(RunningController.jobs)?labelSelector=suite%3Dlarge"
        let plain = try controller.connect().send(.get, path, headers: controller.headers())
        #expect(plain.headers["transfer-encoding"] == "chunked")
        #expect(plain.body.count > 2 * ListAnswer.pieceBytes)
        let json = JSON(try Document(json: plain.body, limits: .trusted))
        #expect(json.list("items").compactMap { $0.string("metadata", "name") } == names)
        #expect(json.string("kind") == "JobList")
        let packed = try controller.connect().send(
            .get, path, headers: controller.headers([("Accept-Encoding", "gzip")]))
        #expect(packed.headers["content-encoding"] == "gzip")
        #expect(packed.body.count < plain.body.count / 4)
        #expect(try gunzip(packed.body) == plain.body)
        let table = try controller.ask(
            .get, path, accept: "application/json;as=Table;g=meta.k8s.io;v=v1")
        #expect(table.json.list("rows").count == names.count)
        let head = try controller.connect().send(.head, path, headers: controller.headers())
        #expect(head.status == 200)
        for name in names { _ = try controller.ask(.delete, "\(RunningController.jobs)/\(name)") }
    }

    @Test func `a list that is read slowly is as it was when it was asked for`() throws {
        let controller = try controller
        let names = (0..<2000).map { "still-\($0)" }
        try controller.submit(names, labels: #"{"suite":"still"}"#)
        let path = "\(RunningController.jobs)?labelSelector=suite%3Dstill"
        var bytes: [UInt8] = []
        var hasChanged = false
        _ = try controller.connect().stream(
            .get, path, headers: controller.headers(), silenceMilliseconds: 20_000,
            onHead: { _ in true },
            onBytes: { piece in
                bytes += piece
                guard !hasChanged else { return true }
                hasChanged = true
                for name in names.suffix(300) {
                    _ = try? controller.ask(.delete, "\(RunningController.jobs)/\(name)")
                }
                for name in names.prefix(1700).suffix(300) {
                    _ = try? controller.ask(
                        .patch, "\(RunningController.jobs)/\(name)",
                        #"{"metadata":{"labels":{"late":"yes"}},"spec":{"priority":7}}"#)
                }
                return true
            })
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("late"))
        #expect(!text.contains(#""priority":7"#))
        let json = JSON(try Document(json: bytes, limits: .trusted))
        #expect(json.list("items").compactMap { $0.string("metadata", "name") } == names)
        let now = try controller.ask(.get, "\(path)&limit=1700")
        #expect(now.json.text.contains(#""priority":7"#))
        for name in names { _ = try controller.ask(.delete, "\(RunningController.jobs)/\(name)") }
    }

    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.path + "/mr-\(UUID().uuidString).gz"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", file]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](data)
    }

    @Test func `tables and metadata are there for every kind`() throws {
        let controller = try controller
        try controller.submit(["form-1"], labels: #"{"suite":"form"}"#)
        for words in KindWords.all where words.verbs.contains("list") {
            let root = words.apiVersion == "v1" ? "/api/v1" : "/apis/\(words.apiVersion)"
            let path = "\(root)/\(words.plural)"
            let table = try controller.ask(
                .get, path, accept: "application/json;as=Table;g=meta.k8s.io;v=v1")
            #expect(table.status == 200, "\(path) \(table.json.text)")
            #expect(table.json.string("kind") == "Table")
            #expect(table.json.string("apiVersion") == "meta.k8s.io/v1")
            let columns = table.json.list("columnDefinitions")
            #expect(columns.count { $0.string("format") == "name" } == 1, "\(words.plural)")
            for column in columns { #expect(!(column.string("description") ?? "").isEmpty) }
            for row in table.json.list("rows") {
                #expect(row.list("cells").count == columns.count, "\(words.plural)")
                #expect(row.string("object", "kind") == "PartialObjectMetadata")
                #expect(row.string("object", "metadata", "creationTimestamp") != nil)
            }
            let metadata = try controller.ask(
                .get, path,
                accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
            #expect(metadata.json.string("kind") == "PartialObjectMetadataList")
            for item in metadata.json.list("items") {
                #expect(item.string("kind") == "PartialObjectMetadata")
                #expect(item.string("apiVersion") == "meta.k8s.io/v1")
                #expect(item[["spec"]] == nil)
            }
        }
        let one = "\(RunningController.jobs)/form-1"
        let accept = "application/json;as=Table;g=meta.k8s.io;v=v1"
        let row = try controller.ask(.get, one, accept: accept).json.list("rows").first
        #expect(row?.string("object", "metadata", "labels", "suite") == "form")
        let whole = try controller.ask(.get, "\(one)?includeObject=Object", accept: accept)
        #expect(whole.json.list("rows").first?.string("object", "kind") == "Job")
        #expect(whole.json.list("rows").first?[["object", "spec", "roles"]] != nil)
        let none = try controller.ask(.get, "\(one)?includeObject=None", accept: accept)
        #expect(none.json.list("rows").first?[["object"]] == .null)
        let partial = try controller.ask(
            .get, one, accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
        #expect(partial.json.string("kind") == "PartialObjectMetadata")
        #expect(try controller.ask(.get, one, accept: "text/html").status == 406)
    }
}
