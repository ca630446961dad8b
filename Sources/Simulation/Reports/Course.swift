import Scheduling

/// What a run looked like over time, in equal steps.
struct Course {
    let start: Int64
    let step: Int64
    /// Thousandths of capacity, or jobs; averages over each step.
    private(set) var used: [Double]
    private(set) var demand: [Double]
    private(set) var waiting: [Double]
    private(set) var running: [Double]
    /// Idle devices that most of the workload could not use, in thousandths of capacity.
    private(set) var fragmented: [Double] = []

    init(_ result: RunResult) {
        start = result.workload.jobs.first?.arrival ?? 0
        let span = max(1, result.end - start)
        let steps = Int64(SimulationLimits.steps)
        step = max(1, (span + steps - 1) / steps)
        let count = Int((span + step - 1) / step)
        used = Array(repeating: 0, count: count)
        demand = used
        waiting = used
        running = used
        let usage = Usage(result)
        let capacity = max(1, Double(usage.capacity)) / 1000
        for stint in result.stints {
            let end = min(stint.ended, result.end)
            let share = Double(usage.milli(result.workload, Int(stint.job))) / capacity
            spread(&used, share, from: stint.began, to: end)
            spread(&running, 1, from: stint.began, to: end)
        }
        for (row, fate) in result.fates.enumerated() where fate.submitted >= 0 {
            guard fate.ending != .refused else { continue }
            let share = Double(usage.milli(result.workload, row)) / capacity
            let end = fate.ended >= 0 ? fate.ended : result.end
            spread(&demand, share, from: fate.submitted, to: end)
            spread(&waiting, 1, from: fate.submitted, to: fate.hasRun ? fate.started : end)
        }
        if usage.countsGPUs { fragmented = fragments(result, count, capacity) }
    }

    /// Plays the stints again, and looks at the machines at the end of every step.
    private func fragments(_ result: RunResult, _ count: Int, _ capacity: Double) -> [Double] {
        var machines = Machines(result.cluster.machines)
        let gangs = result.workload.shapes.map(Gang.init)
        // What a lost machine held may be given anew before the rest of the gang has ended.
        var holds = [Bool](repeating: false, count: result.stints.count)
        var fragments = ClusterFragments(
            Fragmentation(population: result.workload.population, on: result.cluster.machines),
            machines: machines.count)
        let ends = result.stints.indices.filter { result.stints[$0].ended < result.end }
            .sorted { (result.stints[$0].ended, $0) < (result.stints[$1].ended, $1) }
        var nextEnd = 0
        var nextStart = 0
        var series: [Double] = []
        for column in 0..<count {
            let moment = start + step * Int64(column + 1)
            // What one stint gives up another may have at the same moment, so both go in order.
            while true {
                let ending = nextEnd < ends.count ? result.stints[ends[nextEnd]].ended : .max
                let began =
                    nextStart < result.stints.count ? result.stints[nextStart].began : Int64.max
                guard min(ending, began) < moment else { break }
                if ending <= began, ends[nextEnd] < nextStart {
                    let stint = result.stints[ends[nextEnd]]
                    if holds[ends[nextEnd]] {
                        let gang = gangs[Int(result.workload.jobs[Int(stint.job)].shape)]
                        gang.give(Array(result.spots(of: stint)), back: &machines)
                    }
                    nextEnd += 1
                } else {
                    let stint = result.stints[nextStart]
                    let gang = gangs[Int(result.workload.jobs[Int(stint.job)].shape)]
                    holds[nextStart] = gang.take(
                        exactly: Array(result.spots(of: stint)), from: &machines)
                    nextStart += 1
                }
            }
            series.append(fragments.milli(of: machines) / capacity)
        }
        return series
    }

    var count: Int { used.count }

    /// Adds an amount that lasted from one moment to another, by the part of each step it filled.
    private func spread(
        _ series: inout [Double], _ amount: Double, from first: Int64, to last: Int64
    ) {
        guard last > first, first < start + step * Int64(series.count) else { return }
        let begin = max(first, start)
        var column = Int((begin - start) / step)
        var at = begin
        while at < last, column < series.count {
            let next = min(last, start + step * Int64(column + 1))
            series[column] += amount * Double(next - at) / Double(step)
            at = next
            column += 1
        }
    }
}

/// How busy each machine was, over time: rows of machines, columns of time.
struct Timeline {
    let names: [String]
    let columns: Int
    /// Use in half percent, 0 to 200; 255 while the machine was away.
    let cells: [UInt8]

    init(_ result: RunResult, _ course: Course) {
        let machines = result.cluster.machines
        let perRow =
            (machines.count + SimulationLimits.timelineRows - 1)
            / SimulationLimits.timelineRows
        let rows = (machines.count + perRow - 1) / perRow
        columns = course.count
        names = (0..<rows).map { row in
            let last = min(machines.count, (row + 1) * perRow) - 1
            let first = machines[row * perRow].name
            return perRow == 1 || last == row * perRow
                ? first : "\(first) to \(machines[last].name)"
        }
        var busy = [Double](repeating: 0, count: rows * columns)
        var capacity = [Double](repeating: 0, count: rows)
        for (number, machine) in machines.enumerated() {
            capacity[number / perRow] += machine.capacity
        }
        for stint in result.stints {
            let shape = result.workload.shapes[Int(result.workload.jobs[Int(stint.job)].shape)]
            var rank = 0
            let spots = result.spots(of: stint)
            for role in shape.roles {
                for _ in 0..<role.ranks {
                    let machine = Int(spots[spots.startIndex + rank].machine)
                    rank += 1
                    Self.fill(
                        &busy, row: machine / perRow, columns, course,
                        machines[machine].use(of: role.demand), stint.began,
                        min(stint.ended, result.end))
                }
            }
        }
        var cells = [UInt8](repeating: 0, count: rows * columns)
        for index in cells.indices where capacity[index / columns] > 0 {
            let share = busy[index] / capacity[index / columns]
            cells[index] = UInt8(max(0, min(200, (share * 200).rounded())))
        }
        if perRow == 1 { Self.markAway(&cells, result, course) }
        self.cells = cells
    }

    private static func fill(
        _ busy: inout [Double], row: Int, _ columns: Int, _ course: Course, _ amount: Double,
        _ first: Int64, _ last: Int64
    ) {
        var at = max(first, course.start)
        var column = Int((at - course.start) / course.step)
        while at < last, column < columns {
            let next = min(last, course.start + course.step * Int64(column + 1))
            busy[row * columns + column] += amount * Double(next - at) / Double(course.step)
            at = next
            column += 1
        }
    }

    private static func markAway(_ cells: inout [UInt8], _ result: RunResult, _ course: Course) {
        for outage in result.cluster.outages where outage.at + outage.span > course.start {
            let first = Int(max(0, outage.at - course.start) / course.step)
            let last = Int((outage.at + outage.span - 1 - course.start) / course.step)
            guard first < course.count else { continue }
            for column in first...max(first, min(last, course.count - 1)) {
                cells[Int(outage.machine) * course.count + column] = 255
            }
        }
    }
}

extension MachineSpec {
    /// What the machine's use is measured by: its devices, or its CPUs where it has none.
    fileprivate var capacity: Double { gpus > 0 ? Double(gpus) * 1000 : Double(cpuMilli) }

    fileprivate func use(of demand: Demand) -> Double {
        Double(gpus > 0 ? demand.gpuMilli : demand.cpuMilli)
    }
}
