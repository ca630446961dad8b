import Scheduling

// Scores of the heuristics that look at free amounts alone, from 0 to 100 and cut to whole numbers.

extension Packer {
    /// The more of the demanded resources is free, the lower.
    func dotProduct(_ demand: Demand, _ machines: Machines, _ machine: Int) -> Int16 {
        let cpu =
            Double(machines.cpuFree[machine]) / LargestMachine.cpuMilli
            * (Double(demand.cpuMilli) / LargestMachine.cpuMilli)
        let gpu =
            Double(machines.idleMilli(of: machine)) / LargestMachine.gpuMilli
            * (Double(demand.gpuMilli) / LargestMachine.gpuMilli)
        return Int16(max(0, 100 * (1 - (cpu + gpu) / 2)))
    }

    /// Half for the CPUs and half for the devices that would be left.
    func bestFit(_ demand: Demand, _ machines: Machines, _ machine: Int) -> Int16 {
        let cpu = Double(machines.cpuFree[machine] - demand.cpuMilli) / LargestMachine.cpuMilli
        let gpu =
            Double(machines.idleMilli(of: machine) - demand.gpuMilli) / LargestMachine.gpuMilli
        return Int16(max(-32_000, (1 - (cpu * 0.5 + gpu * 0.5)) * 100))
    }

    /// Four bands by what runs there already, and inside each the fuller machine first.
    func clustering(_ demand: Demand, _ machines: Machines, _ machine: Int) -> Int16 {
        guard demand.gpuMilli > 0 else { return 0 }
        let largest = Int64(LargestMachine.gpuMilli)
        let fullness = Int16(
            clamping: max(-largest, 25 * (largest - machines.idleMilli(of: machine)) / largest))
        let own = machines.ranks(of: machine, asking: Machines.kind(of: demand))
        let kinds = machines.kinds(on: machine)
        if own > 0 { return fullness + (kinds == 1 ? 75 : 50) }
        return fullness + (kinds == 0 ? 25 : 0)
    }

    /// Shared devices above 50, idle devices of machines in use above 33, idle machines below.
    func packing(_ demand: Demand, _ machines: Machines, _ machine: Int) -> Int16 {
        guard demand.gpuMilli > 0 else { return 0 }
        let idle = Int(machines.idleDevices[machine])
        if idle == Int(machines.specs[machine].gpus) { return Int16(max(33 - idle, idle)) }
        if demand.wholeGPUs > 0 { return Int16(max(50 - demand.wholeGPUs, 33)) }
        var tightest: Int64 = 1001
        for place in machines.devices(of: machine) {
            let free = Int64(machines.deviceFree[place])
            if free >= demand.gpuShare { tightest = min(tightest, free) }
        }
        if tightest == 1000 { return 49 }
        return Int16(max(100 - tightest * 100 / 1000 / 10, 50))
    }
}
