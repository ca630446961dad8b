import Control
import HTTP
import Primitives
import Resources
import Wire

// What somebody may do, told before they try. Nothing here knows rights: the table of kinds says
// which endpoint a request would reach, and `isAllowed` decides as it would for that request.

/// What a review asks about: a verb on a resource, as the client names them.
struct ResourceAttributes: Codable, Sendable {
    var namespace: String?
    var verb: String?
    var group: String?
    var version: String?
    var resource: String?
    var subresource: String?
    var name: String?
    /// Rights do not depend on what is selected.
    var fieldSelector: JSON?
    var labelSelector: JSON?
}

/// A verb on a path that belongs to no kind.
struct NonResourceAttributes: Codable, Sendable {
    var path: String?
    var verb: String?
}

/// The outcome of one question.
struct AccessAnswer: Sendable, Hashable {
    let isAllowed: Bool
    let reason: String
}

/// Answers what an actor may do.
struct AccessRules {
    /// A verb that can be asked, as access rules name it, and the right that it takes.
    struct Ability: Sendable {
        let group: String
        /// The plural, with the subresource behind a slash.
        let resource: String
        let verb: String
        let right: (verb: Verb, resource: String)?

        func isOpen(to actor: Actor) -> Bool {
            right.map { isAllowed(actor, $0.verb, $0.resource) } ?? true
        }
    }

    /// Every verb on every kind and subresource.
    static let abilities: [Ability] = KindWords.all.flatMap { words in
        let own = words.actions.map { action in
            Ability(
                group: words.group, resource: words.plural, verb: action.verb,
                right: action.verb == "watch"
                    ? action.endpoint.right.map { (.watch, $0.resource) } : action.endpoint.right)
        }
        let parts = words.subresources.flatMap { part in
            part.actions.map { action in
                Ability(
                    group: words.group, resource: "\(words.plural)/\(part.name)",
                    verb: action.verb, right: action.endpoint.right)
            }
        }
        return own + parts
    }

    /// Paths that belong to no kind, each with what may be done there; a star stands for the rest.
    let paths: [(path: String, verb: String, endpoint: Endpoint)]

    init(_ routes: RouteTable<Endpoint>) {
        let kinds = KindWords.all.flatMap { ["\($0.root)/namespaces/", "\($0.root)/\($0.plural)"] }
        paths = routes.routes.filter { route in
            !kinds.contains { route.pattern.utf8.starts(with: $0.utf8) }
        }.map { (Self.starred($0.pattern), $0.method.token.lowercased(), $0.endpoint) }
    }

    /// The pattern with a star in place of its first parameter and what follows.
    private static func starred(_ pattern: String) -> String {
        guard let brace = pattern.firstIndex(of: "{") else { return pattern }
        return pattern[..<brace] + "*"
    }

    // MARK: Questions

    func answer(_ actor: Actor, _ asked: ResourceAttributes) -> AccessAnswer {
        let verb = asked.verb ?? ""
        let group = asked.group ?? ""
        var resource = asked.resource ?? ""
        if let part = asked.subresource, !part.isEmpty { resource += "/\(part)" }
        let known = Self.abilities.filter { ability in
            (group == "*" || ability.group == group) && Self.covers(resource, ability.resource)
        }
        guard !known.isEmpty else {
            let place = group.isEmpty ? "the core group" : "group \"\(group.prefix(80))\""
            return AccessAnswer(
                isAllowed: false,
                reason: "there is no resource \"\(resource.prefix(80))\" in \(place) here")
        }
        let wanted = known.filter { verb == "*" || $0.verb == verb }
        guard !wanted.isEmpty else {
            return AccessAnswer(
                isAllowed: false,
                reason: "\"\(verb.prefix(40))\" is not possible on \(resource.prefix(80))")
        }
        return Self.verdict(actor, wanted.allSatisfy { $0.isOpen(to: actor) })
    }

    /// A star stands for every resource and subresource, and for every part of one where it is
    /// the part: `pods/*`, `*/log`.
    private static func covers(_ asked: String, _ resource: String) -> Bool {
        guard asked != "*" else { return true }
        let wanted = asked.split(separator: "/", maxSplits: 1)
        let found = resource.split(separator: "/", maxSplits: 1)
        return wanted.count == found.count
            && zip(wanted, found).allSatisfy { $0 == "*" || $0 == $1 }
    }

    func answer(_ actor: Actor, _ asked: NonResourceAttributes) -> AccessAnswer {
        let path = asked.path ?? ""
        let verb = asked.verb ?? ""
        let known = paths.filter { Self.matches(path, $0.path) }
        guard !known.isEmpty else {
            return AccessAnswer(
                isAllowed: false, reason: "there is nothing at \(path.prefix(80)) here")
        }
        let wanted = known.filter { verb == "*" || $0.verb == verb }
        guard !wanted.isEmpty else {
            return AccessAnswer(
                isAllowed: false,
                reason: "\"\(verb.prefix(40))\" is not possible at \(path.prefix(80))")
        }
        return Self.verdict(actor, wanted.allSatisfy { Self.isOpen($0.endpoint, to: actor) })
    }

    /// Whether a path means a pattern; either may end in a star, the path in a slash too many.
    private static func matches(_ path: String, _ pattern: String) -> Bool {
        let star = UInt8(ascii: "*")
        if path.utf8.last == star { return pattern.utf8.starts(with: path.utf8.dropLast()) }
        if pattern.utf8.last == star { return path.utf8.starts(with: pattern.utf8.dropLast()) }
        let hasSlash = path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/")
        return pattern == (hasSlash ? String(path.dropLast()) : path)
    }

    private static func isOpen(_ endpoint: Endpoint, to actor: Actor) -> Bool {
        endpoint.right.map { isAllowed(actor, $0.verb, $0.resource) } ?? true
    }

    private static func verdict(_ actor: Actor, _ isAllowed: Bool) -> AccessAnswer {
        let role = actor.role.rawValue
        return AccessAnswer(
            isAllowed: isAllowed,
            reason: isAllowed
                ? "the role \"\(role)\" of token \"\(actor.name)\" allows it"
                : "the role \"\(role)\" of token \"\(actor.name)\" does not allow it")
    }

    // MARK: Lists

    /// What an actor may do with resources, and with which; kinds with the same verbs together.
    static func rules(for actor: Actor) -> [(verbs: [String], group: String, resources: [String])] {
        var single: [(verbs: [String], group: String, resource: String)] = []
        for ability in abilities where ability.isOpen(to: actor) {
            if let last = single.last, last.group == ability.group,
                last.resource == ability.resource
            {
                single[single.count - 1].verbs.append(ability.verb)
            } else {
                single.append(([ability.verb], ability.group, ability.resource))
            }
        }
        var rules: [(verbs: [String], group: String, resources: [String])] = []
        for rule in single {
            if let place = rules.firstIndex(where: {
                $0.verbs == rule.verbs && $0.group == rule.group
            }) {
                rules[place].resources.append(rule.resource)
            } else {
                rules.append((rule.verbs, rule.group, [rule.resource]))
            }
        }
        return rules
    }

    /// The paths of no kind that an actor may use, by verb.
    func pathRules(for actor: Actor) -> [(verbs: [String], paths: [String])] {
        var rules: [(verbs: [String], paths: [String])] = []
        for entry in paths where Self.isOpen(entry.endpoint, to: actor) {
            if let place = rules.firstIndex(where: { $0.verbs == [entry.verb] }) {
                rules[place].paths.append(entry.path)
            } else {
                rules.append(([entry.verb], [entry.path]))
            }
        }
        return rules
    }
}
