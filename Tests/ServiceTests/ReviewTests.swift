import HTTP
import Network
import Primitives
import Resources
import Testing
import Wire

@testable import Service

/// Goal: a review says beforehand what would happen. Method: every ability of the table is asked
/// for, by both roles, and held against the right that the request itself would take.
@Suite struct ReviewTests {
    private let agent = Actor(name: "a", role: .agent, tokenUID: 1)
    private let admin = Actor(name: "b", role: .admin, tokenUID: 2)
    private let rules = AccessRules(routeTable())

    private func attributes(
        _ verb: String, _ resource: String, group: String = Group.name, part: String? = nil
    ) -> ResourceAttributes {
        ResourceAttributes(
            namespace: "default", verb: verb, group: group, resource: resource, subresource: part)
    }

    @Test func `every ability is answered as the request would be`() throws {
        for ability in AccessRules.abilities {
            let parts = ability.resource.split(separator: "/").map(String.init)
            let asked = attributes(
                ability.verb, parts[0], group: ability.group,
                part: parts.count > 1 ? parts[1] : nil)
            let right = try #require(ability.right)
            for actor in [agent, admin] {
                let answer = rules.answer(actor, asked)
                #expect(
                    answer.isAllowed == isAllowed(actor, right.verb, right.resource),
                    "\(actor.role) \(ability.verb) \(ability.resource)")
                #expect(!answer.reason.isEmpty)
            }
        }
    }

    @Test func `subresources have rights of their own, and watching is asked as watching`() {
        func right(_ verb: String, _ resource: String) -> Verb? {
            AccessRules.abilities.first { $0.verb == verb && $0.resource == resource }?.right?.verb
        }
        #expect(right("get", "pods/log") == .log)
        #expect(right("create", "jobs/cancel") == .cancel)
        #expect(right("watch", "jobs") == .watch)
        #expect(right("list", "jobs") == .list)
    }

    @Test func `what does not exist is denied to everybody, with the reason`() {
        let unknown = [
            attributes("get", "deployments", group: "apps"), attributes("get", "jobs", group: ""),
            attributes("get", "jobs", part: "nothing"), attributes("get", ""),
            attributes("frobnicate", "jobs"), attributes("", "jobs"),
            attributes("get", "jobs/status/more"),
        ]
        for asked in unknown {
            let answer = rules.answer(admin, asked)
            #expect(!answer.isAllowed, "\(asked)")
            #expect(answer.reason.contains("there is no") || answer.reason.contains("not possible"))
        }
    }

    @Test func `a star means all that match`() {
        #expect(rules.answer(admin, attributes("*", "*", group: "*")).isAllowed)
        #expect(rules.answer(admin, attributes("*", "jobs")).isAllowed)
        #expect(rules.answer(admin, attributes("get", "*", part: "status")).isAllowed)
        #expect(!rules.answer(agent, attributes("*", "*", group: "*")).isAllowed)
        let own = "selfsubjectreviews"
        #expect(
            rules.answer(agent, attributes("*", own, group: "authentication.k8s.io")).isAllowed)
        #expect(
            !rules.answer(agent, attributes("create", "*", group: "authentication.k8s.io"))
                .isAllowed)
    }

    @Test(arguments: [
        ("/metrics", "get", true, false), ("/version", "get", true, true),
        ("/version/", "get", true, true), ("/apis", "get", true, true),
        ("/apis/muster.dev/v1", "get", true, true), ("/api*", "get", true, true),
        ("*", "*", true, false), ("/version", "post", false, false), ("/", "get", false, false),
        ("/nothing", "get", false, false), ("", "", false, false),
        ("/agent/v1/session", "get", true, true),
        ("/apis/muster.dev/v1/queues", "get", false, false),
    ])
    func `paths of no kind are answered by their own rights`(
        path: String, verb: String, forAdmin: Bool, forAgent: Bool
    ) {
        let asked = NonResourceAttributes(path: path, verb: verb)
        #expect(rules.answer(admin, asked).isAllowed == forAdmin)
        #expect(rules.answer(agent, asked).isAllowed == forAgent)
    }

    @Test func `the list of rules holds every ability of an admin and no more than an agent's`() {
        let all = AccessRules.rules(for: admin)
        for ability in AccessRules.abilities {
            let isListed = all.contains {
                $0.group == ability.group && $0.resources.contains(ability.resource)
                    && $0.verbs.contains(ability.verb)
            }
            #expect(isListed, "\(ability.verb) \(ability.resource)")
        }
        let few = AccessRules.rules(for: agent).flatMap(\.resources)
        #expect(
            few.sorted() == [
                "selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews",
            ])
        let paths = rules.pathRules(for: agent).flatMap(\.paths)
        #expect(paths.contains("/agent/v1/session") && !paths.contains("/metrics"))
    }
}

/// Goal: guessing is slow, its table is bounded, and time heals. Method: a clock of numbers.
@Suite struct FailedAttemptsTests {
    private func peer(_ number: Int) -> Peer { .address("10.0.0.\(number)", isLoopback: false) }

    /// How many of so many failures at one moment are not yet too many.
    private func pass(
        _ failed: inout FailedAttempts, _ peer: Peer, at now: Int64, of count: Int = 1
    ) -> Int {
        (0..<count).reduce(0) { passed, _ in passed + (failed.note(peer, at: now) ? 1 : 0) }
    }

    @Test func `twenty attempts may fail at once, the next one waits`() {
        var failed = FailedAttempts()
        #expect(pass(&failed, peer(1), at: 1000, of: 30) == 20)
        #expect(pass(&failed, peer(2), at: 1000) == 1)
        #expect(pass(&failed, .unix(user: 0), at: 1000) == 1)
        #expect(pass(&failed, peer(1), at: 1499) == 0)
        #expect(pass(&failed, peer(1), at: 1500, of: 2) == 1)
    }

    @Test func `after the window a peer has all its attempts again, but no more`() {
        var failed = FailedAttempts()
        #expect(pass(&failed, peer(1), at: 0, of: 30) == 20)
        #expect(pass(&failed, peer(1), at: FailedAttempts.windowMilliseconds, of: 30) == 20)
        #expect(pass(&failed, peer(1), at: 1 << 40, of: 30) == 20)
    }

    @Test func `two a second go on for ever`() {
        var failed = FailedAttempts()
        for count in 0..<200 { #expect(pass(&failed, peer(1), at: Int64(count) * 500) == 1) }
    }

    @Test func `the table is bounded and the oldest peer makes room`() {
        var failed = FailedAttempts()
        let first = peer(0)
        #expect(pass(&failed, first, at: 0, of: 30) == 20)
        for number in 1..<FailedAttempts.peersMax { _ = pass(&failed, peer(number), at: 0) }
        #expect(pass(&failed, first, at: 0) == 0)
        for number in FailedAttempts.peersMax..<FailedAttempts.peersMax * 3 {
            #expect(pass(&failed, peer(number), at: 0) == 1)
            #expect(failed.count == FailedAttempts.peersMax)
        }
        let last = peer(FailedAttempts.peersMax * 3 - 1)
        #expect(pass(&failed, last, at: 0, of: 30) == 19, "a peer in the table lost its count")
        #expect(pass(&failed, first, at: 0, of: 30) == 20, "the oldest peer was not forgotten")
    }
}
