public import Primitives
import Wire

/// Bounds of a pool's fields; the numbers are in the messages.
public enum NodePoolLimits {
    public static let nodes = 0...100_000
    public static let gpus = 0...6_400_000
    public static let instanceTypes = 64
    public static let taints = 64
    public static let budgets = 16
    public static let weight = 0...100
}

extension NodePoolSpec: Inspected {
    public static var whenMissing: String? {
        "Give spec.providerRef, spec.instanceTypes and spec.replicas or spec.autoscale"
    }

    /// Fills in what was left out and refuses what cannot be; the refusal names every defect.
    public func validated() throws(Refusal) -> NodePoolSpec {
        var defects = Defects()
        defects.gather(under: "spec") { inspect(&$0) }
        try defects.refuse()
        var spec = self
        spec.providerRef.kind = providerRef.kind ?? .providerClass
        spec.weight = weight ?? 10
        return spec
    }

    public func inspect(_ defects: inout Defects) {
        defects.expectName("providerRef.name", providerRef.name)
        if let template { defects.gather(under: "template") { template.inspect(&$0) } }
        inspectTypes(&defects)
        inspectSize(&defects)
        if let limits { defects.gather(under: "limits") { limits.inspect(instanceTypes, &$0) } }
        defects.expect("weight", weight, in: NodePoolLimits.weight)
        if let disruption { defects.gather(under: "disruption") { disruption.inspect(&$0) } }
        defects.expect(
            "expireAfter", expireAfter, in: .minutes(10)...WireDuration.longest)
        if let spot { defects.gather(under: "spot") { spot.inspect(&$0) } }
    }

    private func inspectTypes(_ defects: inout Defects) {
        guard !instanceTypes.isEmpty, instanceTypes.count <= NodePoolLimits.instanceTypes else {
            return defects.add(
                "instanceTypes",
                instanceTypes.isEmpty
                    ? "the list is empty" : "there are \(instanceTypes.count) types",
                "Give 1 to \(NodePoolLimits.instanceTypes), each with name, cpus and memory")
        }
        for (index, type) in instanceTypes.enumerated() {
            defects.gather(under: "instanceTypes[\(index)]") { type.inspect(&$0) }
            if let other = instanceTypes[..<index].firstIndex(where: { $0.name == type.name }) {
                defects.add(
                    "instanceTypes[\(index)].name",
                    "instanceTypes[\(other)] is named \(Naming.shown(type.name)) as well",
                    "Give every type once")
            }
        }
    }

    private func inspectSize(_ defects: inout Defects) {
        switch (replicas, autoscale) {
        case (nil, nil):
            defects.add(
                "replicas", "the pool has neither replicas nor autoscale",
                "Give replicas: 4, or autoscale: {min: 0, max: 4}")
        case (.some, .some):
            defects.add("autoscale", "the pool has replicas as well", "Keep one of them")
        case (let replicas?, nil):
            defects.expect("replicas", replicas, in: NodePoolLimits.nodes)
            refuseAbove(limits?.nodes, "replicas", replicas, NodePoolLimits.nodes, &defects)
        case (nil, let autoscale?):
            defects.gather(under: "autoscale") { autoscale.inspect(&$0) }
            refuseAbove(
                limits?.nodes, "autoscale.min", autoscale.min ?? 0, 0...max(0, autoscale.max),
                &defects)
        }
    }

    private func refuseAbove(
        _ limit: Int?, _ field: String, _ value: Int, _ bounds: ClosedRange<Int>,
        _ defects: inout Defects
    ) {
        guard let limit, NodePoolLimits.nodes.contains(limit), value > limit,
            bounds.contains(value)
        else { return }
        defects.add(
            field, "\(value) is more than limits.nodes, which is \(limit)",
            "Use at most \(limit), or raise limits.nodes")
    }
}

extension NodeTemplate {
    func inspect(_ defects: inout Defects) {
        if let labels { Naming.inspect(labels: labels, field: "labels", &defects) }
        if let annotations { Naming.inspect(annotations: annotations, "annotations", &defects) }
        if let taints { TaintSpec.inspect(taints, "taints", &defects) }
        if let startupTaints { TaintSpec.inspect(startupTaints, "startupTaints", &defects) }
        let places = [
            ("site", topology?.site), ("block", topology?.block), ("rack", topology?.rack),
        ]
        for (level, place) in places {
            guard let place, place.isEmpty || !Naming.isLabelValue(place) else { continue }
            defects.add(
                place.isEmpty
                    ? invalid("topology.\(level)", "the name is empty", "Name it, or leave it out")
                    : Naming.valueRefusal(place, field: "topology.\(level)"))
        }
    }
}

extension TaintSpec {
    /// Gathers what is wrong with a node's taints: keys, values, and those that are there twice.
    public static func inspect(_ taints: [TaintSpec], _ field: String, _ defects: inout Defects) {
        guard taints.count <= NodePoolLimits.taints else {
            return defects.add(
                field, "there are \(taints.count) taints",
                "Use at most \(NodePoolLimits.taints)")
        }
        for (index, taint) in taints.enumerated() {
            let place = "\(field)[\(index)]"
            if !Naming.isKey(taint.key) {
                defects.add(Naming.keyRefusal(taint.key, field: "\(place).key"))
            }
            if let value = taint.value, !Naming.isLabelValue(value) {
                defects.add(Naming.valueRefusal(value, field: "\(place).value"))
            }
            let other = taints[..<index].firstIndex {
                $0.key == taint.key && $0.effect == taint.effect
            }
            guard let other else { continue }
            defects.add(
                "\(place).key",
                "\(field)[\(other)] has key \(Naming.shown(taint.key)) and this effect as well",
                "Keep one of the two")
        }
    }
}

extension InstanceType {
    func inspect(_ defects: inout Defects) {
        if name.isEmpty || !Naming.isLabelValue(name) {
            defects.add(
                "name",
                name.isEmpty ? "the name is empty" : "\(Naming.shown(name)) is not a valid name",
                "Use at most 63 letters, digits, '-', '_' and '.', such as p5.48xlarge")
        }
        let mostCPUs = Quantity(milli: JobLimits.cpus * 1000)
        if cpus == .zero || cpus > mostCPUs {
            defects.add("cpus", "\(cpus) is out of range", "Use more than 0, up to \(mostCPUs)")
        }
        let mostMemory = Quantity(whole: JobLimits.memoryBytes) ?? .zero
        if memory == .zero || memory > mostMemory {
            defects.add(
                "memory", "\(memory) is out of range", "Use more than 0, up to \(mostMemory)")
        }
        defects.expect("gpus", gpus, in: 0...Int(JobLimits.gpusPerRank))
        if let gpuModel {
            if (gpus ?? 0) == 0 {
                defects.add(
                    "gpuModel", "a model is named but there is no GPU",
                    "Set gpus, such as gpus: 8, or leave gpuModel out")
            }
            if gpuModel.isEmpty || gpuModel.utf8.count > 63 {
                defects.add(
                    "gpuModel", "the name has \(gpuModel.utf8.count) characters",
                    "Use 1 to 63 characters, such as H100")
            }
        }
        defects.expect("leadTime", leadTime, in: .none...WireDuration.days(7))
    }
}

extension AutoscaleSpec {
    func inspect(_ defects: inout Defects) {
        defects.expect("max", max, in: 1...NodePoolLimits.nodes.upperBound)
        let most = Swift.max(1, Swift.min(max, NodePoolLimits.nodes.upperBound))
        for (field, value) in [("min", min), ("warmSpares", warmSpares)] {
            guard let value, !(0...most).contains(value) else { continue }
            defects.add(
                field,
                value < 0
                    ? "\(value) is out of range" : "\(value) is more than max, which is \(max)",
                "Use 0 to \(most)")
        }
        defects.expect("scaleUpStep", scaleUpStep, in: 1...NodePoolLimits.nodes.upperBound)
        defects.expect("scaleUpAfter", scaleUpAfter, in: .none...WireDuration.days(1))
        defects.expect("scaleDownAfter", scaleDownAfter, in: .none...WireDuration.days(30))
    }
}

extension PoolLimits {
    /// Besides the bounds: at least one of the types must fit, or the pool would stay empty.
    func inspect(_ types: [InstanceType], _ defects: inout Defects) {
        defects.expect("nodes", nodes, in: NodePoolLimits.nodes)
        defects.expect("gpus", gpus, in: NodePoolLimits.gpus)
        guard !types.isEmpty else { return }
        if let gpus, gpus >= 0, !types.contains(where: { ($0.gpus ?? 0) <= gpus }) {
            refuseAll("gpus", "\(gpus) GPUs", &defects)
        }
        if let cpus, !types.contains(where: { $0.cpus <= cpus }) {
            refuseAll("cpus", "\(cpus) CPUs", &defects)
        }
        if let memory, !types.contains(where: { $0.memory <= memory }) {
            refuseAll("memory", "\(memory) of memory", &defects)
        }
    }

    private func refuseAll(_ field: String, _ amount: String, _ defects: inout Defects) {
        defects.add(
            field, "no instance type fits into \(amount)",
            "Raise it to what one machine has, at least")
    }
}

extension DisruptionSpec {
    func inspect(_ defects: inout Defects) {
        let budgets = budgets ?? []
        if budgets.count > NodePoolLimits.budgets {
            defects.add(
                "budgets", "there are \(budgets.count) budgets",
                "Use at most \(NodePoolLimits.budgets)")
        } else {
            for (index, budget) in budgets.enumerated() {
                defects.gather(under: "budgets[\(index)]") { budget.inspect(&$0) }
            }
        }
        switch drain ?? .waitCompleted {
        case .waitCompleted:
            guard deadline != nil else { return }
            defects.add(
                "deadline", "a deadline is given but drain is WaitCompleted",
                "Use drain Checkpoint or Deadline, or leave the deadline out")
        case .deadline where deadline == nil:
            defects.add(
                "deadline", "drain is Deadline but there is none", "Give a deadline, such as 2h")
        case .checkpoint, .deadline:
            defects.expect(
                "deadline", deadline, in: WireDuration(milliseconds: 1000)...WireDuration.days(30))
        }
    }
}

extension DisruptionBudget {
    func inspect(_ defects: inout Defects) {
        if let schedule {
            defects.gather { () throws(Refusal) in
                try CronSchedule.check(schedule, field: "schedule")
            }
        }
        switch (schedule, duration) {
        case (.some, nil):
            defects.add(
                "duration", "a schedule is given but not how long it lasts",
                "Give a duration, such as 8h")
        case (nil, .some):
            defects.add(
                "schedule", "a duration is given but not when it begins",
                "Give a schedule, such as 0 9 * * mon-fri, or leave the duration out")
        case (.some, .some), (nil, nil):
            defects.expect("duration", duration, in: .minutes(1)...WireDuration.days(7))
        }
    }
}

extension SpotSpec {
    func inspect(_ defects: inout Defects) {
        if fallbackAfter != nil, fallback != .onDemand {
            defects.add(
                "fallbackAfter", "a pause is given but nothing to fall back to",
                "Use fallback OnDemand, or leave fallbackAfter out")
        }
        defects.expect("fallbackAfter", fallbackAfter, in: .none...WireDuration.days(1))
        if let maxPricePerHour, maxPricePerHour.micros == 0 {
            defects.add(
                "maxPricePerHour", "no machine is free of charge",
                "Use a price above 0, such as 30, or leave it out")
        }
    }
}

extension WireDuration {
    fileprivate static func minutes(_ count: Int64) -> WireDuration {
        WireDuration(milliseconds: count * 60_000)
    }

    fileprivate static func days(_ count: Int64) -> WireDuration {
        WireDuration(milliseconds: count * 86_400_000)
    }
}
