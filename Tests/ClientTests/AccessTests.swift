import Client
import Foundation
import Network
import Primitives
import Testing
import Wire

/// Goal: we go where the user said, with the token of that place, and nowhere else.
@Suite struct AccessTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "muster-access-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let path = "\(folder)/\(name)"
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        return path
    }

    private func config(_ name: String, server: String) throws -> String {
        try write(
            name,
            """
            apiVersion: v1
            kind: Config
            current-context: one
            clusters:
            - name: c
              cluster: {server: "\(server)"}
            users:
            - name: u
              user: {token: from-config}
            contexts:
            - name: one
              context: {cluster: c, user: u, namespace: team-a}
            - name: other
              context: {cluster: nowhere, user: u}
            """)
    }

    private func around(_ variables: [String: String]) -> Surroundings {
        Surroundings { variables[$0] }
    }

    @Test func `a kubeconfig gives server, token and namespace`() throws {
        let path = try config("config", server: "https://10.0.0.5:7443")
        let access = try Access.find(ConnectionFlags(), in: around(["KUBECONFIG": path]))
        #expect(access.endpoint == .tls(host: "10.0.0.5", port: 7443))
        #expect(access.token == "from-config")
        #expect(access.namespace == "team-a")
        #expect(access.source == path)
    }

    @Test func `a token of the kubeconfig is never sent to a server given by a flag`() throws {
        let path = try config("config", server: "https://10.0.0.5:7443")
        var flags = ConnectionFlags()
        flags.server = "https://elsewhere"
        let access = try Access.find(flags, in: around(["KUBECONFIG": path]))
        #expect(access.endpoint == .tls(host: "elsewhere", port: 443))
        #expect(access.token == "")
    }

    @Test func `variables come before files, and flags before variables`() throws {
        let path = try config("config", server: "https://file")
        let token = try write("token", "abc\n")
        let variables = [
            "KUBECONFIG": path, "MUSTER_SERVER": "https://variable", "MUSTER_TOKEN_FILE": token,
        ]
        let byVariable = try Access.find(ConnectionFlags(), in: around(variables))
        #expect(byVariable.server == "https://variable")
        #expect(byVariable.token == "abc")
        var flags = ConnectionFlags()
        flags.kubeconfig = path
        #expect(try Access.find(flags, in: around(variables)).server == "https://file")
    }

    @Test func `files are tried in order, ours before kubectl's`() throws {
        let home = folder
        try FileManager.default.createDirectory(
            atPath: "\(home)/.config/muster", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: "\(home)/.kube", withIntermediateDirectories: true)
        _ = try config(".kube/config", server: "https://kubectl")
        let before = try Access.find(ConnectionFlags(), in: around(["HOME": home]))
        #expect(before.server == "https://kubectl")
        _ = try config(".config/muster/config", server: "https://ours")
        let after = try Access.find(ConnectionFlags(), in: around(["HOME": home]))
        #expect(after.server == "https://ours")
    }

    @Test func `a token file open to others is refused`() throws {
        let path = try write("token", "abc", mode: 0o644)
        let refusal = #expect(throws: Refusal.self) {
            try Access.token(from: path, field: "--token-file")
        }
        #expect(refusal?.remedy == "Run chmod 600 \(path)")
    }

    @Test(arguments: [
        "http://host", "https://", "https://host:0", "https://host:99999", "https://host/path",
        "https://user@host", "host:7443", "https://ho st", "unix:relative",
    ])
    func `an address that is none is refused`(text: String) {
        #expect(throws: Refusal.self) {
            try Access(server: text, authority: nil, token: "", source: "--server")
        }
    }

    @Test func `addresses of version six keep their colons`() throws {
        let access = try Access(
            server: "https://[::1]:7443/", authority: nil, token: "", source: "--server")
        #expect(access.endpoint == .tls(host: "::1", port: 7443))
    }

    @Test func `logins that we cannot do are named`() throws {
        let text = """
            {"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],
            "clusters":[{"name":"c","cluster":{"server":"https://h"}}],
            "users":[{"name":"u","user":{"exec":{"command":"login"}}}]}
            """
        let config = try KubeConfig(Array(text.utf8), path: "f")
        let refusal = #expect(throws: Refusal.self) { try config.choose(nil) }
        #expect(refusal?.finding == "user u logs in by exec, which is not supported")
    }

    @Test func `a context that is not there names the nearest`() throws {
        let path = try config("config", server: "https://h")
        let config = try KubeConfig(path: path)
        let refusal = #expect(throws: Refusal.self) { try config.choose("onee") }
        #expect(refusal?.remedy == "Use one")
    }

    @Test func `what we write as a kubeconfig we read back`() throws {
        let made = KubeConfig.make(
            server: "https://h:1", authority: "PEM\n", token: "t", namespace: "n")
        let choice = try KubeConfig(made.encode(), path: "f").choose(nil)
        #expect(choice.server == "https://h:1")
        #expect(choice.authority == "PEM\n")
        #expect(choice.token == "t")
        #expect(choice.namespace == "n")
    }

}
