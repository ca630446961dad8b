import Primitives
import Scheduling

extension Kernel {
    /// Walks every invariant of the state; the texts of those that do not hold.
    ///
    /// Runs after each step in tests and simulation, and now and then in production.
    public func check() -> [String] {
        checkNames() + checkCapacity() + checkJobs() + checkDepartures()
    }

    private func checkNames() -> [String] {
        var broken: [String] = []
        for row in entities.rows {
            let entity = entities[row]
            if byKey[entity.key] != row { broken.append("\(entity.name) is not found by its name") }
            if byUID[entity.uid] != row { broken.append("\(entity.uid) is not found by its uid") }
            if entity.version > sequence { broken.append("\(entity.uid) is from the future") }
            if entity.uid >= nextUID { broken.append("uid \(entity.uid) could be given again") }
        }
        return broken
    }

    /// No device has two owners, nothing is taken without an owner, nothing is free twice.
    private func checkCapacity() -> [String] {
        var broken: [String] = []
        var expected = Capacity()
        for (index, node) in nodes.enumerated() {
            let row = Row<Machine>(UInt32(index))
            let supply = capacity.supply[index]
            expected.set(row, supply: supply)
            if node.isRemoved { continue }
            if supply != node.supply { broken.append("node \(node.uid) has another supply") }
            if capacity.isOpen[index] != node.isOpen {
                broken.append("node \(node.uid) is open where it should not be")
            }
        }
        var live = [UInt32](repeating: 0, count: nodes.count)
        for jobRow in jobs.rows {
            let job = jobs[jobRow]
            for (number, rank) in job.ranks.enumerated() where !rank.state.isEnded {
                guard let row = byUID[rank.node] else {
                    broken.append("job \(job.uid) rank \(number) runs on a node that is gone")
                    continue
                }
                let link = entities[row].link
                live[Int(link)] += 1
                expected.take(demand(of: job, rank: number), rank.devices, on: Row(link))
            }
        }
        for (index, node) in nodes.enumerated() {
            let row = Row<Machine>(UInt32(index))
            if expected.cpuFree[index] != capacity.cpuFree[index]
                || expected.memoryFree[index] != capacity.memoryFree[index]
                || expected.deviceShares(of: row) != capacity.deviceShares(of: row)
                || expected.idleDevices[index] != capacity.idleDevices[index]
            {
                broken.append("node \(node.uid): what is free is not supply less use")
            }
            if capacity.cpuFree[index] < 0 || capacity.memoryFree[index] < 0 {
                broken.append("node \(node.uid) is over-allocated")
            }
            if live[index] != node.liveRanks {
                broken.append("node \(node.uid) miscounts its ranks")
            }
        }
        return broken
    }

    private func checkJobs() -> [String] {
        var broken: [String] = []
        for jobRow in jobs.rows {
            let job = jobs[jobRow]
            let shape = shapes[Row(job.shape.number)].shape
            let name = "job \(job.uid)"
            switch job.phase {
            case .pending:
                if !job.ranks.isEmpty { broken.append("\(name) waits and has ranks") }
                let isFiled = pending.contains(job.uid)
                if isFiled == (job.cause == .backingOff) {
                    broken.append("\(name) waits and nobody would start it")
                }
            case .starting, .running, .stopping:
                if job.ranks.count != shape.rankCount { broken.append("\(name) is not whole") }
                if !job.hasLiveRanks { broken.append("\(name) is active without a live rank") }
            case .succeeded:
                if job.hasLiveRanks { broken.append("\(name) ended with live ranks") }
                if job.success == .allRanks, job.succeededRanks != shape.rankCount {
                    broken.append("\(name) succeeded without all of its ranks")
                }
            case .failed, .cancelled:
                if job.hasLiveRanks { broken.append("\(name) ended with live ranks") }
            }
            if job.phase == .running, job.ranks.contains(where: { $0.state == .placed }) {
                broken.append("\(name) runs before its gang is whole")
            }
            if UInt64(job.attempt) > UInt64(job.retryLimit) + 1 + UInt64(job.evictions) {
                broken.append("\(name) was retried too often")
            }
            if job.evictions > job.attempt {
                broken.append("\(name) was evicted more often than it started")
            }
            if job.ranks.contains(where: { $0.isHidden && !$0.state.isEnded }) {
                broken.append("\(name) hides a rank that lives")
            }
        }
        return broken
    }
}
