import Control
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

/// What a first start makes: the default namespace and queue, the first token, the kubeconfig.
struct Bootstrap {
    let directory: String
    let mailbox: Mailbox
    let catalog: Catalog

    private var tokenPath: String { "\(directory)/admin.token" }
    private var agentTokenPath: String { "\(directory)/agent.token" }

    /// Creates what every cluster begins with. For the very first start only: what people delete
    /// or revoke later does not come back.
    func seed() throws(Refusal) {
        let plain = DocumentDraftMaker()
        var wanted = [plain.object(.namespace, "default"), plain.object(.queue, "default")]
        for (name, role, path) in [
            ("admin", TokenRole.admin, tokenPath), ("agent", TokenRole.agent, agentTokenPath),
        ] {
            let secret = try TokenText.make(name: name)
            try write(secret + "\n", to: path, mode: 0o600)
            wanted.append(plain.token(name, role, secret))
        }
        guard mailbox.post(wanted) else {
            throw Refusal(
                .unavailable, finding: "the core does not take its first commands",
                remedy: "Look at the log lines above")
        }
        try waitUntilSeeded()
    }

    /// The first commands are durable before anybody is told that the server is ready.
    private func waitUntilSeeded() throws(Refusal) {
        let deadline = Clock.monotonicMilliseconds() + 30_000
        while catalog.object(.token, "agent") == nil || catalog.object(.queue, "default") == nil {
            guard Clock.monotonicMilliseconds() < deadline else {
                throw Refusal(
                    .unavailable, field: directory,
                    finding: "the first objects could not be stored within 30 s",
                    remedy: "Free space on the volume of the data directory")
            }
            Clock.pause(milliseconds: 2)
        }
    }

    /// Writes what clients on this machine need: the authority's certificate and a kubeconfig.
    func writeAccess(url: String, authority: String) throws(Refusal) {
        let certificate = try read(authority)
        try write(certificate, to: "\(directory)/ca.crt", mode: 0o644)
        guard let token = try? read(tokenPath) else { return }
        let trimmed = String(token.prefix { !$0.isWhitespace })
        var json = JSONWriter()
        ObjectJSON.open("Config", "v1", into: &json)
        json.member("current-context", "muster")
        entry("clusters", "cluster", into: &json) { json in
            json.member("server", url)
            json.member("certificate-authority-data", Base64.encode(Array(certificate.utf8)))
        }
        entry("users", "user", into: &json) { json in json.member("token", trimmed) }
        entry("contexts", "context", into: &json) { json in
            json.member("cluster", "muster")
            json.member("user", "muster")
            json.member("namespace", "default")
        }
        json.closeObject()
        let text = String(decoding: json.bytes, as: UTF8.self) + "\n"
        try write(text, to: "\(directory)/admin.kubeconfig", mode: 0o600)
    }

    private func entry(
        _ list: String, _ kind: String, into json: inout JSONWriter,
        _ body: (inout JSONWriter) -> Void
    ) {
        json.key(list)
        json.openArray()
        json.openObject()
        json.member("name", "muster")
        json.key(kind)
        json.openObject()
        body(&json)
        json.closeObject()
        json.closeObject()
        json.closeArray()
    }

    private func write(_ text: String, to path: String, mode: UInt32) throws(Refusal) {
        do throws(SystemError) {
            try Files.write(Array(text.utf8), to: path, mode: mode)
        } catch {
            throw error.refusal(field: path, remedy: "Make the data directory writable")
        }
    }

    private func read(_ path: String) throws(Refusal) -> String {
        do throws(SystemError) {
            return try Files.readText(path, limit: 1 << 20)
        } catch {
            throw error.refusal(field: path, remedy: "Make the data directory readable")
        }
    }
}

/// Makes the texts of the objects that a first start creates.
private struct DocumentDraftMaker {
    func object(_ kind: Kind, _ name: String) -> CoreRequest {
        submission(kind, name, body: Array("{}".utf8))
    }

    func token(_ name: String, _ role: TokenRole, _ secret: String) -> CoreRequest {
        var spec = TokenSpec(role: role)
        spec.description = "made at the first start"
        spec.digest = TokenText.digest(of: secret)
        return submission(.token, name, body: WireEncoder.encode(spec))
    }

    private func submission(_ kind: Kind, _ name: String, body: [UInt8]) -> CoreRequest {
        var head = JSONWriter()
        head.openObject()
        head.member("name", name)
        head.closeObject()
        return CoreRequest(
            .create(ObjectName(kind, name: name)),
            draft: DocumentDraft(head: head.bytes, body: body, labels: [:], user: ""))
    }
}
