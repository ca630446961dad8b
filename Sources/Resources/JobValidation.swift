public import Primitives
import Wire

extension JobSpec {
    /// Fills in what was left out and refuses what cannot be; the first defect is named.
    public func validated() throws(Refusal) -> JobSpec {
        var spec = self
        spec.queue = queue ?? JobDefaults.queue
        try Naming.check(spec.queue ?? "", field: "spec.queue")
        spec.priority = priority ?? JobDefaults.priority
        guard JobLimits.priority.contains(spec.priority ?? 0) else {
            throw invalid(
                "spec.priority", "\(spec.priority ?? 0) is out of range", "Use 0 to 1000")
        }
        spec.gracePeriod = gracePeriod ?? JobDefaults.gracePeriod
        guard (spec.gracePeriod?.milliseconds ?? 0) <= JobLimits.graceSeconds * 1000 else {
            throw invalid(
                "spec.gracePeriod", "the pause between TERM and KILL is too long", "Use at most 1h")
        }
        if let timeLimit, timeLimit.milliseconds < 1000 {
            throw invalid(
                "spec.timeLimit", "\(timeLimit) is too short", "Use at least 1s, or leave it out")
        }
        try refuseWhatIsNotBuilt()
        guard !roles.isEmpty, roles.count <= JobLimits.roles else {
            throw invalid(
                "spec.roles", "there are \(roles.count) roles",
                "Give 1 to \(JobLimits.roles) roles, each with a command or a script")
        }
        spec.roles = []
        var ranks: Int64 = 0
        for (index, role) in roles.enumerated() {
            let checked: RoleSpec
            do throws(Refusal) {
                checked = try role.validated(number: index)
            } catch {
                throw error.under("spec.roles[\(index)]")
            }
            guard !spec.roles.contains(where: { $0.name == checked.name }) else {
                throw invalid(
                    "spec.roles[\(index)].name", "two roles are named \"\(checked.name ?? "")\"",
                    "Give every role a name of its own")
            }
            ranks += Int64(checked.replicas ?? 0)
            spec.roles.append(checked)
        }
        guard ranks <= Int64(JobLimits.ranks) else {
            throw invalid(
                "spec.roles", "the gang has \(ranks) ranks", "Use at most \(JobLimits.ranks) ranks")
        }
        spec.success = success ?? SuccessSpec(policy: .allRanks)
        try checkSuccess(spec)
        try checkRetries()
        return spec
    }

    private func checkSuccess(_ spec: JobSpec) throws(Refusal) {
        guard let success = spec.success else { return }
        switch success.policy {
        case .allRanks:
            guard success.role == nil else {
                throw invalid(
                    "spec.success.role", "a role is given but the policy is AllRanks",
                    "Use policy Role, or leave the role out")
            }
        case .role:
            guard let role = success.role, spec.roles.contains(where: { $0.name == role }) else {
                throw invalid(
                    "spec.success.role", "policy Role needs the name of one of the roles",
                    "Name one of: \(spec.roles.compactMap(\.name).joined(separator: ", "))")
            }
        }
    }

    private func checkRetries() throws(Refusal) {
        guard let limit = retries?.limit, !JobLimits.retries.contains(limit) else { return }
        throw invalid("spec.retries.limit", "\(limit) is out of range", "Use 0 to 1000")
    }

    /// Fields of the contract that this version does not act on are refused, never ignored.
    private func refuseWhatIsNotBuilt() throws(Refusal) {
        let later = [
            ("spec.topology", topology != nil), ("spec.array", array != nil),
            ("spec.dependencies", !(dependencies ?? []).isEmpty),
            ("spec.preemption", preemption != nil),
        ]
        for (field, isGiven) in later where isGiven {
            throw invalid(field, "this field is not available in this version", "Leave it out")
        }
    }
}

extension RoleSpec {
    func validated(number: Int) throws(Refusal) -> RoleSpec {
        var role = self
        role.name = name ?? (number == 0 ? "worker" : "role-\(number)")
        try Naming.check(role.name ?? "", field: "name")
        role.replicas = replicas ?? JobDefaults.replicas
        guard let count = role.replicas, count >= 1, count <= JobLimits.ranks else {
            throw invalid(
                "replicas", "\(role.replicas ?? 0) is out of range", "Use 1 to \(JobLimits.ranks)")
        }
        guard minReplicas == nil, maxReplicas == nil else {
            throw invalid(
                minReplicas == nil ? "maxReplicas" : "minReplicas",
                "elastic gangs are not available in this version", "Leave it out and use replicas")
        }
        // Checked here, filled in by whoever needs numbers: users read back what they wrote.
        _ = try (resources ?? ResourceSpec()).validated()
        try checkProgram()
        try checkEnvironment()
        if let directory = workingDirectory {
            guard directory.utf8.first == UInt8(ascii: "/"),
                directory.utf8.count <= JobLimits.pathBytes,
                !directory.utf8.contains(0)
            else {
                throw invalid(
                    "workingDirectory", "\"\(directory.prefix(80))\" is not an absolute path",
                    "Start it with /")
            }
        }
        return role
    }

    private func checkProgram() throws(Refusal) {
        switch (command, script) {
        case (nil, nil):
            throw invalid(
                "command", "the role has neither a command nor a script",
                "Give command: [program, argument, ...] or script: |")
        case (.some, .some):
            throw invalid("script", "the role has both a command and a script", "Keep one of them")
        case (.some(let words), nil):
            guard let program = words.first, !program.isEmpty,
                words.count <= JobLimits.commandWords, words.allSatisfy({ !$0.utf8.contains(0) })
            else {
                throw invalid(
                    "command", "the command is empty or has too many words",
                    "Give a program and at most \(JobLimits.commandWords) words")
            }
        case (nil, .some(let text)):
            guard !text.isEmpty, text.utf8.count <= JobLimits.scriptBytes, !text.utf8.contains(0)
            else {
                throw invalid(
                    "script", "the script is empty or longer than \(JobLimits.scriptBytes) bytes",
                    "Keep large programs in files and call them")
            }
        }
        guard (arguments ?? []).count <= JobLimits.commandWords, arguments == nil || script != nil
        else {
            throw invalid("arguments", "arguments go with a script", "Put them into command")
        }
        guard (arguments ?? []).allSatisfy({ !$0.utf8.contains(0) }) else {
            throw invalid("arguments", "an argument holds a NUL byte", "Leave the NUL byte out")
        }
    }

    private func checkEnvironment() throws(Refusal) {
        guard let env else { return }
        guard env.count <= JobLimits.variables else {
            throw invalid(
                "env", "there are \(env.count) variables", "Use at most \(JobLimits.variables)")
        }
        for (name, value) in env {
            let bytes = name.utf8
            let isName =
                bytes.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
                && bytes.allSatisfy { byte in
                    byte == UInt8(ascii: "_")
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                }
            guard isName, !value.utf8.contains(0) else {
                throw invalid(
                    "env.\(name.prefix(80))", "this is not a variable's name",
                    "Use letters, digits and '_', and no digit first")
            }
        }
    }
}

extension ResourceSpec {
    /// The amounts with what was left out filled in.
    public func validated() throws(Refusal) -> ResourceSpec {
        var resources = self
        resources.cpus = cpus ?? JobDefaults.cpus
        resources.memory = memory ?? Quantity(milli: 0)
        resources.gpus = gpus ?? Quantity(milli: 0)
        let cpuMilli = resources.cpus?.milli ?? 0
        guard cpuMilli >= 0, cpuMilli <= JobLimits.cpus * 1000 else {
            throw invalid(
                "resources.cpus", "\(resources.cpus?.description ?? "") is out of range",
                "Use 0 to \(JobLimits.cpus), such as 8 or 500m")
        }
        guard (resources.memory?.milli ?? 0) >= 0 else {
            throw invalid(
                "resources.memory", "the amount is negative", "Use an amount such as 64Gi")
        }
        let gpuMilli = resources.gpus?.milli ?? 0
        guard gpuMilli >= 0, gpuMilli <= JobLimits.gpusPerRank * 1000,
            gpuMilli < 1000 || gpuMilli % 1000 == 0
        else {
            throw invalid(
                "resources.gpus", "\(resources.gpus?.description ?? "") GPUs cannot be given",
                "Use a share below 1 such as 0.25, or a whole number up to 64")
        }
        let models = gpuModels ?? []
        guard models.isEmpty || gpuMilli > 0 else {
            throw invalid(
                "resources.gpuModels", "models are named but no GPU is asked for", "Set gpus")
        }
        guard models.count <= JobLimits.gpuModels,
            models.allSatisfy({ !$0.isEmpty && $0.utf8.count <= JobLimits.gpuModelBytes })
        else {
            throw invalid(
                "resources.gpuModels", "there are too many names, or one is too long",
                "Use at most \(JobLimits.gpuModels) names of at most "
                    + "\(JobLimits.gpuModelBytes) characters")
        }
        return resources
    }
}

func invalid(_ field: String, _ finding: String, _ remedy: String) -> Refusal {
    Refusal(.invalid, field: field, finding: finding, remedy: remedy)
}
