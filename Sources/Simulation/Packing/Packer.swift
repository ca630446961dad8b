import Glibc
import Primitives
public import Scheduling

/// Chooses machines and devices by a packing heuristic.
///
/// Scores are whole numbers from 0 to 100, as in the published simulator; of equal ones the first
/// machine in an order that the seed decides wins. A score depends on the demand and the machine's
/// own state, so it is kept until either changes.
public struct Packer: SpotChooser {
    private let packing: Packing
    private let fragmentation: Fragmentation
    private var dice: LaggedDice
    /// Machines in the order in which ties are broken.
    private let order: [Int32]
    private var classes = Lookup<Demand, Int>()
    /// By class and machine: the state that the score was made for, the score and the device.
    private var scores: [Score] = []
    private var classCount = 0
    /// By machine: its fragments, and the state that they were weighed in.
    private var fragments: [(stamp: UInt64, weight: Int64)]
    private var sorted: [Int64] = []
    private var changed: [Int64] = []
    private var fitting: [Int] = []

    private struct Score: BitwiseCopyable {
        /// Below all that any heuristic gives.
        static let misfit = Int16.min

        var stamp: UInt64 = .max
        var value = misfit
        var device: Int16 = 0
    }

    /// Classes whose scores are kept; more than that are scored anew each time.
    private static let classesAtMost = 4096

    /// A packer whose machine order and throws come from a seed.
    public init(
        _ packing: Packing, machines: Machines, population: [(demand: Demand, count: Int)],
        seed: UInt64
    ) {
        self.init(
            packing, machines: machines, population: population, dice: LaggedDice(seed: seed))
    }

    /// A packer that goes on with the dice that drew the arrivals, as the published runs did.
    public init(
        _ packing: Packing, machines: Machines, population: [(demand: Demand, count: Int)],
        dice: LaggedDice
    ) {
        self.packing = packing
        fragmentation = Fragmentation(
            population: packing == .fgd ? population : [], on: machines.specs)
        self.dice = dice
        var order = Array(repeating: Int32(0), count: machines.count)
        for (machine, place) in self.dice.permutation(machines.count).enumerated() {
            order[Int(place)] = Int32(machine)
        }
        self.order = order
        fragments = Array(repeating: (.max, 0), count: machines.count)
    }

    public mutating func choose(_ demand: Demand, in machines: Machines) -> Spot? {
        let base = row(of: demand, machines) * machines.count
        guard packing != .random else { return chooseAny(demand, base, in: machines) }
        var best = Score()
        var chosen: Int?
        for number in order {
            let machine = Int(number)
            let score = known(demand, base, machines, machine)
            guard score.value > best.value else { continue }
            best = score
            chosen = machine
        }
        guard let chosen else { return nil }
        var devices = machines.tightestDevices(for: demand, on: chosen)
        if packing == .fgd, demand.gpuShare > 0 {
            devices = DeviceSet(bits: 1 << UInt64(best.device))
        }
        return Spot(machine: UInt32(chosen), devices: devices)
    }

    /// The score of a machine as it is now, kept or made; `misfit` where the rank has no room.
    private mutating func known(
        _ demand: Demand, _ base: Int, _ machines: Machines, _ machine: Int
    ) -> Score {
        let stamp = machines.stamps[machine]
        if base >= 0, scores[base + machine].stamp == stamp { return scores[base + machine] }
        var score = Score()
        if machines.fits(demand, on: machine) { score = self.score(demand, machines, machine) }
        score.stamp = stamp
        if base >= 0 { scores[base + machine] = score }
        return score
    }

    /// The row of a demand among the kept scores; negative where there are too many.
    private mutating func row(of demand: Demand, _ machines: Machines) -> Int {
        if let known = classes[demand] { return known }
        guard classCount < Self.classesAtMost else { return -1 }
        classes[demand] = classCount
        classCount += 1
        scores.append(contentsOf: repeatElement(Score(), count: machines.count))
        return classCount - 1
    }

    private mutating func chooseAny(
        _ demand: Demand, _ base: Int, in machines: Machines
    ) -> Spot? {
        fitting.removeAll(keepingCapacity: true)
        for machine in 0..<machines.count
        where known(demand, base, machines, machine).value > Score.misfit {
            fitting.append(machine)
        }
        guard !fitting.isEmpty else { return nil }
        let machine = fitting[dice.below(fitting.count)]
        guard demand.gpuShare > 0 else {
            let devices = machines.tightestDevices(for: demand, on: machine)
            return Spot(machine: UInt32(machine), devices: devices)
        }
        let places = machines.devices(of: machine).enumerated()
            .filter { Int64(machines.deviceFree[$0.element]) >= demand.gpuShare }
        let device = places[dice.below(places.count)].offset
        return Spot(machine: UInt32(machine), devices: DeviceSet(bits: 1 << UInt64(device)))
    }

    private mutating func score(
        _ demand: Demand, _ machines: Machines, _ machine: Int
    ) -> Score {
        switch packing {
        case .random: return Score(value: 0)
        case .dotProduct: return Score(value: dotProduct(demand, machines, machine))
        case .gpuClustering: return Score(value: clustering(demand, machines, machine))
        case .gpuPacking: return Score(value: packing(demand, machines, machine))
        case .bestFit: return Score(value: bestFit(demand, machines, machine))
        case .fgd: return gradient(demand, machines, machine)
        }
    }

    // MARK: FGD

    /// A hundredfold sigmoid of how many devices' worth of fragments the rank would remove.
    private mutating func gradient(
        _ demand: Demand, _ machines: Machines, _ machine: Int
    ) -> Score {
        let model = machines.specs[machine].model
        sorted.removeAll(keepingCapacity: true)
        for place in machines.devices(of: machine) {
            sorted.append(Int64(machines.deviceFree[place]))
        }
        sorted.sort()
        let stamp = machines.stamps[machine]
        if fragments[machine].stamp != stamp {
            let weight = fragmentation.weigh(
                cpuFree: machines.cpuFree[machine], devices: sorted, model: model)
            fragments[machine] = (stamp, weight)
        }
        let before = fragments[machine].weight
        let cpuFree = machines.cpuFree[machine] - demand.cpuMilli
        guard demand.gpuShare > 0 else {
            changed = sorted
            // Idle devices are at the end; a rank takes so many of them whole.
            let left = changed.count - demand.wholeGPUs
            changed.removeLast(demand.wholeGPUs)
            changed.insert(contentsOf: repeatElement(0, count: sorted.count - left), at: 0)
            return Score(value: drop(from: before, cpuFree, model))
        }
        return shareGradient(demand, machines, machine, before, cpuFree)
    }

    /// The first device with the best score, which must be told apart by whole numbers.
    private mutating func shareGradient(
        _ demand: Demand, _ machines: Machines, _ machine: Int, _ before: Int64, _ cpuFree: Int64
    ) -> Score {
        var best = Score(value: -1)
        var tried: Int64 = -1
        for (device, place) in machines.devices(of: machine).enumerated() {
            let free = Int64(machines.deviceFree[place])
            guard free >= demand.gpuShare, free != tried else { continue }
            tried = free
            changed = sorted
            if let at = changed.firstIndex(of: free) { changed.remove(at: at) }
            let rest = free - demand.gpuShare
            changed.insert(rest, at: changed.firstIndex { $0 >= rest } ?? changed.count)
            let value = drop(from: before, cpuFree, machines.specs[machine].model)
            if value > best.value { best = Score(value: value, device: Int16(device)) }
        }
        return best
    }

    private func drop(from before: Int64, _ cpuFree: Int64, _ model: UInt8) -> Int16 {
        let after = fragmentation.weigh(cpuFree: cpuFree, devices: changed, model: model)
        guard fragmentation.total > 0 else { return 50 }
        let drop = Double(before - after) / Double(fragmentation.total) / 1000
        return Int16(100 / (1 + exp(-drop)))
    }
}
