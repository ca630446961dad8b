public import Scheduling

/// One machine of a simulated cluster.
public struct MachineSpec: Hashable, Sendable {
    public var name: String
    public var cpuMilli: Int64
    public var memoryBytes: Int64
    /// Devices of one model; at most 64.
    public var gpus: UInt8
    /// The bit of the model in ``Demand/models``; ``NodeSupply/noModel`` where nobody named it.
    public var model: UInt8

    public init(name: String, cpuMilli: Int64, memoryBytes: Int64, gpus: UInt8, model: UInt8) {
        self.name = name
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.gpus = gpus
        self.model = model
    }
}

/// Where one rank of a simulated job is: a machine by its number, and the devices it has there.
public struct Spot: Hashable, Sendable, BitwiseCopyable {
    public let machine: UInt32
    public let devices: DeviceSet

    public init(machine: UInt32, devices: DeviceSet) {
        self.machine = machine
        self.devices = devices
    }
}

/// What is free on the machines of the classic policies, as columns.
///
/// The product's own planner has its own; this one stays as simple as the papers that the classic
/// policies come from, so that what they published can be reproduced whatever the planner becomes.
public struct Machines: Sendable {
    public let specs: [MachineSpec]
    public private(set) var cpuFree: [Int64]
    public private(set) var memoryFree: [Int64]
    /// Free thousandths of every device; those of machine `m` are at `firstDevice[m]` and on.
    public private(set) var deviceFree: [Int16]
    public let firstDevice: [Int]
    /// Devices of a machine that nobody uses at all.
    public private(set) var idleDevices: [UInt8]
    /// Closed machines take nothing new; what runs there stays.
    public private(set) var isOpen: [Bool]
    /// A sum over all that is taken on a machine: equal on copies too where equal is taken, so that
    /// what was computed of one state can be kept for it.
    public private(set) var stamps: [UInt64]
    /// Ranks on each machine by what they ask: shares, then one to eight devices, then more.
    private var rankKinds: [UInt16]
    private static let kindCount = 10

    public init(_ specs: [MachineSpec]) {
        self.specs = specs
        cpuFree = specs.map(\.cpuMilli)
        memoryFree = specs.map(\.memoryBytes)
        var first: [Int] = []
        var total = 0
        for spec in specs {
            precondition(spec.gpus <= 64, "a machine has at most 64 devices")
            first.append(total)
            total += Int(spec.gpus)
        }
        firstDevice = first
        deviceFree = Array(repeating: 1000, count: total)
        idleDevices = specs.map(\.gpus)
        isOpen = Array(repeating: true, count: specs.count)
        stamps = Array(repeating: 0, count: specs.count)
        rankKinds = Array(repeating: 0, count: specs.count * Self.kindCount)
    }

    public var count: Int { specs.count }

    public mutating func open(_ machine: Int, _ open: Bool) {
        guard isOpen[machine] != open else { return }
        isOpen[machine] = open
        mark(machine, part: 60, by: open ? 1 : -1)
    }

    /// Whether one more such rank fits now.
    public func fits(_ demand: Demand, on machine: Int) -> Bool {
        guard isOpen[machine], demand.cpuMilli <= cpuFree[machine],
            demand.memoryBytes <= memoryFree[machine]
        else { return false }
        guard demand.gpuMilli > 0 else { return true }
        guard accepts(demand, machine) else { return false }
        if demand.gpuMilli >= 1000 { return demand.wholeGPUs <= Int(idleDevices[machine]) }
        return devices(of: machine).contains { Int64(deviceFree[$0]) >= demand.gpuMilli }
    }

    /// Places of the machine's devices in ``deviceFree``.
    public func devices(of machine: Int) -> Range<Int> {
        let first = firstDevice[machine]
        return first..<first + Int(specs[machine].gpus)
    }

    /// Whether the machine's model is one that the demand names, or the demand names none.
    public func accepts(_ demand: Demand, _ machine: Int) -> Bool {
        guard demand.gpuMilli > 0, demand.models != 0 else { return true }
        let model = specs[machine].model
        return model < 64 && demand.models & (1 << UInt64(model)) != 0
    }

    public mutating func take(_ demand: Demand, at spot: Spot) { adjust(demand, spot, sign: -1) }

    public mutating func give(_ demand: Demand, at spot: Spot) { adjust(demand, spot, sign: 1) }

    /// Keeps only what is free here and there alike: what is free throughout two stretches of time.
    public mutating func narrow(to other: Machines) {
        for machine in 0..<count {
            cpuFree[machine] = min(cpuFree[machine], other.cpuFree[machine])
            memoryFree[machine] = min(memoryFree[machine], other.memoryFree[machine])
            isOpen[machine] = isOpen[machine] && other.isOpen[machine]
            var idle: UInt8 = 0
            for place in devices(of: machine) {
                deviceFree[place] = min(deviceFree[place], other.deviceFree[place])
                if deviceFree[place] == 1000 { idle += 1 }
            }
            idleDevices[machine] = idle
            // What is free now was never taken by anybody: a state that nothing is known of.
            stamps[machine] = stamps[machine] &* 31 &+ other.stamps[machine] &+ 1
        }
    }

    /// Whether the same is free here and there.
    public func hasSameFree(as other: Machines) -> Bool {
        cpuFree == other.cpuFree && memoryFree == other.memoryFree
            && deviceFree == other.deviceFree && isOpen == other.isOpen
    }

    private mutating func adjust(_ demand: Demand, _ spot: Spot, sign: Int64) {
        let machine = Int(spot.machine)
        cpuFree[machine] += sign * demand.cpuMilli
        memoryFree[machine] += sign * demand.memoryBytes
        mark(machine, part: 0, by: sign * demand.cpuMilli)
        mark(machine, part: 1, by: sign * demand.memoryBytes)
        if demand.gpuMilli > 0 {
            let kind = Self.kind(of: demand)
            if sign < 0 {
                rankKinds[machine * Self.kindCount + kind] &+= 1
            } else {
                rankKinds[machine * Self.kindCount + kind] &-= 1
            }
            mark(machine, part: UInt64(2 + kind), by: sign)
        }
        let share = Int16(sign * (demand.gpuShare > 0 ? demand.gpuShare : 1000))
        var bits = spot.devices.bits
        while bits != 0 {
            let place = firstDevice[machine] + bits.trailingZeroBitCount
            bits &= bits - 1
            if deviceFree[place] == 1000 { idleDevices[machine] -= 1 }
            deviceFree[place] += share
            mark(machine, part: UInt64(64 + place - firstDevice[machine]), by: Int64(share))
            precondition(
                (0...1000).contains(deviceFree[place]),
                "a device of machine \(specs[machine].name) was given twice")
            if deviceFree[place] == 1000 { idleDevices[machine] += 1 }
        }
    }

    /// Each part of a state has a multiplier of its own, so that changes of two do not cancel out.
    private mutating func mark(_ machine: Int, part: UInt64, by amount: Int64) {
        var mixed = (part &+ 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) | 1
        stamps[machine] &+= mixed &* UInt64(bitPattern: amount)
    }

    /// Free thousandths of all devices of a machine.
    func idleMilli(of machine: Int) -> Int64 {
        devices(of: machine).reduce(0) { $0 + Int64(deviceFree[$1]) }
    }

    /// Ranks are of one kind when they ask for equally many devices; all shares are of one kind.
    static func kind(of demand: Demand) -> Int { min(demand.wholeGPUs, kindCount - 1) }

    func ranks(of machine: Int, asking kind: Int) -> Int {
        Int(rankKinds[machine * Self.kindCount + kind])
    }

    /// How many kinds of ranks are on a machine.
    func kinds(on machine: Int) -> Int {
        let first = machine * Self.kindCount
        return rankKinds[first..<first + Self.kindCount].count { $0 > 0 }
    }
}
