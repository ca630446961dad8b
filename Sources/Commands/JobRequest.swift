import Client
import Primitives
import Wire

/// A job as flags and batch scripts describe it: one role, whose ranks are all alike.
struct JobRequest: Hashable, Sendable {
    var name: String?
    var queue: String?
    var priority: Int?
    var timeLimit: String?
    var gracePeriod: String?
    var retries: Int?
    var replicas: Int?
    var cpus: String?
    var memory: String?
    /// A whole number, or a share of one device such as `0.25`.
    var gpus: String?
    var gpuModels: [String] = []
    var command: [String]?
    var script: String?
    var arguments: [String] = []
    var environment: [JSON.Member] = []
    var workingDirectory: String?
    var comment: String?
    var allowsUnplaceable = false

    init() {}

    static let options = [
        Synopsis.Option(
            "--name NAME", "name of the job (default: the file's or program's, plus 5 letters)"),
        Synopsis.Option("--queue NAME", "queue to wait in"),
        Synopsis.Option("--priority N", "0 to 1000, higher is sooner"),
        Synopsis.Option("--time SPAN", "time limit: 90s, 1h30m, or Slurm's 1-12:00:00"),
        Synopsis.Option("--replicas N", "ranks that start together"),
        Synopsis.Option("--cpus N", "CPUs of each rank, such as 4 or 500m"),
        Synopsis.Option("--memory SIZE", "memory of each rank, such as 16Gi"),
        Synopsis.Option("--gpus N", "GPUs of each rank, or a share of one such as 0.25"),
        Synopsis.Option("--gpu-model NAME", "accept only this model; may be repeated"),
        Synopsis.Option("--env KEY=VALUE", "set a variable; KEY alone copies yours"),
        Synopsis.Option("--chdir DIR", "working directory on the nodes"),
        Synopsis.Option("--retries N", "how often a failed gang is started again"),
        Synopsis.Option("--allow-unplaceable", "accept a job that no present node could carry"),
    ]

    /// Reads the flags that describe a job.
    init(
        _ arguments: inout Arguments, in surroundings: Surroundings = .process
    ) throws(Refusal) {
        name = try arguments.option("--name", "-J", "--job-name")
        queue = try arguments.option("--queue")
        priority = try arguments.number("--priority", within: 0...1000)
        if let time = try arguments.option("--time", "-t", "--time-limit") {
            timeLimit = try SlurmTime.span(time, field: "--time")
        }
        replicas = try arguments.number("--replicas", within: 1...1_000_000)
        cpus = try arguments.option("--cpus")
        memory = try arguments.option("--memory", "--mem")
        gpus = try arguments.option("--gpus").map { (text) throws(Refusal) in
            try Self.gpus(text, field: "--gpus")
        }
        gpuModels = try arguments.options("--gpu-model")
        for text in try arguments.options("--env", "-e") {
            environment.append(try Self.variable(text, surroundings))
        }
        if let folder = try arguments.option("--chdir", "-D") {
            workingDirectory = try Self.absolute(folder, field: "--chdir")
        }
        retries = try arguments.number("--retries", within: 0...1000)
        allowsUnplaceable = try arguments.flag("--allow-unplaceable")
    }

    /// A whole number of devices, or a share of one; the server knows the rest of the rules.
    static func gpus(_ text: String, field: String) throws(Refusal) -> String {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e }
        guard isPlain, case .number = JSON(plain: text), text.utf8.count <= 12 else {
            throw Refusal(
                .malformed, field: field,
                finding: "\"\(text.prefix(60))\" is not a number of GPUs",
                remedy: "Give a whole number, or a share of one such as 0.25")
        }
        return text
    }

    /// `KEY=VALUE`, or `KEY` alone, whose value is the caller's own.
    static func variable(
        _ text: String, _ surroundings: Surroundings
    ) throws(Refusal) -> JSON.Member {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let key = String(parts[0])
        guard !key.isEmpty else {
            throw Refusal(
                .malformed, field: "--env", finding: "\"\(text)\" has no name",
                remedy: "Write --env NAME=VALUE")
        }
        if parts.count == 2 { return JSON.Member(key, .string(String(parts[1]))) }
        guard let value = surroundings[key] else {
            throw Refusal(
                .malformed, field: "--env", finding: "\(key) is not set here",
                remedy: "Write --env \(key)=VALUE")
        }
        return JSON.Member(key, .string(value))
    }

    /// What `other` says wins; variables of both are kept.
    func overridden(by other: JobRequest) -> JobRequest {
        var sum = self
        sum.name = other.name ?? name
        sum.queue = other.queue ?? queue
        sum.priority = other.priority ?? priority
        sum.timeLimit = other.timeLimit ?? timeLimit
        sum.gracePeriod = other.gracePeriod ?? gracePeriod
        sum.retries = other.retries ?? retries
        sum.replicas = other.replicas ?? replicas
        sum.cpus = other.cpus ?? cpus
        sum.memory = other.memory ?? memory
        sum.gpus = other.gpus ?? gpus
        if !other.gpuModels.isEmpty { sum.gpuModels = other.gpuModels }
        sum.command = other.command ?? command
        sum.script = other.script ?? script
        if !other.arguments.isEmpty { sum.arguments = other.arguments }
        for member in other.environment {
            sum.environment.removeAll { $0.key == member.key }
            sum.environment.append(member)
        }
        sum.workingDirectory = other.workingDirectory ?? workingDirectory
        sum.comment = other.comment ?? comment
        sum.allowsUnplaceable = allowsUnplaceable || other.allowsUnplaceable
        return sum
    }

    /// The manifest; what is not asked for is left to the server.
    func manifest(name: String, namespace: String) -> JSON {
        var metadata: JSON = ["name": .string(name), "namespace": .string(namespace)]
        if let comment { metadata["annotations"] = ["muster.dev/comment": .string(comment)] }
        var spec: JSON = [:]
        spec["queue"] = queue.map(JSON.string)
        spec["priority"] = priority.map { .number("\($0)") }
        spec["timeLimit"] = timeLimit.map(JSON.string)
        spec["gracePeriod"] = gracePeriod.map(JSON.string)
        if let retries { spec["retries"] = ["limit": .number("\(retries)")] }
        if allowsUnplaceable { spec["allowUnplaceable"] = true }
        spec["roles"] = [role]
        return [
            "apiVersion": "muster.dev/v1", "kind": "Job", "metadata": metadata, "spec": spec,
        ]
    }

    private var role: JSON {
        var role: JSON = [:]
        role["replicas"] = replicas.map { .number("\($0)") }
        var resources: JSON = [:]
        resources["cpus"] = cpus.map(JSON.string)
        resources["memory"] = memory.map(JSON.string)
        resources["gpus"] = gpus.map { JSON(plain: $0) }
        if !gpuModels.isEmpty { resources["gpuModels"] = .array(gpuModels.map(JSON.string)) }
        if !resources.members.isEmpty { role["resources"] = resources }
        role["command"] = command.map { .array($0.map(JSON.string)) }
        role["script"] = script.map(JSON.string)
        if !arguments.isEmpty { role["arguments"] = .array(arguments.map(JSON.string)) }
        if !environment.isEmpty { role["env"] = .object(environment) }
        role["workingDirectory"] = workingDirectory.map(JSON.string)
        return role
    }
}
