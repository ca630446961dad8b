public import Primitives

/// What one rank is to run and as whom; `muster-step` reads it from the file `order`.
public struct RankOrder: Hashable, Sendable {
    /// Whom the rank runs as; root is never permitted.
    public struct Identity: Hashable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        /// Supplementary groups, the whole list: nothing is inherited.
        public var groups: [UInt32]

        public init(uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
        }
    }

    /// One environment entry; the order of entries is kept, names are unique.
    public struct Variable: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The command and its arguments; with a script, the script's arguments.
    public var arguments: [String]
    public var environment: [Variable]
    /// Absolute; entered as the rank's user.
    public var workingDirectory: String
    /// Seconds between TERM and KILL, up to a day.
    public var graceSeconds: UInt32
    /// Zero means no limit.
    public var timeLimitSeconds: UInt32
    /// Zero means no lease; see ``RankDirectory/renewLease(until:)``.
    public var leaseSeconds: UInt32
    /// Nil: the agent's own identity.
    public var identity: Identity?

    public init(
        arguments: [String], environment: [Variable] = [], workingDirectory: String,
        graceSeconds: UInt32 = 30, timeLimitSeconds: UInt32 = 0, leaseSeconds: UInt32 = 0,
        identity: Identity? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.graceSeconds = graceSeconds
        self.timeLimitSeconds = timeLimitSeconds
        self.leaseSeconds = leaseSeconds
        self.identity = identity
    }

    /// The bounds that the step enforces; `order.h` states the same numbers.
    public enum Limits {
        public static let bytes = 1 << 20
        public static let fieldBytes = 131_070
        public static let arguments = 4096
        public static let environment = 4096
        public static let groups = 64
        public static let graceSeconds: UInt32 = 86_400
        public static let seconds: UInt32 = 315_360_000
    }
}

extension RankOrder {
    /// The file's bytes, or why the step would refuse them.
    public func encoded() throws(Refusal) -> [UInt8] {
        try checkNumbers()
        var bytes: [UInt8] = []
        func put(_ tag: Character, _ value: String, _ field: String) throws(Refusal) {
            guard !value.utf8.contains(0) else {
                throw Self.refusal(field, "there is a NUL byte in it", "Remove the NUL byte")
            }
            guard value.utf8.count <= Limits.fieldBytes else {
                throw Self.tooLarge(field, value.utf8.count, Limits.fieldBytes)
            }
            bytes.append(contentsOf: "\(tag)\(value)\0".utf8)
        }
        bytes.append(contentsOf: "muster-step 1\0".utf8)
        try put("D", workingDirectory, "workingDirectory")
        try put("G", "\(graceSeconds)", "graceSeconds")
        if timeLimitSeconds > 0 { try put("T", "\(timeLimitSeconds)", "timeLimitSeconds") }
        if leaseSeconds > 0 { try put("L", "\(leaseSeconds)", "leaseSeconds") }
        if let identity {
            try put("U", "\(identity.uid)", "identity.uid")
            try put("P", "\(identity.gid)", "identity.gid")
            for group in identity.groups { try put("S", "\(group)", "identity.groups") }
        }
        var names: Set<String> = []
        for (index, variable) in environment.enumerated() {
            let field = "environment[\(index)]"
            guard Self.isName(variable.name) else {
                throw Self.refusal(
                    field, "“\(variable.name)” is not a variable name",
                    "Use letters, digits and underscores, not starting with a digit")
            }
            guard names.insert(variable.name).inserted else {
                throw Self.refusal(field, "\(variable.name) stands twice", "Keep one of them")
            }
            try put("E", "\(variable.name)=\(variable.value)", field)
        }
        for (index, argument) in arguments.enumerated() {
            try put("A", argument, "arguments[\(index)]")
        }
        bytes.append(contentsOf: ".\0".utf8)
        guard bytes.count <= Limits.bytes else {
            throw Self.tooLarge("", bytes.count, Limits.bytes)
        }
        return bytes
    }

    private func checkNumbers() throws(Refusal) {
        guard workingDirectory.utf8.first == UInt8(ascii: "/") else {
            throw Self.refusal(
                "workingDirectory", "“\(workingDirectory)” is not absolute",
                "Give a path that starts with /")
        }
        let counts: [(String, Int, Int)] = [
            ("arguments", arguments.count, Limits.arguments),
            ("environment", environment.count, Limits.environment),
            ("identity.groups", identity?.groups.count ?? 0, Limits.groups),
            ("graceSeconds", Int(graceSeconds), Int(Limits.graceSeconds)),
            ("timeLimitSeconds", Int(timeLimitSeconds), Int(Limits.seconds)),
            ("leaseSeconds", Int(leaseSeconds), Int(Limits.seconds)),
        ]
        for (field, count, most) in counts where count > most {
            throw Self.tooLarge(field, count, most)
        }
        guard let identity else { return }
        for number in [identity.uid, identity.gid] + identity.groups
        where number == 0 || number == .max {
            throw Refusal(
                .forbidden, field: "identity", finding: "\(number) is not a permitted identity",
                remedy: "Map the user to an unprivileged uid and groups")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            byte == 95 || (48...57).contains(byte) || (65...90).contains(byte)
                || (97...122).contains(byte)
        }
    }

    private static func refusal(_ field: String, _ finding: String, _ remedy: String) -> Refusal {
        Refusal(.invalid, field: field, finding: finding, remedy: remedy)
    }

    private static func tooLarge(_ field: String, _ size: Int, _ most: Int) -> Refusal {
        Refusal(
            .tooLarge, field: field, finding: "\(size) is more than a rank may have",
            remedy: "Keep it at \(most) or below")
    }
}
