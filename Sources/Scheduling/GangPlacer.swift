public import Primitives

/// Where one rank goes.
public struct RankPlacement: Hashable, Sendable {
    public let machine: Row<Machine>
    public let devices: DeviceSet
}

/// Why a gang does not start now: data, turned into words at the edge.
public enum Blocker: Hashable, Sendable {
    /// No machine is open for work.
    case noMachines
    /// This many of the gang's ranks would fit now; role `role` is where it ended.
    case tooFewFree(placed: UInt32, wanted: UInt32, role: UInt16)
}

/// Why a gang could not start on the empty cluster either.
public enum Misfit: Hashable, Sendable {
    case noMachines
    /// No machine carries one rank of the role; these are the largest amounts any one machine has.
    case rankTooLarge(role: Int, largest: NodeSupply)
    /// No machine has an accepted model.
    case noSuchModel(role: Int)
    /// Single ranks fit, the gang does not: the cluster holds this many of its ranks.
    case gangTooLarge(holds: Int)
}

/// A whole gang, rank by rank, or the reason why not.
public enum Verdict: Sendable {
    case placed([RankPlacement])
    case blocked(Blocker)
}

/// Places gangs by best fit: the machine that is left with least, role by role, largest first.
public struct GangPlacer: Sendable {
    public init() {}

    /// Places the whole gang on `capacity`, which keeps what was taken, or leaves it untouched.
    public func place(_ shape: Shape, on capacity: inout Capacity) -> Verdict {
        guard capacity.isOpen.contains(true) else { return .blocked(.noMachines) }
        var placements = [RankPlacement?](repeating: nil, count: shape.rankCount)
        var placed: [(rank: Int, role: Int)] = []
        for role in largestFirst(shape) {
            let first = shape.roles[..<role].reduce(0) { $0 + Int($1.ranks) }
            let demand = shape.roles[role].demand
            var next = first
            let end = first + Int(shape.roles[role].ranks)
            while next < end {
                guard let machine = bestFit(demand, in: capacity) else {
                    for (rank, role) in placed {
                        guard let taken = placements[rank] else { continue }
                        capacity.give(
                            shape.roles[role].demand, taken.devices, on: taken.machine)
                    }
                    return .blocked(
                        .tooFewFree(
                            placed: UInt32(placed.count), wanted: UInt32(shape.rankCount),
                            role: UInt16(role)))
                }
                // Fill the machine: neighbours talk fastest, and whole machines stay free.
                repeat {
                    let devices = capacity.take(demand, on: machine)
                    placements[next] = RankPlacement(machine: machine, devices: devices)
                    placed.append((next, role))
                    next += 1
                } while next < end && capacity.fits(demand, on: machine)
            }
        }
        return .placed(placements.compactMap(\.self))
    }

    /// Whether an empty cluster of the same machines, all open, would carry the gang.
    public func misfit(_ shape: Shape, on capacity: Capacity) -> Misfit? {
        var empty = Capacity()
        var largest = NodeSupply(cpuMilli: 0, memoryBytes: 0, gpus: 0, model: 0)
        var machines = 0
        for index in 0..<capacity.count where capacity.supply[index].cpuMilli > 0 {
            let row = Row<Machine>(UInt32(machines))
            let supply = capacity.supply[index]
            empty.set(row, supply: supply)
            empty.open(row, true)
            largest.cpuMilli = max(largest.cpuMilli, supply.cpuMilli)
            largest.memoryBytes = max(largest.memoryBytes, supply.memoryBytes)
            largest.gpus = max(largest.gpus, supply.gpus)
            machines += 1
        }
        guard machines > 0 else { return .noMachines }
        for (role, wanted) in shape.roles.enumerated() {
            let rows = (0..<machines).map { Row<Machine>(UInt32($0)) }
            if rows.contains(where: { empty.couldEverFit(wanted.demand, on: $0) }) { continue }
            var anyModel = wanted.demand
            anyModel.models = 0
            let fitsAnyModel = rows.contains { empty.couldEverFit(anyModel, on: $0) }
            return fitsAnyModel
                ? .noSuchModel(role: role) : .rankTooLarge(role: role, largest: largest)
        }
        switch place(shape, on: &empty) {
        case .placed: return nil
        case .blocked(.tooFewFree(let placed, _, _)): return .gangTooLarge(holds: Int(placed))
        case .blocked: return .noMachines
        }
    }

    private func largestFirst(_ shape: Shape) -> [Int] {
        shape.roles.indices.sorted { left, right in
            let first = shape.roles[left].demand
            let second = shape.roles[right].demand
            return (second.gpuMilli, second.cpuMilli, second.memoryBytes, left)
                < (first.gpuMilli, first.cpuMilli, first.memoryBytes, right)
        }
    }

    /// The open machine that fits and is left with the fewest GPUs, then CPUs, then the lowest row.
    private func bestFit(_ demand: Demand, in capacity: Capacity) -> Row<Machine>? {
        var best: (row: Row<Machine>, gpus: Int, cpu: Int64)?
        for index in 0..<capacity.count {
            let row = Row<Machine>(UInt32(index))
            guard capacity.fits(demand, on: row) else { continue }
            let gpus = capacity.idleDevices[index].nonzeroBitCount - demand.wholeGPUs
            let cpu = capacity.cpuFree[index] - demand.cpuMilli
            if let best, (best.gpus, best.cpu) <= (gpus, cpu) { continue }
            best = (row, gpus, cpu)
        }
        return best?.row
    }
}
