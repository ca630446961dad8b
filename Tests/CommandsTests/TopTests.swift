import Client
import Host
import Primitives
import Testing
import Wire

@testable import Commands

/// Goal: figures and logs are asked for as typed. Method: a scripted server on loopback TLS.
@Suite struct TopTests {
    private func run(_ words: String..., on server: ScriptedServer) throws -> (
        code: ExitCode, output: String, errors: String
    ) {
        let captured = Lock(Console.Captured())
        let tree = KubeConfig.make(
            server: server.url, authority: try server.authority(), token: "t", namespace: "team")
        let config = try server.file("config", String(decoding: tree.encode(), as: UTF8.self))
        let code = Invocation.run(words, console: Console(captured: captured)) { flags, console in
            Session(
                flags, console: console,
                surroundings: Surroundings { $0 == "KUBECONFIG" ? config : nil },
                patience: Patience(
                    attempts: 1, firstPauseMilliseconds: 1, longestPauseMilliseconds: 1,
                    outageMilliseconds: 10))
        }
        let kept = captured.withLock { $0 }
        return (
            code, String(decoding: kept.output, as: UTF8.self),
            String(decoding: kept.errors, as: UTF8.self)
        )
    }

    private static func pod(_ name: String, _ cpu: String, _ memory: String) -> String {
        #"{"metadata":{"name":"\#(name)","namespace":"team"},"containers":[{"name":"w","#
            + #""usage":{"cpu":"\#(cpu)","memory":"\#(memory)"}}]}"#
    }

    @Test func `pods are shown by name, by cpu and by memory`() throws {
        let pods = [
            Self.pod("c", "5n", "2048Ki"), Self.pod("a", "1500000000n", "1Ki"),
            Self.pod("b", "250m", "3Gi"),
        ]
        let server = try ScriptedServer { _, _ in
            .json(200, #"{"items":[\#(pods.joined(separator: ","))]}"#)
        }
        func names(_ text: String) -> [String] {
            text.split(separator: "\n").dropFirst().compactMap { line in
                line.split(separator: " ").first.map { String($0) }
            }
        }
        let plain = try run("top", "pods", on: server)
        #expect(
            plain.output == """
                NAME   CPU     MEMORY
                a      1500m   0Mi
                b      250m    3072Mi
                c      1m      2Mi

                """)
        #expect(
            names(try run("top", "po", "--sort-by", "cpu", on: server).output) == ["a", "b", "c"])
        let sorted = try run("top", "pods", "--sort-by=memory", "-l", "x=y", "-A", on: server)
        #expect(
            sorted.output.split(separator: "\n").map { $0.split(separator: " ")[1] }
                == ["NAME", "b", "c", "a"])
        let seen = server.seen.withLock { $0 }
        #expect(seen.first?.path == "/apis/metrics.k8s.io/v1beta1/namespaces/team/pods")
        #expect(seen.last?.path == "/apis/metrics.k8s.io/v1beta1/pods")
        #expect(seen.last?.query == "labelSelector=x%3Dy")
    }

    @Test func `nodes are shown with the part of what they offer`() throws {
        let usage = #"{"cpu":"500m","memory":"1Gi"}"#
        let server = try ScriptedServer { seen, _ in
            seen.path.hasPrefix("/apis/metrics")
                ? .json(200, #"{"items":[{"metadata":{"name":"n"},"usage":\#(usage)}]}"#)
                : .json(
                    200,
                    #"{"metadata":{},"items":[{"metadata":{"name":"n"},"status":"#
                        + #"{"allocatable":{"cpu":"2","memory":"4Gi"}}}]}"#)
        }
        #expect(
            try run("top", "nodes", on: server).output == """
                NAME   CPU    CPU%   MEMORY   MEMORY%
                n      500m   25%    1024Mi   25%

                """)
    }

    @Test func `what has no figures, and no sense, is said`() throws {
        let server = try ScriptedServer { _, _ in .json(200, #"{"items":[]}"#) }
        let none = try run("top", "pods", on: server)
        #expect(none.code == .done && none.output.isEmpty)
        #expect(none.errors == "no figures of pods from the last minute\n")
        #expect(try run("top", "jobs", on: server).code == .usage)
        #expect(try run("top", "pods", "--sort-by", "luck", on: server).code == .usage)
    }

    @Test func `logs are asked for since, with times, of the attempt before`() throws {
        let server = try ScriptedServer { seen, _ in
            if seen.path.hasSuffix("/log") { return .pieces(["x\n"], isCut: false) }
            return .json(seen.path.contains("/pods/") ? 200 : 404, "{}")
        }
        let ended = try run(
            "logs", "pod/a-w-0", "--since", "1m30s", "--timestamps", "-p", "--tail", "3",
            on: server)
        #expect(ended.output == "x\n")
        let query = try #require(server.seen.withLock { $0.last }).query
        #expect(query == "tailLines=3&sinceSeconds=90&timestamps=true&previous=true")
        for words in [["--since", "soon"], ["--since-time", "noon"]] {
            #expect(try run("logs", "pod/a-w-0", words[0], words[1], on: server).code == .usage)
        }
    }
}
