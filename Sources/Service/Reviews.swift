import Control
import HTTP
import Network
import Primitives
import Resources
import Wire

// Access reviews: questions about rights and identities, answered and not kept.

/// The questions that can be asked.
enum Review: Sendable, Hashable, CaseIterable {
    case selfAccess, access, localAccess, selfRules, selfSubject, token

    var kind: String {
        switch self {
        case .selfAccess: "SelfSubjectAccessReview"
        case .access: "SubjectAccessReview"
        case .localAccess: "LocalSubjectAccessReview"
        case .selfRules: "SelfSubjectRulesReview"
        case .selfSubject: "SelfSubjectReview"
        case .token: "TokenReview"
        }
    }

    var apiVersion: String {
        switch self {
        case .selfAccess, .access, .localAccess, .selfRules: "authorization.k8s.io/v1"
        case .selfSubject, .token: "authentication.k8s.io/v1"
        }
    }

    var plural: String { kind.lowercased() + "s" }

    /// Their rows of the table of kinds.
    static var kinds: [KindWords] {
        allCases.map { review in
            KindWords(
                asked: review.kind, apiVersion: review.apiVersion, plural: review.plural,
                isNamespaced: review == .localAccess, [Action("create", .review(review))])
        }
    }
}

/// What is asked about access: by oneself, or by an administrator about somebody else.
private struct AccessQuestion: Codable, Sendable {
    var resourceAttributes: ResourceAttributes?
    var nonResourceAttributes: NonResourceAttributes?
    var user: String?
    /// Rights come with the token alone: groups and the rest are taken and change nothing.
    var groups: [String]?
    var extra: JSON?
    var uid: String?
}

private struct RulesQuestion: Codable, Sendable {
    var namespace: String?
}

private struct TokenQuestion: Codable, Sendable {
    var token: String?
    var audiences: [String]?
}

/// Nobody needs to say anything in order to ask who they are.
private struct NoQuestion: Codable, Sendable {}

extension Server {
    func review(_ review: Review, _ call: Call) throws(Refusal) {
        guard let actor = call.actor else { return }
        let admission = try Admission(call)
        let document = try admission.document(call)
        var json = JSONWriter(capacity: 1024)
        ObjectJSON.open(review.kind, review.apiVersion, into: &json)
        json.key("metadata")
        json.openObject()
        if let namespace = call.namespace { json.member("namespace", namespace) }
        json.closeObject()
        switch review {
        case .selfAccess, .access, .localAccess:
            let question = try admission.question(AccessQuestion.self, document, review)
            let asked = try subject(of: question, review, actor)
            try answerAccess(question, asked, call.namespace, into: &json)
        case .selfRules:
            let question = try admission.question(RulesQuestion.self, document, review)
            guard let namespace = question.namespace, !namespace.isEmpty else {
                throw Refusal(
                    .malformed, field: "spec.namespace", finding: "no namespace is named",
                    remedy: "Name the namespace whose rules you want to know")
            }
            json.key("spec")
            json.raw(WireEncoder.encode(question))
            answerRules(actor, into: &json)
        case .selfSubject:
            let manifest = try admission.decode(Manifest<NoQuestion>.self, document.root).value
            try manifest.check(apiVersion: review.apiVersion, kind: review.kind)
            json.key("status")
            json.openObject()
            writeUser(actor, as: "userInfo", into: &json)
            json.closeObject()
        case .token:
            let question = try admission.question(TokenQuestion.self, document, review)
            try answerToken(question, into: &json)
        }
        json.closeObject()
        reply(201, json.bytes, call.exchange)
    }

    // MARK: Access

    /// Whom the question is about; nil where nobody has that name.
    private func subject(
        of question: AccessQuestion, _ review: Review, _ actor: Actor
    ) throws(Refusal) -> Actor? {
        guard (question.resourceAttributes == nil) != (question.nonResourceAttributes == nil)
        else {
            throw Refusal(
                .invalid, field: "spec", finding: "it is not clear what is asked about",
                remedy: "Give either resourceAttributes or nonResourceAttributes")
        }
        guard review != .selfAccess else { return actor }
        guard let user = question.user, !user.isEmpty else {
            throw Refusal(
                .invalid, field: "spec.user", finding: "no user is named",
                remedy: "Name a token; groups have no rights of their own here")
        }
        return authenticator.actor(named: user)
    }

    private func answerAccess(
        _ question: AccessQuestion, _ subject: Actor?, _ namespace: String?,
        into json: inout JSONWriter
    ) throws(Refusal) {
        if let namespace, let given = question.resourceAttributes?.namespace, given != namespace {
            throw Refusal(
                .invalid, field: "spec.resourceAttributes.namespace",
                finding: "\"\(given.prefix(80))\" is not the namespace of the path",
                remedy: "Use \(namespace)")
        }
        var answer = AccessAnswer(isAllowed: false, reason: "there is no token of that name")
        if let subject, let asked = question.resourceAttributes {
            answer = rules.answer(subject, asked)
        } else if let subject, let asked = question.nonResourceAttributes {
            answer = rules.answer(subject, asked)
        }
        json.key("spec")
        json.raw(WireEncoder.encode(question))
        json.key("status")
        json.openObject()
        json.member("allowed", answer.isAllowed)
        json.member("reason", answer.reason)
        json.closeObject()
    }

    private func answerRules(_ actor: Actor, into json: inout JSONWriter) {
        func list(_ name: String, _ words: [String]) {
            json.key(name)
            json.openArray()
            for word in words { json.string(word) }
            json.closeArray()
        }
        json.key("status")
        json.openObject()
        json.key("resourceRules")
        json.openArray()
        for rule in AccessRules.rules(for: actor) {
            json.openObject()
            list("verbs", rule.verbs)
            list("apiGroups", [rule.group])
            list("resources", rule.resources)
            json.closeObject()
        }
        json.closeArray()
        json.key("nonResourceRules")
        json.openArray()
        for rule in rules.pathRules(for: actor) {
            json.openObject()
            list("verbs", rule.verbs)
            list("nonResourceURLs", rule.paths)
            json.closeObject()
        }
        json.closeArray()
        json.member("incomplete", false)
        json.closeObject()
    }

    // MARK: Identity

    private func answerToken(
        _ question: TokenQuestion, into json: inout JSONWriter
    ) throws(Refusal) {
        guard let token = question.token, !token.isEmpty else {
            throw Refusal(
                .invalid, field: "spec.token", finding: "no token is given",
                remedy: "Give the token to be looked at")
        }
        json.key("spec")
        // The secret is not sent back.
        json.raw(WireEncoder.encode(TokenQuestion(token: "", audiences: question.audiences)))
        json.key("status")
        json.openObject()
        if let actor = authenticator.actor(ofToken: token) {
            json.member("authenticated", true)
            writeUser(actor, as: "user", into: &json)
        } else {
            json.member("authenticated", false)
            json.member("error", "the token is not valid")
        }
        json.closeObject()
    }

    private func writeUser(_ actor: Actor, as key: String, into json: inout JSONWriter) {
        json.key(key)
        json.openObject()
        json.member("username", actor.name)
        json.member("uid", UIDText.text(actor.tokenUID))
        json.key("groups")
        json.openArray()
        json.string("muster:\(actor.role.rawValue)")
        json.string("system:authenticated")
        json.closeArray()
        json.closeObject()
    }
}

extension Admission {
    /// The specification of a review, which must have one.
    fileprivate func question<Spec: Codable & Sendable>(
        _ type: Spec.Type, _ document: Document, _ review: Review
    ) throws(Refusal) -> Spec {
        let manifest = try decode(Manifest<Spec>.self, document.root).value
        try manifest.check(apiVersion: review.apiVersion, kind: review.kind)
        guard let spec = manifest.spec else {
            throw Refusal(
                .invalid, field: "spec", finding: "nothing is asked",
                remedy: "Say in spec what you want to know")
        }
        return spec
    }
}
