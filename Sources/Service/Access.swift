import Control
import HTTP
import Host
import Kernel
import Network
import Primitives
import Resources
import Wire

/// Who is asking.
struct Actor: Sendable, Hashable {
    let name: String
    let role: TokenRole
    let tokenUID: UInt64
}

/// What an actor wants to do to a resource.
enum Verb: String, Sendable, CaseIterable {
    case get, list, watch, create, update, patch, delete, deletecollection, cancel, log, session,
        discover
}

/// The one place where rights are decided, by exact match of (actor, verb, resource).
func isAllowed(_ actor: Actor, _ verb: Verb, _ resource: String) -> Bool {
    switch actor.role {
    case .admin: return true
    case .agent:
        switch (verb, resource) {
        case (.session, "agents"), (.discover, _), (.create, "selfsubjectaccessreviews"),
            (.create, "selfsubjectrulesreviews"), (.create, "selfsubjectreviews"):
            return true
        default: return false
        }
    }
}

/// A connection's proven identity: valid as long as the same header comes and the token lives.
final class Credential {
    let presented: String
    let actor: Actor
    let expires: Tick

    init(presented: String, actor: Actor, expires: Tick) {
        self.presented = presented
        self.actor = actor
        self.expires = expires
    }
}

/// Finds out who presents a bearer token.
struct Authenticator {
    let catalog: Catalog

    /// The actor that the request acts as: who presents its token, or whom that one stands in for.
    func actor(of request: Request, on exchange: Exchange) throws(Refusal) -> Actor {
        let own = try bearer(of: request, on: exchange)
        let headers = request.head.headers
        let name = headers["impersonate-user"]
        guard name != nil || headers["impersonate-group"] != nil else { return own }
        guard own.role == .admin, let name, let other = actor(named: name) else {
            throw Refusal(
                .forbidden, field: "Impersonate-User",
                finding: "\"\(own.name)\" cannot act as user \"\((name ?? "").prefix(80))\"",
                remedy: "Name the token of another user, as an administrator; groups do not exist")
        }
        return other
    }

    /// Who presents the token; refuses without saying which part was wrong.
    private func bearer(of request: Request, on exchange: Exchange) throws(Refusal) -> Actor {
        guard let header = request.head.headers["authorization"] else {
            throw Refusal(
                .unauthorized, field: "Authorization", finding: "this request carries no token",
                remedy: "Send Authorization: Bearer TOKEN; the first token is in admin.token")
        }
        if let known = exchange.principal as? Credential, known.presented == header,
            Clock.now() < known.expires, catalog.object(.token, uid: known.actor.tokenUID) != nil
        {
            return known.actor
        }
        guard let credential = credential(header) else {
            throw Refusal(
                .unauthorized, field: "Authorization", finding: "the token is not valid",
                remedy:
                    "Use a token that exists and has not expired; list them with: muster token list"
            )
        }
        exchange.principal = credential
        return credential.actor
    }

    /// Whether the head carries a token that is valid now.
    func knows(_ head: RequestHead) -> Bool {
        head.headers["authorization"].map { credential($0) != nil } ?? false
    }

    /// Whom a token stands for, if it is valid now.
    func actor(ofToken token: String) -> Actor? { credential("Bearer \(token)")?.actor }

    /// Who has that name, whether or not their token is still good.
    func actor(named name: String) -> Actor? {
        guard let view = catalog.object(.token, name),
            let spec = try? WireDecoder.decode(TokenSpec.self, json: view.text.body.content)
        else { return nil }
        return Actor(name: name, role: spec.role, tokenUID: view.uid)
    }

    private func credential(_ header: String) -> Credential? {
        let words = header.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 2, String(Substring(words[0])).lowercased() == "bearer" else {
            return nil
        }
        let token = String(Substring(words[1]))
        guard let name = TokenText.name(in: token), let view = catalog.object(.token, name),
            let spec = try? WireDecoder.decode(TokenSpec.self, json: view.text.body.content),
            let stored = spec.digest,
            TokenText.isEqual(Array(stored.utf8), Array(TokenText.digest(of: token).utf8))
        else { return nil }
        let expires = spec.expires.map { Tick($0.milliseconds) } ?? .never
        guard Clock.now() < expires else { return nil }
        return Credential(
            presented: header, actor: Actor(name: name, role: spec.role, tokenUID: view.uid),
            expires: expires)
    }
}

/// The form of tokens: `muster_NAME_SECRET`; only SHA-256 of the whole is ever stored.
enum TokenText {
    static let prefix = "muster_"
    static let lifeMilliseconds: Int64 = 90 * 86_400_000

    static func make(name: String) throws(Refusal) -> String {
        do throws(SystemError) {
            return "\(prefix)\(name)_\(try Entropy.hexToken())"
        } catch {
            throw error.refusal(remedy: "Try again")
        }
    }

    /// The public part: the name of the token object.
    static func name(in token: String) -> String? {
        let parts = token.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 3, String(Substring(parts[0])) == "muster", token.utf8.count <= 256
        else { return nil }
        return String(Substring(parts[1]))
    }

    static func digest(of token: String) -> String { SecureDigest.sha256(Array(token.utf8)) }

    /// Compares without telling by its time where the first difference is.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    /// A token's specification as others may see it.
    static func withoutDigest(_ body: [UInt8]) -> [UInt8] {
        guard var spec = try? WireDecoder.decode(TokenSpec.self, json: body) else {
            return Array("{}".utf8)
        }
        spec.digest = nil
        return WireEncoder.encode(spec)
    }
}
