public import Primitives

/// What a machine has in all.
public struct NodeSupply: Hashable, Sendable {
    public var cpuMilli: Int64
    public var memoryBytes: Int64
    /// Devices of the one model that a machine carries; at most 64.
    public var gpus: UInt8
    /// The model's bit number in the kernel's model table.
    public var model: UInt8

    /// The bit of devices whose model nobody named: only demands for any model accept them.
    public static let noModel = UInt8.max

    public init(cpuMilli: Int64, memoryBytes: Int64, gpus: UInt8, model: UInt8) {
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.gpus = gpus
        self.model = model
    }
}

/// Marks a column index as a machine's; the kernel's node rows are these rows.
public enum Machine {}

/// The devices of one machine given to one rank: bit `i` is device `i`.
public struct DeviceSet: Hashable, Sendable, BitwiseCopyable {
    public var bits: UInt64

    public init(bits: UInt64 = 0) { self.bits = bits }

    public var count: Int { bits.nonzeroBitCount }

    /// Device numbers, lowest first.
    public var numbers: [Int] { (0..<64).filter { bits & (1 << UInt64($0)) != 0 } }
}

/// What is free, machine by machine, as columns. Rows are never removed, only emptied.
public struct Capacity: Sendable {
    public private(set) var supply: [NodeSupply] = []
    public private(set) var cpuFree: [Int64] = []
    public private(set) var memoryFree: [Int64] = []
    /// Devices that nobody uses at all.
    public private(set) var idleDevices: [UInt64] = []
    /// Free thousandths of each device, 64 entries a machine at most.
    private var deviceFree: [[Int64]] = []
    public private(set) var isOpen: [Bool] = []

    public init() {}

    public var count: Int { supply.count }

    /// Adds a closed machine with nothing in use, or replaces an empty row's supply.
    public mutating func set(_ row: Row<Machine>, supply new: NodeSupply) {
        precondition(new.gpus <= 64, "a machine has at most 64 devices")
        while supply.count <= row.index {
            supply.append(NodeSupply(cpuMilli: 0, memoryBytes: 0, gpus: 0, model: 0))
            cpuFree.append(0)
            memoryFree.append(0)
            idleDevices.append(0)
            deviceFree.append([])
            isOpen.append(false)
        }
        supply[row.index] = new
        cpuFree[row.index] = new.cpuMilli
        memoryFree[row.index] = new.memoryBytes
        idleDevices[row.index] = new.gpus == 64 ? .max : (1 << UInt64(new.gpus)) - 1
        deviceFree[row.index] = Array(repeating: 1000, count: Int(new.gpus))
    }

    /// Opens or closes a machine for new work; what runs there stays.
    public mutating func open(_ row: Row<Machine>, _ open: Bool) { isOpen[row.index] = open }

    /// Whether the machine, if it were idle and open, could carry one such rank.
    public func couldEverFit(_ demand: Demand, on row: Row<Machine>) -> Bool {
        let all = supply[row.index]
        return demand.cpuMilli <= all.cpuMilli && demand.memoryBytes <= all.memoryBytes
            && accepts(demand, all) && demand.gpuMilli <= Int64(all.gpus) * 1000
    }

    /// Whether one more such rank fits now.
    public func fits(_ demand: Demand, on row: Row<Machine>) -> Bool {
        let index = row.index
        guard isOpen[index], demand.cpuMilli <= cpuFree[index],
            demand.memoryBytes <= memoryFree[index]
        else { return false }
        guard demand.gpuMilli > 0 else { return true }
        guard accepts(demand, supply[index]) else { return false }
        if demand.gpuMilli >= 1000 {
            return demand.wholeGPUs <= idleDevices[index].nonzeroBitCount
        }
        return deviceFree[index].contains { $0 >= demand.gpuShare }
    }

    private func accepts(_ demand: Demand, _ supply: NodeSupply) -> Bool {
        demand.gpuMilli == 0 || demand.models == 0
            || demand.models & (1 << UInt64(supply.model)) != 0
    }

    /// Takes what the demand asks and says which devices it got; it must fit.
    public mutating func take(_ demand: Demand, on row: Row<Machine>) -> DeviceSet {
        let devices = chooseDevices(demand, on: row)
        take(demand, devices, on: row)
        return devices
    }

    /// Takes exactly these devices, as a record says.
    public mutating func take(_ demand: Demand, _ devices: DeviceSet, on row: Row<Machine>) {
        adjust(demand, devices, on: row, sign: -1)
    }

    /// Gives back what ``take(_:_:on:)`` took.
    public mutating func give(_ demand: Demand, _ devices: DeviceSet, on row: Row<Machine>) {
        adjust(demand, devices, on: row, sign: 1)
    }

    private mutating func adjust(
        _ demand: Demand, _ devices: DeviceSet, on row: Row<Machine>, sign: Int64
    ) {
        let index = row.index
        cpuFree[index] += sign * demand.cpuMilli
        memoryFree[index] += sign * demand.memoryBytes
        let share = demand.gpuShare > 0 ? demand.gpuShare : 1000
        for device in devices.numbers {
            deviceFree[index][device] += sign * share
            precondition(
                (0...1000).contains(deviceFree[index][device]),
                "device \(device) of machine \(row) was given twice")
            let bit: UInt64 = 1 << UInt64(device)
            if deviceFree[index][device] == 1000 {
                idleDevices[index] |= bit
            } else {
                idleDevices[index] &= ~bit
            }
        }
    }

    /// Whole devices from the lowest number; a share goes to the fullest device that has room.
    private func chooseDevices(_ demand: Demand, on row: Row<Machine>) -> DeviceSet {
        var chosen = DeviceSet()
        if demand.wholeGPUs > 0 {
            var idle = idleDevices[row.index]
            for _ in 0..<demand.wholeGPUs {
                let lowest = idle & (~idle &+ 1)
                precondition(lowest != 0, "machine \(row) has too few idle devices")
                chosen.bits |= lowest
                idle &= ~lowest
            }
        } else if demand.gpuShare > 0 {
            var best: (device: Int, left: Int64)?
            for (device, free) in deviceFree[row.index].enumerated() where free >= demand.gpuShare {
                let left = free - demand.gpuShare
                if best.map({ left < $0.left }) ?? true { best = (device, left) }
            }
            guard let best else { preconditionFailure("machine \(row) has no such share") }
            chosen.bits = 1 << UInt64(best.device)
        }
        return chosen
    }

    /// Free thousandths of every device of a machine, for status and checks.
    public func deviceShares(of row: Row<Machine>) -> [Int64] { deviceFree[row.index] }
}
