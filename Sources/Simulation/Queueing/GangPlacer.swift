public import Scheduling

/// Finds the machine and the devices of one rank.
public protocol SpotChooser: Sendable {
    /// A spot with room for the demand, or nothing if no open machine has that now.
    mutating func choose(_ demand: Demand, in machines: Machines) -> Spot?
}

/// The machine that is left with the fewest idle devices, then CPUs, then the lowest number.
public struct BestFitChooser: SpotChooser {
    public init() {}

    public mutating func choose(_ demand: Demand, in machines: Machines) -> Spot? {
        var best: (idle: Int, cpu: Int64, machine: Int)?
        for machine in 0..<machines.count where machines.fits(demand, on: machine) {
            let left = (Int(machines.idleDevices[machine]), machines.cpuFree[machine])
            if let best, (best.idle, best.cpu) <= left { continue }
            best = (left.0, left.1, machine)
        }
        return best.map { best in
            let devices = machines.tightestDevices(for: demand, on: best.machine)
            return Spot(machine: UInt32(best.machine), devices: devices)
        }
    }
}

extension Machines {
    /// The lowest idle devices, or for a share the fullest device that still has room for it.
    public func tightestDevices(for demand: Demand, on machine: Int) -> DeviceSet {
        guard demand.gpuMilli > 0 else { return DeviceSet() }
        var bits: UInt64 = 0
        var missing = demand.wholeGPUs
        var tightest: Int16 = .max
        for (number, place) in devices(of: machine).enumerated() {
            let free = deviceFree[place]
            if missing > 0 {
                guard free == 1000 else { continue }
                bits |= 1 << UInt64(number)
                missing -= 1
                if missing == 0 { break }
            } else if demand.gpuShare > 0, Int64(free) >= demand.gpuShare, free < tightest {
                tightest = free
                bits = 1 << UInt64(number)
            }
        }
        return DeviceSet(bits: bits)
    }

    /// How many such ranks fit on the machine together, as far as anybody asks.
    func room(for demand: Demand, on machine: Int) -> Int {
        guard isOpen[machine], accepts(demand, machine) else { return 0 }
        var room: Int64 = 1 << 32
        if demand.cpuMilli > 0 { room = min(room, cpuFree[machine] / demand.cpuMilli) }
        if demand.memoryBytes > 0 { room = min(room, memoryFree[machine] / demand.memoryBytes) }
        if demand.wholeGPUs > 0 {
            room = min(room, Int64(Int(idleDevices[machine]) / demand.wholeGPUs))
        } else if demand.gpuShare > 0 {
            let shares = devices(of: machine).reduce(0) {
                $0 + Int64(deviceFree[$1]) / demand.gpuShare
            }
            room = min(room, shares)
        }
        return Int(max(0, room))
    }

    /// Whether exactly this spot has room for the demand.
    func fits(_ demand: Demand, at spot: Spot) -> Bool {
        let machine = Int(spot.machine)
        guard isOpen[machine], demand.cpuMilli <= cpuFree[machine],
            demand.memoryBytes <= memoryFree[machine]
        else { return false }
        let share = demand.gpuShare > 0 ? demand.gpuShare : 1000
        var bits = spot.devices.bits
        while bits != 0 {
            let place = firstDevice[machine] + bits.trailingZeroBitCount
            bits &= bits - 1
            if Int64(deviceFree[place]) < share { return false }
        }
        return true
    }
}

/// A gang's shape made ready for placing: what each rank asks, and in which order ranks choose.
struct Gang: Sendable {
    let roles: [RoleShape]
    /// Ranks in the order of the shape, as the role of each.
    let roleOfRank: [Int]
    /// Ranks with the largest demand first.
    let choosing: [Int]
    /// What the gang's size counts as: thousandths of GPUs, or of CPUs where it asks for none.
    let widthMilli: Int64

    init(_ shape: Shape) {
        roles = shape.roles
        let roleOfRank = shape.roles.indices.flatMap { role in
            Array(repeating: role, count: Int(shape.roles[role].ranks))
        }
        self.roleOfRank = roleOfRank
        choosing = roleOfRank.indices.sorted { left, right in
            let (one, other) = (
                shape.roles[roleOfRank[left]].demand, shape.roles[roleOfRank[right]].demand
            )
            if one.gpuMilli != other.gpuMilli { return one.gpuMilli > other.gpuMilli }
            if one.cpuMilli != other.cpuMilli { return one.cpuMilli > other.cpuMilli }
            if one.memoryBytes != other.memoryBytes { return one.memoryBytes > other.memoryBytes }
            return left < right
        }
        let gpus = shape.roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.gpuMilli }
        let cpus = shape.roles.reduce(0) { $0 + Int64($1.ranks) * $1.demand.cpuMilli }
        widthMilli = gpus > 0 ? gpus : cpus
    }

    func demand(ofRank rank: Int) -> Demand { roles[roleOfRank[rank]].demand }

    /// Whether every role has machines enough; for a gang of one role that is all it needs.
    func mayFit(_ machines: Machines) -> Bool {
        roles.allSatisfy { role in
            var missing = Int(role.ranks)
            for machine in 0..<machines.count where missing > 0 {
                missing -= machines.room(for: role.demand, on: machine)
            }
            return missing <= 0
        }
    }

    /// Takes places for every rank, or takes nothing; the answer is in the order of the ranks.
    func take(
        _ machines: inout Machines, _ chooser: inout some SpotChooser
    ) -> [Spot]? {
        // A single rank is asked about no more cheaply than it is placed.
        guard roleOfRank.count == 1 || mayFit(machines) else { return nil }
        var spots = Array(
            repeating: Spot(machine: 0, devices: DeviceSet()), count: roleOfRank.count)
        for (taken, rank) in choosing.enumerated() {
            let demand = demand(ofRank: rank)
            guard let spot = chooser.choose(demand, in: machines) else {
                for rank in choosing[..<taken] {
                    machines.give(self.demand(ofRank: rank), at: spots[rank])
                }
                return nil
            }
            machines.take(demand, at: spot)
            spots[rank] = spot
        }
        return spots
    }

    /// Whether the whole gang would find places; the machines end as they were.
    func places(_ machines: inout Machines, _ chooser: inout some SpotChooser) -> Bool {
        guard roles.count > 1 else { return mayFit(machines) }
        guard let spots = take(&machines, &chooser) else { return false }
        give(spots, back: &machines)
        return true
    }

    func take(_ spots: [Spot], from machines: inout Machines) {
        for (rank, spot) in spots.enumerated() { machines.take(demand(ofRank: rank), at: spot) }
    }

    func give(_ spots: [Spot], back machines: inout Machines) {
        for (rank, spot) in spots.enumerated() { machines.give(demand(ofRank: rank), at: spot) }
    }
}
