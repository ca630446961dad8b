import Primitives
import Scheduling

/// Gathers the jobs of a file, equal shapes once, and puts them into order at the end.
struct WorkloadBuilder {
    private var workload = Workload()
    private var shapeRows = Lookup<Shape, UInt32>()
    private var queueRows = Lookup<String, UInt32>()
    private var userRows = Lookup<String, UInt32>()
    private var cluster: Cluster
    private let grain: Grain

    init(for cluster: Cluster) {
        self.cluster = cluster
        grain = cluster.grain
    }

    var count: Int { workload.jobs.count }

    /// Adds a job and says which row it has until ``finish()`` orders them.
    @discardableResult
    mutating func add(_ job: Workload.Job, name: String) throws(Refusal) -> UInt32 {
        guard workload.jobs.count < SimulationLimits.jobs else {
            throw Refusal(
                .tooLarge, finding: "there are more than \(SimulationLimits.jobs) jobs",
                remedy: "Cut the workload, for example to a month of it")
        }
        guard job.arrival >= 0, job.arrival <= SimulationLimits.latest,
            job.run == Workload.endless || (0...SimulationLimits.latest).contains(job.run),
            (0...SimulationLimits.latest).contains(job.estimate)
        else {
            throw Refusal(
                .invalid, finding: "a time is negative or more than a hundred years",
                remedy: "Give times from 0 to 36525 days")
        }
        workload.jobs.append(job)
        workload.names.append(name)
        return UInt32(workload.jobs.count - 1)
    }

    mutating func add(_ failure: Workload.Failure) { workload.failures.append(failure) }

    mutating func add(_ dependency: Workload.Dependency) throws(Refusal) {
        guard workload.dependencies.count < SimulationLimits.dependencies else {
            throw Refusal(
                .tooLarge,
                finding: "there are more than \(SimulationLimits.dependencies) dependencies",
                remedy: "Let jobs wait for the last one of a chain only")
        }
        workload.dependencies.append(dependency)
    }

    /// The row of a shape, known or new.
    mutating func shape(_ roles: [RoleShape]) throws(Refusal) -> UInt32 {
        let shape = Shape(roles: roles)
        if let known = shapeRows[shape] { return known }
        let ranks = roles.reduce(UInt64(0)) { $0 + UInt64($1.ranks) }
        guard roles.count <= SimulationLimits.rolesPerJob, ranks > 0,
            ranks <= UInt64(SimulationLimits.ranksPerJob)
        else {
            throw Refusal(
                .invalid, finding: "the gang has \(ranks) ranks in \(roles.count) roles",
                remedy: "Use 1 to \(SimulationLimits.ranksPerJob) ranks in at most "
                    + "\(SimulationLimits.rolesPerJob) roles")
        }
        let row = UInt32(workload.shapes.count)
        workload.shapes.append(shape)
        shapeRows[shape] = row
        return row
    }

    mutating func processors(_ count: Int) throws(Refusal) -> UInt32 {
        try check(count, "processors")
        return try shape(
            Grain.spread(count, over: grain.cpus).map { part in
                RoleShape(
                    ranks: UInt32(part.ranks),
                    demand: Demand(
                        cpuMilli: Int64(part.size) * 1000, memoryBytes: 0, gpuMilli: 0))
            })
    }

    mutating func gpus(_ count: Int) throws(Refusal) -> UInt32 {
        try check(count, "GPUs")
        return try shape(
            Grain.spread(count, over: grain.gpus).map { part in
                RoleShape(
                    ranks: UInt32(part.ranks),
                    demand: Demand(
                        cpuMilli: 0, memoryBytes: 0, gpuMilli: Int64(part.size) * 1000))
            })
    }

    private func check(_ count: Int, _ what: String) throws(Refusal) {
        guard (1...1_000_000).contains(count) else {
            throw Refusal(
                .invalid, finding: "\(count) \(what) cannot be asked for",
                remedy: "Give 1 to 1000000 \(what)")
        }
    }

    mutating func queue(_ name: String) throws(Refusal) -> UInt32 {
        if let known = queueRows[name] { return known }
        guard workload.queues.count < SimulationLimits.queues else {
            throw Refusal(
                .tooLarge, finding: "there are more than \(SimulationLimits.queues) queues",
                remedy: "Join some of them")
        }
        let row = UInt32(workload.queues.count)
        workload.queues.append(name)
        queueRows[name] = row
        return row
    }

    mutating func user(_ name: String) throws(Refusal) -> UInt32 {
        if let known = userRows[name] { return known }
        guard workload.users.count < SimulationLimits.users else {
            throw Refusal(
                .tooLarge, finding: "there are more than \(SimulationLimits.users) users",
                remedy: "Join some of them")
        }
        let row = UInt32(workload.users.count)
        workload.users.append(name)
        userRows[name] = row
        return row
    }

    /// Accepted models as bits; a model that no machine has is accepted by none.
    func models(_ names: [String]) -> UInt64 {
        var mask: UInt64 = 0
        for name in names {
            if let bit = cluster.models.firstIndex(of: name) { mask |= 1 << UInt64(bit) }
        }
        // Nobody has any of them: a bit that no machine carries, since zero would accept all.
        return mask == 0 && !names.isEmpty ? 1 << 63 : mask
    }

    /// The jobs in the order of their arrival; those of one instant as the file had them.
    consuming func finish() -> Workload {
        let order = workload.jobs.indices.sorted {
            (workload.jobs[$0].arrival, $0) < (workload.jobs[$1].arrival, $1)
        }
        var place = [UInt32](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() { place[old] = UInt32(new) }
        var sorted = workload
        sorted.jobs = order.map { workload.jobs[$0] }
        sorted.names = order.map { workload.names[$0] }
        for index in sorted.failures.indices {
            sorted.failures[index].job = place[Int(sorted.failures[index].job)]
        }
        for index in sorted.dependencies.indices {
            let dependency = sorted.dependencies[index]
            sorted.dependencies[index].job = place[Int(dependency.job)]
            sorted.dependencies[index].on = place[Int(dependency.on)]
        }
        sorted.failures.sort { $0.job < $1.job }
        sorted.dependencies.sort { ($0.job, $0.on) < ($1.job, $1.on) }
        if sorted.queues.isEmpty { sorted.queues = ["default"] }
        if sorted.users.isEmpty { sorted.users = [""] }
        return sorted
    }
}
