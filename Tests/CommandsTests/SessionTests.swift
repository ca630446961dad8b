import Client
import HTTP
import Host
import Primitives
import Testing
import Wire

@testable import Commands

/// Goal: whole commands do what they say against a server. Method: a scripted one on loopback TLS.
@Suite struct SessionTests {
    private struct Ended {
        let code: ExitCode
        let output: String
        let errors: String
    }

    private func run(_ words: String..., on server: ScriptedServer) throws -> Ended {
        let captured = Lock(Console.Captured())
        let config = try server.file(
            "config",
            String(
                decoding: KubeConfig.make(
                    server: server.url, authority: server.authority(), token: "t",
                    namespace: "team"
                ).encode(), as: UTF8.self))
        let patience = Patience(
            attempts: 2, firstPauseMilliseconds: 1, longestPauseMilliseconds: 5,
            outageMilliseconds: 1000)
        let code = Invocation.run(words, console: Console(captured: captured)) { flags, console in
            Session(
                flags, console: console,
                surroundings: Surroundings { $0 == "KUBECONFIG" ? config : nil },
                patience: patience)
        }
        let kept = captured.withLock { $0 }
        return Ended(
            code: code, output: String(decoding: kept.output, as: UTF8.self),
            errors: String(decoding: kept.errors, as: UTF8.self))
    }

    private static func job(_ phase: String, code: Int? = nil, ranks: Int = 0) -> String {
        let places = (0..<ranks).map {
            #"{"rank":\#($0),"pod":"a-worker-\#($0)","node":"n1","devices":[\#($0)]}"#
        }
        let all = places.joined(separator: ",")
        let exit = code.map { #","exitCode":\#($0)"# } ?? ""
        return #"{"kind":"Job","metadata":{"name":"a","namespace":"team","resourceVersion":"3"},"#
            + #""spec":{"queue":"default","roles":[{"name":"worker"}]},"status":"#
            + #"{"phase":"\#(phase)"\#(exit),"attempt":1,"placements":[\#(all)]}}"#
    }

    @Test func `submit sends the script and says the name`() throws {
        let server = try ScriptedServer { seen, _ in .json(201, seen.body) }
        let script = try server.file("train.sh", "#!/bin/sh\n#SBATCH -n 2 -o x\nhostname\n")
        let ended = try run("submit", script, "--name", "a", "--env", "K=V", on: server)
        #expect(ended.code == .done)
        #expect(ended.output == "job.muster.dev/a created\n")
        #expect(ended.errors == "warning: \(script): line 2: --output has no effect here\n")
        let seen = try #require(server.seen.withLock { $0.first })
        #expect(seen.path == "/apis/muster.dev/v1/namespaces/team/jobs")
        let sent = JSON(try Document(json: Array(seen.body.utf8)))
        let role = sent["spec"]?["roles"]?.elements.first
        #expect(role?["replicas"] == 2)
        #expect(role?["env"] == ["K": "V"])
        #expect(role?["script"] == "#!/bin/sh\n#SBATCH -n 2 -o x\nhostname\n")
    }

    @Test func `submit takes manifests, many in one file, and flags change them`() throws {
        let server = try ScriptedServer { seen, _ in .json(201, seen.body) }
        let file = try server.file(
            "jobs.yaml",
            """
            kind: Job
            metadata: {name: one}
            spec:
              roles:
              - command: [hostname]
            ---
            kind: Job
            metadata: {name: two, namespace: other}
            spec:
              roles:
              - command: [hostname]
            """)
        let ended = try run("submit", file, "-q", "--gpus", "2", "--queue", "q", on: server)
        #expect(ended.output == "one\ntwo\n", "\(ended.errors)")
        let seen = server.seen.withLock { $0 }
        #expect(seen.map(\.path).last == "/apis/muster.dev/v1/namespaces/other/jobs")
        for one in seen {
            let spec = JSON(try Document(json: Array(one.body.utf8)))["spec"]
            #expect(spec?["queue"] == "q")
            #expect(
                spec?["roles"] == [["command": ["hostname"], "resources": ["gpus": 2]]])
        }
    }

    private static func list(_ items: String...) -> Reply {
        .json(
            200,
            #"{"metadata":{"resourceVersion":"3"},"items":[\#(items.joined(separator: ","))]}"#)
    }

    @Test func `following shows every rank's lines and ends with the job's code`() throws {
        let server = try ScriptedServer { seen, _ in
            if seen.method == "POST" { return .json(201, seen.body) }
            if seen.path.hasSuffix("worker-0/log") {
                return .pieces(["zero\n", "ha", "lf"], isCut: false)
            }
            if seen.path.hasSuffix("worker-1/log") { return .pieces(["one\n"], isCut: false) }
            return Self.list(Self.job("Failed", code: 7, ranks: 2))
        }
        let script = try server.file("a.sh", "#!/bin/sh\nhostname\n")
        let ended = try run("submit", script, "--follow", "--name", "a", "-q", on: server)
        #expect(ended.code == .job(7))
        let lines = ended.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "a")
        #expect(lines.dropFirst().sorted() == ["[0] half", "[0] zero", "[1] one"])
        #expect(ended.errors == "job/a: Failed\n")
    }

    @Test func `a job that succeeds ends with zero, one that was cancelled does not`() throws {
        for (phase, code) in [("Succeeded", ExitCode.done), ("Cancelled", .job(1))] {
            let server = try ScriptedServer { seen, _ in
                seen.method == "POST" ? .json(201, seen.body) : Self.list(Self.job(phase))
            }
            let script = try server.file("a.sh", "#!/bin/sh\nhostname\n")
            #expect(try run("submit", script, "--wait", "--name", "a", on: server).code == code)
        }
    }

    @Test func `get asks for a table with the selectors`() throws {
        let server = try ScriptedServer { _, _ in
            .json(
                200,
                #"{"metadata":{},"columnDefinitions":[{"name":"Name"}],"rows":[{"cells":["a"]}]}"#)
        }
        let ended = try run("get", "mj", "-l", "team in (a,b)", "-A", on: server)
        #expect(ended.output == "NAMESPACE   NAME\n-           a\n")
        let seen = try #require(server.seen.withLock { $0.first })
        #expect(seen.path == "/apis/muster.dev/v1/jobs")
        #expect(seen.query == "labelSelector=team%20in%20%28a%2Cb%29&limit=500")
        #expect(seen.headers["Accept"]?.contains("as=Table") ?? false)
    }

    @Test func `describe shows ranks with their places and ends`() throws {
        let server = try ScriptedServer { seen, _ in
            if seen.path.hasSuffix("/pods") {
                return Self.list(
                    #"{"metadata":{"name":"a-worker-0"},"status":{"phase":"Failed","#
                        + #""containerStatuses":[{"state":{"terminated":{"exitCode":7}}}]}}"#)
            }
            if seen.path.hasSuffix("/events") { return .json(200, #"{"rows":[]}"#) }
            return .json(200, Self.job("Failed", code: 7, ranks: 1))
        }
        let ended = try run("describe", "job/a", on: server)
        #expect(ended.code == .done, "\(ended.errors)")
        for part in [
            "Name:          a\n", "Exit code:     7\n",
            "  RANK   POD          NODE   DEVICES   PHASE    EXIT\n"
                + "  0      a-worker-0   n1     0         Failed   7\n",
            "Events: none\n",
        ] { #expect(ended.output.contains(part), "\(part) in \(ended.output)") }
    }

    @Test func `cancel goes on after one that cannot be cancelled`() throws {
        let server = try ScriptedServer { seen, _ in
            seen.path.contains("/x/")
                ? .json(404, #"{"reason":"NotFound","message":"metadata.name: no job x. Look."}"#)
                : .json(200, "{}")
        }
        let ended = try run("cancel", "x", "b", on: server)
        #expect(ended.code == .failure)
        #expect(ended.output == "job.muster.dev/b cancelling\n")
        #expect(ended.errors == "error: metadata.name: no job x\n  Look\n")
    }

    @Test func `delete waits until the object is gone`() throws {
        let server = try ScriptedServer { seen, count in
            if seen.method == "DELETE" { return .json(200, "{}") }
            return count < 5
                ? .json(200, #"{"metadata":{"uid":"u"}}"#) : .json(404, #"{"message":"gone"}"#)
        }
        let ended = try run("delete", "job", "a", on: server)
        #expect(ended.output == "job.muster.dev/a deleted\n")
        let methods = server.seen.withLock { $0.map(\.method) }
        #expect(methods == ["GET", "DELETE", "GET", "GET", "GET"])
    }

    @Test func `delete does not wait for another object of the same name`() throws {
        let server = try ScriptedServer { seen, count in
            seen.method == "DELETE"
                ? .json(200, "{}") : .json(200, #"{"metadata":{"uid":"\#(count)"}}"#)
        }
        #expect(try run("delete", "job/a", on: server).code == .done)
    }

    @Test func `apply creates what is not there`() throws {
        let server = try ScriptedServer { seen, _ in
            seen.method == "GET" ? .json(404, #"{"message":"no queue"}"#) : .json(201, seen.body)
        }
        let file = try server.file("q.yaml", "kind: Queue\nmetadata: {name: fast}\n")
        let ended = try run("apply", "-f", file, on: server)
        #expect(ended.output == "queue.muster.dev/fast created\n", "\(ended.errors)")
    }

    @Test func `wait fails where the phase can no longer come`() throws {
        let server = try ScriptedServer { _, _ in .json(200, Self.job("Failed", code: 1)) }
        let ended = try run(
            "wait", "job/a", "--for", "succeeded", "--timeout", "5s", on: server)
        #expect(ended.code == .failure)
        #expect(ended.output == "job/a Failed\n")
    }

    @Test func `cordon closes a node by merge patch`() throws {
        let server = try ScriptedServer { _, _ in .json(200, "{}") }
        #expect(try run("cordon", "n1", on: server).output == "node/n1 cordoned\n")
        let seen = try #require(server.seen.withLock { $0.first })
        #expect(seen.body == #"{"spec":{"unschedulable":true}}"#)
        #expect(seen.headers["Content-Type"] == "application/merge-patch+json")
    }

    @Test func `completion offers commands, kinds and names`() throws {
        let server = try ScriptedServer { _, _ in
            Self.list(#"{"metadata":{"name":"train-1"}}"#, #"{"metadata":{"name":"other"}}"#)
        }
        #expect(try run("__complete", "--", "ge", on: server).output == "get\n")
        #expect(try run("__complete", "--", "get", "jo", on: server).output == "jobs\n")
        #expect(try run("__complete", "--", "get", "jobs", "tr", on: server).output == "train-1\n")
        #expect(
            try run("__complete", "--", "get", "--fi", on: server).output == "--field-selector\n")
    }

    @Test func `every command has help with an example`() throws {
        for command in Catalogue.all {
            let help = command.synopsis.help
            #expect(help.contains("Usage: muster \(command.name)"))
            #expect(help.contains("Example:\n  "))
            #expect(command.synopsis.summary.hasSuffix("."))
        }
    }

    @Test func `wrong use ends with two, a missing server with one`() throws {
        let server = try ScriptedServer { _, _ in .cut }
        #expect(try run("get", on: server).code == .usage)
        #expect(try run("gett", on: server).errors.hasSuffix("  Use muster get\n"))
        #expect(try run("run", "hostname", on: server).code == .usage)
        #expect(try run("get", "jobs", on: server).code == .failure)
    }
}
