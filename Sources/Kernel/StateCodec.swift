import Primitives
import Scheduling

// The snapshot's form of each row.

extension ByteWriter {
    mutating func put(_ tick: Tick?) {
        put(tick != nil)
        if let tick { put(tick.milliseconds) }
    }
}

extension ByteReader {
    mutating func optionalTick() throws(DecodingFailure) -> Tick? {
        try flag() ? tick() : nil
    }
}

extension Entity {
    func encode(into writer: inout ByteWriter) {
        writer.put(kind.rawValue)
        writer.put(uid)
        writer.put(scope)
        writer.put(name)
        writer.put(createdAt.milliseconds)
        writer.put(version)
        writer.put(generation)
        writer.put(dependents)
        writer.put(link)
        writer.put(revision)
        writer.put(isHeld)
        writer.put(deletedAt)
    }

    init(from reader: inout ByteReader, layout: UInt8) throws(DecodingFailure) {
        kind = try reader.raw(Kind.self)
        uid = try reader.unsigned()
        scope = try reader.unsigned()
        name = try reader.text()
        createdAt = try reader.tick()
        version = try reader.unsigned()
        generation = try reader.unsigned32()
        dependents = try reader.unsigned32()
        link = try reader.unsigned32()
        guard layout > 1 else { return }
        revision = try reader.unsigned32()
        isHeld = try reader.flag()
        deletedAt = try reader.optionalTick()
    }
}

extension Job {
    func encode(into writer: inout ByteWriter) {
        writer.put(uid)
        writer.put(namespace)
        writer.put(queue)
        writer.put(shape.number)
        terms.encode(into: &writer)
        success.encode(into: &writer)
        writer.put(retryLimit)
        writer.put(backoff.milliseconds)
        writer.put(submittedAt.milliseconds)
        writer.put(phase.rawValue)
        writer.put(cause.rawValue)
        writer.put(culprit != nil)
        if let culprit { culprit.encode(into: &writer) }
        writer.put(attempt)
        writer.put(fate.rawValue)
        writer.put(isDeleting)
        writer.put(notBefore.milliseconds)
        writer.put(startedAt)
        writer.put(endedAt)
        writer.put(changedAt.milliseconds)
        writer.put(UInt64(ranks.count))
        for rank in ranks { rank.encode(into: &writer) }
        writer.put(evictions)
    }

    init(from reader: inout ByteReader, layout: UInt8) throws(DecodingFailure) {
        uid = try reader.unsigned()
        namespace = try reader.unsigned()
        queue = try reader.unsigned()
        shape = Row(try reader.unsigned32())
        terms = try JobTerms(from: &reader)
        success = try SuccessRule(from: &reader)
        retryLimit = try reader.unsigned32()
        backoff = Duration64(milliseconds: try reader.signed())
        submittedAt = try reader.tick()
        phase = try reader.raw(Phase.self)
        cause = try reader.raw(Cause.self)
        culprit = try reader.flag() ? Culprit(from: &reader) : nil
        attempt = try reader.unsigned32()
        fate = try reader.raw(Phase.self)
        isDeleting = try reader.flag()
        notBefore = try reader.tick()
        startedAt = try reader.optionalTick()
        endedAt = try reader.optionalTick()
        changedAt = try reader.tick()
        for _ in 0..<(try reader.unsigned()) {
            ranks.append(try Rank(from: &reader, layout: layout))
        }
        if layout > 1 { evictions = try reader.unsigned32() }
    }
}

extension Rank {
    func encode(into writer: inout ByteWriter) {
        writer.put(node)
        writer.put(devices.bits)
        writer.put(state.rawValue)
        writer.put(end != nil)
        if let end { end.encode(into: &writer) }
        writer.put(startedAt)
        writer.put(endedAt)
        writer.put(version)
        writer.put(isHidden)
    }

    init(from reader: inout ByteReader, layout: UInt8) throws(DecodingFailure) {
        node = try reader.unsigned()
        devices = DeviceSet(bits: try reader.unsigned())
        state = try reader.raw(State.self)
        end = try reader.flag() ? RankEnd(from: &reader) : nil
        startedAt = try reader.optionalTick()
        endedAt = try reader.optionalTick()
        version = try reader.unsigned()
        if layout > 1 { isHidden = try reader.flag() }
    }
}

extension Node {
    func encode(into writer: inout ByteWriter) {
        writer.put(uid)
        writer.put(bootID)
        writer.put(isReady)
        writer.put(isCordoned)
        writer.put(isRemoved)
        writer.put(registeredAt.milliseconds)
        writer.put(changedAt.milliseconds)
        supply.encode(into: &writer)
        writer.put(liveRanks)
        writer.put(UInt64(jobs.count))
        for job in jobs { writer.put(job) }
        writer.put(isTainted)
    }

    init(from reader: inout ByteReader, layout: UInt8) throws(DecodingFailure) {
        uid = try reader.unsigned()
        bootID = try reader.text()
        isReady = try reader.flag()
        isCordoned = try reader.flag()
        isRemoved = try reader.flag()
        registeredAt = try reader.tick()
        changedAt = try reader.tick()
        supply = try NodeSupply(from: &reader)
        liveRanks = try reader.unsigned32()
        for _ in 0..<(try reader.unsigned()) { jobs.append(try reader.unsigned()) }
        if layout > 1 { isTainted = try reader.flag() }
    }
}
