import Client
import HTTP
import Primitives
import Wire

/// `token create|list|revoke`
struct TokenCommand: Command {
    static let synopsis = Synopsis(
        words: "token create NAME --role ROLE | list | revoke NAME...",
        summary: "Make, list and revoke tokens; a secret is shown once, when it is made.",
        options: [
            Synopsis.Option("--role ROLE", "admin or agent"),
            Synopsis.Option("--description TEXT", "what it is for"),
            Synopsis.Option("--expires TIME", "such as 2027-01-31T00:00:00Z"),
            OutputFormat.option,
        ],
        example: "muster token create node-7 --role agent > node-7.token")

    private enum Act {
        case create(JSON)
        case list
        case revoke([String])
    }

    private let act: Act
    private let format: OutputFormat?

    init(_ arguments: inout Arguments) throws(Refusal) {
        let role = try arguments.option("--role")
        let description = try arguments.option("--description")
        let expires = try arguments.option("--expires")
        format = try OutputFormat.optional(&arguments)
        let word = try arguments.word("create, list or revoke")
        switch word {
        case "create":
            let name = try arguments.word("NAME")
            act = .create(try Self.manifest(name, role, description, expires))
        case "list", "ls": act = .list
        case "revoke", "delete":
            act = .revoke([try arguments.word("NAME")] + (try arguments.rest()))
        default:
            let close = nearest(word, among: ["create", "list", "revoke"])
            throw Refusal(
                .malformed, field: "token", finding: "\"\(word)\" is not something to do",
                remedy: "Use \(close ?? "create, list or revoke")")
        }
        try arguments.end()
    }

    private static func manifest(
        _ name: String, _ role: String?, _ description: String?, _ expires: String?
    ) throws(Refusal) -> JSON {
        guard let role, ["admin", "agent"].contains(role) else {
            throw Refusal(
                .malformed, field: "--role",
                finding: role.map { "\"\($0)\" is not a role" } ?? "it is missing",
                remedy: "Use --role admin or --role agent")
        }
        var spec: JSON = ["role": .string(role)]
        spec["description"] = description.map(JSON.string)
        spec["expires"] = expires.map(JSON.string)
        return [
            "apiVersion": "muster.dev/v1", "kind": "Token", "metadata": ["name": .string(name)],
            "spec": spec,
        ]
    }

    func run(_ session: Session) throws(Refusal) -> ExitCode {
        let client = try session.client()
        let path = Kind.token.path(in: nil)
        switch act {
        case .create(let manifest):
            let token = try client.create(path, manifest)
            if let format {
                let text = try Payload(tree: token, kind: .token).text(format)
                session.console.write(Array(text.utf8))
            } else if let secret = token["status"]?["token"]?.string {
                session.console.say(secret)
            }
            return .done
        case .list:
            let format = self.format ?? .table
            let list = try client.list(Call(.get, path).asTable(format.isTable))
            let text = try Payload(tree: list, kind: .token).text(format)
            session.console.write(Array(text.utf8))
            return .done
        case .revoke(let names): return revoke(names, client, session.console)
        }
    }

    private func revoke(
        _ names: [String], _ client: APIClient, _ console: Console
    ) -> ExitCode {
        var code = ExitCode.done
        for name in names {
            do throws(Refusal) {
                try client.delete(Kind.token.path(name, in: ""))
                console.say("\(Kind.token.reference(to: name)) revoked")
            } catch {
                console.refuse(error)
                code = .failure
            }
        }
        return code
    }
}
