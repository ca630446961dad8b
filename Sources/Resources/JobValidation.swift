public import Primitives
import Wire

extension JobSpec: Inspected {
    public static var whenMissing: String? { "Give spec.roles with a command or a script" }

    /// Fills in what was left out and refuses what cannot be; the refusal names every defect.
    public func validated() throws(Refusal) -> JobSpec {
        var defects = Defects()
        defects.gather(under: "spec") { inspect(&$0) }
        try defects.refuse()
        return completed
    }

    /// With every default filled in; what was inspected before needs no second look.
    public var completed: JobSpec {
        var spec = self
        spec.queue = queue ?? JobDefaults.queue
        spec.priority = priority ?? JobDefaults.priority
        spec.gracePeriod = gracePeriod ?? JobDefaults.gracePeriod
        spec.success = success ?? SuccessSpec(policy: .allRanks)
        for index in roles.indices {
            spec.roles[index].name = roles[index].name(at: index)
            spec.roles[index].replicas = roles[index].replicas ?? JobDefaults.replicas
        }
        return spec
    }

    public func inspect(_ defects: inout Defects) {
        if let queue { defects.expectName("queue", queue) }
        defects.expect("priority", priority, in: JobLimits.priority)
        if let timeLimit, timeLimit.milliseconds < 1000 {
            defects.add(
                "timeLimit", "\(timeLimit) is too short", "Use at least 1s, or leave it out")
        }
        let longestGrace = WireDuration(milliseconds: JobLimits.graceSeconds * 1000)
        defects.expect("gracePeriod", gracePeriod, in: .none...longestGrace)
        inspectRankEnvironment(&defects)
        inspectRoles(&defects)
        inspectSuccess(&defects)
        if let retries {
            defects.expect("retries.limit", retries.limit, in: JobLimits.retries)
            let day = WireDuration(milliseconds: 86_400_000)
            defects.expect("retries.backoff", retries.backoff, in: .none...day)
        }
        refuseWhatIsNotBuilt(&defects)
    }

    private func inspectRankEnvironment(_ defects: inout Defects) {
        guard let sets = rankEnvironment else { return }
        if sets.isEmpty {
            defects.add(
                "rankEnvironment", "the list is empty",
                "Write [none] for no variables, or leave it out for torch and slurm")
        } else if sets.contains(.none), sets.count > 1 {
            defects.add(
                "rankEnvironment", "none stands beside \(sets.count - 1) other",
                "Write [none] alone, or leave none out")
        } else {
            defects.expectDistinct("rankEnvironment", sets.map(\.rawValue))
        }
    }

    private func inspectRoles(_ defects: inout Defects) {
        guard !roles.isEmpty, roles.count <= JobLimits.roles else {
            return defects.add(
                "roles", roles.isEmpty ? "the list is empty" : "there are \(roles.count) roles",
                "Give 1 to \(JobLimits.roles) roles, each with a command or a script")
        }
        var ranks: Int64 = 0
        for (index, role) in roles.enumerated() {
            defects.gather(under: "roles[\(index)]") { role.inspect(&$0) }
            let name = role.name(at: index)
            if let other = roles[..<index].indices.first(where: { roles[$0].name(at: $0) == name })
            {
                defects.add(
                    "roles[\(index)].name",
                    "roles[\(other)] is named \(Naming.shown(name)) as well",
                    "Give every role a name of its own")
            }
            ranks += Int64(min(max(role.replicas ?? 1, 0), JobLimits.ranks))
        }
        if ranks > Int64(JobLimits.ranks), roles.allSatisfy({ $0.hasSoundReplicas }) {
            defects.add(
                "roles", "the gang has \(ranks) ranks", "Use at most \(JobLimits.ranks) ranks")
        }
    }

    private func inspectSuccess(_ defects: inout Defects) {
        guard let success else { return }
        switch success.policy {
        case .allRanks:
            guard success.role != nil else { return }
            defects.add(
                "success.role", "a role is given but the policy is AllRanks",
                "Use policy Role, or leave the role out")
        case .role:
            let names = roles.indices.map { roles[$0].name(at: $0) }
            guard let role = success.role else {
                return defects.add(
                    "success.role", "policy Role needs the name of a role", Self.oneOf(names))
            }
            guard !names.contains(role) else { return }
            let close = nearest(role, among: names).map { "Write \($0)" }
            defects.add(
                "success.role", "no role is named \(Naming.shown(role))", close ?? Self.oneOf(names)
            )
        }
    }

    private static func oneOf(_ names: [String]) -> String {
        "Name one of: \(names.prefix(12).joined(separator: ", "))"
    }

    /// Fields of the contract that this version does not act on are refused, never ignored.
    private func refuseWhatIsNotBuilt(_ defects: inout Defects) {
        let later = [
            ("topology", topology != nil), ("array", array != nil),
            ("dependencies", !(dependencies ?? []).isEmpty), ("preemption", preemption != nil),
        ]
        for (field, isGiven) in later where isGiven {
            defects.add(field, "this field is not available in this version", "Leave it out")
        }
    }
}

extension RoleSpec {
    /// The role's name, or the one that it gets.
    func name(at index: Int) -> String { name ?? (index == 0 ? "worker" : "role-\(index)") }

    var hasSoundReplicas: Bool { (1...JobLimits.ranks).contains(replicas ?? JobDefaults.replicas) }

    func inspect(_ defects: inout Defects) {
        if let name { defects.expectName("name", name) }
        defects.expect("replicas", replicas, in: 1...JobLimits.ranks)
        for (field, value) in [("minReplicas", minReplicas), ("maxReplicas", maxReplicas)]
        where value != nil {
            defects.add(
                field, "elastic gangs are not available in this version",
                "Leave it out and use replicas")
        }
        if let resources { defects.gather(under: "resources") { resources.inspect(&$0) } }
        inspectProgram(&defects)
        if let arguments { inspect(arguments: arguments, &defects) }
        inspectEnvironment(&defects)
        if let directory = workingDirectory {
            if directory.utf8.first != UInt8(ascii: "/") {
                defects.add(
                    "workingDirectory", "\(Naming.shown(directory)) is not an absolute path",
                    "Start it with /, such as /home/ada/run")
            }
            defects.expectText("workingDirectory", directory, atMost: JobLimits.pathBytes)
        }
    }

    private func inspectProgram(_ defects: inout Defects) {
        if command == nil, script == nil {
            return defects.add(
                "command", "the role has neither a command nor a script",
                "Give command: [program, argument, ...] or script: |")
        }
        if command != nil, script != nil {
            defects.add("script", "the role has both a command and a script", "Keep one of them")
        }
        if let command {
            if command.isEmpty {
                defects.add("command", "the list is empty", "Give [program, argument, ...]")
            } else if command.first?.isEmpty == true {
                defects.add("command[0]", "the program's name is empty", "Give a program to run")
            }
            inspect(words: command, "command", &defects)
        }
        if let script {
            if script.isEmpty {
                defects.add("script", "the script is empty", "Give the lines that bash shall run")
            }
            defects.expectText("script", script, atMost: JobLimits.scriptBytes)
        }
    }

    private func inspect(arguments: [String], _ defects: inout Defects) {
        if script == nil {
            defects.add("arguments", "arguments go with a script", "Put them into command")
        }
        inspect(words: arguments, "arguments", &defects)
    }

    private func inspect(words: [String], _ field: String, _ defects: inout Defects) {
        if words.count > JobLimits.commandWords {
            defects.add(
                field, "there are \(words.count) words", "Use at most \(JobLimits.commandWords)")
        }
        for (index, word) in words.enumerated() where word.utf8.contains(0) {
            defects.add("\(field)[\(index)]", "the word holds a NUL byte", "Leave the NUL byte out")
        }
    }

    private func inspectEnvironment(_ defects: inout Defects) {
        guard let env else { return }
        guard env.count <= JobLimits.variables else {
            return defects.add(
                "env", "there are \(env.count) variables", "Use at most \(JobLimits.variables)")
        }
        for (name, value) in env {
            if !Self.isVariable(name) {
                defects.add(
                    "env".member(name), "\(Naming.shown(name)) is not a variable's name",
                    "Use letters, digits and '_', and no digit first")
            }
            if value.utf8.contains(0) {
                defects.add(
                    "env".member(name), "the value holds a NUL byte",
                    "Leave the NUL byte out")
            }
        }
    }

    private static func isVariable(_ name: String) -> Bool {
        func isNumeral(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = name.utf8.first, !isNumeral(first) else { return false }
        return name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || isNumeral(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
    }
}

extension ResourceSpec {
    /// The amounts with what was left out filled in.
    public func validated() throws(Refusal) -> ResourceSpec {
        var defects = Defects()
        defects.gather(under: "resources") { inspect(&$0) }
        try defects.refuse()
        return completed
    }

    /// With every default filled in; what was inspected before needs no second look.
    public var completed: ResourceSpec {
        var resources = self
        resources.cpus = cpus ?? JobDefaults.cpus
        resources.memory = memory ?? .zero
        resources.gpus = gpus ?? .zero
        return resources
    }

    func inspect(_ defects: inout Defects) {
        if let cpus, cpus.milli > JobLimits.cpus * 1000 {
            defects.add(
                "cpus", "\(cpus) is out of range", "Use 0 to \(JobLimits.cpus), such as 8 or 500m")
        }
        let most = Quantity(whole: JobLimits.memoryBytes) ?? .zero
        defects.expect("memory", memory, atMost: most, like: "64Gi")
        let gpuMilli = gpus?.milli ?? 0
        let isShare = gpuMilli < 1000
        if let gpus, gpuMilli > JobLimits.gpusPerRank * 1000 || (!isShare && gpuMilli % 1000 != 0) {
            defects.add(
                "gpus", "\(gpus.decimal) GPUs cannot be given to one rank",
                "Use a share below 1 such as 0.25, or a whole number up to \(JobLimits.gpusPerRank)"
            )
        }
        if let gpuModels { inspect(models: gpuModels, &defects) }
    }

    private func inspect(models: [String], _ defects: inout Defects) {
        if !models.isEmpty, (gpus ?? .zero) == .zero {
            defects.add(
                "gpuModels", "models are named but no GPU is asked for",
                "Set gpus, such as gpus: 1, or leave gpuModels out")
        }
        guard models.count <= JobLimits.gpuModels else {
            return defects.add(
                "gpuModels", "there are \(models.count) names",
                "Use at most \(JobLimits.gpuModels) names")
        }
        for (index, model) in models.enumerated()
        where model.isEmpty || model.utf8.count > JobLimits.gpuModelBytes {
            defects.add(
                "gpuModels[\(index)]",
                model.isEmpty ? "the name is empty" : "the name is longer than 63 characters",
                "Use a model's name, such as H100")
        }
    }
}
