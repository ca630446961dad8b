import Foundation
import HTTP
import Network
import Primitives
import Testing
import Wire

@testable import Service

/// Goal: watches behave as clients of Kubernetes expect. Method: a whole controller over its
/// socket; each watch is ended by the server after a second.
@Suite(.serialized) struct WatchingTests {
    private static let controller = Result { try RunningController() }

    private var controller: RunningController { get throws { try Self.controller.get() } }

    private func watch(_ query: String, accept: String? = nil) throws -> [JSON] {
        try controller.watch(
            "\(RunningController.jobs)?watch=true&timeoutSeconds=1\(query)", accept: accept)
    }

    private func summary(_ events: [JSON]) -> [String] {
        events.map { "\($0.string("type") ?? "") \($0.string("object", "metadata", "name") ?? "")" }
    }

    private func version() throws -> String {
        let list = try controller.ask(.get, "\(RunningController.jobs)?limit=1")
        return list.json.string("metadata", "resourceVersion") ?? ""
    }

    private func label(_ name: String, _ labels: String) throws {
        let answer = try controller.ask(
            .patch, "\(RunningController.jobs)/\(name)", #"{"metadata":{"labels":\#(labels)}}"#)
        #expect(answer.status == 200, "\(answer.json.text)")
    }

    @Test func `an object that comes to match is added and one that ceases to is deleted`() throws {
        let controller = try controller
        let start = try version()
        try controller.submit(["in-1", "in-2"], labels: #"{"suite":"a","team":"red"}"#)
        try label("in-1", #"{"team":"blue"}"#)
        try label("in-1", #"{"note":"x"}"#)
        try label("in-1", #"{"team":"red"}"#)
        try label("in-1", #"{"note":"y"}"#)
        _ = try controller.ask(.delete, "\(RunningController.jobs)/in-1")
        _ = try controller.ask(.delete, "\(RunningController.jobs)/in-2")
        let selector = "&labelSelector=suite%3Da,team%3Dred&resourceVersion=\(start)"
        // Changes of one batch come as one, so words are compared for the object alone.
        let events = try watch(selector)
        let words = summary(events).filter { $0.hasSuffix("in-1") }
        #expect(
            words == ["ADDED in-1", "DELETED in-1", "ADDED in-1", "MODIFIED in-1", "DELETED in-1"])
        let versions = events.compactMap {
            $0.string("object", "metadata", "resourceVersion").flatMap { Int($0) }
        }
        #expect(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 }, "\(versions)")
    }

    @Test func `a watch without a version begins with everything, oldest change first`() throws {
        let controller = try controller
        try controller.submit(["state-1", "state-2"], labels: #"{"suite":"state"}"#)
        try label("state-1", #"{"note":"x"}"#)
        for query in ["", "&resourceVersion=0"] {
            let events = try watch("&labelSelector=suite%3Dstate\(query)")
            #expect(summary(events) == ["ADDED state-2", "ADDED state-1"])
        }
    }

    @Test func `a streaming list ends with its marked bookmark, and goes on`() throws {
        let controller = try controller
        try controller.submit(["stream-1"], labels: #"{"suite":"stream"}"#)
        let query =
            "&labelSelector=suite%3Dstream&sendInitialEvents=true&allowWatchBookmarks=true"
            + "&resourceVersionMatch=NotOlderThan"
        let events = try watch(query)
        #expect(summary(events).prefix(2) == ["ADDED stream-1", "BOOKMARK "])
        let bookmark = try #require(events.dropFirst().first)
        #expect(
            bookmark.string("object", "metadata", "annotations", "k8s.io/initial-events-end")
                == "true")
        #expect(bookmark.string("object", "kind") == "Job")
        // Before the server ends the watch it says how far it has come.
        #expect(summary(events).last == "BOOKMARK ")
        #expect(events.last?[["object", "metadata", "annotations"]] == nil)
        let silent = try watch(
            "&labelSelector=suite%3Dstream&sendInitialEvents=false"
                + "&resourceVersionMatch=NotOlderThan"
        )
        #expect(silent.isEmpty)
        let ahead = try controller.ask(
            .get, "\(RunningController.jobs)?watch=true\(query)&resourceVersion=99999999")
        #expect(ahead.status == 504)
        for broken in [
            "&sendInitialEvents=true", "&resourceVersionMatch=NotOlderThan",
            "&sendInitialEvents=true&resourceVersionMatch=Exact", "&resourceVersion=x",
            "&continue=x", "&sendInitialEvents=perhaps",
        ] {
            let answer = try controller.ask(.get, "\(RunningController.jobs)?watch=true\(broken)")
            #expect(answer.status == 400, "\(broken)")
        }
        #expect(
            try controller.ask(.get, "\(RunningController.jobs)?sendInitialEvents=true").status
                == 400)
    }

    @Test func `a version of another history ends the watch with 410`() throws {
        let events = try watch("&resourceVersion=99999999")
        #expect(events.count == 1)
        #expect(events.first?.string("type") == "ERROR")
        #expect(events.first?.string("object", "reason") == "Expired")
        #expect(events.first?[["object", "code"]] == .number("410"))
    }

    @Test func `rows come in watches too, the columns only with the first`() throws {
        let controller = try controller
        try controller.submit(["row-1", "row-2"], labels: #"{"suite":"row"}"#)
        let events = try watch(
            "&labelSelector=suite%3Drow", accept: "application/json;as=Table;g=meta.k8s.io;v=v1")
        #expect(events.count == 2)
        #expect(events.map { $0.list("object", "columnDefinitions").count } == [10, 0])
        for event in events {
            let row = event.list("object", "rows").first
            #expect(row?.list("cells").count == 10)
            #expect(row?.string("object", "metadata", "labels", "suite") == "row")
        }
        let metadata = try watch(
            "&labelSelector=suite%3Drow",
            accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
        #expect(
            metadata.map { $0.string("object", "kind") } == [
                "PartialObjectMetadata", "PartialObjectMetadata",
            ])
    }

    @Test func `a WebSocket carries one event a text frame`() throws {
        let controller = try controller
        try controller.submit(["socket-1"], labels: #"{"suite":"socket"}"#)
        let reactor = try Reactor()
        let kept = Held(value: Frames())
        reactor.connectWebSocket(
            to: .unix(path: controller.folder + "/s"), tls: nil,
            path:
                "\(RunningController.jobs)?watch=true&timeoutSeconds=1&labelSelector=suite%3Dsocket",
            headers: controller.headers()
        ) { result in
            guard case .success(let socket) = result else { return reactor.stop() }
            socket.onMessage { message in
                if case .text(let text) = message { kept.value.texts.append(text) }
            }
            socket.onClosed { _ in reactor.stop(withinMilliseconds: 0) }
        }
        _ = reactor.after(milliseconds: 10_000) { reactor.stop(withinMilliseconds: 0) }
        reactor.run()
        #expect(kept.value.texts.count == 1)
        let event = JSON(try Document(json: Array((kept.value.texts.first ?? "{}").utf8)))
        #expect(event.string("type") == "ADDED")
        #expect(event.string("object", "metadata", "name") == "socket-1")
    }

    @Test(arguments: ["", "&labelSelector=suite%3Dslow", "&labelSelector=suite"])
    func `a reader that was slow misses nothing and hears nothing twice`(selector: String) throws {
        let controller = try controller
        let stem = "slow\(selector.utf8.count)"
        let names = (0..<2000).map { "\(stem)-\($0)" }
        let path =
            "\(RunningController.jobs)?watch=true&timeoutSeconds=8"
            + "&resourceVersion=\(try version())\(selector)"
        var bytes: [UInt8] = []
        _ = try controller.connect().stream(
            .get, path, headers: controller.headers(), silenceMilliseconds: 20_000,
            onHead: { _ in
                // Far more than the socket holds: the server has to put this watcher aside.
                (try? controller.submit(names, labels: #"{"suite":"slow"}"#)) != nil
            },
            onBytes: {
                bytes += $0
                return true
            })
        let events = try bytes.split(separator: UInt8(ascii: "\n")).map {
            JSON(try Document(json: Array($0), limits: .trusted))
        }
        let heard = summary(events).filter { $0.contains(stem) }
        #expect(heard == names.map { "ADDED \($0)" })
        for name in names { _ = try controller.ask(.delete, "\(RunningController.jobs)/\(name)") }
    }

    @Test func `many watchers hear of exactly what they select, live and behind`() throws {
        let controller = try controller
        let start = try version()
        let heard = DispatchQueue(label: "heard")
        nonisolated(unsafe) var events: [Int: [String]] = [:]
        let group = DispatchGroup()
        for number in 0..<20 {
            let query =
                "\(RunningController.jobs)?watch=true&timeoutSeconds=4&resourceVersion=\(start)"
                + "&labelSelector=suite%3Dmany,number%3Dn\(number)"
            let kept = Held(value: controller)
            group.enter()
            Foundation.Thread.detachNewThread {
                let lines = (try? kept.value.watch(query)) ?? []
                heard.sync {
                    events[number] = lines.map { line in
                        let name = line.string("object", "metadata", "name") ?? ""
                        return "\(line.string("type") ?? "") \(name)"
                    }
                }
                group.leave()
            }
        }
        for round in 0..<3 {
            for number in 0..<20 {
                try controller.submit(
                    ["many-\(number)-\(round)"], labels: #"{"suite":"many","number":"n\#(number)"}"#
                )
            }
        }
        group.wait()
        for number in 0..<20 {
            #expect(events[number] == (0..<3).map { "ADDED many-\(number)-\($0)" })
        }
    }
}

private final class Frames { var texts: [String] = [] }
