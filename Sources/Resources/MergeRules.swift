public import Wire

/// How the fields of one kind merge: which lists are told apart by keys, and what counts as one.
///
/// Also a cursor: ``member(_:)`` steps into an object; elements of lists share their list's rules.
public struct MergeRules: Hashable, Sendable {
    /// What merging means for one field. A field without a rule merges by its form: objects member
    /// by member, lists as one value.
    public enum Rule: Hashable, Sendable {
        /// One value: it has one owner and is replaced as a whole.
        case atomic
        /// A list that holds every value once.
        case set
        /// A list of objects that are told apart by some of their members.
        case map(keys: [Key])
        /// The same, but each element is one value.
        case mapOfAtoms(keys: [Key])
    }

    /// A member that tells the elements of a list apart.
    public struct Key: Hashable, Sendable {
        public let name: String
        /// What an element has that leaves the member out.
        public let fallback: JSON?
        /// For elements behind the first: this text and the element's number, instead.
        public let numberedFallback: String?

        public init(_ name: String, default fallback: JSON? = nil, numbered: String? = nil) {
            self.name = name
            self.fallback = fallback
            numberedFallback = numbered
        }

        func fallback(at index: Int) -> JSON? {
            guard index > 0, let numberedFallback else { return fallback }
            return .string("\(numberedFallback)\(index)")
        }
    }

    /// One field of the table that all cursors over it share.
    private struct Branch: Hashable, Sendable {
        let name: String
        var rule: Rule?
        var children: [Int] = []
    }

    /// The root is first. Cursors only carry a number, so that steps cost next to nothing.
    private var branches: [Branch]
    private var place = 0

    /// No rules at all: objects merge member by member, lists are replaced.
    public static let plain = MergeRules(rule: nil)

    /// For what is one value.
    static let atom = MergeRules(rule: .atomic)

    private init(rule: Rule?) { branches = [Branch(name: "", rule: rule)] }

    /// Rules from dotted paths such as `spec.template.spec.containers`; lists add no step.
    init(_ table: [(path: String, rule: Rule)]) {
        self.init(rule: nil)
        for (path, rule) in table {
            var at = 0
            for name in path.split(separator: ".").map({ String($0) }) {
                at = child(name, of: at) ?? insert(name, under: at)
            }
            branches[at].rule = rule
        }
    }

    private func child(_ name: String, of place: Int) -> Int? {
        for child in branches[place].children where byteOrder(branches[child].name, name) == 0 {
            return child
        }
        return nil
    }

    private mutating func insert(_ name: String, under place: Int) -> Int {
        branches[place].children.append(branches.count)
        branches.append(Branch(name: name))
        return branches.count - 1
    }

    /// The rule of the field where the cursor stands; nil where the form decides.
    public var rule: Rule? { isElement ? nil : branches[place].rule }

    /// True behind a list: its elements have its members' rules but not its own.
    private var isElement = false

    var isAtomic: Bool { rule == .atomic }

    /// The rules of a member of the object, or of the list's elements, where the cursor stands.
    public func member(_ name: String) -> MergeRules {
        guard let child = child(name, of: place) else { return .plain }
        var rules = self
        rules.place = child
        rules.isElement = false
        return rules
    }

    /// The rule at a path of member names from the object's root; lists add no step to the path.
    public func rule(at path: [String]) -> Rule? {
        path.reduce(self) { $0.member($1) }.rule
    }
}

extension MergeRules {
    /// The rules of a kind; a kind without a row in the table has those of metadata alone.
    public static func of(kind: String) -> MergeRules {
        byKind.first { $0.kind == kind }?.rules ?? common
    }

    private static let common = MergeRules(MergeTable.everyKind)

    private static let byKind: [(kind: String, rules: MergeRules)] = MergeTable.kinds.map {
        ($0.kind, MergeRules(MergeTable.everyKind + $0.rules))
    }
}

/// The table itself: what the server merges by, and what the published schema says about it.
private enum MergeTable {
    typealias Row = (path: String, rule: MergeRules.Rule)

    static func map(_ keys: String...) -> MergeRules.Rule {
        .map(keys: keys.map { MergeRules.Key($0) })
    }

    static let everyKind: [Row] = [
        ("metadata.finalizers", .set),
        ("metadata.ownerReferences", .mapOfAtoms(keys: [MergeRules.Key("uid")])),
        ("status.conditions", map("type")),
    ]

    static let kinds: [(kind: String, rules: [Row])] = [
        ("Job", job), ("Node", node), ("NodePool", nodePool), ("Pod", pod),
    ]

    /// An unnamed role is called as validation calls it: worker, then role-1, role-2 and so on.
    static let job: [Row] = [
        (
            "spec.roles",
            .map(keys: [MergeRules.Key("name", default: "worker", numbered: "role-")])
        )
    ]

    static let node: [Row] = [
        ("spec.taints", map("effect", "key")),
        ("status.addresses", map("type")),
    ]

    static let nodePool: [Row] = [
        ("spec.selector", .atomic),
        ("spec.instanceTypes", map("name")),
        ("spec.template.taints", map("effect", "key")),
        ("spec.template.startupTaints", map("effect", "key")),
    ]

    static let pod: [Row] =
        [
            ("spec.nodeSelector", .atomic),
            ("spec.imagePullSecrets", map("name")),
            ("spec.volumes", map("name")),
            ("status.podIPs", map("ip")),
        ] + ["containers", "initContainers"].flatMap(container)

    static func container(_ list: String) -> [Row] {
        [
            ("spec.\(list)", map("name")),
            ("spec.\(list).env", map("name")),
            (
                "spec.\(list).ports",
                .map(keys: [
                    MergeRules.Key("containerPort"), MergeRules.Key("protocol", default: "TCP"),
                ])
            ),
            ("spec.\(list).volumeMounts", map("mountPath")),
        ]
    }
}

// MARK: Elements of lists

extension MergeRules {
    /// What the elements of a list are called; nil where the list is one value.
    enum Naming {
        case values
        case keys([Key])
    }

    var naming: Naming? {
        switch rule {
        case .set: .values
        case .map(let keys), .mapOfAtoms(let keys): .keys(keys)
        case .atomic, nil: nil
        }
    }

    /// The rules of the list's elements.
    var elements: MergeRules {
        switch rule {
        case .set, .mapOfAtoms: return .atom
        case .map, .atomic, nil:
            var rules = self
            rules.isElement = true
            return rules
        }
    }

    /// The step that leads to an element, or the key that it lacks.
    static func step(
        of element: JSON, at index: Int, _ naming: Naming
    ) -> Result<FieldStep, MissingKey> {
        step(at: index, naming, whole: { element }) { element[$0] }
    }

    /// The same for an element in any form: as a whole, and by its members.
    static func step(
        at index: Int, _ naming: Naming, whole: () -> JSON, _ member: (String) -> JSON?
    ) -> Result<FieldStep, MissingKey> {
        guard case .keys(let keys) = naming else { return .success(.value(whole())) }
        var found: [JSON.Member] = []
        found.reserveCapacity(keys.count)
        for key in keys {
            guard let value = member(key.name) ?? key.fallback(at: index), value.isScalar,
                value != .null
            else { return .failure(MissingKey(name: key.name)) }
            found.append(JSON.Member(key.name, value))
        }
        return .success(.item(found))
    }

    /// A key that an element of a list must have and has not.
    struct MissingKey: Error { let name: String }
}
