import Client
import Primitives
import Wire

/// What the options of a script ask for, gathered before ranks and sizes are worked out.
struct BatchReading {
    private(set) var request = JobRequest()
    /// The job's name as the script gives it; a stem, since Slurm's names need not differ.
    private(set) var stem: String?
    private(set) var warnings: [String] = []

    private var nodes: Int?
    private var tasks: Int?
    private var tasksPerNode: Int?
    private var cpusPerTask: Int?
    private var gpus: SlurmSizes.GPUs?
    private var gpusPerNode: SlurmSizes.GPUs?
    private var gpusPerTask: SlurmSizes.GPUs?
    private var memoryPerNode: Int64?
    private var memoryPerCPU: Int64?
    private var memoryPerGPU: Int64?
    private let surroundings: Surroundings

    /// Reads all options of a script; later ones win, as with `sbatch`.
    init(
        _ script: BatchScript, text: String, in surroundings: Surroundings = .process
    ) throws(Refusal) {
        self.surroundings = surroundings
        for option in script.options {
            do throws(Refusal) {
                try read(option)
            } catch {
                throw error.under("line \(option.line)")
            }
        }
        try workOut()
        for setting in script.settings {
            do throws(Refusal) {
                try readSetting(setting)
            } catch {
                throw error.under("line \(setting.line)")
            }
        }
        request.script = text
        if script.usesSrun {
            warnings.append("every rank runs the whole script, so srun is not needed: remove it")
        }
    }

    private mutating func read(_ option: BatchScript.Directive) throws(Refusal) {
        let name = option.name
        let value = option.value ?? ""
        switch name {
        case "--job-name": stem = JobNames.stem(value)
        case "--nodes": nodes = try nodeCount(value)
        case "--ntasks": tasks = try count(value, name)
        case "--ntasks-per-node": tasksPerNode = try count(value, name)
        case "--cpus-per-task": cpusPerTask = try count(value, name)
        case "--gpus": gpus = try SlurmSizes.gpus(value, field: name)
        case "--gpus-per-node": gpusPerNode = try SlurmSizes.gpus(value, field: name)
        case "--gpus-per-task": gpusPerTask = try SlurmSizes.gpus(value, field: name)
        case "--gres": try readGres(value)
        case "--mem": try readMemory(value)
        case "--mem-per-cpu": memoryPerCPU = try SlurmSizes.kibibytes(value, field: name)
        case "--mem-per-gpu": memoryPerGPU = try SlurmSizes.kibibytes(value, field: name)
        case "--time": request.timeLimit = try SlurmTime.span(value, field: name)
        case "--partition": try readPartition(value)
        case "--chdir", "--workdir":
            request.workingDirectory = try JobRequest.absolute(value, field: name)
        case "--export": try readExport(value)
        case "--comment": request.comment = value
        case "--requeue": request.retries = request.retries ?? 1
        case "--no-requeue": request.retries = 0
        case "--priority": request.priority = try number(value, name, 0...1000)
        case "--signal", "--array", "--dependency", "--nodelist", "--exclude", "--constraint",
            "--reservation":
            throw Refusal(
                .invalid, field: name, finding: "this option is not available in this version",
                remedy: Self.remedy(for: name))
        default: warnings.append("line \(option.line): \(name) has no effect here")
        }
    }

    private static func remedy(for name: String) -> String {
        switch name {
        case "--signal": "Leave it out: ranks get TERM, then KILL after the grace period"
        case "--array": "Submit one job for each index"
        case "--dependency": "Use muster wait before you submit the next job"
        default: "Leave it out, or ask for a GPU model with #MUSTER gpuModels=NAME"
        }
    }

    private func number(
        _ text: String, _ name: String, _ range: ClosedRange<Int>
    ) throws(Refusal) -> Int {
        guard let number = SlurmSizes.count(Substring(text)), range.contains(number) else {
            throw Refusal(
                .malformed, field: name,
                finding: "\"\(text.prefix(60))\" is not a number in range",
                remedy: "Give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func count(_ text: String, _ name: String) throws(Refusal) -> Int {
        try number(text, name, 1...1_000_000)
    }

    /// `4`, or `4-4`; a range would make the gang elastic.
    private func nodeCount(_ text: String) throws(Refusal) -> Int {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let least = try count(String(parts.first ?? ""), "--nodes")
        for other in parts.dropFirst() {
            let most = try count(String(other), "--nodes")
            guard most == least, parts.count == 2 else {
                throw Refusal(
                    .invalid, field: "--nodes",
                    finding: "a range of nodes is not available in this version",
                    remedy: "Give one number")
            }
        }
        return least
    }

    private mutating func readGres(_ text: String) throws(Refusal) {
        guard !["none", ""].contains(text.lowercased()) else { return }
        var others: [String] = []
        gpusPerNode =
            try SlurmSizes.gres(text, field: "--gres", onOther: { others.append($0) })
            ?? gpusPerNode
        warnings += others.map { "--gres: \(Console.printable($0)) has no effect here" }
    }

    private mutating func readMemory(_ text: String) throws(Refusal) {
        let amount = try SlurmSizes.kibibytes(text, field: "--mem")
        if amount == 0 {
            warnings.append("--mem=0, all memory of a node, has no effect here")
        }
        memoryPerNode = amount == 0 ? nil : amount
    }

    private mutating func readPartition(_ text: String) throws(Refusal) {
        guard !text.contains(",") else {
            throw Refusal(
                .invalid, field: "--partition", finding: "a job waits in one queue",
                remedy: "Name one of \(text.prefix(80))")
        }
        request.queue = text
    }

    private mutating func readExport(_ text: String) throws(Refusal) {
        for item in text.split(separator: ",") {
            switch item {
            case "NONE", "NIL": continue
            case "ALL":
                warnings.append("--export=ALL copies nothing: name variables with --env")
            default:
                request.environment.append(
                    try JobRequest.variable(String(item), surroundings))
            }
        }
    }

    // MARK: What it comes to

    /// Slurm counts per node and in total; a rank has its own share.
    private mutating func workOut() throws(Refusal) {
        let ranks = rankCount
        if tasks != nil || nodes != nil || tasksPerNode != nil { request.replicas = ranks }
        let perNode = tasksPerNode ?? max(1, (ranks + (nodes ?? 1) - 1) / (nodes ?? 1))
        if let cpusPerTask { request.cpus = "\(cpusPerTask)" }
        let share = try gpuShare(ranks: ranks, perNode: perNode)
        request.gpus = share.map { "\($0.count)" }
        if let model = share?.model { request.gpuModels = [model] }
        try workOutMemory(perNode: perNode, gpus: share?.count ?? 0)
    }

    private var rankCount: Int {
        if let tasks { return tasks }
        let (product, overflow) = (nodes ?? 1).multipliedReportingOverflow(by: tasksPerNode ?? 1)
        return overflow ? .max : product
    }

    private func gpuShare(ranks: Int, perNode: Int) throws(Refusal) -> SlurmSizes.GPUs? {
        if let gpusPerTask { return gpusPerTask }
        if let gpusPerNode { return try split(gpusPerNode, among: perNode, "--gpus-per-node") }
        if let gpus { return try split(gpus, among: ranks, "--gpus") }
        return nil
    }

    private func split(
        _ gpus: SlurmSizes.GPUs, among ranks: Int, _ field: String
    ) throws(Refusal) -> SlurmSizes.GPUs {
        guard ranks > 0, gpus.count % ranks == 0 else {
            throw Refusal(
                .invalid, field: field,
                finding: "\(gpus.count) GPUs cannot be shared evenly by \(ranks) ranks",
                remedy: "Give --gpus-per-task, or a multiple of \(ranks)")
        }
        return SlurmSizes.GPUs(count: gpus.count / ranks, model: gpus.model)
    }

    private mutating func workOutMemory(perNode: Int, gpus: Int) throws(Refusal) {
        let amount: (Int64, overflow: Bool)
        if let memoryPerCPU {
            amount = memoryPerCPU.multipliedReportingOverflow(by: Int64(cpusPerTask ?? 1))
        } else if let memoryPerGPU {
            amount = memoryPerGPU.multipliedReportingOverflow(by: Int64(gpus))
        } else if let memoryPerNode {
            let share = memoryPerNode / Int64(perNode)
            amount = (share + (memoryPerNode % Int64(perNode) == 0 ? 0 : 1), false)
        } else {
            return
        }
        guard !amount.overflow else {
            throw Refusal(
                .invalid, field: "--mem", finding: "the memory of a rank is too large to count",
                remedy: "Ask for less")
        }
        if amount.0 > 0 { request.memory = SlurmSizes.quantity(kibibytes: amount.0) }
    }
}

// MARK: Our own settings

extension BatchReading {
    private static let keys = [
        "name", "queue", "priority", "timeLimit", "gracePeriod", "retries", "replicas", "cpus",
        "memory", "gpus", "gpuModels", "allowUnplaceable",
    ]

    private mutating func readSetting(_ setting: BatchScript.Directive) throws(Refusal) {
        guard let value = setting.value, !value.isEmpty else {
            throw Refusal(
                .malformed, field: setting.name, finding: "the value is missing",
                remedy: "Write \(setting.name)=VALUE, without blanks around the sign")
        }
        let name = setting.name
        switch name {
        case "name": request.name = value
        case "queue": request.queue = value
        case "priority": request.priority = try number(value, name, 0...1000)
        case "timeLimit": request.timeLimit = try SlurmTime.span(value, field: name)
        case "gracePeriod": request.gracePeriod = value
        case "retries": request.retries = try number(value, name, 0...1000)
        case "replicas": request.replicas = try count(value, name)
        case "cpus": request.cpus = value
        case "memory": request.memory = value
        case "gpus": request.gpus = try JobRequest.gpus(value, field: name)
        case "gpuModels": request.gpuModels = value.split(separator: ",").map(String.init)
        case "allowUnplaceable": request.allowsUnplaceable = value == "true"
        default:
            throw Refusal(
                .malformed, field: "#MUSTER", finding: "there is no setting \"\(name.prefix(60))\"",
                remedy: nearest(name, among: Self.keys).map { "Use \($0)" }
                    ?? "Use one of \(Self.keys.joined(separator: ", "))")
        }
    }
}
