public import Primitives
import Scheduling

// Snapshot: the whole state as bytes. Equal states give equal bytes, so a snapshot is also the
// proof that a replay arrived where the original did.

extension Kernel {
    private static let snapshotVersion: UInt8 = 2

    /// Whether the bytes are laid out as ``snapshot()`` does it now, so that they may be compared.
    public static func isComparable(_ snapshot: [UInt8]) -> Bool {
        snapshot.first == snapshotVersion
    }

    /// The state as bytes; indexes, queues and timers are rebuilt on load.
    public func snapshot() -> [UInt8] {
        var writer = ByteWriter(capacity: 256 + jobs.count * 160)
        writer.put(Self.snapshotVersion)
        writer.put(sequence)
        writer.put(nextUID)
        writer.put(fixed: digest.value)
        writer.put(UInt64(models.count))
        for model in models { writer.put(model) }
        put(shapes, into: &writer) { use, writer in
            use.shape.encode(into: &writer)
            writer.put(use.jobs)
        }
        put(entities, into: &writer) { $0.encode(into: &$1) }
        put(jobs, into: &writer) { $0.encode(into: &$1) }
        writer.put(UInt64(nodes.count))
        for node in nodes { node.encode(into: &writer) }
        let keys = idempotency.keys
        writer.put(UInt64(keys.count))
        for key in keys {
            guard let use = idempotency[key] else { continue }
            writer.put(key)
            writer.put(use.uid)
            writer.put(use.bodyDigest)
            writer.put(use.at.milliseconds)
        }
        return writer.bytes
    }

    /// Rebuilds a kernel from ``snapshot()``.
    public init(snapshot: [UInt8], limits: Limits = Limits()) throws(DecodingFailure) {
        self.init(limits: limits)
        var reader = ByteReader(snapshot)
        let version = try reader.byte()
        guard 1...Self.snapshotVersion ~= version else { throw .unknownTag(UInt64(version), at: 0) }
        sequence = try reader.unsigned()
        nextUID = try reader.unsigned()
        digest = Digest(try reader.fixed())
        for _ in 0..<(try reader.unsigned()) { models.append(try reader.text()) }
        shapes = try table(&reader) { reader throws(DecodingFailure) in
            ShapeUse(shape: try Shape(from: &reader), jobs: try reader.unsigned32())
        }
        entities = try table(&reader) { reader throws(DecodingFailure) in
            try Entity(from: &reader, layout: version)
        }
        jobs = try table(&reader) { reader throws(DecodingFailure) in
            try Job(from: &reader, layout: version)
        }
        for _ in 0..<(try reader.unsigned()) {
            nodes.append(try Node(from: &reader, layout: version))
        }
        for _ in 0..<(try reader.unsigned()) {
            idempotency.remember(
                try reader.text(), uid: try reader.unsigned(), bodyDigest: try reader.unsigned(),
                at: try reader.tick(), limits)
        }
        guard reader.isAtEnd else { throw .malformed(at: reader.position) }
        if version == 1 { markDeletedJobs() }
        reindex()
    }

    /// The first layout noted only in the job itself that somebody had deleted it.
    private mutating func markDeletedJobs() {
        for row in entities.rows where entities[row].kind == .job {
            let job = jobs[Row(entities[row].link)]
            if job.isDeleting { entities[row].deletedAt = job.changedAt }
        }
    }

    /// Builds everything that follows from the state but is not part of it.
    private mutating func reindex() {
        byUID.reserve(entities.count)
        byKey.reserve(entities.count)
        for row in entities.rows {
            byKey[entities[row].key] = row
            byUID[entities[row].uid] = row
            if entities[row].kind == .namespace, entities[row].deletedAt != nil {
                leaving.append(LeavingNamespace(uid: entities[row].uid))
            }
        }
        for row in shapes.rows { shapeRows[shapes[row].shape] = row }
        for (index, node) in nodes.enumerated() {
            let row = Row<Machine>(UInt32(index))
            let gone = NodeSupply(cpuMilli: 0, memoryBytes: 0, gpus: 0, model: 0)
            capacity.set(row, supply: node.isRemoved ? gone : node.supply)
            capacity.open(row, node.isOpen)
        }
        var finished: [(at: Tick, uid: UInt64)] = []
        for row in jobs.rows {
            let job = jobs[row]
            for (number, rank) in job.ranks.enumerated() where !rank.state.isEnded {
                let link = entities[self.row(ofUID: rank.node)].link
                capacity.take(demand(of: job, rank: number), rank.devices, on: Row(link))
            }
            switch job.phase {
            case .pending: file(job)
            case .starting:
                timers.push(
                    Timer(
                        at: job.changedAt.after(limits.startTimeout), cause: .startTimeout,
                        uid: job.uid, attempt: job.attempt))
            case .succeeded, .failed, .cancelled:
                finished.append((job.endedAt ?? job.changedAt, job.uid))
            case .running, .stopping: break
            }
        }
        finished.sort { ($0.at.milliseconds, $0.uid) < ($1.at.milliseconds, $1.uid) }
        for (at, uid) in finished { retired.append(uid, at: at) }
    }

    private func put<Element>(
        _ table: Table<Element>, into writer: inout ByteWriter,
        _ encode: (Element, inout ByteWriter) -> Void
    ) {
        writer.put(UInt64(table.capacity))
        for number in 0..<table.capacity {
            let row = Row<Element>(UInt32(number))
            writer.put(table.contains(row))
            if table.contains(row) { encode(table[row], &writer) }
        }
        writer.put(UInt64(table.freeRows.count))
        for row in table.freeRows { writer.put(row) }
    }

    private func table<Element>(
        _ reader: inout ByteReader,
        _ decode: (inout ByteReader) throws(DecodingFailure) -> Element
    ) throws(DecodingFailure) -> Table<Element> {
        var slots: [Element?] = []
        for _ in 0..<(try reader.unsigned()) {
            slots.append(try reader.flag() ? decode(&reader) : nil)
        }
        var free: [UInt32] = []
        for _ in 0..<(try reader.unsigned()) { free.append(try reader.unsigned32()) }
        let table = Table(slots: slots, free: free)
        guard table.isConsistent else { throw .malformed(at: reader.position) }
        return table
    }
}
